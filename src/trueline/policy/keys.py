"""Gives each result of an assessment the key by which it is found in other runs."""

from collections.abc import Iterator

from trueline.model.results import Assessment, Result, finding_key


def keyed(assessment: Assessment) -> Iterator[tuple[str, Result]]:
    """All results in order; a key that was taken before gets a number behind it."""
    taken: set[str] = set()
    again: dict[str, int] = {}
    for result in assessment.results:
        base = key = finding_key(assessment.target, assessment.benchmark.id, result)
        while key in taken:
            again[base] = again.get(base, 1) + 1
            key = f"{base}#{again[base]}"
        taken.add(key)
        yield key, result


def prefix(assessment: Assessment) -> str:
    """What the keys of all its findings begin with; "" where it has none."""
    for result in assessment.results[:1]:
        key = finding_key(assessment.target, assessment.benchmark.id, result)
        return key.removesuffix(f"{result.target}/{result.number}")
    return ""
