"""SARIF as GitHub's code scanning takes it: failures alone, each in a file."""

from typing import Any

from trueline.model.results import Assessment, Result
from trueline.report import sarif
from trueline.report.exchange import document, file_of, findings, token, words


def render(assessment: Assessment) -> str:
    """What shows as FAIL; a waived one keeps its suppression, by which an alert can be dismissed."""
    failed = [finding for finding in findings(assessment) if finding.result.state == "FAIL"]
    return document(sarif.log(assessment, failed, _locations))


def _locations(assessment: Assessment, result: Result) -> list[dict[str, Any]]:
    # An alert without a file is refused; where no file was read, the component stands for one.
    path = file_of(result) or f"trueline/{words(token(result.component), token(result.target))}"
    return [{**sarif.logical(assessment, result), "physicalLocation": sarif.physical(path)}]
