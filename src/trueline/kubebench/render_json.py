"""Writes a run as kube-bench's JSON, byte for byte."""

from typing import Any

from trueline.kubebench.gotext import to_json
from trueline.kubebench.results import CheckResult, ControlsResult, Counts, GroupResult, Run


def render_json(run: Run, *, totals: bool = True) -> str:
    """One line without its end: an object with the totals, or just the list of controls."""
    controls = [controls_data(each) for each in run.controls]
    if not totals:
        return to_json(controls)
    return to_json({"Controls": controls or None, "Totals": _totals(run.counts)})


def controls_data(controls: ControlsResult) -> dict[str, Any]:
    """One controls object with its keys in order; also what a row of the database holds."""
    return {
        "id": controls.id,
        "version": controls.version,
        **({"detected_version": controls.detected_version} if controls.detected_version else {}),
        "text": controls.text,
        "node_type": controls.type,
        "tests": [_group(group) for group in controls.groups] or None,
        **_totals(controls.counts),
    }


def check_data(check: CheckResult) -> dict[str, Any]:
    """One check with its keys in order."""
    return {
        "test_number": check.id,
        "test_desc": check.text,
        "audit": check.audit,
        "AuditEnv": check.audit_env,
        "AuditConfig": check.audit_config,
        "type": check.type,
        "remediation": check.remediation,
        "test_info": list(check.test_info),
        "status": check.state,
        "actual_value": check.actual,
        "scored": check.scored,
        "IsMultiple": check.multiple,
        "expected_result": check.expected,
        **({"reason": check.reason} if check.reason else {}),
    }


def _group(group: GroupResult) -> dict[str, Any]:
    return {
        "section": group.id,
        "type": "",
        "pass": group.counts.passed,
        "fail": group.counts.failed,
        "warn": group.counts.warn,
        "info": group.counts.info,
        "desc": group.text,
        "results": [check_data(check) for check in group.checks],
    }


def _totals(counts: Counts) -> dict[str, int]:
    return {
        "total_pass": counts.passed,
        "total_fail": counts.failed,
        "total_warn": counts.warn,
        "total_info": counts.info,
    }
