"""K3s: the flags of components inside its process come from where K3s reads them, or are not known."""

import os

import pytest

from tests.platforms.trees import (
    K3S,
    K3S_BAD,
    K3S_EXE,
    cluster,
    k3s_agent,
    k3s_server,
    outcomes,
    results,
    scanned,
    snapshot_of,
    title,
)
from trueline.model.facts import Unavailable

V133 = cluster("v1.33.1+k3s1")
V130 = cluster("v1.30.1+k3s1")
SERVER = "/usr/local/bin/k3s server"
CONFIG = "/etc/rancher/k3s/config.yaml"


def judged(tree, facts=V133):
    assessment = scanned(tree, facts)
    assert assessment.benchmark.id == "k3s-cis-1.9"
    assert assessment.target.platform == "k3s"
    return outcomes(assessment)


def component(tree, name="kube-apiserver"):
    (found,) = (one for one in snapshot_of(tree).node.processes if one.component == name)
    return found


def flag(tree, name, of="kube-apiserver"):
    """The values of a flag, in order."""
    words = component(tree, of).arguments
    return [word.partition("=")[2] for word in words if word.startswith(f"--{name}=")]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            None,
            {
                **dict.fromkeys(("1.2.1", "1.2.5", "1.2.6", "1.2.7", "1.2.8", "1.2.15", "1.2.25"), "pass"),
                **dict.fromkeys(("1.2.27", "1.2.28", "1.3.1", "1.3.2", "1.3.7", "1.4.1", "1.4.2"), "pass"),
                **dict.fromkeys(("2.1", "2.2", "2.4", "4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.6"), "pass"),
                **dict.fromkeys(("1.1.13", "1.1.15", "1.1.17", "1.1.20", "4.1.3", "4.1.5", "4.1.7"), "pass"),
                **dict.fromkeys(("1.1.1", "1.1.3", "1.1.5", "1.1.7", "4.1.1", "4.1.2"), "notapplicable"),
                "4.2.7": "fail",  # K3s overrides the name of the host on every node
            },
        ),
        (
            K3S_BAD,
            {
                **dict.fromkeys(("1.2.1", "1.2.6", "1.2.7", "1.2.8", "1.2.15", "1.2.27", "1.2.28"), "fail"),
                **dict.fromkeys(("1.3.7", "1.4.1", "4.2.4", "4.2.6"), "fail"),
                **dict.fromkeys(("1.3.2", "1.4.2", "4.2.1", "4.2.2", "4.2.3"), "pass"),
            },
        ),
    ],
)
def test_a_server(tmp_path, config, expected):
    tree = k3s_server(tmp_path) if config is None else k3s_server(tmp_path, config)
    found = judged(tree)
    assert {number: found[number] for number in expected} == expected


def test_evidence_says_where_a_flag_was_read(tmp_path):
    found = results(scanned(k3s_server(tmp_path, K3S_BAD), V133))
    assert found["1.2.1"].evidence[0].source == f"{CONFIG} (kube-apiserver-arg)"
    assert found["1.3.2"].evidence[0].source == "k3s server itself"
    assert found["2.2"].evidence[0].source == f"{K3S}/server/db/etcd/config"
    assert CONFIG in found["1.2.1"].remediation
    assert "kube-apiserver-arg" in found["1.2.1"].remediation


# An agent has no API server, and nothing tells of one in its journal


def test_an_agent_is_judged_by_the_kubelets_own_settings(tmp_path):
    found = judged(k3s_agent(tmp_path))
    assert {found[f"4.2.{number}"] for number in (1, 2, 3, 4)} == {"pass"}
    assert {found[number] for number in ("1.2.1", "1.3.2", "1.4.1", "2.2")} == {"notapplicable"}


@pytest.mark.parametrize(
    ("number", "setting"),
    [
        ("4.2.1", "anonymous-auth=true"),
        ("4.2.2", "authorization-mode=AlwaysAllow"),
        ("4.2.3", "client-ca-file="),
    ],
)
@pytest.mark.parametrize(("facts", "drop_in"), [(V133, True), (V130, False)])
def test_an_agent_that_opens_its_kubelet_never_passes(tmp_path, number, setting, facts, drop_in):
    tree = k3s_agent(tmp_path, f"kubelet-arg: ['{setting}']\n", drop_in=drop_in)
    assert judged(tree, facts)[number] == "fail"


