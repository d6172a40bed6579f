"""Reads the JSON that kube-bench of any version wrote."""

import msgspec

from trueline.errors import ContentError
from trueline.kubebench.results import Cause, CheckResult, ControlsResult, Counts, GroupResult, Run
from trueline.model.results import State

_HINT = "Give it the output of `kube-bench --json`."
MAX_BYTES = 256 * 1024 * 1024


class _Check(msgspec.Struct, frozen=True):
    status: State
    test_number: str = ""
    test_desc: str = ""
    audit: str = ""
    AuditEnv: str = ""
    AuditConfig: str = ""
    type: str = ""
    remediation: str = ""
    test_info: tuple[str, ...] | None = None
    actual_value: str = ""
    scored: bool = False
    IsMultiple: bool = False
    expected_result: str = ""
    reason: str = ""


class _Group(msgspec.Struct, frozen=True, rename={"passed": "pass"}):
    section: str = ""
    desc: str = ""
    results: tuple[_Check, ...] | None = None
    passed: int = 0
    fail: int = 0
    warn: int = 0
    info: int = 0


class _Controls(msgspec.Struct, frozen=True):
    id: str = ""
    version: str = ""
    detected_version: str = ""
    text: str = ""
    node_type: str = ""
    tests: tuple[_Group, ...] | None = None
    total_pass: int = 0
    total_fail: int = 0
    total_warn: int = 0
    total_info: int = 0


class _Document(msgspec.Struct, frozen=True):
    Controls: tuple[_Controls, ...] | None


def read_json(data: bytes, file: str = "report") -> Run:
    """The run that the document tells of; older versions' lists and missing keys are fine.

    Raises ContentError for anything else.
    """
    if len(data) > MAX_BYTES:
        raise ContentError("larger than 256 MiB", hint=_HINT, file=file)
    try:
        document = msgspec.json.decode(data, type=_Document | tuple[_Controls, ...])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ContentError(f"not kube-bench's JSON: {error}", hint=_HINT, file=file) from None
    listed = document.Controls or () if isinstance(document, _Document) else document
    return Run(controls=tuple(_controls(each) for each in listed))


def cause_of(state: State, reason: str, *, scored: bool, kind: str) -> Cause:
    """Why a check has its state, as far as a report tells."""
    if state == "INFO":
        return "skipped"
    if reason.startswith("failed to run: "):
        return "audit"
    if kind == "manual" or reason == "Test marked as a manual test":
        return "manual"
    if reason in ("There are no tests", "No tests defined"):
        return "no-tests"
    if reason:
        return "unreadable"
    return "unscored" if state == "WARN" and not scored else "evaluated"


def _controls(controls: _Controls) -> ControlsResult:
    return ControlsResult(
        id=controls.id,
        version=controls.version,
        detected_version=controls.detected_version,
        text=controls.text,
        type=controls.node_type,
        groups=tuple(_group(group) for group in controls.tests or ()),
        counts=Counts(
            passed=controls.total_pass,
            failed=controls.total_fail,
            warn=controls.total_warn,
            info=controls.total_info,
        ),
    )


def _group(group: _Group) -> GroupResult:
    return GroupResult(
        id=group.section,
        text=group.desc,
        checks=tuple(_check(check) for check in group.results or ()),
        counts=Counts(passed=group.passed, failed=group.fail, warn=group.warn, info=group.info),
    )


def _check(check: _Check) -> CheckResult:
    return CheckResult(
        id=check.test_number,
        text=check.test_desc,
        state=check.status,
        audit=check.audit,
        audit_env=check.AuditEnv,
        audit_config=check.AuditConfig,
        type=check.type,
        remediation=check.remediation,
        test_info=check.test_info or (),
        actual=check.actual_value,
        scored=check.scored,
        multiple=check.IsMultiple,
        expected=check.expected_result,
        reason=check.reason,
        cause=cause_of(check.status, check.reason, scored=check.scored, kind=check.type),
    )
