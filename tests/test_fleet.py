"""What is made of many nodes: the worst of them, whoever is missing, and nothing twice."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fleets import CONTROL_PLANE, HEAD, node, result
from trueline.assess import exit_code
from trueline.errors import NothingToAssess, UsageError
from trueline.fleet import Fleet, scored_only
from trueline.model.facts import Tool
from trueline.model.register import Entry
from trueline.model.results import Outcome, ProfileHead
from trueline.model.source import Source
from trueline.policy.fleet import Brief

WORKER = ("node",)
OUTCOMES = [outcome.value for outcome in Outcome]


def brief(assessment):
    """As it is read from a file."""
    return msgspec.json.decode(msgspec.json.encode(assessment), type=Brief)


def combined(*assessments, **given):
    """The assessments of the cluster; the origin of each is its place."""
    fleet = Fleet()
    for index, one in enumerate(assessments):
        fleet.add(brief(one), index)
    return fleet.compose(assessments.__getitem__, **given)


def only(*assessments, **given):
    (found,) = combined(*assessments, **given)
    return found


def single(*outcomes, missing=(), **fields):
    """The result of 4.2.1 on nodes a, b, c ..."""
    nodes = [
        node(chr(ord("a") + index), [result("4.2.1", "node", one, **fields)])
        for index, one in enumerate(outcomes)
    ]
    roster = {one.target.name: WORKER for one in nodes} | dict.fromkeys(missing, WORKER)
    return only(*nodes, roster=roster).results[0]


@pytest.mark.parametrize(
    ("outcomes", "missing", "expected"),
    [
        (["pass", "pass"], [], "pass"),
        (["fail", "fail"], [], "fail"),
        (["pass", "fail"], [], "fail"),
        (["error", "fail"], [], "fail"),
        (["pass", "error"], [], "error"),
        (["pass", "unknown"], [], "unknown"),
        (["pass", "notapplicable"], [], "pass"),
        (["notapplicable", "notapplicable"], [], "notapplicable"),
        (["pass", "pass"], ["x"], "error"),
        (["fail", "pass"], ["x"], "fail"),
        (["notapplicable"], ["x"], "error"),
        (["notchecked"], ["x"], "notchecked"),
        (["notselected"], ["x"], "notselected"),
        (["unknown"], ["x"], "error"),
    ],
)
def test_the_worst_node_decides_and_a_missing_one_never_passes(outcomes, missing, expected):
    assert single(*outcomes, missing=missing).outcome.value == expected


def test_w20_a_check_that_differs_lists_both_sets_of_nodes_and_is_marked():
    found = single("pass", "fail", "pass", "fail")
    assert found.spread.nodes == {"fail": ("b", "d"), "pass": ("a", "c")}
    assert found.spread.mixed
    assert not single("fail", "fail").spread.mixed


def test_missing_nodes_never_stand_among_failing_ones():
    found = single("fail", "pass", missing=["x", "y"])
    assert found.spread.missing == ("x", "y")
    assert found.spread.nodes["fail"] == ("a",)
    lost = single("pass", missing=["x"])
    assert (lost.reason, lost.evidence) == ("No result of x.", ())
    assert lost.remediation == "Examine x, then make this report anew."


def test_evidence_is_that_of_the_first_of_the_worst_nodes_and_says_so():
    found = single("pass", "fail", "fail")
    assert found.reason == "On b: It is fail."
    assert found.evidence[0].observed == "fail"
    assert found.remediation == "Mend 4.2.1."


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6), st.randoms())
def test_the_order_of_files_is_no_matter(outcomes, random):
    nodes = [
        node(f"n{index}", {"node 4.2.1": one, f"node 4.2.{index + 2}": "pass"})
        for index, one in enumerate(outcomes)
    ]
    nodes.append(node("n0", {"node 4.2.1": "error"}, collected_at="2026-03-01T00:00:00Z"))
    shuffled = list(nodes)
    random.shuffle(shuffled)
    assert only(*shuffled, roster={"z": WORKER}) == only(*nodes, roster={"z": WORKER})


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=5), st.sampled_from(OUTCOMES), st.booleans())
def test_another_node_never_makes_it_better_and_a_failing_one_makes_it_fail(outcomes, further, missing):
    lost = ["z"] if missing else []
    before, after = single(*outcomes, missing=lost), single(*outcomes, further, missing=lost)
    order = OUTCOMES.index
    assert order(after.outcome) <= order(before.outcome)
    assert single(*outcomes, "fail", missing=lost).outcome is Outcome.FAIL
    assert order(single(*outcomes, missing=["z"]).outcome) <= order(before.outcome)


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6), st.integers(0, 2))
def test_c6_each_expected_node_is_in_one_list_only(outcomes, missing):
    lost = [f"x{index}" for index in range(missing)]
    spread = single(*outcomes, missing=lost).spread
    listed = [name for names in spread.nodes.values() for name in names] + list(spread.missing)
    assert sorted(listed) == sorted([chr(ord("a") + index) for index in range(len(outcomes))] + lost)


def test_checks_of_components_that_run_elsewhere_do_not_count():
    control = node("cp", {"master 1.1.1": "pass", "node 4.2.1": "pass"}, roles=CONTROL_PLANE)
    worker = node("w", {"master 1.1.1": "notapplicable", "node 4.2.1": "fail"}, roles=WORKER)
    first, second = only(control, worker).results
    assert (first.outcome, first.spread.nodes) == ("pass", {"pass": ("cp",)})
    assert second.spread.nodes == {"fail": ("w",), "pass": ("cp",)}


def test_a_control_plane_node_whose_api_server_is_down_does_not_vanish():
    up = node("cp-1", {"master 1.1.1": "pass"}, roles=CONTROL_PLANE)
    down = node("cp-2", {"master 1.1.1": "notapplicable"}, roles=WORKER)
    found = only(up, down, roster={"cp-1": CONTROL_PLANE, "cp-2": CONTROL_PLANE}).results[0]
    assert found.spread.nodes == {"pass": ("cp-1",), "notapplicable": ("cp-2",)}
    assert found.spread.mixed


def test_a_node_that_was_judged_in_part_is_missing_from_the_rest():
    whole = node("a", {"node 4.2.1": "pass", "node 4.2.2": "pass"})
    part = node("b", {"node 4.2.1": "pass"})
    first, second = only(whole, part).results
    assert first.outcome is Outcome.PASS
    assert (second.outcome, second.spread.missing) == (Outcome.ERROR, ("b",))


def test_expected_nodes_are_missing_only_where_they_play_a_role():
    control = node("cp", {"master 1.1.1": "pass", "node 4.2.1": "pass"}, roles=CONTROL_PLANE)
    found = only(control, roster={"cp": CONTROL_PLANE, "w": WORKER})
    assert [one.spread.missing for one in found.results] == [(), ("w",)]
    assert [(head.name, head.missing) for head in found.nodes] == [("cp", False), ("w", True)]
    assert found.notices[0] == "No results came of 1 expected nodes: w."
    assert exit_code(found) == 3


def test_without_a_list_of_nodes_the_report_says_that_none_can_be_missed():
    assert "none could be found missing" in only(node("a", {"node 4.2.1": "pass"})).notices[0]


def test_a_node_that_nobody_expected_counts_and_is_named():
    found = only(node("a", {"node 4.2.1": "fail"}), roster={"b": WORKER})
    assert found.results[0].outcome is Outcome.FAIL
    assert "Results came of nodes that were not expected: a." in found.notices


def test_of_a_node_that_was_examined_twice_the_newer_results_count():
    old = node("a", {"node 4.2.1": "pass"}, collected_at="2026-03-04T00:00:00Z")
    new = node("a", {"node 4.2.1": "fail"}, collected_at="2026-03-04T01:00:00Z")
    for given_nodes in ((old, new), (new, old)):
        found = only(*given_nodes)
        assert found.results[0].spread.nodes == {"fail": ("a",)}
        (said,) = [notice for notice in found.notices if "more than once" in notice]
        assert "2026-03-04T00:00:00Z were dropped" in said


def test_a_machine_is_the_same_with_and_without_its_domain():
    old = node("a", {"node 4.2.1": "pass"}, machine_id="m", collected_at="2026-03-04T00:00:00Z")
    new = node("a.example.net", {"node 4.2.1": "fail"}, machine_id="m")
    found = only(old, new)
    assert [head.name for head in found.nodes] == ["a.example.net"]
    assert any("a was examined more than once" in notice for notice in found.notices)


def test_copies_of_one_machine_all_count():
    found = only(
        node("a", {"node 4.2.1": "fail"}, machine_id="m"), node("b", {"node 4.2.1": "pass"}, machine_id="m")
    )
    assert found.results[0].spread.nodes == {"fail": ("a",), "pass": ("b",)}
    assert any(notice.startswith("a, b have the same machine-id") for notice in found.notices)


def test_machines_by_the_same_name_all_count():
    old = node("a", {"node 4.2.1": "fail"}, machine_id="m", collected_at="2026-03-04T00:00:00Z")
    older = node("a", {"node 4.2.1": "pass"}, machine_id="m", collected_at="2026-03-03T00:00:00Z")
    new = node("a", {"node 4.2.1": "pass"}, machine_id="n")
    for order in permutations((older, old, new)):
        found = only(*order)
        assert found.results[0].spread.nodes == {"fail": ("a (m)",), "pass": ("a",)}
        assert [head.name for head in found.nodes] == ["a", "a (m)"]
        assert any("2 machines are called a" in notice for notice in found.notices)
        assert any("2026-03-03T00:00:00Z were dropped" in notice for notice in found.notices)


OTHER_EDITION = msgspec.structs.replace(HEAD, digest="sha256:bb")
PROFILE = ProfileHead(id="cis-level-1", title="Level 1", digest="sha256:cc")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"benchmark": OTHER_EDITION}, "different editions of the benchmark"),
        ({"profile": PROFILE}, "different profiles"),
        ({"tool": Tool(name="kube-bench", version="")}, "different programs"),
    ],
)
def test_what_can_not_be_compared_is_refused(fields, words):
    with pytest.raises(UsageError, match=words):
        combined(node("a", {"node 4.2.1": "pass"}), node("b", {"node 4.2.1": "pass"}, **fields))


def test_two_clusters_are_no_fleet():
    with pytest.raises(UsageError, match="different clusters"):
        combined(
            node("a", {"node 4.2.1": "pass"}, cluster_uid="u"),
            node("b", {"node 4.2.1": "pass"}, cluster_uid="v"),
        )


def test_a_fleet_is_not_part_of_another():
    whole = only(node("a", {"node 4.2.1": "pass"}))
    with pytest.raises(UsageError, match="whole cluster already"):
        combined(whole)


def test_nodes_of_different_benchmarks_are_assessed_apart_and_none_is_missed_for_that():
    newer = msgspec.structs.replace(HEAD, id="cis-2.0")
    nodes = [node("a", {"node 4.2.1": "pass"}), node("b", {"node 4.2.1": "fail"}, benchmark=newer)]
    first, second = combined(*nodes, roster={"a": WORKER, "b": WORKER, "c": WORKER})
    assert (first.benchmark.id, second.benchmark.id) == ("cis-1.12", "cis-2.0")
    assert (first.results[0].spread.missing, second.results[0].spread.missing) == (("c",), ("c",))
    assert any("judged by several benchmarks" in notice for notice in first.notices)


def test_a_benchmark_of_the_operating_system_is_a_part_of_its_own():
    debian = msgspec.structs.replace(HEAD, id="cis-debian-12")
    system = node("a", [result("1.1.1", "host", "pass")], benchmark=debian, roles=())
    both = msgspec.structs.replace(node("a", {"node 4.2.1": "pass"}), further=(system,))
    other = node("b", {"node 4.2.1": "pass"})
    kubernetes, host = combined(both, other, roster={"a": WORKER, "b": WORKER})
    assert kubernetes.results[0].spread.nodes == {"pass": ("a", "b")}
    assert (host.results[0].outcome, host.results[0].spread.missing) == (Outcome.ERROR, ("b",))


def test_the_clusters_own_objects_are_judged_by_who_could_read_them():
    blind = node("a", {"node 4.2.1": "pass", "policies 5.1.1": "unknown"}, roles=WORKER)
    seeing = node(
        "prod", {"node 4.2.1": "unknown", "policies 5.1.1": "fail"}, kind="cluster", roles=("policies",)
    )
    of_node, of_cluster = only(blind, seeing).results
    assert (of_node.outcome, of_node.spread.nodes) == ("pass", {"pass": ("a",)})
    assert (of_cluster.outcome, of_cluster.spread) == ("fail", None)
    assert only(blind).results[1].outcome is Outcome.UNKNOWN


def waived(outcome, disposition, waiver=""):
    return [result("4.2.1", "node", outcome, disposition=disposition, waiver=waiver)]


@pytest.mark.parametrize(
    ("said", "missing", "disposition", "waiver"),
    [
        ([("fail", "waived"), ("pass", "required")], [], "waived", "W"),
        ([("fail", "waived"), ("fail", "waived")], [], "waived", "W"),
        ([("fail", "waived"), ("fail", "required")], [], "required", ""),
        ([("fail", "waived"), ("error", "required")], [], "required", ""),
        ([("fail", "expired"), ("fail", "waived")], [], "expired", "W"),
        ([("fail", "waived")], ["x"], "required", ""),
        ([("pass", "required")], ["x"], "required", ""),
    ],
)
def test_a_waiver_for_one_node_is_none_for_another(said, missing, disposition, waiver):
    nodes = [
        node(f"n{index}", waived(outcome, how, "W" if how in ("waived", "expired") else ""))
        for index, (outcome, how) in enumerate(said)
    ]
    roster = {one.target.name: WORKER for one in nodes} | dict.fromkeys(missing, WORKER)
    found = only(*nodes, roster=roster).results[0]
    assert (found.disposition, found.waiver) == (disposition, waiver)


def test_the_head_is_that_of_the_cluster():
    found = only(
        node("a", {"node 4.2.1": "pass"}, cluster_uid="u", cluster_name="prod", kubernetes="v1.34.1"),
        node("b", {"node 4.2.1": "pass"}, collected_at="2026-03-06T00:00:00Z", mode="host"),
    )
    target = found.target
    assert (target.kind, target.name, target.cluster_uid) == ("cluster", "prod", "u")
    assert (target.collected_at, target.kubernetes) == ("2026-03-04T05:06:07Z", "v1.34.1, v1.34.2")
    assert target.mode == ""
    assert any("different versions of Kubernetes" in notice for notice in found.notices)
    assert any("oldest results are of 2026-03-04" in notice for notice in found.notices)
    assert found.nodes[0].counts.passed == 1


def test_notices_of_nodes_are_said_once():
    said = ("There is no /etc/passwd below the root.",)
    nodes = [node(f"n{index}", {"node 4.2.1": "pass"}, notices=said if index else ()) for index in range(9)]
    notices = only(*nodes).notices
    assert "On n1, n2, n3, n4, n5 and 3 more: There is no /etc/passwd below the root." in notices


def test_w4_a_source_is_available_where_all_have_it_and_the_clusters_where_anybody_has():
    files, api = "files below /etc", "Kubernetes API"
    missing = (
        Source(name=files, available=False, reason="not mounted", numbers=("4.2.1",)),
        Source(name=api, available=False, reason="not asked", numbers=("5.1.1",)),
    )
    there = (Source(name=files, available=True), Source(name=api, available=True))
    found = only(
        node("a", {"node 4.2.1": "error"}, sources=missing), node("b", {"node 4.2.1": "pass"}, sources=there)
    )
    assert [(one.name, one.available) for one in found.sources] == [(api, True), (files, False)]
    assert found.sources[1].reason == "not mounted (on 1 of 2: a)"


def test_an_entry_of_the_register_is_unused_only_if_no_node_used_it():
    entry = Entry(id="W", check="4.2.1", benchmark="cis-1.12", kind="accepted-exception", state="unused")
    used = msgspec.structs.replace(entry, state="matched", numbers=("4.2.1",))
    found = only(
        node("a", {"node 4.2.1": "pass"}, entries=(entry,)),
        node("b", {"node 4.2.1": "fail"}, entries=(used,)),
    )
    assert [(one.state, one.numbers) for one in found.entries] == [("matched", ("4.2.1",))]


def test_w9_what_can_not_be_read_is_a_missing_node_and_no_clean_report():
    found = only(node("a", {"node 4.2.1": "pass"}), unread={"b": "b.json: cut off, or not JSON"})
    assert found.results[0].outcome is Outcome.ERROR
    assert [(head.name, head.reason) for head in found.nodes if head.missing] == [
        ("b", "b.json: cut off, or not JSON")
    ]
    with pytest.raises(NothingToAssess) as caught:
        combined(unread={"b": "cut off"})
    assert "b: cut off" in caught.value.hint


def test_c4_without_what_is_not_scored_all_numbers_are_counted_again():
    whole = only(node("a", [result("4.2.1", "node", "pass"), result("4.2.2", "node", "fail", scored=False)]))
    scored = scored_only(whole)
    assert [one.number for one in scored.results] == ["4.2.1"]
    assert (scored.counts.total.total, scored.coverage.total) == (1, 1)
