"""How results are spread over the nodes of a fleet, in names and in words."""

from collections.abc import Iterable, Mapping

from trueline.model.results import Assessment, Outcome, Result
from trueline.report.safe import visible

NAMED = 5


def by_node(assessment: Assessment) -> dict[str, dict[int, Outcome]]:
    """For each node what it says, by the result's place in the assessment.

    What is the cluster's and not a node's stands under the name of the target, as does all of one target.
    """
    found: dict[str, dict[int, Outcome]] = {head.name: {} for head in assessment.nodes if not head.missing}
    for index, result in enumerate(assessment.results):
        for name, outcome in heard(result, assessment).items():
            found.setdefault(name, {})[index] = outcome
    return found


def heard(result: Result, assessment: Assessment) -> Mapping[str, Outcome]:
    """Who says what of one recommendation."""
    if result.spread is None:
        return {assessment.target.name: result.outcome}
    return {name: outcome for outcome, names in result.spread.nodes.items() for name in names}


def words(result: Result) -> str:
    """Such as "mixed: fail on 3 of 40: a, b, c; pass on 37 of 40"; "" where all nodes say the same."""
    spread = result.spread
    if spread is None or not spread.mixed:
        return ""
    total = sum(map(len, spread.nodes.values())) + len(spread.missing)
    parts = [_part(outcome, spread.nodes[outcome], total) for outcome in Outcome if outcome in spread.nodes]
    if spread.missing:
        parts.append(_part("no result", spread.missing, total))
    return f"mixed: {'; '.join(parts)}"


def everywhere(result: Result) -> str:
    """Where something is to be done, if all nodes say the same."""
    spread = result.spread
    if spread is None or spread.mixed or result.state not in ("FAIL", "WARN"):
        return ""
    names = next(iter(spread.nodes.values()), spread.missing)
    return f"on all {len(names)}: {few(names)}" if len(names) > 1 else f"on {few(names)}"


def few(names: Iterable[str]) -> str:
    """The first of many names, and how many there are besides."""
    listed = [visible(name) for name in sorted(names)]
    more = len(listed) - NAMED
    return ", ".join(listed) if more <= 0 else f"{', '.join(listed[:NAMED])} and {more} more"


def _part(word: str, names: tuple[str, ...], total: int) -> str:
    listed = "" if word == Outcome.PASS and total > NAMED else f": {few(names)}"
    return f"{word} on {len(names)} of {total}{listed}"
