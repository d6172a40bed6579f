"""AWS Security Finding Format, for `aws securityhub batch-import-findings --findings file://...`."""

from typing import Any, Final

from trueline.errors import UsageError
from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline
from trueline.report.exchange import (
    Finding,
    block,
    cut,
    document,
    findings,
    identity,
    instant,
    observed,
    words,
)

_TYPE: Final = "Software and Configuration Checks/Industry and Regulatory Standards/CIS Benchmark"
_STATUS: Final = {"PASS": "PASSED", "FAIL": "FAILED", "WARN": "WARNING", "INFO": "NOT_AVAILABLE"}


def render(assessment: Assessment, *, account: str = "", region: str = "") -> str:
    """A list with a finding for each result that applies; waived ones are suppressed, with their status kept.

    The findings belong to the account's default product. One call takes 100 of them. Raises UsageError
    without account and region, as the service refuses findings that name others than the caller's.
    """
    if not account or not region:
        raise UsageError(
            "findings for AWS need an account and a region",
            hint="Set AWS_ACCOUNT_ID and AWS_REGION in the environment.",
        )
    product = f"arn:aws:securityhub:{words(region)}:{words(account)}:product/{words(account)}/default"
    left_out = (Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED)
    found = (one for one in findings(assessment) if one.result.outcome not in left_out)
    return document([_finding(one, assessment, words(account), product) for one in found])


def _finding(finding: Finding, assessment: Assessment, account: str, product: str) -> dict[str, Any]:
    result, at = finding.result, instant(assessment)
    return {
        "SchemaVersion": "2018-10-08",
        "Id": cut(f"trueline/{finding.key}", 512),
        "ProductArn": product,
        "GeneratorId": cut(words(f"trueline/{assessment.benchmark.id}/{result.number}"), 512),
        "AwsAccountId": account,
        "Types": [_TYPE],
        "CreatedAt": at,
        "UpdatedAt": at,
        "Severity": {"Label": _severity(result)},
        "Title": cut(words(f"{result.number} {result.title}"), 256),
        "Description": cut(words(result.reason, result.title), 1024),
        "Remediation": {"Recommendation": {"Text": cut(_remediation(result), 512)}},
        "ProductFields": {**_run(assessment), **_fields(finding)},
        "Resources": [{"Id": cut(words(assessment.target.name), 512), "Type": "Other"}],
        "Compliance": {"Status": _STATUS[result.state]},
        "Workflow": {"Status": _workflow(result)},
        "RecordState": "ACTIVE",
    }


def _severity(result: Result) -> str:
    """What passed is information, as Security Hub's own controls have it."""
    if result.outcome is Outcome.PASS or result.severity == "info":
        return "INFORMATIONAL"
    return result.severity.upper()


def _remediation(result: Result) -> str:
    text = block(outline.remedy(result))
    return text if text.strip() else "Nothing to change."


def _workflow(result: Result) -> str:
    if result.outcome is Outcome.PASS:
        return "RESOLVED"
    return "NEW" if result.disposition not in ("waived", "provider-owned") else "SUPPRESSED"


def _run(assessment: Assessment) -> dict[str, str]:
    about = {**identity(assessment), "scope": assessment.scope}
    return {f"trueline/Run/{name}": cut(words(value), 2048) for name, value in about.items()}


def _fields(finding: Finding) -> dict[str, str]:
    result = finding.result
    fields = {
        "trueline/Outcome": result.outcome.value,
        "trueline/State": result.state,
        "trueline/Target": result.target,
        "trueline/Component": result.component,
        "trueline/Section": result.section,
        "trueline/Disposition": result.disposition,
        "trueline/Waiver": result.waiver,
        "trueline/Owner": result.owner,
        "trueline/Priority": result.priority,
        "trueline/Evidence": "; ".join(observed(result)),
    }
    return {name: cut(words(value), 2048) for name, value in fields.items() if value.strip()}
