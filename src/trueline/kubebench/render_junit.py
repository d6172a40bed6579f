"""Writes a run as kube-bench's JUnit XML, byte for byte."""

from trueline.kubebench.gotext import to_json, to_xml
from trueline.kubebench.render_json import check_data
from trueline.kubebench.results import CheckResult, ControlsResult, Run

_STEP = "    "


def render_junit(run: Run) -> str:
    """One suite for each controls object, without a line end at its end."""
    return "<testsuites>\n" + "".join(_suite(controls) for controls in run.controls) + "\n</testsuites>"


def _suite(controls: ControlsResult) -> str:
    counts = controls.counts
    cases = [_case(check, group.text) for group in controls.groups for check in group.checks]
    head = (
        f'<testsuite name="{to_xml(controls.text)}" tests="{counts.total}" '
        f'failures="{counts.failed}" errors="0" time="0">'
    )
    return head + "".join(f"\n{case}" for case in cases) + ("\n" if cases else "") + "</testsuite>"


def _case(check: CheckResult, group: str) -> str:
    name = to_xml(f"{check.id} {check.text}")
    lines = [f'<testcase name="{name}" classname="{to_xml(group)}" time="0">']
    if check.state == "FAIL":
        lines.append(f'{_STEP}<failure type="">{to_xml(check.remediation)}</failure>')
    elif check.state in ("WARN", "INFO"):
        lines.append(f"{_STEP}<skipped></skipped>")
    lines.append(f"{_STEP}<system-out>{to_xml(to_json(check_data(check)))}</system-out>")
    return "\n".join(_STEP + line for line in [*lines, "</testcase>"])
