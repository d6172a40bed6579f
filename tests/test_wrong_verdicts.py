"""Wrong verdicts that users of other auditors met: each mechanism from a node's files to its verdict."""

import json
import os
import shutil
import textwrap

import pytest

from tests.node_tree import NodeTree, judged
from trueline.model.results import Outcome

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other owners")


@pytest.fixture
def tree(tmp_path):
    return NodeTree(tmp_path)


def verdict(tree, number, benchmark="cis-1.12"):
    return tree.results(benchmark)[number].outcome.value


# Flags: exact names, every way of writing them, the last one counts, defaults count


@pytest.mark.parametrize(
    ("flags", "number", "expected"),
    [
        ([], "1.2.1", "fail"),  # --anonymous-auth defaults to true
        (["--anonymous-auth=false"], "1.2.1", "pass"),
        (["--anonymous-auth", "false"], "1.2.1", "fail"),  # a boolean flag takes no next word
        (["-anonymous-auth=false"], "1.2.1", "pass"),
        (["--anonymous_auth=false"], "1.2.1", "pass"),
        (["--anonymous-auth=false", "--anonymous-auth=true"], "1.2.1", "fail"),
        (["--anonymous-auth=true", "--anonymous-auth=false"], "1.2.1", "pass"),
        (["--anonymous-auth=maybe"], "1.2.1", "error"),
        (["--authorization-mode", "AlwaysAllow"], "1.2.6", "fail"),
        (["--authorization-mode=Node,RBAC"], "1.2.6", "pass"),
        (["--authorization-mode=Node,RBAC"], "1.2.7", "pass"),
        (["--authorization-mode=RBACX,Node"], "1.2.8", "fail"),  # members, not substrings
        (["--encryption-provider-config-automatic-reload=true"], "1.2.27", "fail"),
        (["--profiling=false"], "1.2.15", "pass"),
        (["--profiling"], "1.2.15", "fail"),
        (['--profiling="false"'], "1.2.15", "pass"),
        (["--audit-log-path=/var/log/a", "--audit-log-maxage=60"], "1.2.17", "pass"),  # not only exactly 30
        (["--audit-log-path=/var/log/a", "--audit-log-maxage=29"], "1.2.17", "fail"),
        (["--audit-log-maxage=60"], "1.2.17", "fail"),  # no log is written at all
        (["--token-auth-file=/etc/tokens"], "1.2.2", "fail"),
        (["--enable-admission-plugins=NodeRestrictionX"], "1.2.14", "fail"),
        (["--disable-admission-plugins=ServiceAccount"], "1.2.12", "fail"),
        (["--enable-admission-plugins=AlwaysAdmit"], "1.2.10", "fail"),
        (["--service-account-lookup=false"], "1.2.21", "fail"),
        ([], "1.2.21", "pass"),
    ],
)
def test_api_server_flags(tree, flags, number, expected):
    tree.component("kube-apiserver", *flags)
    assert verdict(tree, number) == expected


@pytest.mark.parametrize(
    ("component", "flags", "number", "expected"),
    [
        ("kube-controller-manager", [], "1.3.7", "fail"),  # the default is 0.0.0.0
        ("kube-controller-manager", ["--bind-address=127.0.0.1"], "1.3.7", "pass"),
        ("kube-scheduler", [], "1.4.2", "fail"),
        ("kube-scheduler", ["--bind-address", "127.0.0.1"], "1.4.2", "pass"),
        ("etcd", ["--client-cert-auth=false"], "2.2", "fail"),
        ("etcd", ["--client-cert-auth"], "2.2", "pass"),
        ("etcd", [], "2.2", "fail"),
        ("etcd", ["--auto-tls=false"], "2.3", "pass"),
        ("etcd", ["--auto-tls"], "2.3", "fail"),
        ("etcd", ["--peer-cert-file=/a.crt"], "2.4", "fail"),  # a certificate without its key
        ("etcd", ["--peer-cert-file=/a.crt", "--peer-key-file=/a.key"], "2.4", "pass"),
        ("kubelet", ["--streaming-connection-idle-timeout=0s"], "4.2.5", "fail"),
        ("kubelet", ["--streaming-connection-idle-timeout=0"], "4.2.5", "fail"),
        ("kubelet", ["--streaming-connection-idle-timeout=5m"], "4.2.5", "pass"),
        ("kubelet", [], "4.2.1", "fail"),  # without a config file the kubelet's old defaults hold
        ("kubelet", [], "4.2.2", "fail"),
        ("kube-proxy", ["--metrics-bind-address=0.0.0.0:10249"], "4.3.1", "fail"),
        ("kube-proxy", [], "4.3.1", "pass"),
    ],
)
def test_other_components(tree, component, flags, number, expected):
    tree.component(component, *flags)
    assert verdict(tree, number) == expected


