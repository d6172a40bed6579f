"""config.yaml, variables, versions, platforms and targets."""

import os
from pathlib import Path

import pytest

from trueline.errors import AccessError, ContentError, UsageError
from trueline.kubebench import versions
from trueline.kubebench.config import ComponentConfig, merge, read_config
from trueline.kubebench.directory import load_benchmark, read_settings
from trueline.kubebench.evaluate import evaluate, needed_scripts
from trueline.kubebench.targets import chosen_targets, detect_targets
from trueline.kubebench.variables import find_variables, is_running, runs_all, substitute
from trueline.model.facts import CommandOutput


class Place:
    """A real directory for files, and a list of command lines for processes."""

    def __init__(self, folder=Path("/nowhere"), running=(), denied=()):
        self.folder = Path(folder)
        self.running = running
        self.denied = denied

    def exists(self, path):
        return None if path in self.denied else Path(f"{self.folder}{path}").exists()

    def command_lines(self, name):
        return [line for line in self.running if line.split()[0].rpartition("/")[2] == name]


CONFIG = """
Master:
  components: [apiserver, etcd, ghost]
  apiserver:
    bins: ["hyperkube apiserver", kube-apiserver]
    confs: [/etc/a.yaml, /etc/b.yaml]
    defaultconf: /etc/a.yaml
  etcd:
    optional: true
    bins: etcd other
    DataDirs:
      - /var/lib/etcd
node:
  components: []
policies:
target_mapping:
  cis-1: [master, node, controlplane, etcd, policies]
  eks-1: [node]
version_mapping: {"1.20": cis-1}
AWS_ACCOUNT: "0123"
"""


def config(*more, strict=False):
    return merge([read_config(text, "config.yaml") for text in (CONFIG, *more)], strict_compat=strict)


def test_sections_and_their_components():
    found = config().components("master")
    assert [each.name for each in found] == ["apiserver", "etcd"]
    assert found[0].candidates["bin"] == ("hyperkube apiserver", "kube-apiserver")
    assert found[1].candidates == {"bin": ("etcd", "other"), "datadir": ("/var/lib/etcd",)}
    assert (found[0].optional, found[1].optional) == (False, True)
    assert config().components("node") == ()
    assert config().components("policies") is None
    assert config().components("managedservices") is None
    assert config().text("aws_account") == "0123"
    assert config().version_mapping == {"1.20": "cis-1"}


@pytest.mark.parametrize(
    ("above", "bins", "confs"),
    [
        ("master: {apiserver: {bins: [x]}}", ("x",), ("/etc/a.yaml", "/etc/b.yaml")),
        ("MASTER: {APISERVER: {Confs: [y]}}", ("hyperkube apiserver", "kube-apiserver"), ("y",)),
        (
            "master: {apiserver: scalar}",
            ("hyperkube apiserver", "kube-apiserver"),
            ("/etc/a.yaml", "/etc/b.yaml"),
        ),
        ("master:", ("hyperkube apiserver", "kube-apiserver"), ("/etc/a.yaml", "/etc/b.yaml")),
        ("", ("hyperkube apiserver", "kube-apiserver"), ("/etc/a.yaml", "/etc/b.yaml")),
    ],
)
def test_b5_settings_of_the_benchmark_lie_over_the_general_ones(above, bins, confs):
    found = config(above).components("master")[0]
    assert (found.candidates["bin"], found.candidates["conf"]) == (bins, confs)


def test_b11_settings_one_level_too_high():
    own = "etcd: {components: [etcd], confs: /etc/e.conf, etcd: {bins: [etcd]}}"
    assert config(own).components("etcd")[0].candidates["conf"] == ("/etc/e.conf",)
    assert config(own).notices
    assert "conf" not in config(own, strict=True).components("etcd")[0].candidates


@pytest.mark.parametrize("text", ["[a]", "a: [", "text"])
def test_config_that_is_none(text):
    with pytest.raises(ContentError) as error:
        read_config(text, "config.yaml")
    assert error.value.line


