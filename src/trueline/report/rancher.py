"""What Rancher's reports say of a check: one state for all its nodes, and which of them differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.spread import heard

Kind = Literal["PASS", "FAIL", "WARN", "SKIP", "NA"]
State = Literal["pass", "fail", "skip", "mixed", "warn", "notApplicable"]
STATES: Final[dict[Kind, State]] = {
    "PASS": "pass",
    "FAIL": "fail",
    "WARN": "warn",
    "SKIP": "skip",
    "NA": "notApplicable",
}
COUNTED: Final = ("pass", "fail", "skip", "warn", "notApplicable")
_WHY: Final = {"skip": "It was not selected.", "notApplicable": "It does not apply here."}
NODE_TYPES: Final = {"master": "master", "etcd": "etcd", "node": "node"}


class Verdict(NamedTuple):
    """The state of a check, the state that it counts as, and the nodes that are listed with it."""

    state: State
    counted: State
    nodes: tuple[str, ...]


class Check(NamedTuple):
    """A row of a report. `ran` are the nodes that examined it, which `passed` and `failed` divide."""

    result: Result
    verdict: Verdict
    node_type: str
    remediation: str
    ran: tuple[str, ...]
    passed: tuple[str, ...]
    failed: tuple[str, ...]


def checks(assessment: Assessment) -> Iterator[Check]:
    """All recommendations in the benchmark's order."""
    return (_check(result, assessment) for result in assessment.results)


def verdict(kinds: Mapping[str, Kind], missing: Sequence[str]) -> Verdict:
    """One state for what nodes say (by name), and for those that should say something."""
    different = set(kinds.values())
    if not different:
        return Verdict("mixed", "fail", ())
    if len(different) > 1:
        return Verdict("mixed", "fail", tuple(name for name in kinds if kinds[name] != "PASS"))
    (kind,) = different
    if missing and kind != "NA":
        return Verdict("mixed", "warn" if kind == "WARN" else "fail", tuple(missing))
    return Verdict(STATES[kind], STATES[kind], ())


def kind_of(result: Result, outcome: Outcome) -> Kind:
    """What Rancher would call an outcome; what policy set aside is skipped there."""
    match outcome:
        case Outcome.PASS:
            return "PASS"
        case Outcome.NOTAPPLICABLE | Outcome.INFORMATIONAL:
            return "NA"
        case Outcome.NOTSELECTED:
            return "SKIP"
    if result.disposition in ("waived", "provider-owned"):
        return "SKIP" if result.disposition == "waived" else "NA"
    return "FAIL" if outcome is Outcome.FAIL and result.scored and result.automated else "WARN"


def _check(result: Result, assessment: Assessment) -> Check:
    kinds = {name: kind_of(result, outcome) for name, outcome in sorted(heard(result, assessment).items())}
    ran = tuple(name for name, kind in kinds.items() if kind not in ("SKIP", "NA"))
    reached = verdict(kinds, result.spread.missing if result.spread else ())
    return Check(
        result=result,
        verdict=reached,
        node_type=NODE_TYPES.get(result.target, "node"),
        remediation=_remediation(result, reached.state),
        ran=ran,
        passed=tuple(name for name in ran if kinds[name] == "PASS"),
        failed=tuple(name for name in ran if kinds[name] != "PASS"),
    )


def _remediation(result: Result, state: State) -> str:
    """What is skipped or does not apply says why, where others say what to do."""
    if state in ("skip", "notApplicable"):
        return outline.set_aside(result) or result.reason or _WHY[state]
    return outline.remedy(result) or (result.reason if state != "pass" else "")


def natural(number: str) -> list[tuple[int, str]]:
    """A key that puts 1.2 before 1.10."""
    return [(int(piece), "") if piece.isdecimal() else (10**9, piece) for piece in number.split(".")]