def test_environment_of_etcd_counts_unless_a_flag_says_otherwise(tree):
    tree.component("etcd", environment={"ETCD_CLIENT_CERT_AUTH": "true", "ETCD_AUTO_TLS": "true"})
    assert verdict(tree, "2.2") == "pass"
    assert verdict(tree, "2.3") == "fail"


def test_of_several_processes_the_worst_counts(tree):
    tree.component("kube-apiserver", "--profiling=false")
    tree.component("kube-apiserver", "--profiling=true")
    assert verdict(tree, "1.2.15") == "fail"


# Processes: who is a component, and who only says so


@pytest.mark.parametrize("exe", ["/usr/bin/less", None, "/home/eve/kube-apiserver"])
def test_another_users_process_never_improves_a_verdict(tree, exe):
    tree.component("kube-apiserver", "--profiling=true")
    tree.process(["kube-apiserver", "--profiling=false"], exe=exe, uid=65534)
    assert verdict(tree, "1.2.15") == "fail"


def test_another_users_process_never_makes_a_verdict_worse_either(tree):
    tree.component("kube-apiserver", "--profiling=false")
    tree.process(["kube-apiserver", "--token-auth-file=x"], exe="/usr/bin/less", uid=65534)
    assert verdict(tree, "1.2.2") == "pass"


def test_who_poses_as_a_component_is_reported(tree):
    tree.component("kube-apiserver")
    pid = tree.process(["kube-apiserver", "--profiling=false"], uid=65534)
    assert any(f"Process {pid} (uid 65534)" in notice for notice in judged(tree.snapshot()).notices)


def test_a_poser_alone_is_no_component(tree):
    tree.process(["kube-apiserver", "--profiling=false"], uid=65534)
    assert verdict(tree, "1.2.15") == "notapplicable"


def test_words_in_other_command_lines_mean_nothing(tree):
    tree.process(["/bin/bash", "-c", "kube-apiserver --profiling=false"], exe="/usr/bin/bash")
    tree.process(["grep", "kube-apiserver", "--profiling=false"], exe="/usr/bin/grep")
    assert verdict(tree, "1.2.15") == "notapplicable"


def test_a_binary_that_was_replaced_while_it_runs_is_still_the_component(tree):
    tree.process(["kube-apiserver", "--profiling=false"], exe="/usr/local/bin/kube-apiserver (deleted)")
    assert verdict(tree, "1.2.15") == "pass"


def test_a_wrapper_is_known_by_its_words(tree):
    tree.process(["/hyperkube", "kube-apiserver", "--profiling=false"], exe="/hyperkube")
    assert verdict(tree, "1.2.15") == "pass"
    assert verdict(tree, "1.4.1") == "notapplicable"


# No data is no verdict


def test_what_does_not_run_here_is_not_applicable(tree):
    tree.component("kubelet")
    results = tree.results()
    assert {results[number].outcome for number in ("1.1.1", "1.2.15", "2.1", "1.3.2")} == {
        Outcome.NOTAPPLICABLE
    }
    assert "does not run on this node" in results["1.2.15"].reason


def test_without_processes_nothing_passes_that_asks_them(tree, tmp_path):
    shutil.rmtree(tmp_path / "proc")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "kind: Pod", 0o644)
    results = tree.results()
    assert results["1.2.15"].outcome is Outcome.ERROR
    assert results["1.1.1"].outcome is Outcome.FAIL  # the file tells by itself
    assert [number for number, result in results.items() if result.outcome is Outcome.PASS] == ["1.1.2"]


def test_a_manifest_without_a_visible_process_is_not_absence(tree):
    containers = [{"command": ["kube-apiserver"]}]
    manifest = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", json.dumps(manifest))
    result = tree.results()["1.2.15"]
    assert result.outcome is Outcome.ERROR
    assert "no process of it is visible" in result.reason


def test_without_a_cluster_policies_are_unknown(tree):
    tree.component("kube-apiserver")
    result = tree.results()["5.1.1"]
    assert result.outcome is Outcome.UNKNOWN
    assert "--kubeconfig" in result.reason


# Files: the ones in use, their targets, bits and owners


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o600, "pass"), (0o400, "pass"), (0o644, "fail"), (0o577, "fail"), (0o4600, "fail"), (0o601, "fail")],
)
def test_modes_are_bits(tree, mode, expected):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "", mode)
    assert verdict(tree, "1.1.1") == expected


def test_a_file_that_need_not_exist_is_not_applicable(tree):
    tree.component("kube-proxy", "--config=/etc/proxy.yaml")
    tree.write(
        "/etc/proxy.yaml", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    )
    assert verdict(tree, "4.1.3") == "notapplicable"


