"""What was examined, and what a reader must know first."""

from datetime import date

import msgspec

from tests.node_tree import NodeTree, judged
from trueline.cli.gather import example
from trueline.model.cluster import ClusterFacts


def test_who_only_asks_a_cluster_examines_the_cluster(tmp_path):
    cluster = ClusterFacts(server="https://192.0.2.2:6443", name="prod")
    target = judged(NodeTree(tmp_path).snapshot(cluster)).target
    assert (target.kind, target.name, target.roles) == ("cluster", "prod", ("policies",))


def test_a_node_with_its_cluster_is_a_node():
    target = judged(example()).target
    assert (target.kind, target.name) == ("node", "vm")


def test_where_a_recording_comes_from_is_said_first():
    assert judged(example()).notices[0].startswith("No Kubernetes component runs on this machine")


def test_what_is_uncertain_in_the_content_is_uncertain_in_the_result():
    results = {result.number: result for result in judged(example()).results}
    assert results["4.3.1"].uncertain
    assert not results["1.1.1"].uncertain
    assert date.fromisoformat(judged(example()).assessed_on)
    assert msgspec.json.decode(msgspec.json.encode(results["4.3.1"]))["uncertain"] is True
