"""XCCDF 1.2: the benchmark as groups and rules, with the results of this run in it."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from trueline.model.results import Assessment, Evidence, Outcome, Result, SectionHead, Tally
from trueline.report import outline
from trueline.report.exchange import identity
from trueline.report.safe import prose, visible
from trueline.report.xml import child, document, element_of, lines, moment, name_of, names_of

XCCDF: Final = "http://checklists.nist.gov/xccdf/1.2"
XHTML: Final = "http://www.w3.org/1999/xhtml"
DUBLIN_CORE: Final = "http://purl.org/dc/elements/1.1/"
SITE: Final = "https://trueline.dev"

_SEVERITIES = {"critical": "high", "high": "high", "medium": "medium", "low": "low", "info": "info"}
_COUNTED = {Outcome.PASS: 1.0, Outcome.FAIL: 0.0, Outcome.ERROR: 0.0, Outcome.UNKNOWN: 0.0}


def render(assessment: Assessment) -> str:
    """A `Benchmark` with its `TestResult`; what is not scored has the role unscored and never fails."""
    checklist = Checklist(assessment)
    root = checklist.benchmark()
    root.append(checklist.test_result())
    return document(root)


class Checklist:
    """The elements of one assessment; both refer to the same identifiers."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment
        self._results = assessment.results
        names = names_of(f"{result.number}_{result.target}" for result in self._results)
        self._rules = [_id("rule", name) for name in names]
        self._profiles, self._run = self._profiles_of()
        self._root = self._benchmark()

    @property
    def id(self) -> str:
        """The benchmark's identifier."""
        return _id("benchmark", name_of(self._assessment.benchmark.id))

    def benchmark(self) -> ET.Element:
        """The `Benchmark`, without results."""
        return self._root

    def _benchmark(self) -> ET.Element:
        head, target = self._assessment.benchmark, self._assessment.target
        written = moment(self._assessment.assessed_on, target.collected_at)[:10]
        root = element_of("Benchmark", xmlns=XCCDF, id=self.id)
        root.attrib |= {"xmlns:html": XHTML, "xmlns:dc": DUBLIN_CORE, "xml:lang": "en"}
        child(root, "status", "accepted", date=written)
        child(root, "title", head.title or head.id)
        child(root, "description", f"{outline.benchmark_name(head)}, digest {head.digest}")
        child(root, "version", head.version)
        metadata = child(root, "metadata")
        for name, value in (("creator", _tool(self._assessment)), ("source", SITE)):
            child(metadata, f"dc:{name}", value)
        child(root, "model", system="urn:xccdf:scoring:default")
        for name, (title, chosen) in self._profiles.items():
            profile = child(root, "Profile", id=_id("profile", name))
            child(profile, "title", title)
            for rule in chosen:
                child(profile, "select", idref=rule, selected="true")
        self._groups(root)
        return root

    def _profiles_of(self) -> tuple[dict[str, tuple[str, list[str]]], str]:
        """Profiles by name, those of the levels first, and the name of the one that this run followed."""
        levels = sorted({result.level for result in self._results if result.level > 0})
        found = {
            f"level-{level}": (f"Level {level}", self._rules_where(lambda one: one.level <= level))  # noqa: B023 - called here
            for level in levels
        }
        chosen = self._rules_where(lambda one: one.outcome is not Outcome.NOTSELECTED)
        if profile := self._assessment.profile:
            run = names_of((*found, profile.id))[-1]
            return {**found, run: (profile.title or profile.id, chosen)}, run
        run = next((name for name, (_, rules) in found.items() if rules == chosen), "as-run")
        return {**found, run: found.get(run, ("What this run selected", chosen))}, run

    def _rules_where(self, test: Callable[[Result], bool]) -> list[str]:
        return [rule for rule, result in zip(self._rules, self._results, strict=True) if test(result)]

    def _groups(self, root: ET.Element) -> None:
        heads = {head.number: head for head in self._assessment.benchmark.sections}
        ids = iter(names_of(_sections(self._results, heads)))
        groups: dict[str, ET.Element] = {}
        for number in _sections(self._results, heads):
            above = next((one for one in _above(number) if one in groups), None)
            group = child(groups[above] if above else root, "Group", id=_id("group", next(ids)))
            title = f"{number} {heads[number].title if number in heads else ''}".strip()
            child(group, "title", title or "Without a section")
            groups[number] = group
        for rule, result in zip(self._rules, self._results, strict=True):
            self._rule(groups[result.section], rule, result)

    def _rule(self, group: ET.Element, id_: str, result: Result) -> None:
        rule = child(group, "Rule", id=id_, selected="false", weight="1.0", **_grade(result))
        child(rule, "title", f"{result.number} {result.title}")
        if result.audit:
            child(rule, "description", f"How it is checked: {prose(result.audit)}")
        if result.impact:
            child(rule, "warning", prose(result.impact), category="functionality")
        for page in result.references:
            child(rule, "reference", page)
        if result.why:
            child(rule, "rationale", prose(result.why))
        self._idents(rule, result)
        if remedy := outline.remedy(result):
            child(child(rule, "fixtext"), "html:pre").text = lines(remedy)
        self._check(rule, result)

    def _idents(self, parent: ET.Element, result: Result) -> None:
        for name in result.rules:
            child(parent, "ident", name, system=f"{SITE}/rule")

    def _check(self, parent: ET.Element, result: Result) -> None:
        check = child(parent, "check", system=f"{SITE}/check")
        href = quote(visible(self._assessment.benchmark.id), safe="")
        child(check, "check-content-ref", href=href or "benchmark", name=result.number)

    def test_result(self) -> ET.Element:
        """The `TestResult`, for a place where the `Benchmark` can be found."""
        given = self._assessment
        end = moment(given.target.collected_at, given.assessed_on)
        root = element_of(
            "TestResult",
            xmlns=XCCDF,
            id=_id("testresult", name_of(f"{given.target.name}_{end}")),
            end_time=end,
            version=given.benchmark.version,
            test_system=f"cpe:/a:trueline:trueline:{name_of(given.tool.version)}",
        )
        root.attrib |= {"xmlns:dc": DUBLIN_CORE, "xmlns:tl": f"{SITE}/xccdf"}
        child(root, "benchmark", href=f"#{self.id}", id=self.id)
        child(root, "title", f"{given.benchmark.title}: {given.target.name}")
        child(root, "profile", idref=_id("profile", self._run))
        child(root, "target", given.target.name or "unknown")
        facts = child(root, "target-facts")
        for name, value in _facts(given):
            child(facts, "fact", value, name=name, type="string")
        for rule, result in zip(self._rules, self._results, strict=True):
            self._rule_result(root, rule, result, end)
        for system, score, maximum in self._scores():
            child(root, "score", _decimal(score), system=system, maximum=_decimal(maximum))
        metadata = child(root, "metadata")
        for notice in (*given.notices, outline.coverage_words(given), given.scope, *outline.unseen(given)):
            child(metadata, "dc:description", prose(notice))
        return root

    def _rule_result(self, root: ET.Element, rule: str, result: Result, time: str) -> None:
        element = child(root, "rule-result", idref=rule, time=time, weight="1.0", **_grade(result))
        child(element, "result", result.tallied.value)
        self._idents(element, result)
        metadata = child(element, "metadata")
        child(metadata, "tl:disposition", result.disposition, waiver=result.waiver)
        for text in _messages(result):
            severity = "error" if result.outcome is Outcome.ERROR else "info"
            child(element, "message", prose(text), severity=severity)
        self._check(element, result)

    def _scores(self) -> Iterator[tuple[str, float, float]]:
        """By each of XCCDF's models that can tell something; one is required, even if nothing was scored."""
        outcomes = {rule: result.tallied for rule, result in zip(self._rules, self._results, strict=True)}
        yield "urn:xccdf:scoring:default", _default_score(self._root, outcomes) or 0.0, 100.0
        tally: Tally = self._assessment.counts.tally
        if tally.scored:
            for model in ("flat", "flat-unweighted"):
                yield f"urn:xccdf:scoring:{model}", tally.passed, tally.scored


