"""A policy says what results mean for an organisation; it never changes or hides one."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policies import HEAD, ON, PROOF, TARGET, entry, policy, result
from trueline.assess import totals
from trueline.model.results import NodeHead, Outcome, Result, Spread
from trueline.policy.apply import apply_policy
from trueline.policy.select import below, select
from trueline.policy.triggers import Run


def run(on=ON, benchmark=None, nodes=(), **target):
    head = msgspec.structs.replace(HEAD, **(benchmark or {}))
    return Run(benchmark=head, target=msgspec.structs.replace(TARGET, **target), on=on, nodes=nodes)


def apply(results, *waivers, on=ON, benchmark=None, nodes=(), known=(), target=None, **fields):
    where = run(on, benchmark, nodes, **(target or {}))
    return apply_policy(results, policy(*waivers, **fields), where, known)


def one(*waivers, given=None, **more):
    judged = apply([given or result()], *waivers, **more)
    return judged.results[0], judged.entries


@pytest.mark.parametrize("check", ["1.2.5", "verified"])
def test_w31_a_waiver_by_number_or_rule_keeps_the_outcome(check):
    found, (said,) = one(entry(check=check))
    assert (found.outcome, found.disposition, found.waiver) == (Outcome.FAIL, "waived", "EXC-1")
    assert (said.state, said.numbers, said.remarks) == ("matched", ("1.2.5",), ("It expires in 29 days.",))


@pytest.mark.parametrize(
    ("day", "disposition", "state"),
    [("2026-06-30", "waived", "matched"), ("2026-07-01", "expired", "expired")],
)
def test_w29_expired_waiver_stops_applying(day, disposition, state):
    found, (said,) = one(entry(), on=date.fromisoformat(day))
    assert (found.disposition, said.state, found.waiver) == (disposition, state, "EXC-1")


@pytest.mark.parametrize(
    ("left", "said"),
    [(0, "It expires today."), (1, "It expires in 1 day."), (14, "It expires in 14 days."), (15, "")],
)
def test_w30_what_expires_soon_is_announced(left, said):
    on = date.fromordinal(date(2026, 6, 30).toordinal() - left)
    _, (found,) = one(entry(), on=on, settings={"announce_days": 14})
    assert " ".join(found.remarks) == said


@pytest.mark.parametrize(
    ("given", "changes", "state", "remark"),
    [
        (result(outcome="pass"), {}, "unused", "nothing there needs it"),
        (result(outcome="notapplicable"), {}, "unused", "nothing there needs it"),
        (result(), {"check": "9.9.9"}, "invalid-check", "has no recommendation or rule 9.9.9"),
        (result(), {"check": "1.2"}, "invalid-check", "1.2 is a section"),
        (result(), {"benchmark": "cis-2.0"}, "wrong-version", "written for cis-2.0"),
        (result(), {"scope": {"clusters": ["test-*"]}}, "unused", "cluster prod-eu is outside its scope"),
        (result(), {"expires": "2026-05-31"}, "expired", "expired on 2026-05-31"),
        (result(outcome="pass"), {"expires": "2026-05-31"}, "expired", "Nothing needs it any more"),
    ],
)
def test_w33_each_entry_has_a_state(given, changes, state, remark):
    found, (said,) = one(entry(**changes), given=given)
    assert said.state == state
    assert remark in " ".join(said.remarks)
    assert found.disposition == ("expired" if state == "expired" and given.outcome == "fail" else "required")


def test_w33_a_check_outside_a_partial_run_is_not_invalid():
    _, (said,) = one(entry(check="4.1.1"), known=("4.1.1",))
    assert said.state == "unused"


def test_w33_over_broad_entries_are_said():
    judged = apply([result(f"1.2.{number}") for number in range(5)], entry(check="verified"))
    assert "over-broad: it covers 5 recommendations" in " ".join(judged.entries[0].remarks)
    _, (said,) = one(entry(scope={"clusters": ["*"]}))
    assert "over-broad: its scope names every cluster" in " ".join(said.remarks)


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        ({}, True),
        ({"clusters": ["prod-*"]}, True),
        ({"clusters": ["uid-1"]}, True),
        ({"clusters": ["prod"]}, False),
        ({"nodes": {"role": "control-plane"}}, True),
        ({"nodes": {"role": ["master", "none"]}}, True),
        ({"nodes": {"role": "worker"}}, False),
        ({"nodes": {"name": "cp-*"}}, True),
        ({"nodes": {"name": "cp-*", "role": "worker"}}, False),
        ({"clusters": ["prod-*"], "nodes": {"name": "w-*"}}, False),
    ],
)
def test_w27_scope_selects_clusters_and_nodes(scope, inside):
    found, (said,) = one(entry(scope=scope))
    assert (found.disposition == "waived") is inside
    assert (said.state == "matched") is inside


def test_a_cluster_that_the_run_does_not_tell_is_outside():
    _, (said,) = one(entry(), target={"cluster_name": "", "cluster_uid": ""})
    assert said.remarks == ("It changes nothing: the run does not tell its cluster.",)


@pytest.mark.parametrize(
    ("names", "disposition"), [("w-*", "required"), ("*", "waived"), (("w-*", "cp-*"), "waived")]
)
def test_in_a_fleet_all_nodes_that_fail_must_be_in_scope(names, disposition):
    nodes = tuple(NodeHead(name=name) for name in ("w-1", "w-2", "cp-1"))
    spread = Spread(nodes={"fail": ("w-1", "cp-1"), "pass": ("x-2",)})
    found, _ = one(entry(scope={"nodes": {"name": names}}), given=result(spread=spread), nodes=nodes)
    assert found.disposition == disposition


def test_in_a_fleet_a_missing_node_is_outside_a_scope_that_does_not_name_it():
    spread = Spread(nodes={"fail": ("w-1",)}, missing=("cp-9",))
    found, _ = one(entry(scope={"nodes": {"name": "w-*"}}), given=result(spread=spread))
    assert found.disposition == "required"


@pytest.mark.parametrize(
    ("trigger", "target", "fires"),
    [
        ({"kind": "kubernetes-version", "value": ">=1.36"}, {}, True),
        ({"kind": "kubernetes-version", "value": ">1.36"}, {}, False),
        ({"kind": "kubernetes-version", "value": "<1.36.3"}, {}, True),
        ({"kind": "kubernetes-version", "value": "1.36"}, {}, False),
        ({"kind": "kubernetes-version", "value": "1.3"}, {}, True),
        ({"kind": "kubernetes-version", "value": "1.35"}, {}, True),
        ({"kind": "kubernetes-version", "value": "1.35"}, {"kubernetes": None}, False),
        ({"kind": "provider-version", "value": "kubeadm"}, {}, False),
        ({"kind": "provider-version", "value": "eks"}, {}, True),
        ({"kind": "provider-version", "value": "v1.36.2"}, {}, False),
        ({"kind": "profile-version", "value": "1.12.0"}, {}, False),
        ({"kind": "profile-version", "value": "sha256:aa"}, {}, False),
        ({"kind": "profile-version", "value": "sha256:bb"}, {}, True),
        ({"kind": "cluster-recreated", "value": "uid-1"}, {}, False),
        ({"kind": "cluster-recreated", "value": "uid-0"}, {}, True),
        ({"kind": "cluster-recreated", "value": "uid-0"}, {"cluster_uid": ""}, False),
        ({"kind": "date", "value": "2026-06-01"}, {}, True),
        ({"kind": "date", "value": "2026-06-02"}, {}, False),
        (
            [{"kind": "date", "value": "2027-01-01"}, {"kind": "cluster-recreated", "value": "uid-0"}],
            {},
            True,
        ),
    ],
)
def test_w34_triggers_fire(trigger, target, fires):
    found, (said,) = one(entry(review_trigger=trigger), target=target)
    assert said.state == ("needs-review" if fires else "matched")
    assert found.disposition == ("required" if fires else "waived")


def test_w34_a_trigger_that_can_not_be_judged_is_said():
    _, (said,) = one(entry(), target={"kubernetes": None})
    assert said.state == "matched"
    assert "trigger kubernetes-version has fired is not known" in " ".join(said.remarks)


@pytest.mark.parametrize(
    ("meaning", "disposition", "state"),
    [
        ("m1", "waived", "matched"),
        (["m0", "m1"], "waived", "matched"),
        ("m0", "required", "needs-review"),
        (None, "waived", "matched"),
    ],
)
def test_w35_what_asserts_something_else_is_not_covered(meaning, disposition, state):
    found, (said,) = one(entry(meaning=meaning), given=result(meaning="m1"))
    assert (found.disposition, said.state) == (disposition, state)


def test_w35_of_several_recommendations_only_the_changed_is_not_covered():
    results = [result(meaning="m1"), result("1.2.6", meaning="m2")]
    judged = apply(results, entry(check="verified", meaning="m1"))
    assert [item.disposition for item in judged.results] == ["waived", "required"]
    assert "1.2.6 is not covered" in " ".join(judged.entries[0].remarks)


@pytest.mark.parametrize(
    ("observed", "same"),
    [("not set", True), ("it is NOT  SET", True), ("kube-apiserver/ca: not set", True), ("/etc/ca", False)],
)
def test_an_observation_other_than_the_recorded_one_is_said(observed, same):
    _, (said,) = one(entry(observed=observed))
    assert ("needs a review: it was recorded as" in " ".join(said.remarks)) is not same


def test_what_add_wrote_is_compared_to_the_letter():
    changed = entry(observed="kube-apiserver/ca: not set; /etc/x: not set at all")
    _, (said,) = one(changed)
    assert "needs a review" in " ".join(said.remarks)


@pytest.mark.parametrize(
    ("severity", "approver", "disposition"),
    [("critical", None, "required"), ("critical", "ciso", "waived"), ("high", None, "waived")],
)
def test_w38_critical_needs_an_approver(severity, approver, disposition):
    found, (said,) = one(entry(approver=approver), given=result(severity=severity))
    assert found.disposition == disposition
    assert (said.state == "needs-review") is (disposition == "required")


def test_an_entry_of_the_future_does_not_hold_yet():
    found, (said,) = one(entry(created="2026-06-02"))
    assert (found.disposition, said.state) == ("required", "needs-review")


@pytest.mark.parametrize(
    ("changes", "disposition", "decision"),
    [
        ({"class": "accepted-exception"}, "waived", "accept"),
        ({"class": "provider-owned", "evidence": PROOF}, "provider-owned", "provider-owned"),
        (
            {"class": "alternative-evidence", "objective": "o", "source": "s", "sample": "x"},
            "provider-owned",
            "provider-owned",
        ),
        ({"class": "informational"}, "informational", ""),
    ],
)
def test_w37_classes_become_dispositions(changes, disposition, decision):
    found, _ = one(entry(**changes))
    assert (found.disposition, found.decision, found.outcome) == (disposition, decision, Outcome.FAIL)


def required(**changes):
    fields = ("id", "check", "benchmark", "reason", "owner")
    return {**{name: entry()[name] for name in fields}, "class": "required", **changes}


def test_what_a_person_judges_can_be_required():
    manual = result(automated=False, disposition="informational")
    found, (said,) = one(required(), given=manual)
    assert (found.disposition, found.waiver, said.state) == ("required", "EXC-1", "matched")


def test_an_exception_goes_before_what_requires_and_leaves_it_when_it_ends():
    manual = result(automated=False, disposition="informational")
    both = (required(id="R"), entry())
    assert one(*both, given=manual)[0].disposition == "waived"
    assert one(*both, given=manual, on=date(2026, 7, 1))[0].disposition == "expired"
    assert one(entry(), given=manual, on=date(2026, 7, 1))[0].disposition == "informational"


def test_of_two_exceptions_the_first_counts_and_the_other_says_so():
    found, entries = one(entry(), entry(id="EXC-2"))
    assert found.waiver == "EXC-1"
    assert "1.2.5 is decided by EXC-1 already." in entries[1].remarks


def test_w12_outcome_evidence_and_decision_are_apart():
    names = {field.name for field in msgspec.structs.fields(Result)}
    assert {"outcome", "evidence", "decision", "disposition", "owner", "priority", "review"} <= names


@pytest.mark.parametrize("decision", ["remediate", "accept", "provider-owned", "investigate"])
def test_w13_decisions(decision):
    record = {"check": "1.2.5", "benchmark": "cis-1.12", "decision": decision}
    assert one(decisions=[record])[0].decision == decision
    assert one()[0].decision == ""
    assert one(decisions=[{**record, "benchmark": "cis-2.0"}])[0].decision == ""


def test_w24_a_note_decides_to_remediate():
    note = dict.fromkeys(("observed", "recommended", "source", "rollback", "owner"), "x")
    found, _ = one(remediations=[{"check": "1.2.5", "benchmark": "cis-1.12", **note, "owner": "infra"}])
    assert (found.decision, found.owner) == ("remediate", "infra")


@pytest.mark.parametrize(
    ("owners", "owner"),
    [
        ({"kube-apiserver": "control", "*": "rest"}, "control"),
        ({"kube-*": "kube", "*": "rest"}, "kube"),
        ({"kube-*": "kube", "kube-api*": "api"}, "api"),
        ({"kubelet": "nodes", "*": "rest"}, "rest"),
        ({"kubelet": "nodes"}, ""),
    ],
)
def test_w16_components_have_owners(owners, owner):
    assert one(owners=owners)[0].owner == owner


@pytest.mark.parametrize(
    ("owners", "waivers", "owner"),
    [
        ({"*": "platform"}, [], "provider"),
        ({"kube-apiserver": "platform"}, [], "platform"),
        ({}, [entry(**{"class": "provider-owned", "evidence": PROOF, "owner": "vendors"})], "vendors"),
    ],
)
def test_w17_what_a_provider_runs_is_the_providers(owners, waivers, owner):
    hidden = result(outcome="notchecked", disposition="provider-owned")
    assert one(*waivers, given=hidden, owners=owners)[0].owner == owner


@pytest.mark.parametrize(
    ("severity", "priorities", "priority"),
    [
        ("critical", {}, "critical"),
        ("high", {}, "high"),
        ("medium", {}, "medium"),
        ("low", {}, "low"),
        ("info", {}, "low"),
        ("low", {"kube-apiserver": "high"}, "high"),
        ("low", {"kube-apiserver": "high", "verified": "medium"}, "medium"),
        ("low", {"verified": "medium", "1.2.5": "critical"}, "critical"),
    ],
)
def test_w18_priorities(severity, priorities, priority):
    assert one(given=result(severity=severity), priorities=priorities)[0].priority == priority


def test_w18_what_a_provider_hides_depends_on_it():
    hidden = result(outcome="notchecked", disposition="provider-owned", severity="critical")
    assert one(given=hidden)[0].priority == "contextual"


REVIEW = {
    "check": "1.2.5",
    "benchmark": "cis-1.12",
    "reviewer": "ann",
    "date": "2026-03-01",
    "outcome": "pass",
    "note": "the timeout fits",
    "valid_until": "2026-06-30",
}


@pytest.mark.parametrize(
    ("day", "state"), [("2026-06-30", "valid"), ("2026-07-01", "lapsed"), ("2026-02-28", "lapsed")]
)
def test_w21_reviews_show_and_lapse(day, state):
    manual = result(outcome="notchecked", automated=False, disposition="informational")
    found, _ = one(given=manual, on=date.fromisoformat(day), reviews=[REVIEW])
    assert (found.review.reviewer, found.review.state, found.outcome) == ("ann", state, "notchecked")
    counts = totals([found, result(), result("9", outcome="notchecked"), result("8", outcome="error")])
    expected = {"unreviewed": 2, "reviewed": 0, "lapsed": 0}
    assert counts.reviews == {**expected, "reviewed" if state == "valid" else "lapsed": 1}


def test_w21_what_facts_decide_needs_no_review():
    assert one(reviews=[REVIEW])[0].review is None


def test_severity_is_the_organisations():
    found, _ = one(severities={"verified": "critical"})
    assert (found.severity, found.priority) == ("critical", "critical")
    assert found.before.severity == "medium"


_WAIVERS = st.lists(
    st.fixed_dictionaries(
        {
            "class": st.sampled_from(["accepted-exception", "informational", "required", "provider-owned"]),
            "check": st.sampled_from(["1.2.5", "1.2.6", "verified", "9", "1.2"]),
            "benchmark": st.sampled_from(["cis-1.12", "cis-2.0"]),
            "expires": st.dates(date(2026, 5, 30), date(2026, 6, 3)).map(str),
            "approver": st.sampled_from(["", "a"]),
        }
    ),
    max_size=5,
)
_RESULTS = st.lists(
    st.builds(
        result,
        number=st.sampled_from(["1.2.5", "1.2.6", "1.2.7"]),
        outcome=st.sampled_from(list(Outcome)),
        disposition=st.sampled_from(["required", "informational", "provider-owned"]),
        severity=st.sampled_from(["critical", "low"]),
    ),
    max_size=4,
)


def made(waivers):
    optional = ("recommendation", "observed", "compensating_control", "expires", "review_trigger", "created")
    return [
        {
            name: value
            for name, value in entry(**{**one, "id": f"E{position}", "evidence": PROOF}).items()
            if one["class"] != "required" or name not in optional
        }
        for position, one in enumerate(waivers)
    ]


@given(_RESULTS, _WAIVERS)
def test_a_policy_never_changes_or_hides_an_outcome(results, waivers):
    judged = apply(results, *made(waivers))
    assert [(item.number, item.outcome, item.evidence) for item in judged.results] == [
        (item.number, item.outcome, item.evidence) for item in results
    ]
    assert [item.id for item in judged.entries] == [f"E{position}" for position in range(len(waivers))]


@given(_RESULTS, _WAIVERS)
def test_w40_each_result_has_one_class_and_the_totals_add_up(results, waivers):
    judged = apply(results, *made(waivers)).results
    assert sum(totals(judged).dispositions.values()) == len(results)


@given(_RESULTS, _WAIVERS, _WAIVERS)
def test_another_policy_forgets_the_earlier_one(results, earlier, later):
    fresh = apply(results, *made(later), severities={"verified": "low"})
    again = apply(
        apply(results, *made(earlier), severities={"verified": "high"}).results,
        *made(later),
        severities={"verified": "low"},
    )
    assert again == fresh


@pytest.mark.parametrize(
    ("number", "prefix", "expected"),
    [
        ("1.1.10", "1.1", True),
        ("1.1.10", "1.1.1", False),
        ("1.1.1", "1.1.1", True),
        ("1.10", "1.1", False),
        ("1.1.2", "1.", True),
    ],
)
def test_prefixes_are_whole_numbers(number, prefix, expected):
    assert below(number, prefix) is expected


def test_level_keeps_what_is_outside_as_notselected():
    first, second = select([result(), result("1.2.6", level=2)], level=1)
    assert first.outcome is Outcome.FAIL
    assert second.outcome is Outcome.NOTSELECTED
    assert not second.remediation


def test_only_and_targets_drop_the_rest():
    results = [result("1.1.1"), result("4.1.1", target="node"), result("4.2.1", target="node")]
    assert [item.number for item in select(results, only=["4.1"])] == ["4.1.1"]
    assert [item.number for item in select(results, targets=["node"])] == ["4.1.1", "4.2.1"]
