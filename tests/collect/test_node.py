"""A whole node is collected: what components use, as they see it, and nothing that is secret."""

import json
import os
import re
import shutil
import subprocess
import sys

import msgspec
import pytest

from tests.collect.nodetree import (
    APISERVER,
    CAPTURED,
    COMPONENTS,
    Tree,
    need_namespaces,
    need_root,
    open_to_all,
    run_python,
    unpack_captured,
)
from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.model.facts import Absent, Document, FileMeta, NodeFacts
from trueline.model.platform import NamedFile

MARK = "hunter2marker"
FILES = (
    NamedFile(component="kubelet", candidates=("/etc/kubernetes/kubelet.conf",), document="kubeconfig"),
    NamedFile(component="kubelet", flag="cert-dir", candidates=("/var/lib/kubelet/pki",), each="tree"),
    NamedFile(component="etcd", flag="etcd/data-dir", candidates=("/var/lib/etcd",)),
    NamedFile(candidates=("/etc/kubernetes/admin.conf",)),
)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "node")


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    path = unpack_captured(tmp_path_factory.mktemp("captured"))
    return collect_node(Root(str(path)), COMPONENTS, FILES)


def test_captured_node_components(captured):
    assert [(process.component, process.uid, process.impostor) for process in captured.processes] == [
        ("etcd", 0, None),
        ("kubelet", 0, None),
        ("kube-apiserver", 0, None),
    ]
    assert "--authorization-mode=Node,RBAC" in captured.processes[2].arguments
    assert captured.limits == ()


def test_captured_node_host(captured):
    assert captured.hostname == "vm"
    assert captured.os_release["ID"] == "debian"
    assert captured.os_release["PRETTY_NAME"] == "Debian GNU/Linux 12 (bookworm)"
    assert re.fullmatch(r"[0-9a-f]{64}", captured.machine_id)
    assert "0123456789abcdef0123456789abcdef" not in msgspec.json.encode(captured).decode()


def test_captured_node_files(captured):
    files = captured.files
    assert files["/etc/kubernetes/pki/ca.key"].mode == "0600"
    assert files["/etc/kubernetes/manifests/etcd.yaml"].mode == "0600"
    assert files["/etc/kubernetes/admin.conf"].kind == "file"
    assert files["/var/lib/etcd"].entries == ("member",)
    assert files["/etc/kubernetes/bootstrap-kubelet.conf"] == Absent()
    assert files["/usr/lib/systemd/system/kubelet.service"].mode == "0600"
    current = files["/var/lib/kubelet/pki/kubelet-client-current.pem"]
    assert current.target == "/var/lib/kubelet/pki/kubelet-client-2026-11-21-00-21-01.pem"
    assert "system:node:vm" in current.certificate.subject
    authority = files["/etc/kubernetes/pki/ca.crt"].certificate
    assert (authority.subject, authority.authority) == ("CN=kubernetes", True)
    assert not files["/etc/kubernetes/pki/apiserver.crt"].certificate.authority
    assert files["/etc/kubernetes/pki/ca.key"].certificate is None


def test_captured_node_documents(captured):
    kinds = {
        path: document.kind for path, document in captured.documents.items() if isinstance(document, Document)
    }
    assert kinds["/var/lib/kubelet/config.yaml"] == "KubeletConfiguration"
    assert kinds["/etc/kubernetes/manifests/kube-apiserver.yaml"] == "Pod"
    assert kinds["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"] == "unit"
    assert kinds["/var/lib/kubelet/kubeadm-flags.env"] == "environment"
    assert kinds["/etc/cni/net.d/10-bridge.conflist"] == "cni"
    user = captured.documents["/etc/kubernetes/kubelet.conf"].data["users"][0]["user"]
    assert user["client-key"] == "/var/lib/kubelet/pki/kubelet-client-current.pem"


def test_captured_node_survives_json(captured):
    assert msgspec.json.decode(msgspec.json.encode(captured), type=NodeFacts) == captured


def test_captured_node_holds_no_credential(captured):
    text = msgspec.json.encode(captured).decode()
    for sign in ("PRIVATE KEY", "LS0tLS1CRUdJTi", "UkVEQUNURUQ", "eyJhbGci", "BEGIN CERTIFICATE"):
        assert sign not in text


KUBELET_CONFIG = """
kind: KubeletConfiguration
authentication: {x509: {clientCAFile: /pki/kubelet-ca}}
staticPodPath: /srv/pods
"""


