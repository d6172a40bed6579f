"""CSV with CIS-CAT's counters: one row per section, then one for all."""

import csv
import io

from trueline.model.results import Assessment, Tally
from trueline.report.csv_ import cell
from trueline.report.exchange import identity
from trueline.report.tally import COUNTERS, sections

COLUMNS = (
    *("section", "title", *COUNTERS, "score", "maximum", "percent"),
    *("target_name", "benchmark", "benchmark_version", "profile", "collected_at"),
    *("finished_at", "cluster_name", "cluster_uid", "machine_id", "kubernetes", "mode"),
    *("benchmark_digest", "tool", "scope"),
)


def render(assessment: Assessment) -> str:
    """Sections as in the report, upper ones include what is below them; the last row is called total."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    common = [cell(text) for text in _common(assessment)]
    for row in sections(assessment):
        writer.writerow([cell(row.number), cell(row.title), *_numbers(row.tally), *common])
    writer.writerow(["total", "", *_numbers(assessment.counts.tally), *common])
    return out.getvalue()


def _numbers(tally: Tally) -> list[str]:
    share = "" if tally.percent is None else f"{tally.percent:.2f}"
    return [*(str(getattr(tally, name)) for name in COUNTERS), str(tally.passed), str(tally.scored), share]


def _common(assessment: Assessment) -> tuple[str, ...]:
    target, benchmark = assessment.target, assessment.benchmark
    profile = assessment.profile.id if assessment.profile else ""
    known = identity(assessment)
    names = COLUMNS[COLUMNS.index("finished_at") : -1]
    return (
        *(target.name, benchmark.id, benchmark.version, profile, target.collected_at),
        *(known.get(name, "") for name in names),
        assessment.scope,
    )
