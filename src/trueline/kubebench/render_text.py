"""Writes a run as the text that kube-bench prints."""

from collections.abc import Iterator

from trueline.kubebench.results import CheckResult, ControlsResult, Counts, Run
from trueline.model.base import Model

COLOURS = {"PASS": 32, "FAIL": 31, "WARN": 33, "INFO": 34}
HEADING = 33


class TextOptions(Model, frozen=True, kw_only=True):
    """Which parts are printed. `output`: what the scripts of failed checks printed."""

    results: bool = True
    remediations: bool = True
    summary: bool = True
    totals: bool = True
    output: bool = False
    colour: bool = False


DEFAULT = TextOptions()


def render_text(run: Run, options: TextOptions = DEFAULT) -> str:
    """All controls one after the other, then the grand total."""
    writer = _Writer(options)
    lines = [line for controls in run.controls for line in writer.controls(controls)]
    if options.totals:
        lines += writer.summary("total", run.counts)
    return "".join(f"{line}\n" for line in lines)


class _Writer:
    def __init__(self, options: TextOptions) -> None:
        self.options = options

    def controls(self, controls: ControlsResult) -> Iterator[str]:
        if self.options.results:
            yield from self.results(controls)
        if self.options.remediations and controls.counts.failed + controls.counts.warn:
            yield from self.remediations(controls)
        if self.options.summary:
            yield from self.summary(controls.type, controls.counts)

    def results(self, controls: ControlsResult) -> Iterator[str]:
        yield self.state("INFO", f"{controls.id} {controls.text}")
        for group in controls.groups:
            yield self.state("INFO", f"{group.id} {group.text}")
            for check in group.checks:
                yield self.state(check.state, f"{check.id} {check.text}")
                if self.options.output and check.state == "FAIL" and check.actual:
                    yield from (f"\t {row}" for row in check.actual.split("\n"))
        yield ""

    def remediations(self, controls: ControlsResult) -> Iterator[str]:
        yield self.coloured(f"== Remediations {controls.type} ==", HEADING)
        for group in controls.groups:
            for check in group.checks:
                if (text := _remedy(check)) is not None:
                    yield f"{check.id} {text}"
        yield ""

    def summary(self, name: str, counts: Counts) -> Iterator[str]:
        worst = "FAIL" if counts.failed else "WARN" if counts.warn else "PASS"
        yield self.coloured(f"== Summary {name} ==", COLOURS[worst])
        yield f"{counts.passed} checks PASS"
        yield f"{counts.failed} checks FAIL"
        yield f"{counts.warn} checks WARN"
        yield f"{counts.info} checks INFO"
        yield ""

    def state(self, state: str, text: str) -> str:
        return self.coloured(f"[{state}] ", COLOURS[state]) + text

    def coloured(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.options.colour else text


def _remedy(check: CheckResult) -> str | None:
    """What is to be done about the check, or why nobody knows; None where nothing is."""
    if check.state == "WARN" and check.reason and check.type != "manual":
        return f"audit test did not run: {check.reason}"
    return check.remediation if check.state in ("FAIL", "WARN") else None
