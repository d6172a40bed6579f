"""The findings register as text: a Markdown table with groups and queues, or JSON."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from trueline.model.findings import Finding, Findings, Note, Queue
from trueline.report.exchange import cut
from trueline.report.safe import prose, visible

_LONG = 120  # a list of all plugins would hide the row; JSON has it whole
_COLUMNS = ("Check", "Component", "Evidence", "Decision", "Owner")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~])")


def to_json(register: Findings) -> str:
    """Indented JSON of the whole register."""
    return msgspec.json.format(msgspec.json.encode(register), indent=2).decode() + "\n"


def to_markdown(register: Findings) -> str:
    """The table of findings, what is mended together, and the work of each owner."""
    lines = [
        f"# Findings: {_cell(register.benchmark)} on {_cell(register.target)}",
        "",
        f"Assessed on {_cell(register.assessed_on)}. Benchmark {_cell(register.benchmark_digest)}."
        + (f" Policy {_cell(register.policy)}." if register.policy else ""),
        "",
        *_table(register.findings),
        *_groups(register),
        *(line for queue in register.queues for line in _queue(queue)),
    ]
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[Finding]) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|" + " --- |" * len(_COLUMNS)
    for row in rows:
        cells = (_check(row), row.component, _evidence(row), _decision(row), row.owner)
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""


def _check(row: Finding) -> str:
    change = f" ({row.change})" if row.change in {"new", "regressed", "newly-expired"} else ""
    return f"{row.number} {row.title} [{row.benchmark}]{change}"


def _evidence(row: Finding) -> str:
    shown = dict.fromkeys(
        f"{one.fact}: {cut(one.observed, _LONG) or 'nothing'} ({one.source})" for one in row.evidence
    )
    parts, rest = list(shown)[:3], list(shown)[3:]
    more = [f"and {len(rest)} more"] if rest else []
    nodes = [f"failed on {', '.join(row.failed)}"] if row.failed else []
    return "; ".join([*parts, *more, *nodes]) or row.reason


def _decision(row: Finding) -> str:
    if row.waiver and row.disposition == "expired":
        return f"waiver {row.waiver} expired on {row.expires}"
    if row.waiver:
        until = f" until {row.expires}" if row.expires else ""
        return f"{row.disposition} by {row.waiver}{until}"
    return row.decision or ("provider-owned" if row.disposition == "provider-owned" else "open")


def _groups(register: Findings) -> Iterator[str]:
    together = [group for group in register.groups if len(group.numbers) > 1]
    if together:
        yield "## Mended together"
        yield ""
    for group in together:
        yield f"- **{_cell(group.component)}** ({_cell(group.owner)}): {', '.join(map(_cell, group.numbers))}"
        yield f"  {_cell(group.source)}"
    if together:
        yield ""


def _queue(queue: Queue) -> Iterator[str]:
    yield f"## To mend: {_cell(queue.owner)}"
    yield ""
    for note in queue.notes:
        yield from _note(note)
    yield ""


def _note(note: Note) -> Iterator[str]:
    yield f"- **{_cell(note.number)} {_cell(note.title)}** ({_cell(note.benchmark)}, {note.priority})"
    fields = {
        "Observed": note.observed,
        "Recommended": note.recommended,
        "Change": note.change,
        "Lasts in": note.source,
        "Way back": note.rollback,
        "Exception": note.exception,
    }
    for label, text in fields.items():
        if text:
            yield f"  - {label}: {_cell(text)}"


def _cell(text: str) -> str:
    """One line in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", prose(visible(text) if "\n" not in text else text))
