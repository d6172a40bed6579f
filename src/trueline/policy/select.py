"""Selects what a run is about; what is left out stays visible as notselected."""

from collections.abc import Collection, Iterable

import msgspec

from trueline.model.benchmark import Benchmark
from trueline.model.results import Outcome, Result


def select(
    results: Iterable[Result],
    *,
    targets: Collection[str] = (),
    only: Collection[str] = (),
    level: int | None = None,
) -> tuple[Result, ...]:
    """`targets` and `only` (number prefixes) drop the rest; `level` 1 marks level 2 as notselected."""
    kept = (
        result
        for result in results
        if (not targets or result.target in targets)
        and (not only or any(below(result.number, prefix) for prefix in only))
    )
    return tuple(
        msgspec.structs.replace(
            result,
            outcome=Outcome.NOTSELECTED,
            reason=f"Level {result.level} is outside the selected level {level}.",
            remediation="",
        )
        if level is not None and result.level > level
        else result
        for result in kept
    )


def below(number: str, prefix: str) -> bool:
    """Whether a number is the prefix or stands below it: 1.1.10 is below 1.1, not below 1.1.1."""
    return number == prefix or number.startswith(f"{prefix.rstrip('.')}.")


def unknown_selections(benchmark: Benchmark, targets: Collection[str], only: Collection[str]) -> list[str]:
    """The words of a selection that mean nothing in this benchmark."""
    entries = benchmark.recommendations()
    known = {section.target for section in benchmark.sections}
    return [target for target in targets if target not in known] + [
        prefix for prefix in only if not any(below(entry.number, prefix) for _, entry in entries)
    ]