# Variables.
@pytest.mark.parametrize(
    ("program", "line", "running"),
    [
        ("kubelet", "/usr/bin/kubelet --config=x", True),
        ("kubelet", "kubelet", True),
        ("kubelet", "kubelet-wrapper --x", False),
        ("hyperkube apiserver", "/hyperkube apiserver --x", True),
        ("hyperkube apiserver", "/hyperkube kubelet", False),
        ("'kubelet'", "kubelet --x", True),
        ("etcd", "/a/b/etcd --x", True),
        ("etcd", "sleep etcd", False),
        ("", "x", False),
        ("ku(", "ku( x", False),
    ],
)
def test_program_is_running(program, line, running):
    assert is_running(program, Place(running=[line])) is running


@pytest.mark.parametrize(
    ("files", "path"), [(["b.yaml"], "/etc/b.yaml"), (["a.yaml", "b.yaml"], "/etc/a.yaml"), ([], "/default")]
)
def test_first_file_that_exists_or_the_default(tmp_path, files, path):
    (tmp_path / "etc").mkdir()
    for name in files:
        (tmp_path / "etc" / name).touch()
    component = ComponentConfig(
        name="apiserver", candidates={"conf": ("/etc/a.yaml", "/etc/b.yaml")}, defaults={"conf": "/default"}
    )
    values = find_variables([component], Place(tmp_path)).values
    assert values["conf"] == {"apiserver": path}
    assert values["svc"] == {"apiserver": "apiserver"}
    assert values["bin"] == {}


APISERVER = ComponentConfig(name="apiserver", candidates={"bin": ("kube-apiserver", "hyperkube apiserver")})
ETCD = ComponentConfig(name="etcd", candidates={"bin": ("etcd",)}, optional=True)


def test_programs():
    found = find_variables([APISERVER, ETCD], Place(running=["/hyperkube apiserver --x"]))
    assert found.values["bin"] == {"apiserver": "hyperkube apiserver", "etcd": "etcd"}
    assert found.missing == ()


def test_b13_one_missing_program_does_not_take_the_others_away():
    place = Place(running=["etcd --x"])
    text = "ps $apiserverbin $etcdbin"
    found = find_variables([APISERVER, ETCD], place)
    assert substitute(text, found) == ("ps apiserver etcd", "")
    assert found.missing == ("apiserver",)
    assert substitute(text, find_variables([APISERVER, ETCD], place, strict_compat=True)) == (text, "")


def test_path_that_can_not_be_looked_at():
    component = ComponentConfig(name="etcd", candidates={"datadir": ("/d", "/e")}, defaults={"datadir": "/f"})
    place = Place(denied=["/d"])
    found = find_variables([component], place)
    assert found.values["datadir"] == {"etcd": "/f"}
    assert found.notices == ("whether /d exists could not be seen; it was taken as missing",)
    with pytest.raises(AccessError):
        find_variables([component], place, strict_compat=True)


@pytest.mark.parametrize(
    ("text", "expected", "program"),
    [
        ("$etcdbin", "etcd", "etcd"),
        ("$etcdbin $etcdbin # $etcdbin", "etcd etcd # etcd", "etcd"),
        ("$apiserverbin", "'hyperkube apiserver'", "hyperkube apiserver"),
        ("$etcdbin $apiserverbin", "etcd 'hyperkube apiserver'", ""),
        ("$etcdconfx", "/c.yamlx", ""),
        ("$otherconf $etcd", "$otherconf $etcd", ""),
        ("$kubeletconf $kubeletkubeconfig", "kc kk", ""),
    ],
)
def test_substitution(text, expected, program):
    from trueline.kubebench.variables import Variables

    values = {
        "bin": {"etcd": "etcd", "apiserver": "hyperkube apiserver"},
        "conf": {"etcd": "/c.yaml", "kubelet": "kc"},
        "kubeconfig": {"kubelet": "kk"},
    }
    assert substitute(text, Variables(values=values)) == (expected, program)


# Targets.
MASTER = ["/x/kube-apiserver --a"]


