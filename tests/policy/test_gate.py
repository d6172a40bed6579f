"""The gate goes on only where nothing required failed, and all that is required was decided."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policies import HEAD, ON, PROOF, TARGET, assessment, entry, policy, result
from trueline.assess import TOOL, aged_policy, exit_code, with_policy
from trueline.model.facts import Tool
from trueline.model.policy import Applied, GateRules
from trueline.model.register import Entry
from trueline.model.results import NodeHead, Outcome, ProfileHead, Spread
from trueline.policy.baseline import baseline_of
from trueline.policy.gate import decide, gated
from trueline.policy.verdict import gaps
from trueline.report.gate import to_markdown, to_text


def judged(document, *waivers, on=ON, **fields):
    return with_policy(document, Applied(policy=policy(*waivers, **fields)), on=on)


def gate(*documents, baseline=None, on=ON, **rules):
    return decide(documents, GateRules(**rules), on=on.isoformat(), baseline=baseline)


def accepted(*documents):
    return baseline_of(documents, created="2026-05-01", tool=TOOL)


PASS = result("1.1.1", "pass")
HIDDEN = result("1.1.9", "notchecked", disposition="provider-owned")
MANUAL = {"automated": False, "disposition": "informational"}


@pytest.mark.parametrize(
    ("given", "waivers", "rules", "code"),
    [
        (result(outcome="pass"), [], {}, 0),
        (result(), [], {}, 1),
        (result(), [entry()], {}, 0),
        (result(), [entry(expires="2026-05-31")], {}, 1),
        (result(), [entry(benchmark="cis-2.0")], {}, 1),
        (result(), [entry(**{"class": "informational"})], {}, 0),
        (result(), [entry(**{"class": "provider-owned", "evidence": PROOF})], {}, 0),
        (HIDDEN, [], {}, 0),
        (HIDDEN, [], {"provider_without_evidence": "fail"}, 1),
        (
            HIDDEN,
            [entry(check="1.1.9", evidence=PROOF, **{"class": "provider-owned"})],
            {"provider_without_evidence": "fail"},
            0,
        ),
        (result(**MANUAL), [], {}, 0),
        (result(**MANUAL), [], {"strict": True}, 0),
        (result(outcome="notchecked", **MANUAL), [], {}, 0),
        (result(outcome="notchecked", **MANUAL), [], {"unreviewed": "fail"}, 1),
        (result(outcome="error"), [], {}, 3),
        (result(outcome="unknown"), [], {}, 3),
        (result(outcome="error"), [entry()], {}, 0),
        (result(outcome="error", **MANUAL), [], {}, 0),
        (result(), [], {"strict": True}, 1),
        (result(), [entry()], {"strict": True}, 1),
        (result(outcome="pass"), [], {"strict": True}, 0),
        (result(), [entry()], {"unowned": "fail"}, 0),
        (result(**MANUAL), [], {"unowned": "fail"}, 1),
        (result(), [entry()], {"process_gaps": "fail"}, 0),
        (result(**MANUAL), [], {"process_gaps": "fail"}, 1),
    ],
)
def test_w41_w42_truth_table(given, waivers, rules, code):
    decision = gate(judged(assessment(PASS, given), *waivers), **rules)
    assert decision.exit_code == code
    assert bool(decision.because) is (code != 0)


def required(**changes):
    fields = ("id", "check", "benchmark", "reason", "owner")
    return {**{name: entry()[name] for name in fields}, "class": "required", **changes}


REVIEW = {
    "check": "1.2.5",
    "benchmark": "cis-1.12",
    "reviewer": "ann",
    "date": "2026-03-01",
    "note": "looked at it",
    "valid_until": "2026-06-30",
}


@pytest.mark.parametrize(
    ("outcome", "on", "code"),
    [(None, ON, 3), ("pass", ON, 0), ("fail", ON, 1), ("pass", date(2026, 7, 1), 3)],
)
def test_w21_what_is_required_of_a_person_needs_a_valid_review(outcome, on, code):
    reviews = [{**REVIEW, "outcome": outcome}] if outcome else []
    manual = assessment(PASS, result(outcome="notchecked", **MANUAL))
    assert gate(judged(manual, required(), reviews=reviews, on=on), on=on).exit_code == code


def test_what_an_entry_requires_fails_in_tables_too():
    (_, one) = judged(assessment(PASS, result(**MANUAL)), required()).results
    assert one.state == "FAIL"
    assert result(**MANUAL).state == "WARN"


def test_scan_and_gate_agree_on_each_result():
    for outcome in Outcome:
        for base in (MANUAL, {}):
            for waivers in ([], [entry()], [required()], [entry(expires="2026-05-31")]):
                document = judged(assessment(PASS, result(outcome=outcome, **base)), *waivers)
                assert exit_code(document) == gate(document).exit_code


def test_w16_findings_without_an_owner_are_listed():
    document = judged(assessment(PASS, result(), result("5.1.1", component="rbac")), owners={"rbac": "iam"})
    decision = gate(document)
    assert [(one.check, one.owner) for one in decision.failures] == [("1.2.5", ""), ("5.1.1", "iam")]
    assert [one.check for one in decision.unowned] == ["1.2.5"]


def test_w43_a_baseline_lets_what_is_known_pass_and_nothing_new():
    document = assessment(PASS, result(), result("1.2.6", "pass"))
    known = accepted(document)
    same = gate(document, baseline=known)
    assert (same.exit_code, [one.check for one in same.known]) == (0, ["1.2.5"])
    worse = gate(assessment(PASS, result(), result("1.2.6")), baseline=known)
    assert (worse.exit_code, [one.check for one in worse.failures]) == (1, ["1.2.6"])
    assert gate(document, baseline=known, strict=True).exit_code == 1


def test_w44_what_passes_now_is_resolved():
    better = gate(assessment(PASS, result(outcome="pass")), baseline=accepted(assessment(PASS, result())))
    assert better.resolved == ("prod-eu/cp-1/cis-1.12/master/1.2.5",)


def test_w43_a_failure_that_means_something_else_is_new():
    known = accepted(assessment(PASS, result(meaning="a")))
    assert gate(assessment(PASS, result(meaning="b")), baseline=known).exit_code == 1


def test_w43_an_exception_that_ends_after_the_baseline_fails():
    known = accepted(judged(assessment(PASS, result()), entry()))
    later = judged(assessment(PASS, result()), entry(), on=date(2026, 7, 1))
    decision = gate(later, baseline=known)
    assert (decision.exit_code, [one.why for one in decision.expired]) == (
        1,
        ["EXC-1 expired on 2026-06-30"],
    )


ELSEWHERE = {"target": msgspec.structs.replace(TARGET, name="cp-2")}
OTHER = {"benchmark": msgspec.structs.replace(HEAD, id="cis-2.0")}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ([assessment(PASS)], "1.2.5 of cis-1.12 on prod-eu/cp-1 were not looked at"),
        ([assessment(PASS, result(outcome="notselected"))], "were not looked at"),
        ([assessment(PASS, result(outcome="pass"), **ELSEWHERE)], "no run of cis-1.12 on prod-eu/cp-1"),
        ([assessment(PASS, result(outcome="pass"), **OTHER)], "none of the runs"),
        ([assessment(PASS, result(outcome="error"))], "could not be decided"),
        ([assessment()], "nothing was evaluated"),
        ([], "no assessment"),
        (
            [
                assessment(
                    PASS, result(outcome="pass"), profile=ProfileHead(id="p", title="P", digest="sha256:1")
                )
            ],
            "another profile",
        ),
    ],
)
def test_w45_missing_data_is_no_improvement(now, words):
    decision = gate(*now, baseline=accepted(assessment(PASS, result())))
    assert (decision.exit_code, decision.verdict, decision.resolved) == (3, "incomplete", ())
    assert words in " ".join(decision.because)


def fleet(*names, failing, missing=()):
    nodes = tuple(NodeHead(name=name, missing=name in missing) for name in names)
    spread = Spread(nodes={Outcome.FAIL: failing} if failing else {}, missing=missing)
    return assessment(PASS, result(outcome="fail" if failing else "pass", spread=spread), nodes=nodes)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (fleet("a", "b", failing=("a",)), 0),
        (fleet("a", "b", failing=("b",)), 1),
        (fleet("a", "b", failing=("a", "b")), 1),
        (fleet("b", failing=()), 3),
        (fleet("a", "b", failing=("a",), missing=("b",)), 3),
    ],
)
def test_w45_nodes_of_a_fleet_that_are_missing_or_new_are_no_improvement(now, code):
    assert gate(now, baseline=accepted(fleet("a", "b", failing=("a",)))).exit_code == code


def test_of_findings_with_one_key_a_further_failure_is_new():
    known = accepted(assessment(PASS, result(), result(outcome="pass")))
    assert gate(assessment(PASS, result(), result()), baseline=known).exit_code == 1


@pytest.mark.parametrize(("day", "code"), [("2026-06-30", 0), ("2026-07-01", 1)])
def test_w29_without_a_policy_file_that_of_the_scan_ends_all_the_same(day, code):
    scanned = judged(assessment(PASS, result()), entry())
    on = date.fromisoformat(day)
    decision = gate(aged_policy(scanned, on=on), on=on)
    assert decision.exit_code == code
    assert [one.state for one in decision.idle] == ["expired"] * code


def test_w30_w33_entries_are_announced_once():
    first, second = (
        judged(one, entry(), entry(id="EXC-9", check="9"))
        for one in (assessment(PASS, result()), assessment(PASS, result(outcome="pass"), **ELSEWHERE))
    )
    decision = gate(first, second)
    assert [one.id for one in decision.expiring] == ["EXC-1"]
    assert [(one.id, one.state) for one in decision.idle] == [("EXC-9", "invalid-check")]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"owner": "a", "decision": "accept"}, []),
        ({"owner": "a"}, ["it is neither mended nor excepted"]),
        ({"decision": "accept"}, ["nobody owns it"]),
        ({"owner": "a", "disposition": "expired"}, ["its exception has expired"]),
        ({"owner": "a", "decision": "investigate"}, ["it is still being investigated"]),
        ({"owner": "a", "decision": "remediate"}, ["no lasting source is named"]),
        ({"owner": "a", "decision": "remediate", "lasting": "ClusterConfiguration"}, []),
        ({"owner": "a", "disposition": "informational"}, ["it is open whether it is mandatory"]),
        ({"outcome": "error", "owner": "a"}, ["it was not inspected"]),
        (
            {"outcome": "notchecked", "disposition": "provider-owned"},
            ["no evidence of the provider is recorded"],
        ),
    ],
)
def test_w59_missing_steps_are_listed(fields, missing):
    assert list(gaps(result(**fields))) == missing


def test_w59_what_was_to_be_mended_and_is_as_it_was_lacks_a_rerun():
    given = result(lasting="x")
    decided = {"check": "1.2.5", "benchmark": "cis-1.12", "decision": "remediate", "owner": "a"}
    known = accepted(assessment(PASS, given))
    decision = gate(judged(assessment(PASS, given), decisions=[decided]), baseline=known)
    assert [one.gaps for one in decision.gaps] == [("it was to be mended, and is as the baseline has it",)]


def test_reports_show_what_is_known_as_waived():
    document = assessment(PASS, result())
    decision = gate(document, baseline=accepted(document))
    assert [(one.disposition, one.waiver) for one in gated(document, decision).results] == [
        ("required", ""),
        ("waived", "baseline"),
    ]


def test_w54_a_finding_has_what_a_ticket_needs():
    (one,) = gate(judged(assessment(PASS, result()), owners={"*": "ops"})).failures
    assert (one.check, one.benchmark, one.benchmark_version) == ("1.2.5", "cis-1.12", "1.12.0")
    assert (one.component, one.owner, one.key) == (
        "kube-apiserver",
        "ops",
        "prod-eu/cp-1/cis-1.12/master/1.2.5",
    )


_RESULTS = st.lists(
    st.builds(
        result,
        number=st.sampled_from(["1.2.5", "1.2.6"]),
        outcome=st.sampled_from(list(Outcome)),
        disposition=st.sampled_from(["required", "informational", "provider-owned"]),
        automated=st.booleans(),
        severity=st.sampled_from(["critical", "low"]),
    ),
    max_size=4,
)
_EXCEPTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "class": st.sampled_from(["accepted-exception", "informational", "provider-owned"]),
            "check": st.sampled_from(["1.2.5", "1.2.6", "verified"]),
            "approver": st.sampled_from(["", "a"]),
            "expires": st.dates(date(2026, 5, 30), date(2026, 6, 3)).map(str),
        }
    ),
    min_size=1,
    max_size=4,
)
_RULES = st.builds(
    GateRules,
    strict=st.booleans(),
    unowned=st.sampled_from(["ignore", "fail"]),
    provider_without_evidence=st.sampled_from(["ignore", "fail"]),
    unreviewed=st.sampled_from(["ignore", "fail"]),
    process_gaps=st.sampled_from(["ignore", "fail"]),
)


def entries(drawn):
    return [entry(**{**one, "id": f"E{position}", "evidence": PROOF}) for position, one in enumerate(drawn)]


def code(results, waivers, rules, baseline=None):
    document = judged(assessment(*results), *waivers)
    return decide([document], rules, on=ON.isoformat(), baseline=baseline).exit_code


@given(_RESULTS, _EXCEPTIONS, _RULES, st.booleans(), st.data())
def test_removing_an_exception_never_makes_the_gate_pass(results, drawn, rules, based, data):
    waivers = entries(drawn)
    baseline = accepted(judged(assessment(*results), *waivers)) if based else None
    gone = data.draw(st.integers(0, len(waivers) - 1))
    left = waivers[:gone] + waivers[gone + 1 :]
    if code(results, waivers, rules, baseline) != 0:
        assert code(results, left, rules, baseline) != 0


@given(_RESULTS, _EXCEPTIONS, _RULES, st.booleans())
def test_an_expired_exception_changes_no_decision(results, drawn, rules, based):
    waivers = entries(drawn)
    ended = entry(id="OLD", check="verified", expires=str(ON - timedelta(days=1)), evidence=PROOF)
    baseline = accepted(assessment(*results)) if based else None
    assert code(results, [*waivers, ended], rules, baseline) == code(results, waivers, rules, baseline)
    assert code(results, [ended, *waivers], rules, baseline) == code(results, waivers, rules, baseline)


@given(_RESULTS, _EXCEPTIONS, _RULES)
def test_an_undecided_or_failed_required_check_never_passes_unexcepted(results, drawn, rules):
    if any(
        one.disposition == "required" and one.outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN)
        for one in results
    ):
        assert code(results, [], rules) != 0


@given(_RESULTS, _RULES)
def test_w43_an_identical_run_passes_by_its_own_baseline_where_it_was_complete(results, rules):
    document = assessment(*results)
    rules = GateRules()
    if decide([document], rules, on=ON.isoformat()).verdict != "incomplete":
        assert decide([document], rules, on=ON.isoformat(), baseline=accepted(document)).exit_code == 0


_ODD = "\x1b[2J\n[PASS] 1.2.5 | `x` <b>\u202e"


def test_what_an_assessment_says_of_itself_is_not_believed():
    odd = Entry(
        id=_ODD, check=_ODD, benchmark=_ODD, kind="accepted-exception", state="matched", expires="2026-99-99"
    )
    target = msgspec.structs.replace(TARGET, name=_ODD, collected_at=_ODD)
    document = assessment(PASS, result(title=_ODD, component=_ODD, reason=_ODD, owner=_ODD), target=target)
    decision = gate(aged_policy(msgspec.structs.replace(document, entries=(odd,)), on=ON))
    for show in (to_text, to_markdown):
        shown = show(decision)
        assert not {"\x1b", "\u202e"} & set(shown)
        assert not any(line.startswith("[PASS]") for line in shown.splitlines())
    assert "<b>" not in to_markdown(decision).replace("\\<b\\>", "")


def test_the_tool_of_a_baseline_is_recorded():
    assert isinstance(accepted(assessment(PASS)).tool, Tool)
