"""Attempts to make the program lie: wrong verdicts, damage, crashes and leaks, as a user would meet them."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.collect.apiserver import recorded, serve
from tests.node_tree import NodeTree
from trueline.collect.cluster import collect_cluster
from trueline.collect.snapshot import encode_snapshot, read_snapshot
from trueline.errors import ContentError
from trueline.model.results import Outcome

TRUELINE = [sys.executable, "-m", "trueline"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for owners and device nodes")


@pytest.fixture
def tree(tmp_path):
    return NodeTree(tmp_path / "node")


def run(*words, **given):
    return subprocess.run(
        [*TRUELINE, *map(str, words)],
        check=False,
        text=True,
        timeout=60,
        **{"stderr": subprocess.PIPE} | given,
    )


def cluster_of(tmp_path, objects):
    with serve(objects) as server:
        return collect_cluster(server.kubeconfig(tmp_path))


# Settings ---------------------------------------------------------------------------------------------------


def test_a_flag_that_needs_a_value_takes_the_next_word_even_if_that_looks_like_a_flag(tree):
    tree.component("kube-apiserver", "--audit-log-path", "--anonymous-auth=false")
    results = tree.results()
    assert results["1.2.1"].outcome is Outcome.FAIL
    assert "--anonymous-auth=false" in results["1.2.16"].reason


def test_a_flag_at_the_end_without_its_value_is_no_value(tree):
    tree.component("kube-apiserver", "--audit-log-path")
    assert tree.results()["1.2.16"].outcome is Outcome.ERROR


# Files ------------------------------------------------------------------------------------------------------


@as_root
def test_each_container_is_judged_by_its_own_files(tree):
    (tree.root / "proc/1/ns").mkdir()
    (tree.root / "proc/1/ns/mnt").symlink_to("mnt:[1]")
    for mode in (0o700, 0o755):
        pid = tree.process(["etcd", "--data-dir=/data"], exe="/usr/local/bin/etcd")
        folder = tree.root / f"proc/{pid}"
        (folder / "root/data").mkdir(parents=True)
        (folder / "root/data").chmod(mode)
        (folder / "ns").mkdir()
        (folder / "ns/mnt").symlink_to(f"mnt:[{pid}]")
    result = tree.results()["1.1.11"]
    assert result.outcome is Outcome.FAIL
    assert "mode 0755" in result.reason


MANIFEST = "kind: Pod\nspec: {containers: [{name: a, command: [/bin/kube-apiserver]}]}\n"


@as_root
@pytest.mark.parametrize("path", ["/etc/kubernetes/manifests/api.yaml", "/srv/pods/kube-apiserver.yaml"])
@pytest.mark.parametrize(("mode", "outcome"), [(0o666, Outcome.FAIL), (0o600, Outcome.PASS)])
def test_a_manifest_is_found_by_what_it_starts(tree, path, mode, outcome):
    tree.component("kube-apiserver")
    tree.component("kubelet", "--config=/kubelet.yaml")
    tree.write("/kubelet.yaml", "kind: KubeletConfiguration\nstaticPodPath: /srv/pods\n")
    tree.write(path, MANIFEST, mode)
    result = tree.results()["1.1.1"]
    assert result.outcome is outcome
    assert path in result.reason


@as_root
def test_a_second_manifest_of_a_component_counts_too(tree):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", MANIFEST, 0o600)
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml.bak", MANIFEST, 0o644)
    assert tree.results()["1.1.1"].outcome is Outcome.FAIL


# Processes --------------------------------------------------------------------------------------------------


def test_a_program_of_root_with_another_name_leaves_open_whether_the_component_runs(tree):
    tree.process(["/usr/bin/kubelet", "--anonymous-auth=true"], exe="/opt/kubelet-1.30/kubelet-1.30")
    result = tree.results()["4.2.1"]
    assert result.outcome is Outcome.ERROR
    assert "/opt/kubelet-1.30/kubelet-1.30" in result.reason


def test_an_ordinary_users_process_does_not_make_a_component_run_here(tree):
    tree.process(["/usr/bin/kubelet", "--anonymous-auth=true"], exe="/usr/bin/kubelet", uid=1000)
    assert tree.results()["4.2.1"].outcome is Outcome.NOTAPPLICABLE


# Cluster ----------------------------------------------------------------------------------------------------


def role(name, *rules):
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(name, role_name, *groups):
    subjects = [{"kind": "Group", "name": group} for group in groups]
    return {
        "metadata": {"name": name},
        "roleRef": {"kind": "ClusterRole", "name": role_name},
        "subjects": subjects,
    }


@pytest.mark.parametrize("name", ["system:basic-user", "system:discovery", "system:public-info-viewer"])
def test_a_built_in_role_that_was_widened_for_everybody_is_found(tree, tmp_path, name):
    usual = {"nonResourceURLs": ["/version"], "verbs": ["get"]}
    wide = {"apiGroups": ["*"], "resources": ["secrets"], "verbs": ["get", "list"]}
    bindings = [binding(name, name, "system:authenticated", "system:unauthenticated")]
    plain, widened = (
        tree.results(
            cluster=cluster_of(
                tmp_path, {"clusterroles": [role(name, *rules)], "clusterrolebindings": bindings}
            )
        )
        for rules in ([usual], [usual, wide])
    )
    assert (plain["5.1.2"].outcome, plain["5.1.3"].outcome) == (Outcome.PASS, Outcome.PASS)
    assert (widened["5.1.2"].outcome, widened["5.1.3"].outcome) == (Outcome.FAIL, Outcome.FAIL)
    assert any("system:authenticated" in part.observed for part in widened["5.1.2"].evidence)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("system:coredns", {"kind": "ServiceAccount", "namespace": "kube-system", "name": "coredns"}),
        ("system:node-proxier", {"kind": "User", "name": "system:kube-proxy"}),
        ("system:monitoring", {"kind": "Group", "name": "system:monitoring"}),
    ],
)
@pytest.mark.parametrize(("resource", "outcome"), [("endpoints", Outcome.PASS), ("secrets", Outcome.FAIL)])
def test_a_built_in_role_that_was_widened_for_a_component_is_found(
    tree, tmp_path, name, subject, resource, outcome
):
    rule = {"apiGroups": [""], "resources": [resource], "verbs": ["get", "list"]}
    bindings = [{**binding(name, name), "subjects": [subject]}]
    cluster = cluster_of(tmp_path, {"clusterroles": [role(name, rule)], "clusterrolebindings": bindings})
    assert tree.results(cluster=cluster)["5.1.2"].outcome is outcome


def test_a_server_that_hides_its_cluster_role_bindings_proves_nothing(tree, tmp_path):
    with serve(recorded(), faults={"clusterrolebindings": "null_items"}) as server:
        cluster = collect_cluster(server.kubeconfig(tmp_path))
    results = tree.results(cluster=cluster)
    assert cluster.role_bindings
    assert results["5.1.1"].outcome is Outcome.UNKNOWN
    assert results["5.1.7"].outcome is Outcome.UNKNOWN


RESTRICTED = {
    "namespaces": [
        {"metadata": {"name": "team", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    ],
    "pods": [{"metadata": {"name": "p", "namespace": "team"}, "spec": {"containers": [{"name": "c"}]}}],
}


@pytest.mark.parametrize(
    "flags",
    [
        ["--disable-admission-plugins=PodSecurity", "--disable-admission-plugins=NodeRestriction"],
        ["--disable-admission-plugins", "NodeRestriction,PodSecurity"],
        ["--admission-control=NamespaceLifecycle,ServiceAccount"],
    ],
)
def test_pod_security_that_any_flag_turns_off_protects_nothing(tree, tmp_path, flags):
    tree.component("kube-apiserver", *flags)
    assert tree.results(cluster=cluster_of(tmp_path, RESTRICTED))["5.2.2"].outcome is Outcome.FAIL


def test_the_old_list_of_plugins_may_name_pod_security(tree, tmp_path):
    tree.component("kube-apiserver", "--admission-control=NamespaceLifecycle,PodSecurity")
    assert tree.results(cluster=cluster_of(tmp_path, RESTRICTED))["5.2.2"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("exemptions", "outcome"),
    [
        ("{}", Outcome.PASS),
        ("{usernames: ['system:serviceaccount:kube-system:replicaset-controller']}", Outcome.UNKNOWN),
        ("{runtimeClasses: [fast]}", Outcome.UNKNOWN),
        ("{namespaces: [team]}", Outcome.FAIL),
    ],
)
@pytest.mark.parametrize("beside", [False, True])
def test_whom_pod_security_exempts_is_not_kept_out(tree, tmp_path, exemptions, outcome, beside):
    tree.component("kube-apiserver", "--admission-control-config-file=/etc/adm/config.yaml")
    where = "path: standards.yaml" if beside else f"configuration: {{exemptions: {exemptions}}}"
    tree.write(
        "/etc/adm/config.yaml", f"kind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n  {where}\n"
    )
    tree.write("/etc/adm/standards.yaml", f"kind: PodSecurityConfiguration\nexemptions: {exemptions}\n")
    result = tree.results(cluster=cluster_of(tmp_path, RESTRICTED))["5.2.2"]
    assert result.outcome is outcome, result.reason


# Secrets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["--manifest-url-header=Authorization:Basic hushhush"],
        ["--manifest-url-header", "X-Key:hushhush"],
        ["sh", "-c", "PGPASSWORD=hushhush psql -h db"],
        ["sh", "-c", "DB_PASSWORD='hush hushhush' run"],
        ["API_TOKEN=hushhush"],
        ["sh", "-c", 'curl -H "Authorization: Basic hushhush" https://x'],
        ["sh", "-c", "curl -u me:hushhush https://x"],
        ["sh", "-c", "curl -H 'X-Api-Key: hushhush' https://x"],
    ],
)
def test_secrets_on_command_lines_stay_out_of_the_snapshot(tree, words):
    tree.component("kubelet", *words)
    pod = {"kind": "Pod", "spec": {"containers": [{"name": "a", "command": words, "args": words}]}}
    tree.write("/etc/kubernetes/manifests/p.yaml", json.dumps(pod))
    unit = " ".join(
        word if " " not in word else f"'{word}'" if "'" not in word else f'"{word}"' for word in words
    )
    tree.write("/etc/systemd/system/kubelet.service", f"[Service]\nExecStart=/usr/bin/env {unit}\n")
    snapshot = encode_snapshot(tree.snapshot()).decode()
    assert "kubelet.service" in snapshot
    assert "hushhush" not in snapshot


@pytest.mark.parametrize(
    "word",
    [
        "--token-auth-file=/etc/tokens.csv",
        "--authorization-mode=Node,RBAC",
        "--feature-gates=LegacyToken=true,NodeAuthorization=false",
        "--runtime-config=authorization.k8s.io/v1=true",
        "--requestheader-username-headers=X-Remote-User",
    ],
)
def test_what_is_no_secret_stays_readable(tree, word):
    tree.component("kube-apiserver", word)
    (process,) = (one for one in tree.snapshot().node.processes if one.component == "kube-apiserver")
    assert process.arguments == (word,)


# Crashes, damage, exit status -------------------------------------------------------------------------------


def test_an_endless_version_number_is_no_version(tree):
    image = f"kube-apiserver:v1.{'9' * 5000}"
    tree.component("kube-apiserver")
    manifest = (
        f"kind: Pod\nspec: {{containers: [{{name: a, image: '{image}', command: [kube-apiserver]}}]}}\n"
    )
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", manifest)
    done = run("scan", "--root", tree.root, "--no-cluster", stdout=subprocess.PIPE)
    assert done.returncode in (1, 3), done.stderr


@pytest.mark.parametrize("mode", ["", "rw-r--r--", "-1", "²", "9"])
def test_a_snapshot_with_an_impossible_mode_is_refused(tree, tmp_path, mode):
    tree.component("kube-apiserver")
    tree.write("/etc/kubernetes/admin.conf", "x")
    document = json.loads(encode_snapshot(tree.snapshot()))
    document["node"]["files"]["/etc/kubernetes/admin.conf"]["mode"] = mode
    (tmp_path / "s.json").write_text(json.dumps(document))
    with pytest.raises(ContentError):
        read_snapshot(str(tmp_path / "s.json"))


@as_root
def test_a_snapshot_written_to_a_device_leaves_the_device(tree, tmp_path):
    tree.component("kube-apiserver")
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.open("wb").close()
    except OSError:
        pytest.skip("no device nodes can be made and used here")
    assert run("collect", "--root", tree.root, "-o", device).returncode == 0
    assert stat.S_ISCHR(device.stat().st_mode)


def test_a_snapshot_goes_through_links_and_fifos_and_standard_output(tree, tmp_path):
    tree.component("kube-apiserver")
    link, target = tmp_path / "link.json", tmp_path / "real.json"
    link.symlink_to(target)
    assert run("collect", "--root", tree.root, "-o", link).returncode == 0
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600

    fifo, read = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
    reader.start()
    assert run("collect", "--root", tree.root, "-o", fifo).returncode == 0
    reader.join(30)
    assert stat.S_ISFIFO(fifo.stat().st_mode)

    for name in ("-", "/dev/stdout"):
        done = run("collect", "--root", tree.root, "-o", name, stdout=subprocess.PIPE, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        read.append(done.stdout.encode())
    assert not (tmp_path / "-").exists()
    expected = read_snapshot(str(target)).node
    for number, content in enumerate(read):
        (tmp_path / str(number)).write_bytes(content)
        assert read_snapshot(str(tmp_path / str(number))).node == expected


@as_root
def test_a_link_that_another_user_left_in_a_shared_directory_is_not_followed(tree, tmp_path):
    tree.component("kube-apiserver")
    victim, shared = tmp_path / "victim", tmp_path / "shared"
    victim.write_text("precious")
    shared.mkdir()
    shared.chmod(0o1777)
    link = shared / "s.json"
    link.symlink_to(victim)
    os.lchown(link, 65534, 65534)
    assert run("collect", "--root", tree.root, "-o", link).returncode == 0
    assert victim.read_text() == "precious"
    assert (link.is_symlink(), link.stat().st_uid) == (False, 0)


def test_a_root_whose_name_is_no_utf8_can_be_collected(tree, tmp_path):
    tree.component("kube-apiserver")
    odd = tree.root.rename(os.fsdecode(os.fsencode(tree.root) + b"\xff"))
    done = run("collect", "--root", odd, "-o", tmp_path / "s.json")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full here")
def test_a_full_disk_behind_standard_output_is_said_plainly(tree):
    tree.component("kube-apiserver")
    with Path("/dev/full").open("w") as full:
        done = run("scan", "--root", tree.root, "--no-cluster", stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output can't be written: No space left on device")


@pytest.mark.parametrize(("closed", "status"), [(">&-", 2), ("2>&- >/dev/null", 1), ("<&- >/dev/null", 1)])
def test_closed_streams_crash_nothing(tree, closed, status):
    tree.component("kube-apiserver", "--profiling=true")
    tree.write("/etc/kubernetes/manifests/kube-apiserver.yaml", MANIFEST)
    words = [*TRUELINE, "scan", "--root", str(tree.root), "--benchmark", "cis-1.12", "--only", "1.2.15"]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *words],
        check=False,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    assert done.returncode == status, done.stderr


def test_a_terminal_that_knows_no_unicode_still_shows_the_report(tree):
    tree.component("kube-apiserver", "--audit-log-path=/å/日")
    done = run(
        *("scan", "--root", tree.root, "--benchmark", "cis-1.12", "--only", "1.2.16", "--format", "json"),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
    )
    assert done.returncode == 0, done.stderr


def test_recorded_objects_are_judged_the_same_with_assertions_off(tree, tmp_path):
    tree.component("kube-apiserver")
    with serve(recorded()) as server:
        words = ["scan", "--root", tree.root, "--kubeconfig", server.kubeconfig(tmp_path), "--format", "json"]
        usual, without = (
            subprocess.run(
                [sys.executable, *flags, "-m", "trueline", *words],
                check=False,
                capture_output=True,
                timeout=60,
            )
            for flags in ([], ["-O"])
        )
    assert usual.returncode == without.returncode == 1
    assert json.loads(usual.stdout)["results"] == json.loads(without.stdout)["results"]
