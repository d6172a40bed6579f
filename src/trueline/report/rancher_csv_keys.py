"""Rancher's CSV as its later pages give it: the keys of the report's checks are the columns."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from trueline.model.results import Assessment
from trueline.report.csv_ import cell
from trueline.report.rancher import Check, checks, natural
from trueline.report.rancher_json import check_of

_ORDER: Final = ("fail", "mixed", "warn", "pass", "skip", "notApplicable")
COLUMNS: Final = (
    *("id", "description", "remediation", "state", "node_type", "nodes", "audit", "audit_config"),
    *("test_info", "commands", "config_commands", "expected_result", "test_type", "scored"),
)


def render(assessment: Assessment) -> str:
    """The worst first, then by number. `nodes` is always a column, whatever the first row has."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for check in sorted(checks(assessment), key=_place):
        row = check_of(check)
        writer.writerow([cell(_text(row.get(name))) for name in COLUMNS])
    return out.getvalue()


def _place(check: Check) -> tuple[int, list[tuple[int, str]]]:
    return _ORDER.index(check.verdict.state), natural(check.result.number)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case Iterable():
            return ",".join(map(str, value))
        case _:
            return str(value)
