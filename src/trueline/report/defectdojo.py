"""DefectDojo's generic findings, for its import "Generic Findings Import"."""

from typing import Any

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.exchange import (
    NO_TIME,
    Finding,
    cut,
    document,
    file_of,
    findings,
    identity,
    instant,
    observed,
    token,
    words,
)
from trueline.report.markdown import fenced, text

_LISTED = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN)


def render(assessment: Assessment) -> str:
    """What failed with its severity; what could not be decided, or is no requirement, as information.

    A waived finding is there with its risk accepted, one that the provider owns is out of scope.
    """
    listed = [one for one in findings(assessment) if one.result.outcome in _LISTED]
    return document(
        {
            "name": words(f"trueline {assessment.benchmark.id}"),
            "type": "trueline",
            "version": words(assessment.tool.version),
            "description": words(" ".join((assessment.scope, *outline.unseen(assessment)))),
            "findings": [_finding(one, assessment) for one in listed],
        }
    )


def _finding(finding: Finding, assessment: Assessment) -> dict[str, Any]:
    key, result = finding
    remedy = outline.remedy(result)
    found = {
        "title": cut(words(f"{result.number} {result.title}"), 500),
        "severity": result.severity.capitalize() if result.state == "FAIL" else "Info",
        "description": _description(result, assessment),
        "mitigation": "\n".join(fenced(remedy)) if remedy.strip() else "",
        "impact": words(result.why, otherwise=""),
        "references": words(outline.benchmark_name(assessment.benchmark)),
        "unique_id_from_tool": cut(key, 500),
        "vuln_id_from_tool": cut(words(f"{assessment.benchmark.id} {result.number}"), 500),
        "component_name": cut(words(result.component, result.target), 200),
        "component_version": cut(words(assessment.target.kubernetes or "", otherwise=""), 100),
        "service": cut(words(assessment.target.name), 200),
        "file_path": cut(file_of(result), 4000),
        "tags": _tags(result),
        **_state(result),
    }
    at = instant(assessment)
    if at != NO_TIME:
        found["date"] = at[:10]
    return {name: value for name, value in found.items() if value != ""}


def _state(result: Result) -> dict[str, bool]:
    waived, provider = result.disposition == "waived", result.disposition == "provider-owned"
    return {
        "active": not waived and not provider,
        "verified": result.outcome is Outcome.FAIL,
        "risk_accepted": waived,
        "out_of_scope": provider,
        "static_finding": True,
        "dynamic_finding": False,
    }


def _description(result: Result, assessment: Assessment) -> str:
    aside = outline.set_aside(result)
    where = f"{text(words(assessment.target.name))} ({text(words(result.target))})"
    lines = [
        text(words(result.reason, result.title)),
        *([f"Policy: {text(aside)}."] if aside else []),
        f"Outcome {result.outcome.value} on {where}.",
        *(f"{text(name)}: {text(value)}" for name, value in identity(assessment).items()),
        *(f"- {text(line)}" for line in observed(result)),
    ]
    return "\n".join(lines)


def _tags(result: Result) -> list[str]:
    tags = ["cis", f"level-{result.level}", token(result.target), token(result.outcome.value)]
    if result.disposition == "expired":
        tags.append("waiver-expired")
    if result.owner:
        tags.append(f"owner-{token(result.owner)}")
    return list(dict.fromkeys(tag for tag in tags if tag))
