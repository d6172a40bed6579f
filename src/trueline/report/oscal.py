"""OSCAL assessment results: observations, findings and risks, for compliance tools."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

from trueline.model.results import Assessment, Evidence, Outcome, Result
from trueline.report import outline, register
from trueline.report.exchange import SITE, Finding, block, document, findings, instant, token, words
from trueline.report.exchange import identity as identity_of
from trueline.report.safe import prose

VERSION: Final = "1.1.2"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, f"{SITE}/oscal")
_DECIDED: Final = {Outcome.PASS: ("satisfied", "pass"), Outcome.FAIL: ("not-satisfied", "fail")}


def render(assessment: Assessment) -> str:
    """An observation per result; those that facts decided are findings too, and each failure is a risk."""
    return document({"assessment-results": _Report(assessment).whole()})


def identity(*parts: str) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, repr(tuple(words(part) for part in parts))))


class _Report:
    """What the parts of one document have in common."""

    def __init__(self, assessment: Assessment) -> None:
        self._given = assessment
        self._found = list(findings(assessment))
        self._at = instant(assessment)
        self._run = (assessment.target.name, assessment.benchmark.id, assessment.benchmark.digest, self._at)
        self._subject = identity("target", assessment.target.name)

    def whole(self) -> dict[str, Any]:
        plan = identity("plan", self._given.benchmark.id)
        name = words(outline.benchmark_name(self._given.benchmark))
        resource = {"uuid": plan, "title": name, "description": "The benchmark that the target was held to."}
        return {
            "uuid": identity("document", *self._run),
            "metadata": {
                "title": words(f"{name}: {self._given.target.name}"),
                "last-modified": self._at,
                "version": words(self._given.assessed_on, self._at),
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [self._result(name)],
            "back-matter": {"resources": [resource]},
        }

    def _result(self, name: str) -> dict[str, Any]:
        failed = [one for one in self._found if one.result.outcome is Outcome.FAIL]
        decided = [one for one in self._found if one.result.outcome in _DECIDED]
        parts = {
            "observations": [self._observation(one) for one in self._found],
            "risks": [_risk(self._given, one) for one in failed],
            "findings": [_finding(one) for one in decided],
        }
        return {
            "uuid": identity("result", *self._run),
            "title": name,
            "description": words(prose(self._given.scope)),
            "start": self._at,
            "end": self._at,
            "props": _props((*outline.headers(self._given).items(), *self._unseen())),
            "local-definitions": {"inventory-items": [self._item()]},
            "reviewed-controls": {"control-selections": [self._controls()]},
            # OSCAL has no empty lists.
            **{label: part for label, part in parts.items() if part},
        }

    def _unseen(self) -> Iterable[tuple[str, str]]:
        return (("could-not-see", prose(sentence)) for sentence in outline.unseen(self._given))

    def _item(self) -> dict[str, Any]:
        target = self._given.target
        facts = {
            "asset-type": target.kind,
            "platform": target.platform,
            **identity_of(self._given),
        }
        return {
            "uuid": self._subject,
            "description": words(target.name),
            "props": _props(facts.items()),
        }

    def _controls(self) -> dict[str, Any]:
        names = dict.fromkeys(_control(one.result) for one in self._found)
        return (
            {"include-controls": [{"control-id": name} for name in names]} if names else {"include-all": {}}
        )

    def _observation(self, finding: Finding) -> dict[str, Any]:
        result = finding.result
        found: dict[str, Any] = {
            "uuid": identity("observation", finding.key),
            "title": words(f"{result.number} {result.title}"),
            "description": words(result.reason, result.title),
            "props": _props(_facts(result)),
            "methods": ["EXAMINE" if result.outcome is Outcome.NOTCHECKED else "TEST-AUTOMATED"],
            "types": ["control-objective"],
            "subjects": [
                {
                    "subject-uuid": self._subject,
                    "type": "inventory-item",
                    "title": words(self._given.target.name),
                }
            ],
            "collected": self._at,
        }
        if result.evidence:
            found["relevant-evidence"] = [_evidence(one) for one in result.evidence]
        return found


def _finding(finding: Finding) -> dict[str, Any]:
    result = finding.result
    state, reason = _DECIDED[result.outcome]
    found: dict[str, Any] = {
        "uuid": identity("finding", finding.key),
        "title": words(f"{result.number} {result.title}"),
        "description": words(result.reason, result.title),
        "target": {
            "type": "objective-id",
            "target-id": _control(result),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": [{"observation-uuid": identity("observation", finding.key)}],
    }
    if result.outcome is Outcome.FAIL:
        found["related-risks"] = [{"risk-uuid": identity("risk", finding.key)}]
    return found


def _risk(assessment: Assessment, finding: Finding) -> dict[str, Any]:
    result = finding.result
    accepted = result.disposition in ("waived", "provider-owned")
    ends = register.deadline(assessment, result)
    policy = register.justification(assessment, result)
    response = {
        "uuid": identity("response", finding.key),
        "lifecycle": "recommendation",
        "title": words(f"Remediation of {result.number}"),
        "description": block(outline.remedy(result)),
    }
    return {
        "uuid": identity("risk", finding.key),
        "title": words(result.title, result.number),
        "description": words(result.reason, result.title),
        "statement": words(result.why, result.reason, result.title),
        "props": _props([("policy", policy), ("severity", result.severity), ("priority", result.priority)]),
        "status": "deviation-approved" if accepted else "open",
        **({"deadline": ends.strftime("%Y-%m-%dT%H:%M:%SZ")} if ends else {}),
        "remediations": [response],
        "related-observations": [{"observation-uuid": identity("observation", finding.key)}],
    }


def _facts(result: Result) -> Iterable[tuple[str, str]]:
    yield from (("outcome", result.outcome.value), ("state", result.state), ("severity", result.severity))
    yield from (("target", result.target), ("component", result.component), ("level", str(result.level)))
    yield from (("disposition", result.disposition), ("waiver", result.waiver))
    yield from (("owner", result.owner), ("decision", result.decision))
    yield from (("rule", name) for name in result.rules)


def _evidence(one: Evidence) -> dict[str, Any]:
    facts = (("observed", one.observed), ("expected", one.expected), ("source", one.source))
    props = _props((name, words(value)) for name, value in facts)
    return {"description": words(one.fact, one.source), "props": props}


def _props(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Properties under a name space of our own; OSCAL has no empty values."""
    return [
        {"name": token(name.lower()), "ns": f"{SITE}/oscal", "value": words(value)}
        for name, value in values
        if value.strip()
    ]


def _control(result: Result) -> str:
    return f"cis-{token(result.number) or 'none'}"