def test_the_api_servers_flags_say_nothing_of_the_kubelet(tmp_path):
    config = "kube-apiserver-arg: [anonymous-auth=false]\nkubelet-arg: [anonymous-auth=true]\n"
    found = judged(k3s_server(tmp_path, config))
    assert (found["1.2.1"], found["4.2.1"]) == ("pass", "fail")


def test_before_1_32_the_kubelet_gets_flags_and_they_win_over_a_file(tmp_path):
    tree = k3s_agent(tmp_path, "kubelet-arg: [config=/etc/kubelet.yaml]\n", drop_in=False)
    tree.write(
        "/etc/kubelet.yaml", "kind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}\n"
    )
    assert judged(tree, V130)["4.2.1"] == "pass"


def test_a_later_drop_in_wins_over_that_of_k3s(tmp_path):
    tree = k3s_agent(tmp_path)
    weak = "kind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}\n"
    tree.write(f"{K3S}/agent/etc/kubelet.conf.d/99-weak.conf", weak)
    assert judged(tree)["4.2.1"] == "fail"


# Where options come from


def test_arguments_are_added_to_those_of_the_config_file(tmp_path):
    argv = ["/usr/local/bin/k3s", "server", "--kube-apiserver-arg=profiling=true"]
    tree = k3s_server(tmp_path, "kube-apiserver-arg: [profiling=false]\n", argv=argv)
    assert flag(tree, "profiling") == ["false", "true"]
    assert judged(tree)["1.2.15"] == "fail"


def test_hidden_arguments_come_from_the_unit(tmp_path):
    unit = "server '--kube-apiserver-arg' 'anonymous-auth=true'"
    tree = k3s_server(tmp_path, argv=title(SERVER, 42), unit=unit)
    assert component(tree).origins["anonymous-auth"].startswith("/etc/systemd/system/k3s.service")
    assert judged(tree)["1.2.1"] == "fail"


def test_a_drop_in_of_the_unit_replaces_its_command(tmp_path):
    tree = k3s_server(tmp_path, argv=title(SERVER, 42), unit="server --kube-apiserver-arg=profiling=false")
    weak = "[Service]\nExecStart=\nExecStart=/usr/local/bin/k3s server --kube-apiserver-arg=profiling=true\n"
    tree.write("/etc/systemd/system/k3s.service.d/10-weak.conf", weak, 0o644)
    assert judged(tree)["1.2.15"] == "fail"


def test_hidden_arguments_that_nothing_tells_are_never_a_verdict(tmp_path):
    found = judged(k3s_server(tmp_path, argv=title(SERVER, 42), unit=""))
    numbers = ("1.2.1", "1.2.2", "1.2.15", "1.3.2", "1.4.1", "2.2", "4.2.1", "4.2.3", "4.2.4")
    assert {found[number] for number in numbers} == {"error"}


def test_a_title_that_hides_nothing_needs_no_unit(tmp_path):
    assert judged(k3s_server(tmp_path, unit=""))["1.2.1"] == "pass"


@pytest.mark.parametrize("content", ["kube-apiserver-arg: [\n", "- a\n- list\n", b"\xff\xfe\x00"])
def test_a_broken_config_file_is_never_a_pass(tmp_path, content):
    tree = k3s_server(tmp_path)
    tree.write(CONFIG, content)
    found = judged(tree)
    assert {found[number] for number in ("1.2.1", "1.2.15", "1.4.1", "4.2.1")} == {"error"}


def test_a_config_file_that_is_a_fifo_is_never_a_pass(tmp_path):
    tree = k3s_server(tmp_path, "")
    (tree.root / "etc/rancher/k3s").mkdir(parents=True)
    os.mkfifo(tree.root / "etc/rancher/k3s/config.yaml")
    assert judged(tree)["1.2.1"] == "error"


def test_a_variable_of_the_unit_names_another_config_file(tmp_path):
    tree = k3s_server(tmp_path)
    tree.write("/etc/systemd/system/k3s.service.env", 'K3S_TOKEN="a"\nK3S_CONFIG_FILE="/etc/other.yaml"\n')
    tree.write("/etc/other.yaml", "kube-apiserver-arg: [profiling=true]\n")
    assert judged(tree)["1.2.15"] == "fail"


def test_a_config_file_with_remarks_alone_says_nothing(tmp_path):
    assert judged(k3s_server(tmp_path, "# nothing yet\n\n"))["1.2.1"] == "pass"


