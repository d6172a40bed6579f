"""The CSV of Alibaba Cloud's security inspector: thirteen columns, a row per check and node."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.csv_ import cell
from trueline.report.safe import prose
from trueline.report.spread import nodes_of, outcome_on

COLUMNS: Final = (
    *("Date", "Result Schema", "Node Name", "Total Fail", "Total Warn", "Total Pass", "Section Id"),
    *("Section Description", "Test Id", "Test Description", "Scored", "Test Remediation", "Result"),
)
_NOTHING_TO_DO: Final = "Nothing to do."
_LEFT_OUT: Final = (Outcome.INFORMATIONAL, Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED)


class _Row(NamedTuple):
    result: Result
    word: str


def render(assessment: Assessment, *, node: str = "", include_info: bool = False) -> str:
    """All nodes, or the one that is named. What does not apply has no word there and is left out.

    `include_info` writes it with the word info, which readers of this format may not know.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    dates = {head.name: head.collected_at for head in assessment.nodes}
    for name in [node] if node else nodes_of(assessment):
        rows = list(_rows(assessment, name, include_info=include_info))
        counts = Counter(row.word for row in rows)
        head = (
            dates.get(name) or assessment.target.collected_at or assessment.assessed_on,
            schema(assessment.benchmark.id),
            name,
            *(str(counts[word]) for word in ("fail", "warn", "pass")),
        )
        writer.writerows([cell(text) for text in (*head, *_cells(row, assessment))] for row in rows)
    return out.getvalue()


def schema(benchmark: str) -> str:
    """How the inspector calls a benchmark: by its resolved name, never "auto"."""
    return f"cis-kubernetes-{benchmark.removeprefix('cis-')}"


def _rows(assessment: Assessment, node: str, *, include_info: bool) -> Iterator[_Row]:
    for result in assessment.results:
        outcome = outcome_on(result, node, assessment)
        if outcome is None:
            continue
        word = _word(result, outcome)
        if word != "info" or include_info:
            yield _Row(result, word)


def _word(result: Result, outcome: Outcome) -> str:
    """Only what is scored can fail; whatever facts did not decide is for a person, not a failure."""
    if outcome is Outcome.PASS:
        return "pass"
    if outcome in _LEFT_OUT:
        return "info"
    return "fail" if outcome is Outcome.FAIL and result.scored else "warn"


def _cells(row: _Row, assessment: Assessment) -> Iterator[str]:
    result = row.result
    titles = {head.number: head.title for head in assessment.benchmark.sections}
    yield result.section or result.number.rpartition(".")[0] or result.number
    yield titles.get(result.section) or assessment.benchmark.title or assessment.benchmark.id
    yield result.number
    yield result.title or result.number
    yield "Scored" if result.scored else "Not scored"
    yield _remedy(row)
    yield row.word


def _remedy(row: _Row) -> str:
    if row.word == "pass":
        return _NOTHING_TO_DO
    found = outline.remedy(row.result)
    return found if found.strip() else prose(row.result.reason) or "Look at it, and decide."
