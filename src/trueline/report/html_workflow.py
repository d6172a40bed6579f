"""What the HTML page shows of the work around a run: drift, exceptions, owners, the trend, the nodes."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from trueline.model.results import Assessment, DriftItem, NodeHead, Outcome, Result
from trueline.report import outline

_CHANGES: Final = {
    "new": "New",
    "regressed": "Came back",
    "newly-expired": "Exception expired",
    "changed": "Evidence changed",
    "resolved": "Resolved",
    "incomparable": "Can't be compared",
}
"""In the order of their urgency; what is unchanged is only counted."""
_COLUMNS: Final = 40  # nodes that a matrix holds side by side
_LISTED: Final = 50  # nodes, and changes of one kind, that the page lists
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 150, 42, 10
_MARKS: Final = {
    Outcome.PASS: ("PASS", "✓"),
    Outcome.FAIL: ("FAIL", "✗"),
    Outcome.ERROR: ("WARN", "!"),
    Outcome.UNKNOWN: ("WARN", "?"),
    Outcome.NOTCHECKED: ("WARN", "?"),
}


class Changes(NamedTuple):
    """What changed in one way; `more` were left out."""

    word: str
    label: str
    items: tuple[DriftItem, ...]
    more: int


class OwnerRow(NamedTuple):
    """An owner with the number of findings that need an action, in all and by state."""

    name: str
    failed: int
    warn: int
    set_aside: int


class Point(NamedTuple):
    """A run in the chart."""

    x: float
    y: float
    label: str


class Matrix(NamedTuple):
    """Results that are not a pass everywhere, with a mark per node; `nodes` are too many for `rows`."""

    names: tuple[str, ...]
    rows: tuple[tuple[Result, tuple[tuple[str, str, str], ...]], ...]
    nodes: tuple[NodeHead, ...]
    more: int


def parts(assessment: Assessment, anchors: dict[str, str]) -> dict[str, Any]:
    """All that the template needs; `anchors` are ids of rows by target and number."""
    return {
        "changes": _changes(assessment),
        "owners": _owners(assessment.results),
        "links": {entry.id: [(link, _safe(link)) for link in entry.links] for entry in assessment.entries},
        "chart": _chart(assessment),
        "matrix": _matrix(assessment),
        "anchors": anchors,
    }


def anchor(result: Result | DriftItem) -> str:
    """What a result is found by on the page."""
    return f"{result.target}/{result.number}"


def _changes(assessment: Assessment) -> list[Changes]:
    items = assessment.drift.items if assessment.drift else ()
    found = []
    for word, label in _CHANGES.items():
        of_kind = tuple(item for item in items if item.change == word)
        if of_kind:
            found.append(Changes(word, label, of_kind[:_LISTED], len(of_kind[_LISTED:])))
    return found


def _owners(results: Iterable[Result]) -> list[OwnerRow]:
    """Who has how much to do; nothing where a policy names no owners."""
    held = [one for one in results if one.state in {"FAIL", "WARN"}]
    if not any(one.owner for one in held):
        return []
    rows = []
    for name in sorted({one.owner for one in held}, key=lambda name: (not name, name)):
        own = [one for one in held if one.owner == name]
        acting = [one for one in own if outline.needs_action(one)]
        failed = sum(one.state == "FAIL" for one in acting)
        rows.append(OwnerRow(name or "no owner", failed, len(acting) - failed, len(own) - len(acting)))
    return rows


def _safe(link: str) -> bool:
    """Whether a link may be followed from the page: evidence of others is never run."""
    try:
        return urlsplit(link).scheme in {"http", "https"}
    except ValueError:
        return False


def _chart(assessment: Assessment) -> dict[str, Any] | None:
    """The score over earlier runs and this one; None where there is no earlier run with a score."""
    runs = [
        (point.at, point.percent, point.failed) for point in assessment.trend if point.percent is not None
    ]
    now = assessment.counts.score.percent
    if not runs or now is None:
        return None
    runs.append(
        (assessment.target.collected_at or assessment.assessed_on, now, assessment.counts.total.failed)
    )
    step = (_WIDTH - _LEFT - 10) / (len(runs) - 1)
    points = [
        Point(
            round(_LEFT + number * step, 1),
            round(_y(value), 1),
            f"{at[:16].replace('T', ' ')}: {outline.share(value)}, {failed} failed",
        )
        for number, (at, value, failed) in enumerate(runs)
    ]
    return {
        "points": points,
        "line": " ".join(f"{point.x},{point.y}" for point in points),
        "grid": [(value, round(_y(value), 1)) for value in (0, 50, 100)],
        "first": runs[0][0][:10],
        "last": runs[-1][0][:10],
        "width": _WIDTH,
        "height": _HEIGHT + 20,
        "left": _LEFT,
    }


def _y(percent: float) -> float:
    return _TOP + (100 - percent) / 100 * (_HEIGHT - _TOP)


def _matrix(assessment: Assessment) -> Matrix | None:
    """A mark per node and recommendation where few nodes allow it, else the nodes with most failures."""
    if not assessment.nodes:
        return None
    if len(assessment.nodes) > _COLUMNS:
        worst = sorted(assessment.nodes, key=lambda node: (not node.missing, -_failed(node), node.name))
        return Matrix((), (), tuple(worst[:_LISTED]), len(worst[_LISTED:]))
    names = tuple(node.name for node in assessment.nodes)
    rows = tuple(
        (result, tuple(_mark(name, where) for name in names))
        for result in assessment.results
        if result.spread
        and (set(result.spread.nodes) - {Outcome.PASS, Outcome.NOTAPPLICABLE} or result.spread.missing)
        for where in [_by_node(result)]
    )
    return Matrix(names, rows, assessment.nodes, 0)


def _failed(node: NodeHead) -> int:
    return node.counts.failed if node.counts else 0


def _by_node(result: Result) -> dict[str, Outcome | None]:
    assert result.spread is not None
    found: dict[str, Outcome | None] = dict.fromkeys(result.spread.missing)
    for outcome, names in result.spread.nodes.items():
        found |= dict.fromkeys(names, Outcome(outcome))
    return found


def _mark(name: str, where: dict[str, Outcome | None]) -> tuple[str, str, str]:
    """Class, sign and word of a cell."""
    if name not in where:
        return ("INFO", "", "not asked")
    outcome = where[name]
    if outcome is None:
        return ("WARN", "–", "missing")
    state, sign = _MARKS.get(outcome, ("INFO", "·"))
    return (state, sign, outcome.value)
