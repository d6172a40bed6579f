"""Plain text, line by line, in the layout that users of kube-bench know."""

from collections.abc import Iterable, Iterator

from trueline.model.results import NONE_SUCH, Assessment, Counts, NodeHead, Outcome, Result, Tally
from trueline.report import outline, register, spread, tally
from trueline.report.safe import broken, visible, visible_lines

_WIDTH = 100
_UNDECIDED = (Outcome.ERROR, Outcome.UNKNOWN)
_COLORS = {"PASS": "32", "FAIL": "31", "WARN": "33", "INFO": "34"}


def render(assessment: Assessment, *, color: bool = False, width: int | None = None) -> str:
    """`width` is where prose is broken (100); lines of results are never broken."""
    return "\n".join(_Writer(color=color, width=width or _WIDTH).lines(assessment)) + "\n"


class _Writer:
    def __init__(self, *, color: bool, width: int) -> None:
        self._color = color
        self._width = max(width, 40)

    def lines(self, assessment: Assessment) -> Iterator[str]:
        yield from self._header(assessment)
        yield from self._nodes(assessment.nodes)
        for part in outline.parts(assessment):
            yield from self._results(part)
            yield from self._remediations(part)
            yield from self._summary(visible(part.target), assessment.counts.targets.get(part.target))
        yield from self._summary("total", assessment.counts.total)
        yield from self._counters(assessment)
        yield from self._policy(assessment)
        yield from self._left_out(assessment.results)
        yield from self._closing(assessment)

    def _header(self, assessment: Assessment) -> Iterator[str]:
        for label, value in outline.headers(assessment).items():
            yield f"{label + ':':<16}{visible(value)}"
        for notice in assessment.notices:
            yield from self._item("Notice:", notice)
        yield ""

    def _nodes(self, nodes: Iterable[NodeHead]) -> Iterator[str]:
        """Of a fleet: how many nodes there are, and those that are missing."""
        listed = list(nodes)
        if not listed:
            return
        yield "== Nodes =="
        for label, named in outline.node_groups(listed).items():
            yield from self._item(f"{label}:", f"{len(named)}: {spread.few(named)}")
        for head in listed:
            if head.missing:
                yield from self._item("  - missing:", f"{head.name}: {head.reason}")
        yield ""

    def _results(self, part: outline.Part) -> Iterator[str]:
        seen: set[str] = set()
        for group in part.groups:
            for head in (*group.parents, group.head):
                if head.number not in seen:
                    seen.add(head.number)
                    yield self._state("INFO", head.number, head.title)
            for result in group.results:
                yield self._state(result.state, result.number, f"{result.title}{_mixed(result)}")
        yield ""

    def _state(self, state: str, number: str, title: str) -> str:
        return self._paint(_COLORS[state], f"[{state}] ") + f"{visible(number)} {visible(title)}".rstrip()

    def _remediations(self, part: outline.Part) -> Iterator[str]:
        open_ones = [result for result in part.results if outline.needs_action(result)]
        if not open_ones:
            return
        yield self._paint(_COLORS["WARN"], f"== Remediations {visible(part.target)} ==")
        for result in open_ones:
            if result.outcome not in _UNDECIDED:
                yield from self._remediation(result)
        yield from self._undecided(open_ones)
        yield from self._lasting(open_ones)
        yield ""

    def _undecided(self, results: Iterable[Result]) -> Iterator[str]:
        """What could not be decided, once per reason: one missing fact often concerns many checks."""
        numbers: dict[str, list[str]] = {}
        for result in results:
            if result.outcome in _UNDECIDED:
                numbers.setdefault(result.reason, []).append(visible(result.number))
        for reason, (first, *others) in numbers.items():
            listed = f"{', '.join(others)} could" if others else "could"
            yield from self._item(_opening(first) + "," * bool(others), f"{listed} not be decided: {reason}")

    def _remediation(self, result: Result) -> Iterator[str]:
        number = _opening(visible(result.number))
        change = result.remediation.removesuffix(result.lasting).strip()
        yield from self._item(number, change or result.reason)
        if change and result.reason and result.outcome is Outcome.FAIL:
            yield from self._item("  Reason:", result.reason)
        if where := spread.everywhere(result):
            yield from self._item("  Nodes:", where)
        if whose := register.whose(result):
            yield from self._item("  Owner:", whose)
        for evidence in result.evidence:
            if evidence.expected == NONE_SUCH:
                yield from self._item("  -", f"{evidence.fact}: {evidence.observed}")

    def _lasting(self, results: Iterable[Result]) -> Iterator[str]:
        """Where the changes above last: said once for all results of a component."""
        numbers: dict[str, list[str]] = {}
        for result in results:
            if result.lasting and result.outcome not in _UNDECIDED:
                numbers.setdefault(result.lasting, []).append(visible(result.number))
        for lasting, named in numbers.items():
            yield from self._item(f"To make {', '.join(named)} last:", "")
            for line in visible_lines(lasting):
                yield from self._item("  -", line)

    def _summary(self, name: str, counts: Counts | None) -> Iterator[str]:
        if counts is None:
            return
        worst = "FAIL" if counts.failed else "WARN" if counts.warn else "PASS"
        yield self._paint(_COLORS[worst], f"== Summary {name} ==")
        for state, number in outline.states(counts).items():
            yield f"{number} checks {state}"
        yield ""

    def _counters(self, assessment: Assessment) -> Iterator[str]:
        """As CIS-CAT counts; for benchmarks of operating systems."""
        if not tally.for_hosts(assessment):
            return
        total = assessment.counts.tally
        yield "== Benchmark counters =="
        for label, number in tally.counters(total).items():
            yield f"{label + ':':<24}{number}"
        yield f"{'Score:':<24}{total.passed} of {total.scored}, {tally.percent(total)}"
        yield ""
        yield "== Benchmark scores =="
        yield _columns((*tally.TESTS, *tally.SCORING), "Section")
        for row in tally.sections(assessment):
            yield _columns(_numbers(row.tally), "  " * row.depth + f"{row.number} {row.title}")
        yield _columns(_numbers(total), "Total")
        yield ""

    def _policy(self, assessment: Assessment) -> Iterator[str]:
        results = assessment.results
        said = [(one, words) for one in results if (words := register.standing(assessment, one))]
        named = [(one, f"{words} (outcome: {one.outcome})") for one, words in said]
        entries = register.remarkable(assessment)
        if not (named or entries or assessment.policy):
            return
        yield "== Policy =="
        for result, words in (*named, *register.reviewed(results)):
            yield from self._item(_opening(visible(result.number)), words)
        for entry in entries:
            opening = f"Entry {visible(entry.id)} for {visible(entry.check)}:"
            yield from self._item(opening, register.remarks(entry))
        if assessment.policy:
            yield f"Classes: {register.totals(assessment)}"
        yield ""

    def _left_out(self, results: Iterable[Result]) -> Iterator[str]:
        """What was not judged, once per reason."""
        named = outline.left_out(results)
        if not named:
            return
        yield "== Left out =="
        for reason, numbers in named.items():
            yield from self._item("  -", f"{reason} ({', '.join(numbers)})")
        yield ""

    def _closing(self, assessment: Assessment) -> Iterator[str]:
        yield "== Score and coverage =="
        yield f"Score: {outline.score_words(assessment.counts.score)}"
        yield f"Coverage: {outline.coverage_words(assessment)}"
        if seen := outline.seen(assessment):
            yield from self._item("Read:", seen)
        if unseen := outline.unseen(assessment):
            yield "Could not be read:"
            for sentence in unseen:
                yield from self._item("  -", sentence)
        if uncertain := [visible(result.number) for result in assessment.results if result.uncertain]:
            words = "numbers or attributes were not checked against the document"
            yield from self._item("Uncertain:", f"{', '.join(uncertain)} ({words})")
        yield from self._item("Scope:", assessment.scope)

    def _item(self, opening: str, text: str) -> list[str]:
        """`opening` and the text, its other lines indented, so that none of them looks like a result."""
        lead = " " * (len(opening) - len(opening.lstrip()) + 2)
        first, *others = visible_lines(text.strip("\r\n"))
        body = broken(first, self._width, opening=f"{opening} ", lead=lead) or [opening]
        for line in others:
            body += broken(line, self._width, opening=lead, lead=lead) or [""]
        return body

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text


def _mixed(result: Result) -> str:
    return f" ({words})" if (words := spread.words(result)) else ""


def _numbers(found: Tally) -> tuple[object, ...]:
    return (*tally.tests(found), found.passed, found.scored, tally.percent(found))


def _columns(cells: Iterable[object], last: str) -> str:
    """Cells to the right of their columns, then a text of any length."""
    return "".join(f"{cell:>8}" for cell in map(str, cells)) + f"  {visible(last)}".rstrip()


def _opening(number: str) -> str:
    """A number at the start of a line, which must not look like the state of a result."""
    return "\\" + number if number.startswith("[") else number
