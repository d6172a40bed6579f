"""What became of findings from one run to another."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.sample import assessment, evidence, result
from trueline.model.results import NodeHead, Outcome, ProfileHead, Spread, finding_key
from trueline.policy.drift import UNFIXED, drift, news

OUTCOMES = tuple(one.value for one in Outcome)


def replaced(document, **fields):
    return msgspec.structs.replace(document, **fields)


def run(*results, **fields):
    return assessment(list(results), **fields)


def one(outcome, number="1.2.1", **fields):
    return result(number, f"Check {number}", "master", "1.2", outcome, **fields)


def change(before, after, **past):
    """What became of the only finding."""
    (item,) = drift(run(before), run(after), **past).items
    return item.change


def earlier(*outcomes):
    some = run(one("pass"))
    return {finding_key(some.target, some.benchmark.id, some.results[0]): outcomes}


FALSE, TRUE = ((evidence("anonymous-auth", word, "false"),) for word in ("false", "true"))
SIX = {
    "new": (one("pass"), one("fail"), ()),
    "resolved": (one("fail"), one("pass"), ()),
    "unchanged": (one("fail", evidence=TRUE), one("fail", evidence=TRUE), ()),
    "regressed": (one("pass"), one("fail"), ("fail",)),
    "newly-expired": (one("fail", disposition="waived"), one("fail", disposition="expired"), ()),
    "incomparable": (one("fail"), one("error"), ()),
    "changed": (one("fail", evidence=FALSE), one("fail", evidence=TRUE), ()),
}


@pytest.mark.parametrize("expected", SIX)
def test_w44_each_finding_is_one_of_six_and_evidence_that_changed_is_the_seventh(expected):
    before, after, past = SIX[expected]
    found = drift(run(before), run(after), earlier=earlier(*past))
    assert [item.change for item in found.items] == [expected]
    assert {name: number for name, number in found.counts.items() if number} == {expected: 1}


CLUSTER = tuple(NodeHead(name=name) for name in ("a", "b"))
LESS = {
    "another benchmark": lambda new: replaced(new, benchmark=replaced(new.benchmark, id="cis-1.11")),
    "another version": lambda new: replaced(new, benchmark=replaced(new.benchmark, version="1.13")),
    "another profile": lambda new: replaced(new, profile=ProfileHead(id="p", title="P", digest="d")),
    "another target": lambda new: replaced(new, target=replaced(new.target, name="cp-2")),
    "another cluster": lambda new: replaced(new, target=replaced(new.target, cluster_uid="other")),
    "fewer nodes": lambda new: replaced(new, nodes=CLUSTER[:1]),
    "a missing node": lambda new: replaced(new, nodes=(CLUSTER[0], NodeHead(name="b", missing=True))),
    "fewer results": lambda new: replaced(new, results=new.results[:1]),
    "a failed run": lambda new: replaced(
        new, results=tuple(replaced(one, outcome=Outcome.ERROR) for one in new.results)
    ),
}


@pytest.mark.parametrize("lacking", LESS)
def test_w45_missing_data_is_no_improvement(lacking):
    before = run(one("fail"), one("fail", "1.2.2"), nodes=CLUSTER)
    after = run(one("pass"), one("pass", "1.2.2"), nodes=CLUSTER)
    assert drift(before, after).counts["resolved"] == 2
    found = drift(before, LESS[lacking](after))
    assert found.incomparable
    assert found.counts["resolved"] == 0
    assert found.counts["incomparable"] == len(found.items) == 2
    assert all(item.hint for item in found.items)


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name not in ("pass", "fail")])
def test_w45_what_is_not_decided_now_is_not_resolved(outcome):
    assert change(one("fail"), one(outcome)) == "incomparable"
    assert change(one("pass"), one(outcome)) == "incomparable"


def test_w45_new_failures_are_told_of_runs_that_saw_less():
    found = drift(run(one("pass"), one("fail", "1.2.2")), run(one("fail")))
    assert {item.number: item.change for item in found.items} == {"1.2.1": "new", "1.2.2": "incomparable"}


def spread(**nodes):
    missing = nodes.pop("missing", ())
    return Spread(nodes={name: tuple(listed) for name, listed in nodes.items()}, missing=tuple(missing))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (one("pass", spread=spread(**{"pass": "ab"})), "resolved"),
        (one("pass", spread=spread(**{"pass": "a"})), "incomparable"),
        (one("pass", spread=spread(**{"pass": "a"}, missing="b")), "incomparable"),
        (one("pass", spread=spread(**{"pass": "a", "error": "b"})), "incomparable"),
        (one("fail", spread=spread(**{"fail": "b", "pass": "a"})), "changed"),
        (one("fail", spread=spread(fail="ab")), "unchanged"),
        (one("fail", spread=spread(fail="abc")), "changed"),  # nothing was known of c
        (one("fail", spread=spread(fail="a")), "unchanged"),  # nothing is known of b
    ],
)
def test_w25_a_finding_closes_only_when_it_passes_on_all_nodes(after, expected):
    assert change(one("fail", spread=spread(fail="ab")), after) == expected


def test_a_node_that_passed_and_fails_now_is_news_though_others_failed_before():
    before, after = spread(**{"fail": "a", "pass": "b"}), spread(fail="ab")
    (item,) = drift(run(one("fail", spread=before)), run(one("fail", spread=after))).items
    assert (item.change, item.hint) == ("new", "It failed before, but not on b.")


def test_w25_a_pass_of_a_check_that_asserts_something_else_closes_nothing():
    assert change(one("fail", meaning="a"), one("pass", meaning="b")) == "incomparable"
    assert change(one("fail", meaning="a"), one("pass", meaning="a")) == "resolved"
    assert change(one("pass", meaning="a"), one("fail", meaning="b")) == "new"


def test_w26_what_fails_again_after_it_was_resolved_has_regressed():
    (item,) = drift(run(one("pass")), run(one("fail")), earlier=earlier("fail")).items
    assert (item.change, item.hint) == ("regressed", UNFIXED)
    assert "template" in item.hint
    assert change(one("pass"), one("fail"), earlier=earlier("pass")) == "new"


@pytest.mark.parametrize(
    ("past", "after", "expected"),
    [
        ("fail", "fail", "unchanged"),
        ("fail", "pass", "resolved"),
        ("pass", "fail", "new"),
        ("pass", "pass", "changed"),
    ],
)
def test_a_run_that_could_not_read_something_is_no_gap_in_its_history(past, after, expected):
    before, now = run(one("error"), one("pass", "1.2.2")), run(one(after), one("pass", "1.2.2"))
    (item,) = drift(before, now, earlier=earlier(past)).items
    assert item.change == expected


@pytest.mark.parametrize(
    ("past", "after", "expected"),
    [
        ("fail", "fail", "unchanged"),
        ("fail", "pass", "incomparable"),
        ("pass", "fail", "new"),
        ("pass", "pass", "unchanged"),
    ],
)
def test_a_run_of_few_checks_is_no_gap_in_the_history_of_others(past, after, expected):
    before, now = run(one("pass", "1.2.2")), run(one(after), one("pass", "1.2.2"))
    found = drift(before, now, earlier=earlier(past))
    assert found.counts[expected] >= 1
    assert {item.change for item in found.items} <= {expected}


def test_w46_evidence_that_differs_shows_though_the_outcome_is_the_same():
    item = drift(run(one("pass", evidence=FALSE)), run(one("pass", evidence=TRUE))).items[0]
    assert (item.change, item.evidence_before, item.evidence_after) == ("changed", FALSE, TRUE)


def test_w46_a_restart_is_no_change_of_evidence():
    old, new = (
        evidence("flag", "x", "x", f"argument of process {pid} (/etc/unit, line {line})")
        for pid, line in ((17, 3), (4711, 4))
    )
    found = drift(run(one("fail", evidence=(old,))), run(one("fail", evidence=(new,))))
    assert [item.change for item in found.items] == ["unchanged"]


def test_w47_old_debt_is_told_apart_from_what_an_upgrade_brought():
    before = run(one("fail"), one("pass", "1.2.2"), one("fail", "1.2.3"), phase="pre-upgrade")
    after = run(one("fail"), one("fail", "1.2.2"), one("pass", "1.2.3"), phase="post-upgrade")
    found = drift(before, after)
    assert (found.before.phase, found.after.phase) == ("pre-upgrade", "post-upgrade")
    assert {item.number: item.change for item in found.items} == {
        "1.2.1": "unchanged",
        "1.2.2": "new",
        "1.2.3": "resolved",
    }
    assert [item.number for item in news(found)] == ["1.2.2"]


def test_w47_findings_of_two_benchmarks_are_paired_by_their_rules_and_not_judged():
    before = run(one("fail", rules=("a",)), one("pass", "1.2.2", rules=("b",)))
    after = run(one("pass", rules=("b",)), one("fail", "1.2.9", rules=("a",)))
    after = replaced(after, benchmark=replaced(after.benchmark, id="cis-2.0"))
    items = {item.number: item for item in drift(before, after).items}
    assert {item.change for item in items.values()} == {"incomparable"}
    assert (items["1.2.9"].before, items["1.2.9"].after) == ("fail", "fail")
    assert "1.2.1" in items["1.2.9"].hint


def test_what_passed_in_both_is_only_counted():
    found = drift(run(one("pass")), run(one("pass")))
    assert (found.items, found.counts["unchanged"]) == ((), 1)


RESULTS = st.lists(
    st.tuples(
        st.sampled_from(["1.2.1", "1.2.2", "1.2.3"]),
        st.sampled_from(OUTCOMES),
        st.sampled_from(["required", "waived", "expired"]),
        st.sampled_from([(), TRUE, FALSE]),
        st.sampled_from([None, spread(**{"pass": "a"}), spread(fail="ab", missing="c")]),
    ),
    max_size=5,
).map(
    lambda listed: run(
        *(
            one(outcome, number, disposition=disposition, evidence=seen, spread=nodes)
            for number, outcome, disposition, seen, nodes in listed
        )
    )
)


@given(RESULTS)
def test_a_run_differs_in_nothing_from_itself(some):
    found = drift(some, some)
    assert {item.change for item in found.items} <= {"unchanged"}
    assert found.counts["unchanged"] == len(some.results)


@given(RESULTS, RESULTS)
def test_only_a_pass_resolves_and_only_a_failure_is_new(before, after):
    found = drift(before, after)
    for item in found.items:
        if item.change == "resolved":
            assert (item.before, item.after) == ("fail", "pass")
        if item.change in ("new", "regressed"):
            assert item.after == "fail"
    keys = [item.key for item in found.items]
    assert len(set(keys)) == len(keys)


@given(RESULTS, RESULTS)
def test_what_one_direction_resolves_is_new_in_the_other(before, after):
    there, back = drift(before, after), drift(after, before)
    changes = {item.key: item.change for item in back.items}
    assert all(changes[item.key] == "new" for item in there.items if item.change == "resolved")