@pytest.mark.parametrize(
    ("running", "benchmark", "targets"),
    [
        (MASTER, "cis-1", ("master", "controlplane", "node", "policies")),
        (["etcd", *MASTER], "cis-1", ("master", "controlplane", "node", "policies")),
        (["kubelet"], "cis-1", ("node", "policies")),
        (MASTER, "eks-1", ("master", "node")),
    ],
)
def test_b2_role_detection_runs_master_checks_only_where_an_api_server_runs(running, benchmark, targets):
    assert detect_targets(config(), benchmark, Place(running=running)) == targets


def test_etcd_section_makes_an_etcd_node():
    whole = config("etcd: {components: [etcd], etcd: {bins: [etcd]}}")
    assert "etcd" in detect_targets(whole, "cis-1", Place(running=["etcd"]))
    assert "etcd" not in detect_targets(whole, "cis-1", Place(running=["kubelet"]))


def test_b4_detection_uses_the_settings_of_the_benchmark():
    own = config("master: {apiserver: {bins: [containerd]}}")
    assert runs_all(own.components("master"), Place(running=["containerd"]))
    assert not runs_all(config().components("master"), Place(running=["containerd"]))


def test_b5_worker_means_node():
    assert chosen_targets(config(), "cis-1", ["worker", "master", "node"]) == ("node", "master")
    with pytest.raises(UsageError):
        chosen_targets(config(), "cis-1", ["worker"], strict_compat=True)


def test_b7_targets_of_a_managed_cluster():
    with pytest.raises(UsageError, match="etcd"):
        chosen_targets(config(), "eks-1", ["node", "etcd"])
    with pytest.raises(UsageError, match="no targets are known"):
        chosen_targets(config(), "unmapped", ["node"])


# Versions and platforms.
MAPPING = {
    "1.15": "cis-1.5",
    "1.16": "cis-1.6",
    "1.18": "cis-1.6",
    "1.34": "cis-1.12",
    "ocp-3.10": "rh-0.7",
    "ocp-4.0": "rh-1.0",
    "ocp-4.11": "rh-1.4",
    "cis-1.5": "cis-1.5",
}


