"""SARIF 2.1.0, for viewers and dashboards of analysis tools."""

from collections.abc import Callable
from posixpath import normpath
from typing import Any, Final
from urllib.parse import quote

from trueline.model.results import Assessment, Change, Outcome, Result
from trueline.report import outline, register
from trueline.report.exchange import (
    NO_TIME,
    SITE,
    Finding,
    block,
    document,
    ending,
    findings,
    instant,
    observed,
    place_of,
    token,
    words,
)
from trueline.report.markdown import fenced
from trueline.report.safe import prose, visible

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# The middle of the ranges that GitHub calls critical, high, medium and low.
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
_KINDS: Final = {
    Outcome.FAIL: "fail",
    Outcome.PASS: "pass",
    Outcome.ERROR: "open",
    Outcome.UNKNOWN: "open",
    Outcome.NOTCHECKED: "review",
    Outcome.INFORMATIONAL: "informational",
    Outcome.NOTAPPLICABLE: "notApplicable",
    Outcome.NOTSELECTED: "notApplicable",
}

# A failure that passes now is absent: what is left of it is a pass.
_BASELINE: Final[dict[Change, str]] = {
    "new": "new",
    "regressed": "new",
    "newly-expired": "updated",
    "changed": "updated",
    "incomparable": "updated",
    "resolved": "absent",
    "unchanged": "unchanged",
}


def render(assessment: Assessment) -> str:
    """A rule and a result per recommendation; a waiver is a suppression, an expired one a rejected one."""
    return document(log(assessment, list(findings(assessment)), _locations))


def log(
    assessment: Assessment, found: list[Finding], locate: Callable[[Assessment, Result], list[dict[str, Any]]]
) -> dict[str, Any]:
    """The whole file; `locate` gives the locations of a result."""
    names = [_rule_id(assessment, finding.result) for finding in found]
    place = {name: index for index, name in enumerate(dict.fromkeys(names))}
    rules = {name: _rule(name, finding.result) for name, finding in zip(names, found, strict=True)}
    states = _baseline(assessment)
    results = [
        {
            "ruleId": name,
            "ruleIndex": place[name],
            **_result(assessment, one),
            **({"baselineState": states.get(one.key, "unchanged")} if states is not None else {}),
            "locations": locate(assessment, one.result),
        }
        for name, one in zip(names, found, strict=True)
    ]
    driver = {
        "name": words(assessment.tool.name),
        "version": words(assessment.tool.version),
        "informationUri": SITE,
        "rules": list(rules.values()),
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": automation(assessment)},
        "invocations": [_invocation(assessment)],
        "results": results,
        "properties": _about(assessment),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _baseline(assessment: Assessment) -> dict[str, str] | None:
    """States by key of what differs from the run before; None where there is none to compare with."""
    found = assessment.drift
    if found is None or not any(number for name, number in found.counts.items() if name != "incomparable"):
        return None
    return {visible(item.key): _BASELINE[item.change] for item in found.items}


def automation(assessment: Assessment) -> str:
    """The name of this kind of run: what is uploaded under it replaces what was there."""
    return f"trueline/{words(assessment.benchmark.id)}/{words(assessment.target.name)}/"


def _rule_id(assessment: Assessment, result: Result) -> str:
    return words(token(f"{assessment.benchmark.id}-{result.number}"))


def _rule(name: str, result: Result) -> dict[str, Any]:
    help_text = block(outline.remedy(result)) or words(result.why, result.title)
    return {
        "id": name,
        "shortDescription": {"text": words(f"{result.number} {result.title}")},
        "fullDescription": {"text": words(result.why, result.title)},
        "help": {"text": help_text, "markdown": "\n".join(fenced(help_text))},
        "defaultConfiguration": {"level": LEVELS[result.severity]},
        "properties": {"tags": _tags(result), "security-severity": _SCORES[result.severity]},
    }


def _tags(result: Result) -> list[str]:
    tags = ["security", "cis", f"level-{result.level}", token(result.component)]
    tags.append("automated" if result.automated else "manual")
    return list(dict.fromkeys(tag for tag in tags if tag))


def _result(assessment: Assessment, finding: Finding) -> dict[str, Any]:
    result = finding.result
    found: dict[str, Any] = {
        "kind": _KINDS[result.outcome],
        "level": _level(result),
        "message": {"text": words(result.reason, result.title)},
        "partialFingerprints": {"finding/v1": finding.key},
        "properties": _details(result),
    }
    if suppressed := _suppressions(assessment, result):
        found["suppressions"] = suppressed
    return found


def _level(result: Result) -> str:
    """What is no failure has none, and a failure that a person must judge is a note."""
    if result.outcome is not Outcome.FAIL:
        return "none"
    return LEVELS[result.severity] if result.state == "FAIL" else "note"


def _suppressions(assessment: Assessment, result: Result) -> list[dict[str, str]]:
    aside = register.justification(assessment, result)
    lifted = outline.set_aside(result) or (aside and result.disposition == "informational")
    if not lifted or result.state not in ("FAIL", "WARN"):
        return []
    status = "rejected" if result.disposition == "expired" else "accepted"
    return [{"kind": "external", "status": status, "justification": words(aside)}]


def _details(result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome.value,
        "state": result.state,
        "target": visible(result.target),
        "severity": result.severity,
        "disposition": result.disposition,
        "waiver": visible(result.waiver),
        "owner": visible(result.owner),
        "priority": result.priority,
        "decision": result.decision,
        "rules": [visible(name) for name in result.rules],
        "evidence": observed(result),
    }


def _locations(assessment: Assessment, result: Result) -> list[dict[str, Any]]:
    location = logical(assessment, result)
    path, line = place_of(result)
    if path:
        location["physicalLocation"] = physical(path, line)
    return [location]


def logical(assessment: Assessment, result: Result) -> dict[str, Any]:
    """The target, and in it what the result is about."""
    name = words(assessment.target.name)
    about = words(result.component, result.target)
    return {"logicalLocations": [{"name": name, "fullyQualifiedName": f"{name}/{about}", "kind": "resource"}]}


def physical(path: str, line: int = 1) -> dict[str, Any]:
    """A file of the target as a relative reference, as viewers want to open it below some directory."""
    uri = quote(normpath(f"/{path.lstrip('/')}")[1:]) or "unknown"
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}


def _invocation(assessment: Assessment) -> dict[str, Any]:
    notes = [{"level": "note", "message": {"text": words(prose(notice))}} for notice in assessment.notices]
    found: dict[str, Any] = {"executionSuccessful": True, "toolExecutionNotifications": notes}
    at = instant(assessment)
    end = ending(assessment)
    return found if at == NO_TIME else {"startTimeUtc": at, "endTimeUtc": end, **found}


def _about(assessment: Assessment) -> dict[str, Any]:
    return {
        **{label: visible(value) for label, value in outline.headers(assessment).items()},
        "Score": outline.score_words(assessment.counts.score),
        "Coverage": outline.coverage_words(assessment),
        "Scope": visible(assessment.scope),
        "Could not see": [visible(sentence) for sentence in outline.unseen(assessment)],
    }