def test_the_running_kubelets_own_config_file_is_judged(tree):
    tree.component("kubelet", "--config=/opt/kubelet.yaml")
    config = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
    tree.write("/var/lib/kubelet/config.yaml", config, 0o600)
    tree.write("/opt/kubelet.yaml", config + "authentication: {anonymous: {enabled: true}}\n", 0o644)
    assert verdict(tree, "4.1.9") == "fail"
    assert verdict(tree, "4.2.1") == "fail"


def test_a_flag_holds_although_the_config_file_can_not_be_read(tree):
    tree.component("kubelet", "--config=/opt/none.yaml", "--anonymous-auth=false")
    assert verdict(tree, "4.2.1") == "pass"
    assert verdict(tree, "4.2.2") == "error"


def test_drop_ins_override_the_config_file(tree):
    tree.component("kubelet", "--config=/var/lib/kubelet/config.yaml", "--config-dir=/etc/kubelet.d")
    head = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
    tree.write(
        "/var/lib/kubelet/config.yaml",
        head + "authentication: {anonymous: {enabled: false}}\nreadOnlyPort: 0\n",
    )
    opened = "authentication: {anonymous: {enabled: true}}\nauthorization: {mode: AlwaysAllow}\n"
    tree.write("/etc/kubelet.d/90-open.conf", head + opened + "readOnlyPort: 10255\n")
    tree.write("/etc/kubelet.d/99-ignored.yaml", head + "readOnlyPort: 0\n")
    results = tree.results()
    assert [results[number].outcome.value for number in ("4.2.1", "4.2.2", "4.2.4")] == ["fail"] * 3
    assert "90-open.conf" in results["4.2.1"].evidence[0].source


@needs_root
def test_owners_are_read_from_the_nodes_own_accounts(tree):
    tree.component("etcd", "--data-dir=/data")
    (tree.root / "data").mkdir(mode=0o700)
    os.chown(tree.root / "data", 996, 995)
    result = tree.results()["1.1.12"]
    assert result.outcome is Outcome.PASS, result.reason
    os.chown(tree.root / "data", 995, 996)
    assert verdict(tree, "1.1.12") == "fail"


@needs_root
def test_an_account_named_root_that_is_not_uid_0_does_not_count(tree):
    tree.write("/etc/passwd", "root:x:1000:1000::/:/bin/sh\n", 0o644)
    tree.write("/etc/group", "root:x:1000:\n", 0o644)
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "", owner=(1000, 1000))
    assert verdict(tree, "1.1.2") == "fail"


def test_the_target_of_a_link_is_judged(tree):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/real.yaml", "", 0o666)
    link = tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "")
    link.unlink()
    link.symlink_to("/etc/kubernetes/real.yaml")
    result = tree.results()["1.1.1"]
    assert result.outcome is Outcome.FAIL
    assert "/etc/kubernetes/real.yaml" in result.evidence[0].source


def test_a_link_out_of_the_root_is_an_error(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_text("")
    outside.chmod(0o600)
    tree.component("kube-apiserver")
    link = tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "")
    link.unlink()
    link.symlink_to("../" * 30 + str(outside).lstrip("/"))
    assert verdict(tree, "1.1.1") != "pass"


def test_a_strict_directory_above_is_shown_but_does_not_turn_the_verdict(tree):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", "", 0o644)
    (tree.root / "etc/kubernetes/manifests").chmod(0o700)
    result = tree.results()["1.1.1"]
    assert result.outcome is Outcome.FAIL
    assert "0700" in result.evidence[0].observed


def test_network_state_is_no_network_config(tree):
    tree.component("kubelet")
    tree.write("/etc/cni/net.d/10-net.conflist", "{}", 0o600)
    tree.write("/etc/cni/net.d/lock", "", 0o750)
    tree.write("/var/lib/cni/networks/pods/10.0.0.2", "", 0o644)
    assert verdict(tree, "1.1.9") == "pass"


def test_a_world_writable_drop_in_of_the_kubelets_unit_is_seen(tree):
    tree.component("kubelet")
    tree.write("/usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n", 0o600)
    assert verdict(tree, "4.1.1") == "pass"
    tree.write("/etc/systemd/system/kubelet.service.d/10-extra.conf", "[Service]\n", 0o666)
    assert verdict(tree, "4.1.1") == "fail"


def test_kube_proxys_metrics_in_its_config_file(tree):
    tree.component("kube-proxy", "--config=/var/lib/kube-proxy/config.conf")
    head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    tree.write("/var/lib/kube-proxy/config.conf", head + "metricsBindAddress: 0.0.0.0:10249\n")
    assert verdict(tree, "4.3.1") == "fail"


# Structured configuration of the API server