def _default_score(element: ET.Element, outcomes: dict[str, Outcome]) -> float | None:
    """XCCDF's default model: each group is the mean of what counts in it; None where nothing does."""
    if element.tag == "Rule":
        counted = _COUNTED.get(outcomes[element.attrib["id"]])
        return None if counted is None else 100.0 * counted
    below = [_default_score(one, outcomes) for one in element if one.tag in ("Group", "Rule")]
    scores = [score for score in below if score is not None]
    return sum(scores) / len(scores) if scores else None


def _messages(result: Result) -> Iterator[str]:
    if result.reason:
        yield result.reason
    if result.tallied is not result.outcome:
        yield f"Not scored; the outcome is {result.outcome.value}."
    if aside := outline.set_aside(result):
        yield f"Policy: {aside}."
    yield from map(_said, result.evidence)


def _said(piece: Evidence) -> str:
    return f"{piece.fact}: observed {piece.observed}; expected {piece.expected}; read from {piece.source}"


def _facts(assessment: Assessment) -> Iterator[tuple[str, str]]:
    target, tool = assessment.target, assessment.tool
    yield "urn:xccdf:fact:asset:identifier:host_name", target.name
    yield "urn:xccdf:fact:scanner:name", tool.name
    yield "urn:xccdf:fact:scanner:version", tool.version
    named = {
        "operating-system": target.operating_system,
        "platform": target.platform,
        **identity(assessment),
    }
    for name, value in named.items():
        if value:
            yield f"{SITE}/fact/{name}", value


def _sections(results: tuple[Result, ...], heads: dict[str, SectionHead]) -> list[str]:
    """Numbers of sections with results and of titled ones above them, the upper ones first."""
    found: dict[str, None] = {}
    for result in results:
        above = [number for number in _above(result.section) if number in heads]
        found |= dict.fromkeys((*reversed(above), result.section))
    return list(found)


def _above(number: str) -> list[str]:
    """The numbers above this one, the nearest first."""
    pieces = number.split(".")
    return [".".join(pieces[:count]) for count in range(len(pieces) - 1, 0, -1)]


def _grade(result: Result) -> dict[str, str]:
    role = "full" if result.scored else "unscored"
    return {"role": role, "severity": _SEVERITIES[result.severity]}


def _tool(assessment: Assessment) -> str:
    return f"{assessment.tool.name} {assessment.tool.version}"


def _decimal(value: float) -> str:
    return f"{value:.6f}"


def _id(kind: str, name: str) -> str:
    return f"xccdf_dev.trueline_{kind}_{name}"