@pytest.mark.parametrize(
    ("version", "benchmark"),
    [
        ("1.15", "cis-1.5"),
        ("1.18", "cis-1.6"),
        ("1.35", "cis-1.12"),
        ("1.34", "cis-1.12"),
        ("cis-1.5", "cis-1.5"),
        ("ocp-4.12", "rh-1.4"),
        ("ocp-3.10", "rh-0.7"),
        ("1.14", None),
        ("ocp-3.9", None),
        (".", None),
        ("", None),
        ("x", None),
        ("1.x", None),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_benchmark_for_version(version, benchmark, strict):
    if benchmark is None:
        with pytest.raises(UsageError):
            versions.benchmark_for_version(MAPPING, version, strict_compat=strict)
    else:
        found = versions.benchmark_for_version(MAPPING, version, strict_compat=strict)
        assert found.benchmark == benchmark


def test_version_without_its_own_benchmark_says_which_was_taken():
    assert versions.benchmark_for_version(MAPPING, "1.36").version == "1.34"


def test_search_stops_at_the_default_version():
    with pytest.raises(UsageError):
        versions.benchmark_for_version({"1.15": "old"}, "1.20")


def test_b3_openshift_version_without_its_own_entry_maps():
    assert versions.benchmark_for_version(MAPPING, "ocp-4.5").benchmark == "rh-1.0"
    with pytest.raises(UsageError):
        versions.benchmark_for_version(MAPPING, "ocp-4.5", strict_compat=True)


@pytest.mark.parametrize(
    ("git_version", "name", "version"),
    [
        ("v1.27.6+rke2r1", "rke2r", "1.27"),
        ("v1.27.6+k3s1", "k3s", "1.27"),
        ("v1.27.6+k3s10", "k3s1", "1.27"),
        ("v1.27.6-eks-4c69", "eks", "1.27"),
        ("v1.27.3-gke.100", "gke", "1.27"),
        ("v1.20.4-aliyun.1", "aliyun", "1.20"),
        ("v1.21.2+vmware.1-360", "vmware", "1.21"),
        ("v1.25.13-rancher1-1", "rancher1", "1.25"),
        ("v1.25.13-rancher1", "rancher", "1.25"),
        ("v1.25.13-aks1", "aks", "1.25"),
        ("v1.36.2", "", ""),
        ("", "", ""),
    ],
)
def test_platform(git_version, name, version):
    assert versions.platform(git_version) == (name, version)


@pytest.mark.parametrize(
    ("name", "version", "benchmark"),
    [
        ("eks", "1.15", "eks-1.0.1"),
        ("eks", "1.19", "eks-1.0.1"),
        ("eks", "1.20", "eks-1.5.0"),
        ("eks", "1.29", "eks-1.7.0"),
        ("eks", "1.34", "eks-1.8.0"),
        ("eks", "1.35", "eks-1.5.0"),
        ("aks", "1.24", "aks-1.0"),
        ("aks", "1.30", "aks-1.7"),
        ("aks", "1.35", "aks-1.8"),
        ("gke", "1.15", "gke-1.0"),
        ("gke", "1.27", "gke-1.2.0"),
        ("gke", "1.28", "gke-1.6.0"),
        ("gke", "1.30", "gke-1.8.0"),
        ("gke", "1.31", "gke-1.9.0"),
        ("ocp", "3.10", "rh-0.7"),
        ("ocp", "4.1", "rh-1.0"),
        ("ocp", "4.11", "rh-1.4"),
        ("ocp", "4.13", "rh-1.8"),
        ("ocp", "4.14", None),
        ("k3s", "1.22", "k3s-cis-1.23"),
        ("k3s", "1.24", "k3s-cis-1.24"),
        ("k3s", "1.25", "k3s-cis-1.7"),
        ("k3s", "1.26", "k3s-cis-1.8"),
        ("k3s", "1.33", "k3s-cis-1.9"),
        ("rancher", "1.23", "rke-cis-1.23"),
        ("rancher", "1.24", "rke-cis-1.24"),
        ("rancher", "1.28", "rke-cis-1.7"),
        ("rke2r", "1.23", "rke2-cis-1.23"),
        ("rke2r", "1.24", "rke2-cis-1.24"),
        ("rke2r", "1.25", "rke2-cis-1.7"),
        ("rke2r", "1.30", "rke2-cis-1.8"),
        ("aliyun", "1.20", "ack-1.0"),
        ("vmware", "1.20", "tkgi-1.2.53"),
        ("rancher1", "1.25", None),
        ("", "", None),
    ],
)
def test_b9_benchmark_of_a_platform(name, version, benchmark):
    assert versions.benchmark_for_platform(name, version) == benchmark


NODE = versions.NodeTraits


@pytest.mark.parametrize(
    ("nodes", "suffix"),
    [
        ([], ""),
        ([NODE()], ""),
        ([NODE(annotations={"rke.cattle.io/external-ip": "1"})], "-rancher1"),
        ([NODE(annotations={"rke.cattle.io/internal-ip": "1"}), NODE(windows=True)], ""),
        ([NODE(labels={"kubernetes.azure.com/cluster": "x"})], "-aks1"),
        ([NODE(provider_id="azure:///x")], "-aks1"),
        ([NODE(provider_id="aws:///x")], ""),
    ],
)
def test_platform_that_shows_on_nodes(nodes, suffix):
    assert versions.with_platform("v1.2.3", nodes) == f"v1.2.3{suffix}"


@pytest.mark.parametrize(
    ("text", "default", "strict"),
    [
        ("oc v3.10.0+dd10d17", "3.10", "3.10"),
        ("Client Version: 4.12.3", "4.11", "4.11"),
        ("Client Version: 4.15.1\nServer Version: 4.11.9", "4.11", "4.13"),
        ("Client Version: 4.2.1", "4.1", "4.1"),
        ("nothing", None, None),
        ("oc v3.9.1", None, None),
    ],
)
def test_b16_openshift_version_is_the_servers(text, default, strict):
    assert versions.openshift_version(text) == default
    assert versions.openshift_version(text, strict_compat=True) == strict


def test_b15_kubelet_alone_tells_the_platform():
    minor, git_version = versions.kubelet_version("Kubernetes v1.27.6+k3s1\n")
    assert (minor, versions.platform(git_version)[0]) == ("1.27", "k3s")
    assert versions.kubelet_version("kubelet: not found") is None


def test_base_version():
    assert versions.base_version("1", "29+") == "1.29"


# Whole folders.
@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    own = tmp_path / "cis-1"
    own.mkdir()
    (own / "config.yaml").write_text("")
    (own / "master.yaml").write_text(
        "type: master\nid: 1\ngroups: [{id: 1.1, checks: [{id: 1.1.1, audit: ps $etcdbin}]}]\n"
    )
    (own / "node.yaml").write_text("type: node\nid: 4\n")
    return tmp_path


def load(folder, **options):
    return load_benchmark(folder, "cis-1", read_settings(folder, "cis-1"), Place(), **options)


def test_b6_new_file_is_picked_up(folder):
    assert [each.type for each in load(folder).controls] == ["master", "node"]
    (folder / "config.yaml").write_text(CONFIG + "etcd: {components: []}\n")
    (folder / "cis-1" / "etcd.yaml").write_text("type: etcd\nid: 2\n")
    assert [each.type for each in load(folder).controls] == ["etcd", "master", "node"]
    assert load(folder).controls[1].groups[0].checks[0].audit == "ps etcd"


def test_b5_another_general_config_can_be_given(folder, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("node: {components: []}\nmaster: {components: []}\n")
    assert read_settings(folder, "cis-1", config_file=other).version_mapping == {}


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("node.yaml", b"type: node\ngroups: [}", 2),
        ("node.yaml", b"type: node\nid: [1]", 2),
        ("node.yaml", b"type: master\n", 1),
        ("node.yaml", b"\xff\xfe", None),
        ("policies.yaml", b"type: policies\n", None),
    ],
)
def test_broken_file_is_an_error_while_the_others_load(folder, name, content, line):
    (folder / "cis-1" / name).write_bytes(content)
    loaded = load(folder)
    assert "master" in [each.type for each in loaded.controls]
    assert len(loaded.errors) == 1
    if line:
        assert f"{name}:{line}: " in loaded.errors[0]


def test_special_file_is_an_error(folder):
    os.mkfifo(folder / "cis-1" / "etcd.yaml")
    assert len(load(folder).errors) == 1


def test_chosen_targets_only(folder):
    loaded = load(folder, targets=("node",))
    assert [each.type for each in loaded.controls] == ["node"]
    assert len(load(folder, targets=("node", "etcd")).errors) == 1


def test_mounted_config_map_is_read_once(folder):
    own = folder / "cis-1"
    (own / "..2026_01_01").mkdir()
    (own / "..data").symlink_to("..2026_01_01")
    for path in own.glob("*.yaml"):
        path.rename(own / "..2026_01_01" / path.name)
        path.symlink_to(f"..data/{path.name}")
    assert [each.type for each in load(folder).controls] == ["master", "node"]


def test_missing_folder(folder):
    with pytest.raises(UsageError):
        load_benchmark(folder, "cis-9", read_settings(folder), Place())
    with pytest.raises(ContentError):
        read_settings(folder / "cis-9")


SHARED = Path(__file__).resolve().parents[3] / "shared" / "kube-bench-cfg"
BENCHMARKS = sorted(path.name for path in SHARED.iterdir() if path.is_dir()) if SHARED.is_dir() else [None]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_published_controls_load_and_evaluate(benchmark, strict):
    if benchmark is None:
        pytest.skip(f"SKIPPED FOR WANT OF PUBLISHED CONTROLS: {SHARED} is not there")
    settings = read_settings(SHARED, benchmark, strict_compat=strict)
    loaded = load_benchmark(SHARED, benchmark, settings, Place(), strict_compat=strict)
    assert loaded.errors == ()
    assert len(loaded.controls) >= 2
    checks = [check for each in loaded.controls for group in each.groups for check in group.checks]
    for output in (
        "",
        "permissions=600\nroot:root",
        "a: [",
        "kind: x\nauthentication: {anonymous: {enabled: false}}",
    ):
        outputs = {script: CommandOutput(output=output) for script in needed_scripts(loaded.controls)}
        assert evaluate(loaded.controls, outputs, strict_compat=strict).counts.total == len(checks)
