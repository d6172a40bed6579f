"""Writes judged definitions as linux-bench does: text, and one JSON object."""

from collections.abc import Iterator, Mapping
from typing import Any

from trueline.kubebench.gotext import to_json
from trueline.kubebench.linux_load import Constraints, LinuxAudit, LinuxCheck, LinuxControls, LinuxGroup
from trueline.kubebench.render_text import COLOURS, HEADING, TextOptions
from trueline.kubebench.results import CheckResult, ControlsResult, GroupResult, Run


def render_linux_text(run: Run, options: TextOptions) -> str:
    """The checks, what is to be done for all that did not pass, and the counts."""
    lines = [line for controls in run.controls for line in _lines(controls, options)]
    return "".join(f"{line}\n" for line in lines)


def _lines(controls: ControlsResult, options: TextOptions) -> Iterator[str]:
    def coloured(text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if options.colour else text

    checks = [check for group in controls.groups for check in group.checks]
    counts = controls.counts
    if options.results:
        yield coloured("[INFO] ", COLOURS["INFO"]) + f"{controls.id} {controls.text}"
        for group in controls.groups:
            yield coloured("[INFO] ", COLOURS["INFO"]) + f"{group.id} {group.text}"
            for check in group.checks:
                yield coloured(f"[{check.state}] ", COLOURS[check.state]) + f"{check.id} {check.text}"
                if options.output and check.state == "FAIL" and check.actual:
                    yield f"\t {check.actual}"
        yield ""
    if options.remediations and counts.total > counts.passed:
        yield coloured("== Remediations ==", HEADING)
        yield from (f"{check.id} {_remedy(check)}" for check in checks if check.state != "PASS")
        yield ""
    if options.summary:
        worst = "FAIL" if counts.failed else "WARN" if counts.warn else "INFO" if counts.info else "PASS"
        yield coloured("== Summary ==", COLOURS[worst])
        yield f"{counts.passed} checks PASS"
        yield f"{counts.failed} checks FAIL"
        yield f"{counts.warn} checks WARN"
        yield f"{counts.info} checks INFO"


def _remedy(check: CheckResult) -> str:
    undecided = check.state == "WARN" and check.cause in ("audit", "no-tests", "not-applicable")
    return check.reason if undecided and check.reason else check.remediation


def render_linux_json(controls: LinuxControls, run: Run, host: Constraints) -> str:
    """One line without its end."""
    (judged,) = run.controls
    groups = {group.id: group for group in reversed(controls.groups)}
    return to_json(
        {
            "id": judged.id,
            "text": judged.text,
            "tests": [_group(each, groups[each.id]) for each in judged.groups],
            "total_pass": judged.counts.passed,
            "total_fail": judged.counts.failed,
            "total_warn": judged.counts.warn,
            "total_info": judged.counts.info,
            "DefinedConstraints": _constraints(host) or {},
        }
    )


def _group(judged: GroupResult, group: LinuxGroup) -> dict[str, Any]:
    checks = {check.id: check for check in reversed(group.checks)}
    return {
        "section": judged.id,
        "desc": judged.text,
        "Constraints": _constraints(group.constraints),
        "type": group.type,
        "results": [_check(each, checks.get(each.id, LinuxCheck())) for each in judged.checks],
        "pass": judged.counts.passed,
        "fail": judged.counts.failed,
        "warn": judged.counts.warn,
        "info": judged.counts.info,
    }


def _check(judged: CheckResult, check: LinuxCheck) -> dict[str, Any]:
    single = check.audits[0] if check.audits and not check.divided else LinuxAudit()
    return {
        "test_number": judged.id,
        "test_desc": judged.text,
        "SubChecks": [_audit(audit) for audit in check.audits] if check.divided else None,
        "audit_type": single.plugin,
        "audit": single.audit or None,
        "type": judged.type,
        "test_info": list(judged.test_info),
        "status": judged.state,
        "actual_value": judged.actual,
        "expected_result": judged.expected,
        "scored": judged.scored,
        "IsMultiple": judged.multiple,
        **({"reason": judged.reason} if judged.reason else {}),
    }


def _audit(audit: LinuxAudit) -> dict[str, Any]:
    return {
        "audit_type": audit.plugin,
        "audit": audit.audit or None,
        "type": audit.type,
        "Constraints": _constraints(audit.constraints),
    }


def _constraints(constraints: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]] | None:
    return {key: list(constraints[key]) for key in sorted(constraints)} or None
