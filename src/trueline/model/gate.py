"""Gates: what a pipeline decides from assessments, and the baseline that it holds them to."""

from typing import Final, Literal

from trueline.model.base import Model, Strict
from trueline.model.facts import Tool
from trueline.model.register import Decision, Entry, PolicyHead, Priority
from trueline.model.results import Disposition, Outcome, RunHead
from trueline.model.rule import Severity

BASELINE_SCHEMA: Final = "trueline.dev/baseline/v1"
GATE_SCHEMA: Final = "trueline.dev/gate/v1"
BASELINE: Final = "baseline"
"""What a finding that the baseline knows is waived by, in formats that show findings one by one."""

Verdict = Literal["pass", "fail", "incomplete"]


class BaselineFinding(Strict, frozen=True, kw_only=True, omit_defaults=False):
    """A result as it was when the baseline was made. `nodes` are those of a fleet that failed.

    `observed` is a digest of the evidence, `meaning` one of what is asserted.
    """

    key: str
    number: str
    target: str
    outcome: Outcome
    disposition: Disposition
    meaning: str = ""
    observed: str = ""
    nodes: tuple[str, ...] = ()


class BaselineRun(Strict, frozen=True, kw_only=True, omit_defaults=False):
    """One assessment of a baseline; `digest` and `profile` are those of benchmark and profile."""

    benchmark: str
    digest: str
    cluster: str
    target: str
    profile: str = ""
    nodes: tuple[str, ...] = ()
    findings: tuple[BaselineFinding, ...] = ()


class Baseline(Strict, frozen=True, kw_only=True, omit_defaults=False):
    """A state that was accepted on a day: a gate fails only for what is new since then."""

    schema: Literal["trueline.dev/baseline/v1"]
    created: str
    tool: Tool
    runs: tuple[BaselineRun, ...]


class GateFinding(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A finding as a ticket needs it: check, benchmark, component, owner and what to do.

    `key` is the same in each run. `why` says what the gate holds against it, or why not. `gaps` are steps of
    its handling that are missing. `nodes` are those of a fleet where it failed.
    """

    key: str
    check: str
    benchmark: str
    benchmark_version: str
    target: str
    title: str
    outcome: Outcome
    disposition: Disposition
    component: str
    owner: str
    priority: Priority
    severity: Severity
    decision: Decision
    waiver: str
    reason: str
    remediation: str
    why: str = ""
    gaps: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


class Gate(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What the gate decided on a day, `on`, and by what.

    `because` are the reasons for anything but a pass. `failures` are what it fails for, `known` failures that
    the baseline has, `expired` those of the failures whose exception has ended, `incomplete` what is required
    and was not decided. `unowned`, `unproven` (a provider's without evidence), `unreviewed` and `gaps` are
    listed whether or not the gate fails for them. `resolved` are keys of the baseline's failures that pass.
    `incomparable` says why the baseline can't be compared. `expiring` are entries that end soon, `idle` those
    that do nothing.
    """

    schema: Literal["trueline.dev/gate/v1"]
    verdict: Verdict
    exit_code: Literal[0, 1, 3]
    on: str
    strict: bool
    runs: tuple[RunHead, ...]
    because: tuple[str, ...] = ()
    policy: PolicyHead | None = None
    baseline: str = ""
    failures: tuple[GateFinding, ...] = ()
    known: tuple[GateFinding, ...] = ()
    expired: tuple[GateFinding, ...] = ()
    incomplete: tuple[GateFinding, ...] = ()
    unowned: tuple[GateFinding, ...] = ()
    unproven: tuple[GateFinding, ...] = ()
    unreviewed: tuple[GateFinding, ...] = ()
    gaps: tuple[GateFinding, ...] = ()
    resolved: tuple[str, ...] = ()
    incomparable: tuple[str, ...] = ()
    expiring: tuple[Entry, ...] = ()
    idle: tuple[Entry, ...] = ()
    dispositions: dict[str, int] = {}
