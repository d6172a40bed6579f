"""A drift for the terminal: news with what was seen, the rest in a line each, what still fails as numbers."""

from collections.abc import Collection, Iterator

from trueline.model.results import Drift, DriftItem
from trueline.report import drift_words
from trueline.report.exchange import cut
from trueline.report.safe import broken, visible

_WIDTH = 100
_LONG = 120
_NEWS = ("new", "regressed", "newly-expired")
_FEW = 10
_COLORS = {"PASS": "32", "FAIL": "31", "WARN": "33", "INFO": "34"}


def render(found: Drift, *, color: bool = False) -> str:
    """Lines of news begin with `[FAIL]` and the number, as those of a scan do."""
    return "\n".join(_lines(found, color=color)) + "\n"


def _lines(found: Drift, *, color: bool) -> Iterator[str]:
    yield f"From:  {visible(drift_words.run(found.before))}"
    yield f"To:    {visible(drift_words.run(found.after))}"
    yield f"About: {visible(drift_words.subject(found.after))}"
    for why in found.incomparable:
        yield from broken(visible(why), _WIDTH, opening="Notice: ", lead="  ")
    yield ""
    for part in drift_words.parts(found):
        if part.change in _NEWS:
            yield f"== {part.title} =="
            for item in part.items:
                yield from _new(item, color=color)
            yield ""
        elif part.change != "unchanged":
            yield from _short(part, found.incomparable)
    yield from _known(found)
    yield _total(found)


def _new(item: DriftItem, *, color: bool) -> Iterator[str]:
    word = drift_words.state(item)
    opening = f"\x1b[{_COLORS[word]}m[{word}] \x1b[0m" if color else f"[{word}] "
    about = ", ".join(part for part in (item.component, f"owner {item.owner}" if item.owner else "") if part)
    suffix = f" ({visible(about)})" if about else ""
    yield f"{opening}{visible(item.number)} {visible(item.title)}{suffix}"
    for one in item.evidence_after:
        if one.observed != one.expected:
            seen, wanted = cut(one.observed or "nothing", _LONG), cut(one.expected, _LONG)
            said = f"{one.fact}: {seen}, expected {wanted} ({one.source})"
            yield f"    {visible(said)}"
    if item.hint:
        yield from broken(visible(item.hint), _WIDTH, opening="    ", lead="    ")


def _short(part: drift_words.Part, notices: Collection[str]) -> Iterator[str]:
    """A line each, of at most ten: all of them are in JSON and Markdown."""
    items = sorted(part.items, key=_urgency) if part.change == "incomparable" else list(part.items)
    items = [item for item in items if part.change != "incomparable" or _open(item)]
    hidden = len(part.items) - len(items)
    yield f"== {part.title} =="
    for item in items[:_FEW]:
        said = _changed(item) if part.change == "changed" else item.hint
        for notice in notices:  # once is enough
            said = said.removesuffix(notice).strip()
        line = f"  {item.number} {item.title}: {drift_words.step(item)}" + (f". {said}" if said else "")
        yield visible(line)
    if more := len(items) - _FEW + hidden if len(items) > _FEW else hidden:
        yield f"  and {more} more: --format markdown or json lists all."
    yield ""


def _urgency(item: DriftItem) -> int:
    """What fails only now comes first, then what fails no longer."""
    if item.after == "fail":
        return 2 if item.before == "fail" else 0
    return 1


def _open(item: DriftItem) -> bool:
    return "fail" in (item.before, item.after) or item.after in ("error", "unknown")


def _changed(item: DriftItem) -> str:
    seen = [f"{fact}: {cut(old, 40)} -> {cut(new, 40)}" for fact, old, new in drift_words.changes(item)]
    return "; ".join([*seen[:2], *(["..."] if len(seen) > 2 else [])]) or item.hint


def _known(found: Drift) -> Iterator[str]:
    known = [item for item in found.items if item.change == "unchanged" and item.after == "fail"]
    if known:
        numbers = ", ".join(visible(item.number) for item in known)
        yield from broken(f"{numbers})", _WIDTH, opening=f"Still failing: {len(known)} (", lead="  ")


def _total(found: Drift) -> str:
    said = [f"{number} {name}" for name, number in found.counts.items() if number]
    return f"Findings: {', '.join(said) or 'none'}."
