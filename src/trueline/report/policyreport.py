"""A ClusterPolicyReport (wgpolicyk8s.io/v1alpha2) as JSON, for `kubectl apply` and its readers."""

import hashlib
import re
from collections import Counter
from typing import Any, Final

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.exchange import (
    NO_TIME,
    Finding,
    block,
    cut,
    document,
    findings,
    identity,
    instant,
    observed,
    seconds,
    words,
)
from trueline.report.safe import visible

KINDS: Final = ("pass", "fail", "warn", "error", "skip")
_SEVERITIES: Final = {"critical": "high", "high": "high", "medium": "medium", "low": "low", "info": "low"}
# An API server refuses objects of more than about 1.5 MB; a benchmark has up to 300 recommendations.
_LONGEST: Final = 1000


def render(assessment: Assessment) -> str:
    """Results in order; what policy set aside is skipped, and its properties keep the outcome."""
    titles = {head.number: head.title for head in assessment.benchmark.sections}
    results = [_result(one, assessment, titles) for one in findings(assessment)]
    counts = Counter(one["result"] for one in results)
    report: dict[str, Any] = {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "ClusterPolicyReport",
        "metadata": {
            "name": _name(f"trueline-{assessment.benchmark.id}-{assessment.target.name}"),
            "labels": {"app.kubernetes.io/managed-by": "trueline"},
            "annotations": {
                f"trueline.dev/{key}": value for key, value in _about(assessment).items() if value
            },
        },
        "summary": {kind: counts[kind] for kind in KINDS},
        "results": results,
    }
    if assessment.target.kind == "node" and assessment.target.name:
        report["scope"] = {"apiVersion": "v1", "kind": "Node", "name": words(assessment.target.name)}
    return document(report)


def _result(finding: Finding, assessment: Assessment, titles: dict[str, str]) -> dict[str, Any]:
    result = finding.result
    message = f"{result.title}: {result.reason}" if result.reason else result.title
    found: dict[str, Any] = {
        "source": "trueline",
        "policy": words(assessment.benchmark.id),
        "rule": words(result.number),
        "category": words(f"{result.section} {titles.get(result.section, '')}"),
        "message": cut(words(message), _LONGEST),
        "result": _kind(result),
        "scored": result.scored,
        "severity": _SEVERITIES[result.severity],
        "properties": {name: cut(value, _LONGEST) for name, value in _properties(finding).items() if value},
    }
    if instant(assessment) != NO_TIME:
        found["timestamp"] = {"seconds": seconds(assessment), "nanos": 0}
    return found


def _kind(result: Result) -> str:
    if outline.needs_action(result):
        match result.outcome:
            case Outcome.FAIL:
                return "fail" if result.state == "FAIL" else "warn"
            case Outcome.NOTCHECKED:
                return "warn"
            case _:
                return "error"
    return "pass" if result.outcome is Outcome.PASS else "skip"


def _properties(finding: Finding) -> dict[str, str]:
    result = finding.result
    return {
        "finding": finding.key,
        "outcome": result.outcome.value,
        "severity": result.severity,
        "target": visible(result.target),
        "level": str(result.level),
        "automated": str(result.automated).lower(),
        "component": visible(result.component),
        "disposition": result.disposition,
        "waiver": visible(result.waiver),
        "owner": visible(result.owner),
        "priority": result.priority,
        "rules": visible(", ".join(result.rules)),
        "evidence": "\n".join(observed(result)),
        "remediation": block(outline.remedy(result)),
    }


def _about(assessment: Assessment) -> dict[str, str]:
    return {
        "score": outline.score_words(assessment.counts.score),
        "coverage": outline.coverage_words(assessment),
        "scope": visible(assessment.scope),
        "could-not-see": cut(visible(" ".join(outline.unseen(assessment))), _LONGEST),
        **{name.replace("_", "-"): visible(value) for name, value in identity(assessment).items()},
    }


def _name(text: str) -> str:
    """A name that Kubernetes takes; where the text is none, a piece of its digest keeps names apart."""
    plain = re.sub(r"[^a-z0-9.]+", "-", text.lower())
    name = re.sub(r"[-.]*[.][-.]*", ".", plain).strip("-.")[:200].rstrip("-.")
    if text == name:
        return name
    return f"{name}-{hashlib.sha256(visible(text).encode()).hexdigest()[:8]}"
