"""CIS-CAT's counters in rows: what the formats that show them share."""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from trueline.model.results import Assessment, Tally

COUNTERS: Final = {
    "total": "Total # of Results",
    "scored": "Total Scored Results",
    "passed": "Total Pass",
    "failed": "Total Fail",
    "error": "Total Error",
    "unknown": "Total Unknown",
    "notapplicable": "Total Not Applicable",
    "notchecked": "Total Not Checked",
    "notselected": "Total Not Selected",
    "informational": "Total Informational",
}
TESTS: Final = ("Pass", "Fail", "Error", "Unkn.", "Man.")
SCORING: Final = ("Score", "Max", "Percent")

_KUBERNETES = {"master", "etcd", "controlplane", "node", "policies", "managedservices"}


class Row(NamedTuple):
    """A section's counters; `depth` says how many sections are above it."""

    number: str
    title: str
    depth: int
    tally: Tally


def for_hosts(assessment: Assessment) -> bool:
    """Whether the benchmark is one for operating systems, whose readers know CIS-CAT's reports."""
    return any(result.target not in _KUBERNETES for result in assessment.results)


def sections(assessment: Assessment) -> Iterator[Row]:
    """The counters of each section in the order of the report, those of the sections above first."""
    titles = {head.number: head.title for head in assessment.benchmark.sections}
    for number, tally in assessment.counts.section_tallies.items():
        yield Row(number, titles.get(number, ""), number.count("."), tally)


def counters(tally: Tally) -> dict[str, int]:
    """The ten counters by the names that CIS-CAT gives them."""
    return {label: getattr(tally, name) for name, label in COUNTERS.items()}


def tests(tally: Tally) -> tuple[int, ...]:
    """The columns `TESTS`."""
    return (tally.passed, tally.failed, tally.error, tally.unknown, tally.manual)


def percent(tally: Tally) -> str:
    """ "88.2%", rounded down so that 100% means all; "n/a" where nothing counts."""
    return "n/a" if tally.percent is None else f"{math.floor(tally.percent * 10 + 1e-9) / 10:.1f}%"