def kubelet(tree, *arguments, **options):
    tree.process(20, ["kubelet", *arguments], exe="/usr/bin/kubelet", **options)


def test_everything_that_arguments_and_configuration_name_is_looked_at(tree):
    kubelet(tree, "--config=/etc/k.yaml", "--kubeconfig", "/etc/k.conf", "--some-file=/opt/some,/opt/other")
    tree.write("/etc/k.yaml", KUBELET_CONFIG)
    tree.write("/etc/k.conf", "users: [{name: u, user: {tokenFile: /var/token}}]")
    for path in (
        "/opt/some",
        "/opt/other",
        "/pki/kubelet-ca",
        "/var/token",
        "/srv/pods/web.yaml",
        "/srv/pods/.old",
    ):
        tree.write(path, "x")
    facts = tree.collect()
    for path in ("/opt/some", "/opt/other", "/pki/kubelet-ca", "/var/token", "/etc/k.yaml", "/etc/k.conf"):
        assert isinstance(facts.files[path], FileMeta), path
    assert facts.documents["/srv/pods/web.yaml"].kind == "invalid"
    assert "/srv/pods/.old" not in facts.documents
    assert facts.files["/var/lib/kubelet/pki"] == Absent()


def test_drop_ins_are_those_that_end_in_conf(tree):
    kubelet(tree, "--config-dir=/etc/k.d/")
    for name in ("20-b.conf", "10-a.conf", "x.yaml", "sub/30-c.conf"):
        tree.write(f"/etc/k.d/{name}", f"kind: KubeletConfiguration\nname: {name}")
    facts = tree.collect()
    assert facts.files["/etc/k.d/"].entries == ("10-a.conf", "20-b.conf", "sub", "x.yaml")
    assert [path for path in facts.documents if path.startswith("/etc/k.d/")] == [
        "/etc/k.d/10-a.conf", "/etc/k.d/20-b.conf", "/etc/k.d/sub/30-c.conf",
    ]  # fmt: skip
    assert isinstance(facts.files["/etc/k.d/x.yaml"], FileMeta)


def test_the_last_of_repeated_flags_names_the_document(tree):
    kubelet(tree, "--config=/etc/first.yaml", "--config=/etc/last.yaml")
    for name in ("first", "last"):
        tree.write(f"/etc/{name}.yaml", f"kind: KubeletConfiguration\nname: {name}")
    facts = tree.collect()
    assert "/etc/last.yaml" in facts.documents
    assert "/etc/first.yaml" not in facts.documents
    assert isinstance(facts.files["/etc/first.yaml"], FileMeta)


def test_relative_paths_begin_where_the_process_works(tree):
    kubelet(tree, "--config=conf/k.yaml", cwd="/srv/work")
    tree.write("/srv/work/conf/k.yaml", "kind: KubeletConfiguration")
    facts = tree.collect()
    assert facts.documents["/srv/work/conf/k.yaml"].kind == "KubeletConfiguration"
    assert facts.processes[0].directory == "/srv/work"


def test_the_variable_that_names_the_config_file(tree):
    tree.process(
        20, ["etcd"], exe="/usr/bin/etcd", environ=["ETCD_CONFIG_FILE=/etc/etcd.yml", "ETCD_CERT_FILE=/c"]
    )
    tree.write("/etc/etcd.yml", f"data-dir: /data/etcd\ninitial-cluster-token: {MARK}\n")
    tree.write("/c", "x")
    (tree.path / "data/etcd/member").mkdir(parents=True)
    facts = tree.collect(FILES)
    assert facts.documents["/etc/etcd.yml"].data == {
        "data-dir": "/data/etcd",
        "initial-cluster-token": "REDACTED",
    }
    assert facts.files["/data/etcd"].entries == ("member",)
    assert isinstance(facts.files["/c"], FileMeta)


