"""Which sources a report says were read, and which checks want for the others."""

from datetime import date

import msgspec
import pytest

from tests.node_tree import NodeTree, judged
from trueline.assess import Content, assess
from trueline.cli.gather import example
from trueline.collect.access import Root
from trueline.collect.linux.collect import collect_linux
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import Process, Unavailable


def sources(assessment):
    return {source.name: source for source in assessment.sources}


def undecided(assessment, prefix):
    return tuple(
        one.number
        for one in assessment.results
        if one.number.startswith(prefix) and one.outcome.value in ("error", "unknown")
    )


def test_w4_all_that_was_read_is_available():
    found = sources(judged(example()))
    assert all(source.available for source in found.values()), found
    assert {"processes of the node", "files below /etc/kubernetes", "Kubernetes API: pods"} <= set(found)


def test_w4_without_a_cluster_the_api_is_named_with_all_checks_that_ask_it():
    assessment = judged(msgspec.structs.replace(example(), cluster=None))
    source = sources(assessment)["Kubernetes API"]
    assert (source.available, source.reason) == (False, "No cluster was asked.")
    assert source.numbers == undecided(assessment, "5.")


def test_w4_a_list_that_was_refused_is_named_with_the_checks_that_read_it():
    whole = example()
    cluster = msgspec.structs.replace(whole.cluster, unavailable={"networkpolicies": "forbidden"})
    assessment = judged(msgspec.structs.replace(whole, cluster=cluster))
    found = sources(assessment)
    assert found["Kubernetes API"].available
    assert found["Kubernetes API: pods"].available
    refused = found["Kubernetes API: networkpolicies"]
    assert (refused.available, refused.reason) == (False, "forbidden")
    before = {one.number: one.outcome for one in judged(whole).results}
    changed = {one.number for one in assessment.results if one.outcome is not before[one.number]}
    assert set(refused.numbers) == changed != set()


def test_w4_an_api_that_refuses_all_is_not_available():
    whole = example()
    lists = dict.fromkeys(
        (name.partition(": ")[2] for name in sources(judged(whole)) if "API: " in name), "forbidden"
    )
    cluster = ClusterFacts(server="https://192.0.2.1", unavailable=lists)
    found = sources(judged(msgspec.structs.replace(whole, cluster=cluster)))
    assert not found["Kubernetes API"].available
    assert found["Kubernetes API"].reason == "forbidden"


def test_w4_processes_of_a_container_are_not_those_of_the_node():
    whole = example()
    hidden = Unavailable(kind="not-mounted", reason="those of a container, not of the node")
    node = msgspec.structs.replace(whole.node, processes=hidden, root="/host")
    assessment = judged(msgspec.structs.replace(whole, node=node))
    source = sources(assessment)["processes of the node"]
    assert not source.available
    assert source.reason == hidden.reason
    assert {"1.2.15", "2.1", "4.2.6"} <= set(source.numbers)
    assert not {one.number for one in assessment.results if one.outcome.value == "pass"} & set(source.numbers)
    assert assessment.target.kind == "node"


def test_w4_variables_that_may_not_be_read_are_a_source_too():
    whole = example()
    denied = Unavailable(kind="denied", reason="permission denied")
    processes = tuple(
        msgspec.structs.replace(one, unread={"environment": denied}) if one.component == "etcd" else one
        for one in whole.node.processes
    )
    assert all(isinstance(one, Process) for one in processes)
    node = msgspec.structs.replace(whole.node, processes=processes)
    found = sources(judged(msgspec.structs.replace(whole, node=node)))
    assert not found["variables and arguments of processes"].available


def test_a15_who_only_asked_the_api_saw_nothing_of_nodes(tmp_path):
    cluster = msgspec.structs.replace(example().cluster, name="prod")
    assessment = judged(NodeTree(tmp_path).snapshot(cluster))
    assert (assessment.target.mode, assessment.target.machine_id) == ("managed", "")
    source = sources(assessment)["processes and files of nodes"]
    assert not source.available
    control_plane = [
        one for one in assessment.results if one.number in source.numbers and one.target == "master"
    ]
    assert control_plane
    assert not {one.outcome.value for one in control_plane} & {"pass", "fail"}
    assert sources(assessment)["Kubernetes API"].available


def content(platform):
    return Content(components=load_components(), rules=load_rules(), platform=load_platform(platform))


def test_a15_what_the_provider_runs_is_not_there_or_not_decided():
    node = msgspec.structs.replace(
        example().node,
        processes=tuple(
            one for one in example().node.processes if one.component in ("kubelet", "kube-proxy")
        ),
        documents={},
    )
    snapshot = msgspec.structs.replace(example(), node=node)
    managed = assess(load_benchmark("eks-1.7.0"), snapshot, content("eks"), on=date(2026, 1, 1))
    assert not [one for one in managed.results if one.target in ("master", "etcd")]
    cloud = sources(managed)["cloud's API: eks-cluster"]
    assert not cloud.available
    outcomes = {one.number: one.outcome.value for one in managed.results}
    assert {outcomes[number] for number in cloud.numbers} <= {"notchecked", "unknown", "error"}


@pytest.mark.parametrize("lost", ["passwd", "login.defs"])
def test_w4_a_part_of_the_operating_system_is_named(tmp_path, lost):
    tree = NodeTree(tmp_path / "node")
    tree.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    tree.write("/etc/login.defs", "PASS_MAX_DAYS 90\n")
    (tree.root / "etc" / lost).unlink(missing_ok=True)
    (tree.root / "etc" / lost).symlink_to(lost)
    snapshot = tree.snapshot()
    linux = collect_linux(Root(str(tree.root)), walk=None)
    node = msgspec.structs.replace(snapshot.node, linux=linux)
    assessment = assess(
        load_benchmark("cis-debian-12"),
        msgspec.structs.replace(snapshot, node=node),
        content("kubeadm"),
        on=date(2026, 1, 1),
    )
    name = {"passwd": "accounts", "login.defs": "configuration files"}[lost]
    source = sources(assessment)[f"operating system: {name}"]
    assert not source.available
    outcomes = {one.number: one.outcome.value for one in assessment.results}
    assert {outcomes[number] for number in source.numbers} <= {"error", "unknown"}
    assert source.numbers
    assert not sources(assessment)["operating system: all local files"].available
    assert "Kubernetes API" not in sources(assessment)
