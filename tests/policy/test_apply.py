"""Waivers and severities change what is made of a result, never the result."""

from datetime import date

import msgspec
import pytest

from trueline.model.policy import Policy, Waiver
from trueline.model.results import Outcome, Result
from trueline.policy.apply import apply_policy
from trueline.policy.select import below, select

WAIVER = Waiver(
    id="W-1",
    check="1.2.5",
    benchmark="cis-1.12",
    recommendation="kubelet certificates are verified",
    observed="not set",
    reason="kubelets are renewed in the next quarter",
    compensating_control="the node network is closed",
    owner="platform",
    expires=date(2026, 6, 30),
    review_trigger="Kubernetes 1.37",
)


def result(number="1.2.5", outcome="fail", rule="verified", level=1, target="master"):
    return Result(
        number=number,
        title="t",
        target=target,
        section="1.2",
        level=level,
        scored=True,
        automated=True,
        rules=(rule,),
        outcome=Outcome(outcome),
        reason="r",
        disposition="required",
    )


def apply(results, *waivers, on=date(2026, 6, 1), benchmark="cis-1.12", **policy):
    return apply_policy(results, Policy(waivers=waivers, **policy), benchmark=benchmark, on=on)


@pytest.mark.parametrize("check", ["1.2.5", "verified"])
def test_a_waiver_by_number_or_rule_keeps_the_outcome(check):
    (one,), notices = apply([result()], msgspec.structs.replace(WAIVER, check=check))
    assert (one.outcome, one.disposition, one.waiver) == (Outcome.FAIL, "waived", "W-1")
    assert notices == ()


def test_the_last_day_still_counts_and_the_next_does_not():
    (one,), _ = apply([result()], WAIVER, on=date(2026, 6, 30))
    assert one.disposition == "waived"
    (one,), notices = apply([result()], WAIVER, on=date(2026, 7, 1))
    assert one.disposition == "expired"
    assert "expired on 2026-06-30" in notices[0]


@pytest.mark.parametrize(
    ("results", "benchmark", "words"),
    [
        ([result(outcome="pass")], "cis-1.12", "unused"),
        ([result(number="1.2.50")], "cis-1.12", "unused"),
        ([result()], "cis-2.0", "not for cis-2.0"),
    ],
)
def test_waivers_that_do_nothing_are_said(results, benchmark, words):
    (one,), notices = apply(results, WAIVER, benchmark=benchmark)
    assert one.disposition == "required"
    assert words in notices[0]


def test_severity_is_the_organisations():
    (one,), _ = apply([result()], severities={"verified": "critical"})
    assert one.severity == "critical"


@pytest.mark.parametrize(
    ("number", "prefix", "expected"),
    [
        ("1.1.10", "1.1", True),
        ("1.1.10", "1.1.1", False),
        ("1.1", "1.1", True),
        ("1.10", "1.1", False),
        ("1.1.2", "1.", True),
    ],
)
def test_prefixes_are_whole_numbers(number, prefix, expected):
    assert below(number, prefix) is expected


def test_level_keeps_what_is_outside_as_notselected():
    one, two = select([result(), result("1.2.6", level=2)], level=1)
    assert one.outcome is Outcome.FAIL
    assert two.outcome is Outcome.NOTSELECTED
    assert not two.remediation


def test_only_and_targets_drop_the_rest():
    results = [result("1.1.1"), result("4.1.1", target="node"), result("4.2.1", target="node")]
    assert [one.number for one in select(results, only=["4.1"])] == ["4.1.1"]
    assert [one.number for one in select(results, targets=["node"])] == ["4.1.1", "4.2.1"]
