"""How results are spread over the nodes of a fleet, in names and in words."""

from collections.abc import Iterable

from trueline.model.results import Assessment, Outcome, Result
from trueline.report.safe import visible

NAMED = 5
_CLUSTER = ("policies", "managedservices")


def nodes_of(assessment: Assessment) -> list[str]:
    """The nodes that have results; of an assessment of one target that one."""
    found = [head.name for head in assessment.nodes if not head.missing]
    return found if assessment.nodes else [assessment.target.name]


def outcome_on(result: Result, node: str, assessment: Assessment) -> Outcome | None:
    """What a result says of one node; None where it says nothing of it. What is the cluster's holds for none."""
    if result.spread is not None:
        return next((Outcome(word) for word, names in result.spread.nodes.items() if node in names), None)
    if assessment.nodes and result.target in _CLUSTER:
        return None
    return result.outcome


def words(result: Result) -> str:
    """Such as "mixed: fail on 3 of 40: a, b, c"; "" where there is one node alone, or all say the same."""
    spread = result.spread
    if spread is None or not spread.mixed:
        return ""
    total = sum(map(len, spread.nodes.values())) + len(spread.missing)
    parts = [_part(word, names, total) for word, names in _worst_first(spread.nodes)]
    if spread.missing:
        parts.append(_part("no result", spread.missing, total))
    return f"mixed: {'; '.join(parts)}"


def where(result: Result) -> str:
    """The nodes on which something is to be done, where all say the same."""
    spread = result.spread
    if spread is None or spread.mixed or result.outcome in {Outcome.PASS, Outcome.NOTAPPLICABLE}:
        return ""
    (names,) = spread.nodes.values() or [spread.missing]
    return f"on all {len(names)}: {few(names)}" if len(names) > 1 else f"on {visible(names[0])}"


def few(names: Iterable[str]) -> str:
    """The first of many names, and how many there are besides."""
    listed = [visible(name) for name in sorted(names)]
    more = len(listed) - NAMED
    return ", ".join(listed) if more <= 0 else f"{', '.join(listed[:NAMED])} and {more} more"


def _worst_first(nodes: dict[str, tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    order = [outcome.value for outcome in Outcome]
    return sorted(nodes.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))


def _part(word: str, names: tuple[str, ...], total: int) -> str:
    if word == Outcome.PASS.value and total > NAMED:
        return f"pass on {len(names)} of {total}"
    return f"{visible(word)} on {len(names)} of {total}: {few(names)}"
