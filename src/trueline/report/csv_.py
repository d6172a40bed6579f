"""CSV (RFC 4180): one row per result; no cell is a formula for a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable

from trueline.model.results import Assessment, Evidence, Result
from trueline.report.exchange import identity
from trueline.report.safe import visible, visible_lines

COLUMNS = (
    *("number", "title", "target", "section", "level", "scored", "automated", "state", "outcome", "reason"),
    *(
        "severity",
        "component",
        "disposition",
        "waiver",
        "owner",
        "priority",
        "decision",
        "rules",
        "facts",
        "observed",
        "expected",
        "source",
    ),
    *("remediation", "target_name", "kubernetes", "benchmark", "benchmark_version", "collected_at"),
    *("finished_at", "cluster", "cluster_name", "cluster_uid", "machine_id", "mode"),
    *("benchmark_digest", "tool", "scope"),
)

# A spreadsheet looks past blanks; full-width forms count as formulas in some of them.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def render(assessment: Assessment) -> str:
    """A header, then results in order. Facts, observed, expected and source hold one line per fact."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    common = _common(assessment)
    writer.writerows([cell(value) for value in (*_row(result), *common)] for result in assessment.results)
    return out.getvalue()


def cell(text: str) -> str:
    """Visible text that a spreadsheet takes as text: what looks like a formula gets a ' in front."""
    shown = "\n".join(visible_lines(text))
    risky = _FORMULA.match(shown) or text.startswith(("\t", "\r", "\n"))
    return "'" + shown if risky else shown


def _row(result: Result) -> Iterable[str]:
    yield from (result.number, visible(result.title), result.target, result.section, str(result.level))
    yield from (_word(result.scored), _word(result.automated), result.state, result.outcome.value)
    yield from (result.reason, result.severity, result.component, result.disposition, result.waiver)
    yield from (result.owner, result.priority, result.decision)
    yield "; ".join(result.rules)
    for field in ("fact", "observed", "expected", "source"):
        yield _column(result.evidence, field)
    yield result.remediation


def _column(evidence: Iterable[Evidence], field: str) -> str:
    return "\n".join(visible(getattr(piece, field)) for piece in evidence)


def _common(assessment: Assessment) -> tuple[str, ...]:
    target, benchmark = assessment.target, assessment.benchmark
    known = identity(assessment)
    names = COLUMNS[COLUMNS.index("finished_at") : -1]
    return (
        *(target.name, target.kubernetes or "", benchmark.id, benchmark.version, target.collected_at),
        *(known.get(name, "") for name in names),
        assessment.scope,
    )


def _word(flag: bool) -> str:
    return "true" if flag else "false"