def test_admission_plugins_and_nested_kubeconfigs_are_followed(tree):
    tree.process(
        20, ["kube-apiserver", "--admission-control-config-file=/etc/adm/c.yaml"], exe="/b/kube-apiserver"
    )
    plugins = [
        {"name": "EventRateLimit", "path": "limits.yaml"},
        {
            "name": "ImagePolicyWebhook",
            "configuration": {"imagePolicy": {"kubeConfigFile": "/etc/adm/hook.conf"}},
        },
    ]
    tree.write("/etc/adm/c.yaml", json.dumps({"kind": "AdmissionConfiguration", "plugins": plugins}))
    tree.write("/etc/adm/limits.yaml", "kind: Configuration\nlimits: [{type: Server, qps: 5}]")
    tree.write("/etc/adm/hook.conf", f"users: [{{name: u, user: {{token: {MARK}}}}}]")
    facts = tree.collect()
    assert facts.documents["/etc/adm/c.yaml"].data["plugins"][0]["path"] == "limits.yaml"
    assert facts.documents["/etc/adm/limits.yaml"].data["limits"] == [{"type": "Server", "qps": 5}]
    assert facts.documents["/etc/adm/hook.conf"].kind == "kubeconfig"


def test_paths_of_the_api_are_no_files(tree):
    tree.process(20, ["kube-apiserver", "--audit-policy-file=/etc/p.yaml"], exe="/b/kube-apiserver")
    tree.write("/etc/p.yaml", "{kind: Policy, rules: [{level: None, nonResourceURLs: [/version]}]}")
    facts = tree.collect()
    assert facts.documents["/etc/p.yaml"].data["rules"][0]["nonResourceURLs"] == ["/version"]
    assert "/version" not in facts.files


def test_impostors_lead_to_no_files(tree):
    tree.process(20, ["kubelet", "--config=/home/me/k.yaml"], exe="/home/me/kubelet", uid=1000)
    tree.write("/home/me/k.yaml", "kind: KubeletConfiguration")
    facts = tree.collect()
    assert facts.processes[0].impostor
    assert "/home/me/k.yaml" not in facts.files
    assert "/home/me/k.yaml" not in facts.documents


def container(tree, *arguments):
    tree.process(1, ["/sbin/init"], exe="/sbin/init", namespace="mnt:[1]")
    tree.process(30, ["kube-apiserver", *arguments], exe="/usr/bin/kube-apiserver", namespace="mnt:[2]")


def test_a_container_reads_its_own_file_of_the_same_name(tree):
    container(
        tree, "--audit-policy-file=/etc/policy.yaml", "--client-ca-file=/etc/ca", "--other=/etc/nowhere"
    )
    tree.write("/etc/policy.yaml", "{kind: Policy, rules: []}")
    tree.write("/proc/30/root/etc/policy.yaml", "{kind: Policy, rules: [{level: Metadata}]}", mode=0o600)
    os.link(tree.write("/etc/ca", "x"), tree.path / "proc/30/root/etc/ca")
    facts = tree.collect()
    assert facts.processes[0].root == "/proc/30/root"
    assert facts.documents["/proc/30/root/etc/policy.yaml"].data["rules"] == [{"level": "Metadata"}]
    assert facts.files["/proc/30/root/etc/policy.yaml"].mode == "0600"
    assert "/etc/policy.yaml" not in facts.documents
    assert isinstance(facts.files["/etc/ca"], FileMeta)
    assert "/proc/30/root/etc/ca" not in facts.files
    assert facts.files["/etc/nowhere"] == Absent()


def test_a_container_with_the_nodes_files_is_like_no_container(tree):
    container(tree, "--audit-policy-file=/etc/policy.yaml")
    (tree.path / "proc/30/root/etc").mkdir(parents=True)
    os.link(tree.write("/etc/policy.yaml", "{kind: Policy}"), tree.path / "proc/30/root/etc/policy.yaml")
    facts = tree.collect()
    assert facts.processes[0].root == ""
    assert facts.documents["/etc/policy.yaml"].kind == "Policy"


def test_a_container_that_can_not_be_entered_is_never_the_node(tree):
    container(tree, "--audit-policy-file=/etc/policy.yaml")
    tree.write("/etc/policy.yaml", "{kind: Policy, rules: []}")
    facts = tree.collect()
    assert facts.documents["/proc/30/root/etc/policy.yaml"].kind == "not-mounted"
    assert "/etc/policy.yaml" not in facts.documents


def test_links_of_a_container_stay_in_it(tree):
    container(tree, "--audit-policy-file=/etc/policy.yaml")
    for path in ("/etc/secret", "/etc/policy.yaml"):
        tree.write(path, "{kind: Policy, rules: [{level: None}]}")
    tree.link("/proc/30/root/etc/policy.yaml", "/../../../../etc/secret")
    assert tree.collect().documents["/proc/30/root/etc/policy.yaml"] == Absent()


