"""No secret that lies on a node, in its cluster or in what others wrote of it reaches any output."""

import json
import subprocess
import sys

import msgspec
import pytest

from tests.node_tree import NodeTree, judged
from trueline.cli.choose import Named
from trueline.cli.fleet_inputs import Inputs
from trueline.cli.gather import example
from trueline.collect.snapshot import encode_snapshot
from trueline.fleet import Fleet
from trueline.report import FORMATS

OPTIONS = {"asff": {"account": "123456789012", "region": "eu-west-1"}}
# Each is a word of its own, so that a part of it would be found too.
TOKEN = "abcdef.0123456789abcdef"  # a bootstrap token
SECRETS = {
    "flag": "Fl4gS3cretValue",
    "next word": "N3xtW0rdS3cret",
    "variable": "V4riableS3cret",
    "manifest": "M4nifestS3cret",
    "kubeconfig token": "K8sT0kenS3cret",
    "kubeconfig password": "K8sP4sswordS3cret",
    "client key": "S0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpQUklWQVRFUk9PVEtFWQ",
    "private key": "MIIEPr1vateKeyS3cretLine",
    "encryption key": "RW5jcnlwdGlvbktleVMzY3JldFZhbHVl",
    "header": "He4derS3cretBearer",
    "address": "Addr3ssLoginS3cret",
    "web token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzM2NyZXQifQ.c2lnbmF0dXJlUzNjcmV0",
    "bootstrap token": TOKEN,
}
STARTED = ("--bootstrap-token", SECRETS["next word"], f"--oidc-client-secret={SECRETS['flag']}")
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRETS['private key']}\n-----END RSA PRIVATE KEY-----\n"
KUBECONFIG = f"""\
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "https://admin:{SECRETS["address"]}@192.0.2.1:6443"}}}}]
users:
  - name: u
    user:
      token: {SECRETS["kubeconfig token"]}
      password: {SECRETS["kubeconfig password"]}
      client-key-data: L{SECRETS["client key"]}
"""
MANIFEST = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: kube-apiserver, namespace: kube-system}}
spec:
  containers:
    - name: kube-apiserver
      command: [kube-apiserver, --profiling=true, --etcd-servers=https://u:{SECRETS["address"]}@192.0.2.1:2379]
      env: [{{name: ADMIN_PASSWORD, value: {SECRETS["manifest"]}}}]
"""
ENCRYPTION = f"""\
kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
  - resources: [secrets]
    providers: [{{aescbc: {{keys: [{{name: k, secret: {SECRETS["encryption key"]}}}]}}}}]
"""
KUBELET = f"""\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
staticPodURLHeader: {{Authorization: ["Bearer {SECRETS["header"]}"]}}
authentication: {{anonymous: {{enabled: true}}}}
"""


def planted(folder):
    """A node with a secret at each place where one may be."""
    tree = NodeTree(folder)
    tree.component(
        "kube-apiserver",
        "--profiling=true",
        f"--oidc-client-secret={SECRETS['flag']}",
        "--encryption-provider-config=/etc/kubernetes/enc.yaml",
        f"--service-account-issuer=https://u:{SECRETS['address']}@issuer.example",
        f"--audit-webhook-header=Authorization: Bearer {SECRETS['web token']}",
    )
    tree.component(
        "kubelet", "--config=/var/lib/kubelet/config.yaml", "--bootstrap-token", SECRETS["next word"]
    )
    tree.component(
        "etcd",
        environment={
            "ETCD_INITIAL_CLUSTER_TOKEN": SECRETS["variable"],
            "ETCD_ROOT_PASSWORD": SECRETS["variable"],
            "ETCD_CERT_FILE": "/etc/kubernetes/pki/etcd.crt",
        },
    )
    tree.component("kube-scheduler", "--token", TOKEN, "--kubeconfig=/etc/kubernetes/scheduler.conf")
    for name in ("admin.conf", "scheduler.conf", "kubelet.conf", "controller-manager.conf"):
        tree.write(f"/etc/kubernetes/{name}", KUBECONFIG, 0o644)
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", MANIFEST, 0o644)
    tree.write("/etc/kubernetes/enc.yaml", ENCRYPTION)
    tree.write("/etc/kubernetes/pki/apiserver.key", PEM, 0o644)
    tree.write("/etc/kubernetes/pki/apiserver.crt", PEM, 0o644)
    tree.write("/var/lib/kubelet/config.yaml", KUBELET, 0o644)
    tree.write(
        "/etc/systemd/system/kubelet.service",
        f"[Service]\nEnvironment=API_TOKEN={SECRETS['variable']}\n"
        f"ExecStart=/usr/bin/kubelet {' '.join(STARTED)}\n",
        0o666,
    )
    tree.write("/etc/cni/net.d/10-x.conflist", json.dumps({"plugins": [{"token": SECRETS["header"]}]}), 0o666)
    return tree


def leaked(text):
    plain = text.replace("\\n", "\n")
    return sorted(name for name, secret in SECRETS.items() if secret in plain or secret[:12] in plain)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    tree = planted(tmp_path_factory.mktemp("secrets") / "node")
    cluster = example().cluster
    return msgspec.structs.replace(tree.snapshot(cluster), started_at="2026-03-04T05:06:07Z")


def test_w57_the_snapshot_has_none(snapshot):
    assert leaked(encode_snapshot(snapshot).decode()) == []
    assert "REDACTED" in encode_snapshot(snapshot).decode()  # the places were looked at


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("benchmark", ["cis-1.12", "cis-2.0"])
def test_w57_no_format_has_one(snapshot, benchmark, name):
    assessment = judged(snapshot, benchmark)
    assert {one.outcome.value for one in assessment.results} >= {"pass", "fail"}
    assert leaked(FORMATS[name](assessment, **OPTIONS.get(name, {}))) == []


def kube_bench_report(folder):
    """As kube-bench of another maker writes it, with whatever its scripts printed."""
    said = {
        "4.1.1": PEM,
        "4.1.2": f"kubelet --bootstrap-token {SECRETS['next word']} --oidc-client-secret={SECRETS['flag']}",
        "4.1.3": f"API_TOKEN={SECRETS['variable']}\nPATH=/bin\nPASSWORD={SECRETS['manifest']}",
        "4.1.4": f"token: {SECRETS['kubeconfig token']}\npassword: {SECRETS['kubeconfig password']}",
        "4.1.5": f"Authorization: Bearer {SECRETS['web token']}",
        "4.1.6": f"client-key-data: L{SECRETS['client key']}",
        "4.1.7": f"https://u:{SECRETS['address']}@192.0.2.1",
        "4.1.8": TOKEN,
    }
    results = [
        {
            "test_number": number,
            "test_desc": "Says too much",
            "status": "FAIL",
            "scored": True,
            "actual_value": text,
            "expected_result": "'x' is present",
            "audit": f"cat x --token={SECRETS['flag']}",
            "reason": f'failed to run: "x", output: "{json.dumps(text)}", error: exit status 1',
        }
        for number, text in said.items()
    ]
    group = {"section": "4.1", "desc": "Files", "results": results}
    controls = [{"id": "4", "version": "cis-1.7", "text": "W", "node_type": "node", "tests": [group]}]
    file = folder / "w-1.json"
    file.write_text(json.dumps({"Controls": controls}))
    return file


@pytest.mark.parametrize("name", FORMATS)
def test_w57_none_comes_through_what_kube_bench_wrote(tmp_path, name):
    file = str(kube_bench_report(tmp_path))
    inputs = Inputs(Named())
    fleet = Fleet()
    fleet.add(inputs.brief(file), file)
    (assessment,) = fleet.compose(inputs.whole)
    assert leaked(FORMATS[name](assessment, **OPTIONS.get(name, {}))) == []


def test_w57_none_is_in_reports_of_a_converted_run(tmp_path):
    file = kube_bench_report(tmp_path)
    reports = [tmp_path / name for name in ("a.out.json", "a.html", "a.md")]
    words = [word for report in reports for word in ("--report", str(report))]
    subprocess.run(
        [sys.executable, "-m", "trueline", "kube-bench", "convert", str(file), *words],
        capture_output=True,
        check=False,
    )
    assert [leaked(report.read_text()) for report in reports] == [[], [], []]


def test_w57_none_is_in_messages_of_errors(tmp_path):
    """A kubeconfig that is broken right behind its secret."""
    broken = tmp_path / "kubeconfig"
    broken.write_text(KUBECONFIG + "    }: [\n")
    tree = planted(tmp_path / "node")
    for words in (["--kubeconfig", str(broken)], []):
        done = subprocess.run(
            [sys.executable, "-m", "trueline", "scan", "--root", str(tree.root), *words],
            capture_output=True,
            check=False,
            text=True,
        )
        assert leaked(done.stdout + done.stderr) == []
