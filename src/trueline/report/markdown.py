"""Markdown (GitHub flavour), for pull requests, job summaries and wikis."""

import html
import re
from collections.abc import Iterable, Iterator

from trueline.model.register import Entry
from trueline.model.results import Assessment, Counts, NodeHead, Result
from trueline.report import outline, register, spread
from trueline.report.safe import prose, visible, wrapped

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$!]")


def render(assessment: Assessment) -> str:
    """Summary, a table per section, then what needs action, with evidence and remediation."""
    return "\n".join(_lines(assessment)) + "\n"


def text(value: str) -> str:
    """One line of text in which nothing is markup."""
    return _SPECIAL.sub(r"\\\g<0>", visible(value).strip())


def _lines(assessment: Assessment) -> Iterator[str]:
    yield f"# {text(assessment.benchmark.title)}: {text(assessment.target.name)}"
    yield ""
    for notice in assessment.notices:
        yield from (f"> **Notice:** {text(prose(notice))}", "")
    yield from _summary(assessment)
    yield from _about(assessment)
    yield from _nodes(assessment.nodes)
    yield from _tables(assessment)
    yield from _policy(assessment)
    yield from _findings(assessment.results)
    yield from _unseen(assessment)
    yield from _left_out(assessment)
    yield from ("## Scope", "", text(prose(assessment.scope)))


def _summary(assessment: Assessment) -> Iterator[str]:
    yield from ("## Summary", "")
    yield f"- **Score:** {outline.score_words(assessment.counts.score)}"
    yield f"- **Coverage:** {outline.coverage_words(assessment)}"
    yield ""
    counts = assessment.counts
    rows = [(text(name), *_numbers(found)) for name, found in counts.targets.items()]
    total = ("**Total**", *_numbers(counts.total))
    yield from table(("Target", *outline.states(counts.total)), [*rows, total])


def _numbers(counts: Counts) -> list[str]:
    return [str(number) for number in outline.states(counts).values()]


def _about(assessment: Assessment) -> Iterator[str]:
    rows = ((label, text(value)) for label, value in outline.headers(assessment).items())
    yield from table(("About this run", ""), rows)


def _nodes(nodes: Iterable[NodeHead]) -> Iterator[str]:
    """Of a fleet: how many nodes there are, and those that are missing."""
    listed = list(nodes)
    if not listed:
        return
    yield from ("## Nodes", "")
    rows = [
        (text(label), str(len(named)), text(spread.few(named)))
        for label, named in outline.node_groups(listed).items()
    ]
    yield from table(("Role", "Number", "Names"), rows)
    missing = [(text(head.name), text(prose(head.reason))) for head in listed if head.missing]
    if missing:
        yield from table(("Missing", "Why"), missing)


def _tables(assessment: Assessment) -> Iterator[str]:
    yield from ("## Results", "")
    scores = assessment.counts.section_scores
    for part in outline.parts(assessment):
        for head, _, results in part.groups:
            score = scores.get(head.number)
            suffix = f", score {outline.percent(score)}" if score and score.maximum else ""
            yield from (f"### {text(f'{head.number} {head.title}')} ({text(part.target)}{suffix})", "")
            yield from table(("State", "Number", "Title", "Severity", "Level"), map(_row, results))


def _row(result: Result) -> tuple[str, ...]:
    aside = outline.set_aside(result)
    said = "; ".join(words for words in (spread.words(result), aside) if words)
    title = text(result.title) + (f" *({text(said)})*" if said else "")
    return (result.state, text(result.number), title, result.severity, str(result.level or ""))


def _policy(assessment: Assessment) -> Iterator[str]:
    """The register, reviews, and how many results are of which class."""
    if not assessment.policy and not assessment.entries:
        return
    yield from ("## Policy", "", f"{text(register.totals(assessment))}", "")
    columns = ("Entry", "Check", "Class", "State", "Ends", "Owner", "Reason", "Remarks")
    entries = [tuple(map(text, map(prose, _entry(one)))) for one in assessment.entries]
    if entries:
        yield from table(columns, entries)
    reviews = [(text(one.number), text(prose(words))) for one, words in register.reviewed(assessment.results)]
    if reviews:
        yield from table(("Check", "Review"), reviews)


def _entry(one: Entry) -> tuple[str, ...]:
    links = f" ({', '.join(one.links)})" if one.links else ""
    numbers = (
        f"{one.check} ({', '.join(one.numbers)})" if one.numbers not in ((), (one.check,)) else one.check
    )
    return (
        *(one.id, numbers, one.kind, one.state, one.expires, one.owner),
        *(f"{one.reason}{links}", " ".join(one.remarks)),
    )


def _findings(results: Iterable[Result]) -> Iterator[str]:
    yield from ("## What needs action", "")
    found = [result for result in results if outline.needs_action(result)]
    if not found:
        yield from ("Nothing.", "")
    for result in sorted(found, key=outline.urgency):
        yield from _finding(result)


def _finding(result: Result) -> Iterator[str]:
    # Inside <summary> Markdown is HTML, so the escapes are those of HTML.
    title = html.escape(visible(f"{result.number} {result.title}"))
    yield from ("<details>", f"<summary><b>{result.state}</b> {title} ({result.severity})</summary>", "")
    if result.reason:
        yield from (f"**Reason:** {text(prose(result.reason))}", "")
    if where := spread.words(result) or spread.everywhere(result):
        yield from (f"**Nodes:** {text(where)}", "")
    if whose := register.whose(result):
        yield from (f"**Owner:** {text(whose)}", "")
    if words := register.review(result):
        yield from (f"**Review:** {text(prose(words))}", "")
    if result.why:
        yield from (f"**Why it matters:** {text(prose(result.why))}", "")
    if result.audit:
        yield from (f"**How it is checked:** {text(prose(result.audit))}", "")
    pieces = [(text(e.fact), text(e.observed), text(e.expected), text(e.source)) for e in result.evidence]
    if pieces:
        yield from table(("Fact", "Observed", "Expected", "Source"), pieces)
    if result.remediation:
        yield from ("**Remediation:**", "", *fenced(result.remediation), "")
    if result.impact:
        yield from (f"**Impact of the change:** {text(prose(result.impact))}", "")
    if result.references:
        yield from (f"References: {text(', '.join(result.references))}", "")
    if result.rules:
        yield from (f"Rules: {text(', '.join(result.rules))}", "")
    yield from ("</details>", "")


def fenced(content: str) -> list[str]:
    """The lines of a code block around a text, whatever the text holds."""
    lines = wrapped(content, 100)
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def _unseen(assessment: Assessment) -> Iterator[str]:
    if seen := outline.seen(assessment):
        yield from (f"**Read:** {text(prose(seen))}", "")
    if missing := outline.missing(assessment):
        yield from ("## What this run could not see", "")
        yield from table(
            ("Reason", "Checks"),
            [(text(prose(reason)), text(", ".join(numbers))) for reason, numbers in missing],
        )


def _left_out(assessment: Assessment) -> Iterator[str]:
    named = outline.left_out(assessment.results)
    if named:
        yield from ("## What was left out", "")
        rows = [(text(prose(reason)), text(", ".join(numbers))) for reason, numbers in named.items()]
        yield from table(("Reason", "Checks"), rows)


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table and a blank one; its cells are Markdown."""
    head = list(columns)
    yield _cells(head)
    yield _cells("---" for _ in head)
    for row in rows:
        yield _cells(row)
    yield ""


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
