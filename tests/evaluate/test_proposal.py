"""Settings proposed for a cluster: set so, the recommendations that asked for them pass."""

from datetime import date

import msgspec
import pytest
import yaml

from tests.node_tree import NodeTree
from trueline.assess import TOOL, Content, assess, context_of
from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.evaluate.proposal import propose
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot
from trueline.model.results import Outcome
from trueline.report.proposal import PROPOSALS

CONFIG = "/var/lib/kubelet/config.yaml"


@pytest.fixture
def tree(tmp_path):
    tree = NodeTree(tmp_path)
    plugins = "--enable-admission-plugins=NodeRestriction,AlwaysAdmit"
    tree.component("kube-apiserver", plugins, "--authorization-mode=AlwaysAllow", "--token-auth-file=/t")
    tree.component("kube-controller-manager", "--use-service-account-credentials=false")
    tree.component("kube-scheduler")
    tree.component("etcd", "--client-cert-auth=false", "--auto-tls=true")
    tree.write(CONFIG, yaml.safe_dump({"kind": "KubeletConfiguration", "readOnlyPort": 10255}))
    tree.component("kubelet", f"--config={CONFIG}", "--anonymous-auth=true")
    return tree


def snapshot_of(tree):
    node = collect_node(Root(str(tree.root)), load_components().values(), ())
    return Snapshot(schema=SNAPSHOT_SCHEMA, tool=TOOL, started_at="", finished_at="", node=node)


CONTENT = Content(components=load_components(), rules=load_rules(), platform=load_platform("kubeadm"))
BENCHMARK = load_benchmark("cis-1.12")


def judged(snapshot):
    return {
        one.number: one.outcome for one in assess(BENCHMARK, snapshot, CONTENT, on=date(2026, 1, 1)).results
    }


def proposed(snapshot):
    wanted = {
        (section.target, entry.number)
        for section, entry in BENCHMARK.recommendations()
        if judged(snapshot)[entry.number] is Outcome.FAIL
    }
    return propose(BENCHMARK, CONTENT.rules, context_of(snapshot, CONTENT), wanted, target="node-1")


def applied(snapshot, proposal):
    """The snapshot of a node whose processes were started with what is proposed."""
    processes = []
    for process in snapshot.node.processes:
        changes = proposal.of(process.component)
        gone = {one.flag for one in changes}
        words = [word for word in process.arguments if word.partition("=")[0].lstrip("-") not in gone]
        words += [f"--{one.flag}={one.value}" for one in changes if one.value is not None and not one.by_key]
        processes.append(msgspec.structs.replace(process, arguments=tuple(words)))
    documents = dict(snapshot.node.documents)
    files = PROPOSALS["kubelet"](proposal)
    if files:
        (text,) = files.values()
        held = documents[CONFIG]
        documents[CONFIG] = msgspec.structs.replace(held, data={**held.data, **yaml.safe_load(text)})
    node = msgspec.structs.replace(snapshot.node, processes=tuple(processes), documents=documents)
    return msgspec.structs.replace(snapshot, node=node)


def test_what_is_proposed_makes_its_recommendations_pass(tree):
    before = snapshot_of(tree)
    proposal = proposed(before)
    numbers = {number for change in proposal.changes for number in change.numbers}
    assert {"1.2.1", "1.2.2", "1.2.10", "1.2.15", "1.3.3", "1.4.1", "2.2", "2.3", "4.2.1", "4.2.4"} <= numbers
    after = judged(applied(before, proposal))
    assert {number: after[number] for number in numbers} == dict.fromkeys(numbers, Outcome.PASS)


def test_a_list_keeps_what_it_has(tree):
    changes = {(one.component, one.setting): one.value for one in proposed(snapshot_of(tree)).changes}
    plugins = changes["kube-apiserver", "enable-admission-plugins"].split(",")
    assert "NodeRestriction" in plugins
    assert "AlwaysAdmit" not in plugins
    assert "AlwaysPullImages" in plugins


def test_what_has_no_single_right_value_is_named_and_not_guessed(tree):
    proposal = proposed(snapshot_of(tree))
    unwritten = {one.number for one in proposal.unwritten}
    assert {
        "1.2.5",
        "1.2.9",
        "1.2.16",
        "4.2.13",
    } <= unwritten  # EventRateLimit needs a configuration of its own
    assert not unwritten & {number for one in proposal.changes for number in one.numbers}
    for files in (render(proposal) for render in PROPOSALS.values()):
        assert not any("podPidsLimit" in text or 'EventRateLimit"' in text for text in files.values())


def test_what_a_change_may_break_stands_beside_it(tree):
    text = PROPOSALS["kubeadm"](proposed(snapshot_of(tree)))["kubeadm.yaml"]
    assert "May break something: Probes without credentials are refused" in text


def test_files_are_yaml_of_their_kind(tree):
    proposal = proposed(snapshot_of(tree))
    cluster, kubelet = yaml.safe_load_all(PROPOSALS["kubeadm"](proposal)["kubeadm.yaml"])
    assert (cluster["kind"], kubelet["kind"]) == ("ClusterConfiguration", "KubeletConfiguration")
    assert {"name": "profiling", "value": "false"} in cluster["apiServer"]["extraArgs"]
    assert {"name": "client-cert-auth", "value": "true"} in cluster["etcd"]["local"]["extraArgs"]
    assert kubelet["readOnlyPort"] == 0
    assert kubelet["authentication"]["anonymous"]["enabled"] is False
    patches = PROPOSALS["kubeadm-patches"](proposal)
    assert set(patches) == {
        "kube-apiserver+json.yaml",
        "kube-controller-manager+json.yaml",
        "kube-scheduler+json.yaml",
        "etcd+json.yaml",
        "kubeletconfiguration+merge.yaml",
    }
    server = yaml.safe_load(patches["kube-apiserver+json.yaml"])  # lists that are given add up
    assert not any("admission-plugins" in one["value"] for one in server)
    added = yaml.safe_load(patches["kube-scheduler+json.yaml"])
    assert {"op": "add", "path": "/spec/containers/0/command/-", "value": "--profiling=false"} in added
    (config,) = PROPOSALS["k3s"](proposal).values()
    assert "profiling=false" in yaml.safe_load(config)["kube-apiserver-arg+"]
    assert "Take the flag --anonymous-auth away as well" in PROPOSALS["kubelet"](proposal)["99-trueline.conf"]


def test_before_kubernetes_1_31_arguments_are_a_map(tree):
    old = msgspec.structs.replace(proposed(snapshot_of(tree)), kubernetes="1.29")
    cluster, _ = yaml.safe_load_all(PROPOSALS["kubeadm"](old)["kubeadm.yaml"])
    assert cluster["apiVersion"] == "kubeadm.k8s.io/v1beta3"
    assert cluster["apiServer"]["extraArgs"]["profiling"] == "false"


def test_text_from_the_node_stays_in_its_comment(tree):
    odd = msgspec.structs.replace(proposed(snapshot_of(tree)), target="a\nkind: Secret")
    for render in PROPOSALS.values():
        for text in render(odd).values():
            assert "\nkind: Secret" not in text
