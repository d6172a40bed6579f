"""Rancher's CSV with named columns, as its CIS scans wrote it."""

import csv
import io
from typing import Final

from trueline.model.results import Assessment
from trueline.report.csv_ import cell
from trueline.report.rancher import State, checks

COLUMNS: Final = (
    *("ID", "Description", "Remediation", "State of Test", "Node type", "Nodes"),
    *("Passed_Nodes", "Failed_Nodes"),
)
WORDS: Final[dict[State, str]] = {
    "pass": "passed",
    "fail": "failed",
    "skip": "skipped",
    "mixed": "mixed",
    "warn": "warn",
    "notApplicable": "not applicable",
}


def render(assessment: Assessment) -> str:
    """A row per check in the benchmark's order; names of nodes are joined by commas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for check in checks(assessment):
        row = (
            check.result.number,
            check.result.title,
            check.remediation,
            WORDS[check.verdict.state],
            check.node_type,
            ",".join(check.ran),
            ",".join(check.passed),
            ",".join(check.failed),
        )
        writer.writerow([cell(text) for text in row])
    return out.getvalue()
