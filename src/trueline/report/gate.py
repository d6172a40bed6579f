"""What a gate decided, short on a terminal, complete in Markdown and JSON."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from trueline.model.gate import Gate, GateFinding
from trueline.model.register import Entry
from trueline.report.exchange import cut
from trueline.report.safe import prose, visible

_SHOWN = 20  # lines of one list on a terminal; the other formats have all
_FEW = 12
_MARKS = {"pass": "PASS", "fail": "FAIL", "incomplete": "INCOMPLETE"}


def to_json(gate: Gate) -> str:
    """Indented JSON of the whole decision."""
    return msgspec.json.format(msgspec.json.encode(gate), indent=2).decode() + "\n"


def to_text(gate: Gate) -> str:
    """Line by line: the verdict, what is new, what is known, what ends soon."""
    return "\n".join(_text(gate)) + "\n"


def to_markdown(gate: Gate) -> str:
    """The same for a job summary or a comment, with tables."""
    return "\n".join(_markdown(gate)) + "\n"


def _text(gate: Gate) -> Iterator[str]:
    yield f"Gate: {_MARKS[gate.verdict]} on {gate.on}{' (strict)' if gate.strict else ''}"
    for reason in gate.because:
        yield f"  because: {visible(reason)}"
    for run in gate.runs:
        where = visible(run.target) or "the target"
        yield f"Run: {visible(run.benchmark)} on {where}, {visible(run.collected_at)}"
    if gate.policy:
        yield f"Policy: {', '.join(map(visible, gate.policy.files))} ({visible(gate.policy.digest)})"
    if gate.baseline:
        yield f"Baseline: of {visible(gate.baseline)}"
    yield from _section(_failures(gate), gate.failures)
    yield from _section("Required and not decided", gate.incomplete)
    yield from _numbers("Known failures, in the baseline", gate.known)
    yield from _lines("Resolved since the baseline", [visible(key) for key in gate.resolved])
    yield from _lines("Expired exceptions", [f"{_about(one)}: {visible(one.why)}" for one in gate.expired])
    yield from _lines("Exceptions that end soon", [_ending(entry) for entry in gate.expiring])
    yield from _lines("Entries that apply to nothing", [_idle(entry) for entry in gate.idle])
    yield from _numbers("No owner", gate.unowned)
    yield from _numbers("The provider's, without evidence", gate.unproven)
    yield from _numbers("Without a valid review", gate.unreviewed)
    if gate.policy:
        yield from _numbers("Lacking a step of their handling", gate.gaps)
    yield "Classes: " + ", ".join(f"{name} {number}" for name, number in gate.dispositions.items())


def _failures(gate: Gate) -> str:
    return "New failures" if gate.baseline and not gate.strict else "Failures"


def _section(title: str, found: Sequence[GateFinding]) -> Iterator[str]:
    if not found:
        return
    yield f"{title}:"
    for one in found[:_SHOWN]:
        word = "FAIL" if one.outcome == "fail" else "WARN"
        yield f"[{word}] {visible(one.check)} {visible(one.title)} ({_details(one)})"
    yield from _rest(len(found) - _SHOWN)


def _lines(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    yield from (f"  {line}" for line in lines[:_SHOWN])
    yield from _rest(len(lines) - _SHOWN)


def _rest(number: int) -> Iterator[str]:
    if number > 0:
        yield f"  and {number} more; --format json has all"


def _numbers(title: str, found: Sequence[GateFinding]) -> Iterator[str]:
    if found:
        numbers = list(dict.fromkeys(visible(one.check) for one in found))
        more = f" and {len(numbers) - _FEW} more" if len(numbers) > _FEW else ""
        yield f"{title}: {len(found)} ({', '.join(numbers[:_FEW])}{more})"


def _details(one: GateFinding) -> str:
    where = one.key.rsplit("/", 3)[0] if one.key.count("/") >= 3 else ""
    parts = (where, one.component, one.owner or "no owner", one.priority)
    return ", ".join(visible(part) for part in parts if part)


def _about(one: GateFinding) -> str:
    return f"{visible(one.check)} {visible(one.title)}"


def _ending(entry: Entry) -> str:
    numbers = ", ".join(map(visible, entry.numbers))
    return f"{visible(entry.id)} for {numbers} ends on {visible(entry.expires)}, owner {visible(entry.owner)}"


def _idle(entry: Entry) -> str:
    return f"{visible(entry.id)} for {visible(entry.check)}: {entry.state}. {prose(' '.join(entry.remarks))}"


def _markdown(gate: Gate) -> Iterator[str]:
    yield f"## Gate: {_MARKS[gate.verdict]}"
    yield ""
    strict = ", strict" if gate.strict else ""
    policy = f" Policy {_cell(gate.policy.digest)}." if gate.policy else ""
    baseline = f" Baseline of {_cell(gate.baseline)}." if gate.baseline else ""
    yield f"As of {gate.on}{strict}.{policy}{baseline}"
    yield ""
    yield from (f"- {_cell(reason)}" for reason in gate.because)
    yield ""
    yield from _table(_failures(gate), gate.failures)
    yield from _table("Required and not decided", gate.incomplete)
    yield from _table("Known failures", gate.known)
    yield from _entries("Exceptions that end soon", gate.expiring)
    yield from _entries("Entries that apply to nothing", gate.idle)
    yield from _table("No owner", gate.unowned)
    yield from _table("The provider's, without evidence", gate.unproven)
    yield from _table("Without a valid review", gate.unreviewed)
    yield from _table("Lacking a step of their handling", gate.gaps, steps=True)


def _table(title: str, found: Sequence[GateFinding], *, steps: bool = False) -> Iterator[str]:
    if not found:
        return
    last = "Missing" if steps else "Reason"
    yield from (f"### {title} ({len(found)})", "", f"| Check | Component | Owner | Priority | {last} |")
    yield "|" + " --- |" * 5
    for one in found:
        told = "; ".join(one.gaps) if steps else " ".join(part for part in (one.why, one.reason) if part)
        check = f"{one.check} {one.title} [{one.benchmark}]"
        yield _row((check, one.component, one.owner or "no owner", one.priority, told))
    yield ""


def _entries(title: str, entries: Iterable[Entry]) -> Iterator[str]:
    found = list(entries)
    if not found:
        return
    yield from (f"### {title} ({len(found)})", "", "| Entry | Check | State | Ends | Owner | Remarks |")
    yield "|" + " --- |" * 6
    for one in found:
        yield _row((one.id, one.check, one.state, one.expires, one.owner, " ".join(one.remarks)))
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Text in a cell: one line, nothing of it markup."""
    plain = cut(prose(text), 300)
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in plain)