CONTAINER = """
import os, subprocess, sys, time, msgspec, yaml
from tests.collect.nodetree import APISERVER
from trueline.collect.access import Root
from trueline.collect.node import collect_node
inside, outside, program, user = sys.argv[1:]
start = 'mount --bind "$1" "$2" && exec "$3" 60 --audit-policy-file="$2/policy.yaml" --x=/etc/passwd'
child = subprocess.Popen(["unshare", "-m", "sh", "-c", start, "sh", inside, outside, program])
time.sleep(0.7)
if user:
    import cryptography.x509
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(msgspec.json.encode(collect_node(Root("/"), [APISERVER], [])).decode())
"""


@pytest.mark.parametrize("user", ["", "nobody"])
def test_a_real_container(tmp_path, user):
    """The node's policy and the container's lie at one path; only the mount namespace tells them apart."""
    need_namespaces()
    open_to_all(tmp_path)
    for place, level in (("inside", "Metadata"), ("outside", "None")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "policy.yaml").write_text(f"{{kind: Policy, rules: [{{level: {level}}}]}}")
    # sleep refuses unknown options, so the program is a shell, and "60" its script
    program = shutil.copy("/bin/sh", tmp_path / "kube-apiserver")
    (tmp_path / "60").write_text("sleep 60; :\n")
    start = ("sh", "-c", 'cd "$0"; "$@"; exit $?', str(tmp_path))
    prefix = ("unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", *start)
    outside = str(tmp_path / "outside")
    said = run_python(CONTAINER, str(tmp_path / "inside"), outside, str(program), user, prefix=prefix)
    facts = msgspec.json.decode(said, type=NodeFacts)
    process = next(entry for entry in facts.processes if entry.impostor is None)
    policy = f"{outside}/policy.yaml"
    if user:
        assert any("run in containers could not be read" in limit for limit in facts.limits)
        return
    assert process.root == f"/proc/{process.pid}/root"
    assert facts.documents[f"{process.root}{policy}"].data["rules"] == [{"level": "Metadata"}]
    assert policy not in facts.documents
    assert "/etc/passwd" in facts.files


def test_named_files_are_read_as_documents(tree):
    tree.write("/opt/net/a.conf", '{"name": "a", "type": "t"}')
    tree.write("/opt/net/b.conf", "broken: [")
    tree.write("/opt/net/skip.conf", "{}")
    tree.write("/opt/net/c.txt", "{}")
    tree.write("/opt/net/sub/d.conf", "{}")
    named = NamedFile(
        candidates=("/opt/net", "/opt/none"), each="file", match="*.conf", ignore="skip*", document="cni"
    )
    facts = tree.collect([named])
    documents = {path for path in facts.documents if path.startswith("/opt/net")}
    assert documents == {"/opt/net/a.conf", "/opt/net/b.conf"}
    assert facts.documents["/opt/net/b.conf"].kind == "invalid"
    assert facts.files["/opt/none"] == Absent()
    assert isinstance(facts.files["/opt/net/c.txt"], FileMeta)
    assert "/opt/net/sub/d.conf" not in facts.files


def test_trees_are_walked_down_but_not_through_links(tree):
    tree.write("/opt/pki/a/b/key", mode=0o600)
    tree.link("/opt/pki/out", "/usr")
    tree.link("/opt/pki/loop", ".")
    tree.write("/usr/deep/file")
    facts = tree.collect([NamedFile(candidates=("/opt/pki",), each="tree")])
    assert facts.files["/opt/pki/a/b/key"].mode == "0600"
    assert facts.files["/opt/pki/out"].target == "/usr"
    assert "/opt/pki/out/deep" not in facts.files
    assert "/opt/pki/loop/a" not in facts.files


def test_units_and_their_environment_files(tree):
    unit = f"[Service]\nEnvironmentFile=-/etc/default/kubelet\nExecStart=/usr/bin/kubelet --token={MARK}\n"
    tree.write("/etc/systemd/system/kubelet.service", unit, mode=0o600)
    tree.write("/etc/systemd/system/kubelet.service.d/10.conf", "[Service]\nRestart=no\n")
    tree.write("/etc/systemd/system/kubelet.service.d/README", "no unit")
    tree.write("/etc/default/kubelet", f"KUBELET_EXTRA_ARGS=--v=2\nAWS_SECRET={MARK}\n")
    tree.link("/lib", "usr/lib")
    tree.write("/usr/lib/systemd/system/etcd.service", "[Service]\nUser=etcd\n")
    facts = tree.collect()
    assert facts.documents["/etc/systemd/system/kubelet.service"].data["Service"][1] == [
        "ExecStart", "/usr/bin/kubelet --token=REDACTED",
    ]  # fmt: skip
    assert facts.documents["/etc/systemd/system/kubelet.service.d/10.conf"].kind == "unit"
    assert "/etc/systemd/system/kubelet.service.d/README" not in facts.documents
    assert facts.documents["/etc/default/kubelet"].data["KUBELET_EXTRA_ARGS"] == "--v=2"
    assert facts.files["/lib/systemd/system/etcd.service"].target == "/usr/lib/systemd/system/etcd.service"


