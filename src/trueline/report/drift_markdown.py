"""A drift as Markdown (GitHub flavour), complete: a table per change."""

from collections.abc import Iterator

from trueline.model.results import Drift, DriftItem
from trueline.report import drift_words
from trueline.report.markdown import table, text
from trueline.report.safe import prose


def render(found: Drift) -> str:
    """Both runs, the numbers of all changes, then what changed, news first."""
    return "\n".join(_lines(found)).rstrip("\n") + "\n"


def _lines(found: Drift) -> Iterator[str]:
    yield f"# Drift: {text(drift_words.subject(found.after))}"
    yield ""
    for why in found.incomparable:
        yield from (f"> **Notice:** {text(prose(why))}", "")
    heads = (("Before", found.before), ("After", found.after))
    rows = [
        (label, text(drift_words.run(head)), text(head.tool), text(head.benchmark_digest), str(head.results))
        for label, head in heads
    ]
    yield from table(("", "Run", "Tool", "Benchmark digest", "Results"), rows)
    yield from table(("Change", "Findings"), [(name, str(number)) for name, number in found.counts.items()])
    for part in drift_words.parts(found):
        yield from (f"## {part.title}", "")
        yield from table(
            ("Number", "Title", "Target", "Outcome", "Component", "Owner", "Severity", "Evidence", "Hint"),
            map(_row, part.items),
        )


def _row(item: DriftItem) -> tuple[str, ...]:
    cells = (
        item.number,
        item.title,
        item.target,
        drift_words.step(item),
        item.component,
        item.owner,
        item.severity,
        _evidence(item),
        item.hint,
    )
    return tuple(text(prose(cell)) for cell in cells)


def _evidence(item: DriftItem) -> str:
    changed = [f"{fact}: {old} -> {new}" for fact, old, new in drift_words.changes(item)]
    same = [
        f"{one.fact}: {one.observed or 'nothing'}, expected {one.expected} ({one.source})"
        for one in item.evidence_after
    ]
    return "; ".join(changed or same)
