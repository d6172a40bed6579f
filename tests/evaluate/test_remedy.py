"""Remediation names the exact change for this node, and where it lasts."""

import pytest

from tests.node_tree import NodeTree
from trueline.evaluate.shell import quoted


@pytest.fixture
def tree(tmp_path):
    return NodeTree(tmp_path)


@pytest.mark.parametrize(
    ("component", "flags", "number", "words"),
    [
        ("kube-apiserver", [], "1.2.15", "set `--profiling=false` (now true, default"),
        ("kube-apiserver", ["--profiling=true"], "1.2.15", "(now true, argument of process"),
        ("kube-apiserver", ["--token-auth-file=/t"], "1.2.2", "remove `--token-auth-file`"),
        ("kube-apiserver", [], "1.2.14", "add NodeRestriction to `--enable-admission-plugins`"),
        (
            "kube-apiserver",
            ["--disable-admission-plugins=ServiceAccount"],
            "1.2.12",
            "take ServiceAccount out of `--disable-admission-plugins`",
        ),
        (
            "kube-apiserver",
            ["--enable-admission-plugins=AlwaysAdmit"],
            "1.2.10",
            "take AlwaysAdmit out of `--enable-admission-plugins`",
        ),
        ("kube-apiserver", [], "1.2.6", "take AlwaysAllow out of `--authorization-mode`"),
        ("kube-scheduler", [], "1.4.1", "set `--profiling=false`"),
        ("kubelet", ["--anonymous-auth=true"], "4.2.1", "set `--anonymous-auth=false`"),
    ],
)
def test_changes(tree, component, flags, number, words):
    tree.component(component, *flags)
    assert words in tree.results()[number].remediation


def test_a_component_with_a_config_file_is_changed_there(tree):
    tree.component("kubelet", "--config=/var/lib/kubelet/config.yaml", "--anonymous-auth=true")
    tree.write(
        "/var/lib/kubelet/config.yaml",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n",
    )
    results = tree.results()
    assert "set `readOnlyPort: 0`" in results["4.2.4"].remediation
    overridden = results["4.2.1"].remediation
    assert "set `authentication.anonymous.enabled: false`" in overridden
    assert "Remove the flag --anonymous-auth" in overridden


def test_the_lasting_place_ends_the_remediation_with_its_restart(tree):
    tree.component("kube-apiserver")
    result = tree.results()["1.2.15"]
    assert result.remediation.endswith(result.lasting)
    for words in (
        "kubeadm-config",
        "/etc/kubernetes/manifests/kube-apiserver.yaml is rendered",
        "starts the pod",
    ):
        assert words in result.lasting


@pytest.mark.parametrize(
    ("mode", "command"), [(0o644, "chmod 600"), (0o777, "chmod 600"), (0o440, "chmod 400")]
)
def test_a_mode_only_ever_gets_stricter(tree, mode, command):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "", mode)
    found = tree.results()["1.1.1"].remediation
    assert f"{command} /etc/kubernetes/manifests/kube-apiserver.yaml" in found


def test_what_passes_needs_none_and_what_is_open_says_what_is_missing(tree):
    tree.component("kube-apiserver", "--profiling=false", "--authorization-config=/none")
    results = tree.results()
    assert results["1.2.15"].remediation == ""
    assert results["1.2.6"].remediation.startswith("Make the missing fact visible")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/etc/kubernetes/admin.conf", "/etc/kubernetes/admin.conf"),
        ("/a b", "'/a b'"),
        ("/a'; rm -rf /", "'/a'\\''; rm -rf /'"),
        ("/a\nb", "'/a?b'"),
        ("/$(x)", "'/$(x)'"),
    ],
)
def test_paths_are_one_word_of_a_command(path, word):
    assert quoted(path) == word