def test_several_yaml_documents_are_told(tree):
    kubelet(tree, "--config=/etc/k.yaml")
    tree.write("/etc/k.yaml", "kind: KubeletConfiguration\n---\nkind: KubeletConfiguration\n")
    assert "/etc/k.yaml holds several YAML documents" in tree.collect().limits[0]


def test_what_is_no_file_is_unavailable_everywhere(tree):
    kubelet(tree, "--config=/etc/fifo", "--kubeconfig=/etc/huge", "--config-dir=/etc/loop", "--x=/etc/fifo")
    os.mkfifo(tree.path / "etc/fifo")
    os.truncate(tree.write("/etc/huge"), 10 * 1024**3)
    tree.link("/etc/loop", "loop")
    os.mkfifo(tree.path / "etc/hostname")
    os.mkfifo(tree.path / "etc/machine-id")
    os.mkfifo(tree.path / "etc/os-release")
    facts = tree.collect()
    assert facts.documents["/etc/fifo"].kind == "special-file"
    assert facts.documents["/etc/huge"].kind == "too-large"
    assert facts.files["/etc/loop"].kind == "outside-root"
    assert (facts.hostname, facts.machine_id, facts.os_release, facts.kernel) == ("", None, {}, None)


def test_a_part_of_a_node_is_told_to_be_one(tmp_path):
    (tmp_path / "etc/kubernetes").mkdir(parents=True)
    facts = collect_node(Root(str(tmp_path)), COMPONENTS, FILES)
    assert "/etc/passwd" in facts.limits[0]
    assert facts.processes.kind == "not-mounted"
    assert facts.files["/var/lib/etcd"].kind == "not-mounted"
    assert facts.files["/etc/kubernetes/admin.conf"] == Absent()


def test_host_facts(tree):
    tree.write("/etc/hostname", "# comment\nconfigured\n")
    tree.write("/etc/machine-id", "abc\n")
    tree.write("/etc/os-release", 'ID=x\nNAME=\'a b\'\nBROKEN="\nnot a line\nlower=1\nVERSION_ID="1.2"\n')
    tree.write("/proc/version", "Linux version 6.1.0-x (gcc) #1")
    tree.write("/proc/sys/kernel/hostname", "running\n")
    facts = tree.collect()
    assert facts.hostname == "running"
    assert facts.kernel == "6.1.0-x"
    assert facts.os_release == {"ID": "x", "NAME": "a b", "BROKEN": '"', "VERSION_ID": "1.2"}


