"""Evidence points to its source: the line of the manifest or unit, mode and owner of the file."""

import json

import msgspec
import pytest

from tests.node_tree import NodeTree, judged
from trueline.report import FORMATS

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
    - name: kube-apiserver
      command:
        - kube-apiserver
        # - --profiling=false
        - --profiling=true
        - --service-account-signing-key-file=/etc/kubernetes/pki/sa.key
"""
UNIT = """\
[Service]
# ExecStart=/usr/bin/kubelet --read-only-port=0
Environment="KUBELET_ARGS=--protect-kernel-defaults=true"
ExecStart=/usr/bin/kubelet --read-only-port=10255 $KUBELET_ARGS
"""


@pytest.fixture
def tree(tmp_path):
    tree = NodeTree(tmp_path / "node")
    tree.component("kube-apiserver", "--profiling=true")
    tree.component("kubelet", "--read-only-port=10255", "--protect-kernel-defaults=true")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", MANIFEST, 0o644)
    tree.write("/usr/lib/systemd/system/kubelet.service", UNIT, 0o644)
    return tree


def test_w22_a_flag_points_to_its_line_in_the_manifest(tree):
    (evidence,) = tree.results()["1.2.15"].evidence
    assert evidence.source.endswith(" (/etc/kubernetes/manifests/kube-apiserver.yaml, line 10)")
    assert evidence.source.startswith("argument of process ")


def test_w22_a_flag_points_to_its_line_in_the_unit(tree):
    results = tree.results()
    assert results["4.2.4"].evidence[0].source.endswith("(/usr/lib/systemd/system/kubelet.service, line 4)")


def test_w22_a_mode_shows_mode_owner_and_path(tree):
    result = tree.results()["1.1.1"]
    assert result.evidence[0].fact == "/etc/kubernetes/manifests/kube-apiserver.yaml"
    assert result.evidence[0].observed == "mode 0644 root:root"
    assert result.outcome == "fail"


def test_w22_viewers_are_led_to_that_line(tree):
    log = json.loads(FORMATS["sarif"](judged(tree.snapshot())))
    (found,) = [one for one in log["runs"][0]["results"] if one["ruleId"].endswith("-1.2.15")]
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "etc/kubernetes/manifests/kube-apiserver.yaml"},
        "region": {"startLine": 10},
    }


def test_only_names_of_flags_have_lines_and_no_values(tree):
    tree.write("/usr/lib/systemd/system/kubelet.service", UNIT + "EnvironmentFile=/etc/default/kubelet\n")
    tree.write("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--bootstrap-token S3cretValue --v=2\n")
    documents = tree.snapshot().node.documents
    assert documents["/etc/default/kubelet"].lines == {"--bootstrap-token": 1, "--v": 1}
    assert b"S3cretValue" not in msgspec.json.encode(documents)


def test_a_manifest_of_another_component_is_no_source(tree):
    tree.write(
        "/etc/kubernetes/manifests/other.yaml",
        MANIFEST.replace("kube-apiserver", "other").replace(
            "- --profiling=true", "- x\n        - --profiling=true"
        ),
    )
    (evidence,) = tree.results()["1.2.15"].evidence
    assert "/kube-apiserver.yaml, line 10)" in evidence.source
