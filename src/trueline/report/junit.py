"""JUnit XML: a suite per target, for the test views of CI systems."""

import json
from collections import Counter
from xml.etree import ElementTree as ET

import msgspec

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.safe import visible, visible_lines


def render(assessment: Assessment) -> str:
    """FAIL is a failure, an error an error; WARN, INFO and what policy set aside are skipped, and say why."""
    root = ET.Element("testsuites", name=visible(f"trueline {assessment.benchmark.id}"))
    total: Counter[str] = Counter()
    for part in outline.parts(assessment):
        total += _suite(root, part, assessment)
    _count(root, total)
    ET.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, part: outline.Part, assessment: Assessment) -> Counter[str]:
    suite = ET.SubElement(root, "testsuite", name=visible(part.target))
    counts = Counter({"tests": len(part.results)})
    _properties(suite, _about(assessment))
    for group in part.groups:
        name = visible(f"{group.head.number} {group.head.title}".rstrip())
        for result in group.results:
            counts[_case(suite, result, name)] += 1
    _count(suite, counts)
    suite.set("hostname", visible(assessment.target.name))
    if assessment.target.collected_at:
        suite.set("timestamp", visible(assessment.target.collected_at).removesuffix("Z"))
    return counts


def _case(suite: ET.Element, result: Result, classname: str) -> str:
    """Adds a test case; returns the attribute of the suite that counts it."""
    name = visible(f"{result.number} {result.title}")
    case = ET.SubElement(suite, "testcase", name=name, classname=classname, time="0")
    _properties(case, _details(result))
    kind = _kind(result)
    if kind == "failures":
        _child(case, "failure", result.reason, result.remediation, result.severity)
    elif kind == "errors":
        _child(case, "error", result.reason, kind=result.outcome.value)
    elif kind == "skipped":
        _child(case, "skipped", outline.set_aside(result) or result.reason or result.outcome.value)
    ET.SubElement(case, "system-out").text = json.dumps(msgspec.to_builtins(result))
    return kind


def _kind(result: Result) -> str:
    if result.outcome is Outcome.PASS:
        return "passed"
    if result.disposition in ("waived", "provider-owned"):
        return "skipped"
    if result.outcome is Outcome.ERROR:
        return "errors"
    return "failures" if result.state == "FAIL" else "skipped"


def _child(case: ET.Element, tag: str, message: str, body: str = "", kind: str = "") -> None:
    child = ET.SubElement(case, tag, message=visible(message))
    if kind:
        child.set("type", kind)
    child.text = "\n".join(visible_lines(body)) or None


def _count(element: ET.Element, counts: Counter[str]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        element.set(name, str(counts[name]))
    element.set("time", "0")


def _about(assessment: Assessment) -> dict[str, str]:
    about = {label.lower().replace(" ", "_"): value for label, value in outline.headers(assessment).items()}
    about["score"] = outline.score_words(assessment.counts.score)
    about["coverage"] = outline.coverage_words(assessment)
    about["scope"] = assessment.scope
    if unseen := outline.unseen(assessment):
        about["could_not_see"] = "\n".join(unseen)
    return about


def _details(result: Result) -> dict[str, str]:
    found = {
        "outcome": result.outcome.value,
        "state": result.state,
        "level": str(result.level),
        "scored": str(result.scored).lower(),
        "automated": str(result.automated).lower(),
        "severity": result.severity,
        "component": result.component,
        "disposition": result.disposition,
        "waiver": result.waiver,
        "owner": result.owner,
        "priority": result.priority,
        "decision": result.decision,
        "rules": ", ".join(result.rules),
    }
    return {name: value for name, value in found.items() if value}


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    group = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(group, "property", name=name, value=visible(value))
