"""What judging controls gave: the checks, groups and controls of one run with their counts."""

from collections.abc import Iterable
from typing import Literal

from trueline.model.base import Model
from trueline.model.results import State

Cause = Literal[
    "evaluated",  # the tests decided
    "unscored",  # the tests failed, but the check does not count
    "audit",  # a script could not be run, or ended with an error
    "unreadable",  # what a script printed is not what the tests can judge
    "manual",  # a person has to look
    "no-tests",  # there is nothing to judge by
    "not-applicable",  # the controls skip it
    "skipped",  # the caller skips it
]


class CheckResult(Model, frozen=True, kw_only=True):
    """One check with its state. `cause` tells what the state can't; no output of kube-bench has it."""

    id: str
    text: str
    state: State
    audit: str = ""
    audit_env: str = ""
    audit_config: str = ""
    type: str = ""
    remediation: str = ""
    test_info: tuple[str, ...] = ()
    actual: str = ""
    scored: bool = False
    multiple: bool = False
    expected: str = ""
    reason: str = ""
    cause: Cause = "evaluated"


class Counts(Model, frozen=True, kw_only=True):
    """How many checks have which state."""

    passed: int = 0
    failed: int = 0
    warn: int = 0
    info: int = 0

    @property
    def total(self) -> int:
        """Checks of any state."""
        return self.passed + self.failed + self.warn + self.info


class GroupResult(Model, frozen=True, kw_only=True):
    """A group with the checks that were not filtered out, and their counts."""

    id: str
    text: str
    checks: tuple[CheckResult, ...]
    counts: Counts


class ControlsResult(Model, frozen=True, kw_only=True):
    """The results of one file. `detected_version` is "none" where the caller chose the benchmark."""

    id: str
    text: str
    type: str
    groups: tuple[GroupResult, ...]
    counts: Counts
    version: str = ""
    detected_version: str = ""


class Run(Model, frozen=True, kw_only=True):
    """All controls of one run, ordered by their number. `notices` are what a reader should know besides."""

    controls: tuple[ControlsResult, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """The grand total."""
        return add(controls.counts for controls in self.controls)


def count(states: Iterable[State]) -> Counts:
    """How often each state occurs."""
    listed = list(states)
    return Counts(
        passed=listed.count("PASS"),
        failed=listed.count("FAIL"),
        warn=listed.count("WARN"),
        info=listed.count("INFO"),
    )


def add(counts: Iterable[Counts]) -> Counts:
    """The sum of all."""
    listed = list(counts)
    return Counts(
        passed=sum(each.passed for each in listed),
        failed=sum(each.failed for each in listed),
        warn=sum(each.warn for each in listed),
        info=sum(each.info for each in listed),
    )


def group_result(group_id: str, text: str, checks: Iterable[CheckResult]) -> GroupResult:
    """A group with its counts."""
    kept = tuple(checks)
    return GroupResult(id=group_id, text=text, checks=kept, counts=count(check.state for check in kept))