def test_files_beside_the_config_file_replace_lists_or_add_to_them(tmp_path):
    tree = k3s_server(tmp_path, "kube-apiserver-arg: [profiling=true, anonymous-auth=true]\n")
    tree.write(f"{CONFIG}.d/10-first.yaml", "kube-apiserver-arg: [profiling=false]\n")
    tree.write(f"{CONFIG}.d/20-second.yml", "kube-apiserver-arg+: [v=2]\n")
    tree.write(f"{CONFIG}.d/30-other.txt", "kube-apiserver-arg: [profiling=true]\n")
    assert (flag(tree, "profiling"), flag(tree, "v"), flag(tree, "anonymous-auth")) == (
        ["false"],
        ["2"],
        ["false"],
    )


def test_a_flag_that_ends_in_plus_adds_to_what_k3s_sets(tmp_path):
    config = "kube-apiserver-arg: ['enable-admission-plugins+=EventRateLimit']\n"
    assert flag(k3s_server(tmp_path, config), "enable-admission-plugins") == [
        "NodeRestriction",
        "EventRateLimit",
    ]


def test_another_data_directory_moves_what_k3s_sets(tmp_path):
    tree = k3s_server(tmp_path, "data-dir: /data/k3s/\n", etcd=False)
    assert flag(tree, "client-ca-file") == ["/data/k3s/server/tls/client-ca.crt"]


def test_structured_files_take_the_place_of_flags(tmp_path):
    config = "kube-apiserver-arg: [authentication-config=/a.yaml, authorization-config=/b.yaml]\n"
    tree = k3s_server(tmp_path, config)
    assert (flag(tree, "anonymous-auth"), flag(tree, "authorization-mode")) == ([], [])
    found = judged(tree)
    assert {found["1.2.1"], found["1.2.6"]} == {"error"}  # neither file is there


def test_the_token_of_the_cluster_never_gets_into_a_snapshot(tmp_path):
    argv = ["/usr/local/bin/k3s", "server", "--token", "s3cr3t-token", "--kube-apiserver-arg=v=2"]
    tree = k3s_server(tmp_path, "agent-token: an0ther-token\n", argv=argv)
    assert "s3cr3t-token" not in str(snapshot_of(tree))
    assert "an0ther-token" not in str(snapshot_of(tree))


# What runs


def test_without_etcd_its_flags_are_not_known_and_it_does_not_run(tmp_path):
    found = judged(k3s_server(tmp_path, etcd=False))
    assert (found["1.2.23"], found["1.2.26"], found["2.1"]) == ("error", "error", "notapplicable")


@pytest.mark.parametrize(
    ("config", "absent"),
    [
        (
            "disable-apiserver: true\ndisable-controller-manager: true\ndisable-scheduler: true\n",
            ("1.2.1", "1.3.2"),
        ),
        ("disable-etcd: true\n", ("2.1", "2.2")),
        ("disable-agent: true\n", ("4.2.1", "4.2.3")),
        ("disable-kube-proxy: true\n", ("4.1.3",)),
    ],
)
def test_a_dedicated_server_runs_only_its_part(tmp_path, config, absent):
    tree = k3s_server(tmp_path, config)
    found = judged(tree)
    assert {found[number] for number in absent} == {"notapplicable"}


@pytest.mark.parametrize(
    ("argv", "uid"),
    [
        (["/usr/local/bin/k3s", "kubectl", "get", "pods"], 0),
        (["/usr/local/bin/k3s", "etcd-snapshot", "server"], 0),
        (["containerd", "-c", "/etc/containerd.toml"], 0),
        (["/usr/local/bin/k3s", "server", "--kube-apiserver-arg=profiling=false"], 1000),
    ],
)
def test_other_uses_of_the_program_are_no_server(tmp_path, argv, uid):
    tree = k3s_agent(tmp_path)
    tree.process(argv, exe=K3S_EXE, uid=uid)
    assert [one.component for one in snapshot_of(tree).node.processes if not one.impostor] == [
        "kubelet",
        "kube-proxy",
    ]


def test_unread_flags_are_facts_of_the_snapshot(tmp_path):
    found = component(k3s_server(tmp_path, argv=title(SERVER, 42), unit=""))
    assert isinstance(found.unread["arguments"], Unavailable)
    assert not found.arguments