def test_structured_authorization_counts(tree):
    tree.component("kube-apiserver", "--authorization-config=/etc/kubernetes/authz.yaml")
    tree.write(
        "/etc/kubernetes/authz.yaml",
        textwrap.dedent("""\
            apiVersion: apiserver.config.k8s.io/v1
            kind: AuthorizationConfiguration
            authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}]
            """),
    )
    results = tree.results()
    assert [results[number].outcome.value for number in ("1.2.6", "1.2.7", "1.2.8")] == ["pass"] * 3


@pytest.mark.parametrize(
    ("anonymous", "expected"),
    [
        ("{enabled: false}", "pass"),
        ("{enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /healthz}]}", "pass"),
        ("{enabled: true, conditions: [{path: /livez}, {path: /api}]}", "fail"),
        ("{enabled: true}", "fail"),
    ],
)
def test_structured_authentication_counts(tree, anonymous, expected):
    tree.component("kube-apiserver", "--authentication-config=/etc/kubernetes/authn.yaml")
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
    tree.write("/etc/kubernetes/authn.yaml", f"{head}anonymous: {anonymous}\n")
    assert verdict(tree, "1.2.1") == expected


@pytest.mark.parametrize("content", [None, "authorizers: [", "\x00", "kind: Secret"])
def test_structured_files_that_can_not_be_read_never_pass(tree, content):
    tree.component("kube-apiserver", "--authorization-config=/etc/kubernetes/authz.yaml")
    if content is not None:
        tree.write("/etc/kubernetes/authz.yaml", content)
    assert verdict(tree, "1.2.6") == "error"


def test_the_first_provider_for_secrets_decides_about_encryption(tree):
    tree.component("kube-apiserver", "--encryption-provider-config=/etc/kubernetes/enc.yaml")
    config = textwrap.dedent("""\
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
          - resources: [secrets]
            providers: [{identity: {}}, {aescbc: {keys: [{name: a, secret: c2VjcmV0IGtleSBtYXRlcmlhbA==}]}}]
          - resources: [configmaps]
            providers: [{aescbc: {keys: [{name: a, secret: c2VjcmV0IGtleSBtYXRlcmlhbA==}]}}]
        """)
    tree.write("/etc/kubernetes/enc.yaml", config)
    assert verdict(tree, "1.2.28") == "fail"
    tree.write("/etc/kubernetes/enc.yaml", config.replace("{identity: {}}, ", ""))
    assert verdict(tree, "1.2.28") == "pass"


def test_names_of_files_are_data(tree):
    tree.component("kube-apiserver")
    name = "/etc/kubernetes/pki/a\n[PASS] 1.1.21.key"
    tree.write(name, "", 0o666)
    result = tree.results()["1.1.21"]
    assert result.outcome is Outcome.FAIL
    assert "\n[PASS]" not in result.remediation


@pytest.mark.parametrize(
    ("mode", "number", "expected"),
    [
        (0o644, "1.1.21", "fail"),
        (0o600, "1.1.21", "pass"),
        (0o666, "1.1.20", "fail"),
        (None, "1.1.21", "error"),
    ],
)
def test_keys_and_certificates_outside_the_usual_directory_count(tree, mode, number, expected):
    tree.write("/etc/kubernetes/pki/apiserver.key", "", 0o600)
    tree.write("/etc/kubernetes/pki/apiserver.crt", "", 0o600)
    file = {"1.1.21": "/srv/tls/front.pem", "1.1.20": "/srv/tls/front-cert.pem"}[number]
    if mode is not None:
        tree.write(file, "", mode)
    flag = {"1.1.21": "tls-private-key-file", "1.1.20": "tls-cert-file"}[number]
    tree.component("kube-apiserver", f"--{flag}={file}")
    assert verdict(tree, number) == expected


@needs_root
def test_a_key_outside_the_usual_directory_needs_the_same_owner(tree):
    tree.write("/etc/kubernetes/pki/apiserver.key", "", 0o600)
    tree.write("/srv/tls/etcd.pem", "", 0o600, owner=(996, 995))
    tree.component("kube-apiserver")
    tree.component("etcd", "--key-file=/srv/tls/etcd.pem")
    assert verdict(tree, "1.1.19") == "fail"


@pytest.mark.parametrize(
    "path", ["/etc/kubernetes/pki/apiserver-key.pem", "/etc/kubernetes/ssl/apiserver.key"]
)
def test_a_key_is_judged_whatever_its_name_or_directory(tree, path):
    tree.write("/etc/kubernetes/pki/sa.key", "", 0o600)
    tree.write(path, "", 0o644)
    tree.component("kube-apiserver", f"--tls-private-key-file={path}")
    assert verdict(tree, "1.1.21") == "fail"
