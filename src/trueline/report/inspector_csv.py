"""The CSV of Alibaba Cloud's security inspector: thirteen columns, a row per check and node."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.csv_ import cell
from trueline.report.safe import prose
from trueline.report.spread import by_node

COLUMNS: Final = (
    *("Date", "Result Schema", "Node Name", "Total Fail", "Total Warn", "Total Pass", "Section Id"),
    *("Section Description", "Test Id", "Test Description", "Scored", "Test Remediation", "Result"),
)
_NOTHING_TO_DO: Final = "Nothing to do."
_LEFT_OUT: Final = (Outcome.INFORMATIONAL, Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED)


class _Row(NamedTuple):
    result: Result
    word: str


def render(assessment: Assessment) -> str:
    """All nodes in one document. What does not apply has no word in this format and is left out."""
    return _document(row for rows in _nodes(assessment).values() for row in rows)


def documents(assessment: Assessment) -> dict[str, str]:
    """A document per node, by its name; that of the cluster has what no single node decides."""
    return {name: _document(rows) for name, rows in _nodes(assessment).items()}


def schema(benchmark: str) -> str:
    """How the inspector calls a benchmark: by its resolved name, never "auto"."""
    return f"cis-kubernetes-{benchmark.removeprefix('cis-')}"


def _document(rows: Iterable[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return out.getvalue()


def _nodes(assessment: Assessment) -> dict[str, list[list[str]]]:
    dates = {head.name: head.collected_at for head in assessment.nodes}
    shared = [_columns(result, assessment) for result in assessment.results]
    tails = {
        (index, word): [*shared[index], cell(_remedy(result, word)), word]
        for index, result in enumerate(assessment.results)
        for word in ("fail", "warn", "pass")
    }
    otherwise = assessment.target.collected_at or assessment.assessed_on
    found = {}
    for name, said in by_node(assessment).items():
        rows = list(_words(assessment, said))
        counts = Counter(word for _, word in rows)
        head = [
            cell(dates.get(name) or otherwise),
            cell(schema(assessment.benchmark.id)),
            cell(name),
            *(str(counts[word]) for word in ("fail", "warn", "pass")),
        ]
        found[name] = [head + tails[row] for row in rows]
    return found


def _words(assessment: Assessment, said: Mapping[int, Outcome]) -> Iterator[tuple[int, str]]:
    """Only what is scored can fail; whatever facts did not decide is for a person, not a failure."""
    for index, outcome in said.items():
        if outcome in _LEFT_OUT:
            continue
        if outcome is Outcome.PASS:
            yield index, "pass"
        else:
            scored = assessment.results[index].scored
            yield index, "fail" if outcome is Outcome.FAIL and scored else "warn"


def _columns(result: Result, assessment: Assessment) -> list[str]:
    """Section and test, the same on all nodes; none of them is empty."""
    titles = {head.number: head.title for head in assessment.benchmark.sections}
    section = result.section or result.number.rpartition(".")[0] or result.number
    title = titles.get(section) or titles.get(section.partition(".")[0]) or f"Section {section}"
    scored = "Scored" if result.scored else "Not scored"
    return [cell(text) for text in (section, title, result.number, result.title or result.number, scored)]


def _remedy(result: Result, word: str) -> str:
    if word == "pass":
        return _NOTHING_TO_DO
    found = outline.remedy(result)
    return found if found.strip() else prose(result.reason) or "Look at it, and decide."