def test_no_secret_of_any_file_reaches_the_facts(tree):
    """One marker in every place that holds secrets on some node."""
    key = f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n"
    flags = [f"--token={MARK}", "--basic-password", MARK, f"--note=https://u:{MARK}@host/"]
    kubelet(tree, "--config=/etc/k.yaml", "--kubeconfig=/etc/k.conf", *flags, environ=[f"SECRET={MARK}"])
    tree.process(
        21, ["etcd", "--config-file=/etc/e.yaml"], exe="/b/etcd", environ=[f"ETCD_TOKEN={MARK}", f"X={MARK}"]
    )
    encryption = "--encryption-provider-config=/etc/enc.yaml"
    tree.process(
        22, ["kube-apiserver", encryption, "--token-auth-file=/etc/tokens.csv"], exe="/b/kube-apiserver"
    )
    tree.process(23, ["kubelet", f"--token={MARK}", MARK], exe="/home/x/kubelet", uid=1000)
    tree.write("/etc/tokens.csv", f"{MARK},user,1")
    tree.write("/etc/k.yaml", json.dumps({"kind": "KubeletConfiguration", "password": MARK, "pem": key}))
    tree.write("/etc/k.conf", json.dumps({"users": [{"name": "u", "user": {"token": MARK, "other": MARK}}]}))
    tree.write("/etc/e.yaml", json.dumps({"name": "e", "initial-cluster-token": MARK}))
    providers = [{"aescbc": {"keys": [{"name": "k", "secret": MARK}]}}]
    tree.write(
        "/etc/enc.yaml",
        json.dumps({"kind": "EncryptionConfiguration", "resources": [{"providers": providers}]}),
    )
    pod = {"containers": [{"command": ["x", f"--token={MARK}"], "env": [{"name": "A", "value": MARK}]}]}
    tree.write("/etc/kubernetes/manifests/p.yaml", json.dumps({"kind": "Pod", "spec": pod}))
    tree.write("/etc/kubernetes/manifests/bad.yaml", f"a: [{MARK}")
    tree.write("/etc/kubernetes/pki/ca.key", key)
    tree.write("/etc/kubernetes/pki/both.crt", key)
    tree.write("/etc/cni/net.d/1.conf", json.dumps({"name": "n", "type": "t", "key": MARK}))
    tree.write("/etc/systemd/system/kubelet.service", f"[Service]\nEnvironment=A={MARK} KUBE_TOKEN={MARK}\n")
    tree.write("/etc/systemd/system/k3s.service", "[Service]\nEnvironmentFile=/etc/k3s.env\n")
    tree.write("/etc/k3s.env", f"K3S_TOKEN={MARK}\n")
    facts = tree.collect(FILES)
    assert len(facts.processes) == 4
    assert len([document for document in facts.documents.values() if isinstance(document, Document)]) >= 8
    assert MARK not in msgspec.json.encode(facts).decode()


NO_PROGRAM = """
import sys
FORBIDDEN = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty",
             "os.spawn", "pty.spawn", "socket.connect", "socket.bind"}
def hook(event, arguments):
    if event in FORBIDDEN:
        print("FORBIDDEN", event, arguments)
sys.addaudithook(hook)
from tests.collect.nodetree import COMPONENTS
from trueline.collect.access import Root
from trueline.collect.node import collect_node
facts = collect_node(Root(sys.argv[1]), COMPONENTS, [])
print(len(facts.files) > 20)
"""


def tree_with_processes(tree):
    kubelet(tree, "--config=/etc/k.yaml")
    tree.write("/etc/k.yaml", KUBELET_CONFIG)
    return str(tree.path)


@pytest.mark.parametrize("live", [False, True])
def test_no_program_is_started(tree, live):
    assert run_python(NO_PROGRAM, "/" if live else tree_with_processes(tree)).split() == ["True"]


def test_no_program_is_started_as_the_kernel_sees_it(tree, tmp_path):
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    calls = "trace=execve,execveat,fork,vfork,clone,clone3,connect"
    prefix = ("strace", "-f", "-e", calls, "-o", str(trace))
    try:
        run_python(NO_PROGRAM, tree_with_processes(tree), prefix=prefix)
    except AssertionError as error:
        pytest.skip(f"strace does not work here: {error}")
    lines = [line for line in trace.read_text().splitlines() if "(" in line]
    assert [line.split("(")[0].split()[-1] for line in lines] == ["execve"]  # of Python itself


LIVE = """
import os, sys, msgspec, yaml, cryptography.x509
from tests.collect.nodetree import COMPONENTS
from trueline.collect.access import Root
from trueline.collect.node import collect_node
if sys.argv[1]:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(msgspec.json.encode(collect_node(Root("/"), COMPONENTS, [])).decode())
"""


@pytest.mark.parametrize("user", ["", "nobody"])
def test_this_machine(user):
    need_root()
    facts = msgspec.json.decode(run_python(LIVE, user), type=NodeFacts)
    assert facts.collector_uid == (65534 if user else 0)
    assert facts.kernel == os.uname().release
    assert facts.hostname == os.uname().nodename
    assert facts.files["/etc/kubernetes"]


def test_nothing_heavy_is_imported_before_it_is_needed():
    heavy = "{'yaml', 'cryptography', 'gzip', 'subprocess'}"
    script = f"import sys, trueline.collect.node; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_captured_node_is_where_it_should_be():
    """So that a skip of all the others does not go unnoticed where the shared files are."""
    if not CAPTURED.parents[1].exists():
        pytest.skip("the shared fixtures are not here")
    assert CAPTURED.exists()
    assert APISERVER in COMPONENTS
