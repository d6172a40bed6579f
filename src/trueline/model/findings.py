"""The findings register: what a run found that somebody has to decide, and the work in it."""

from typing import Final, Literal

from trueline.model.base import Model
from trueline.model.register import Decision, Priority
from trueline.model.results import Disposition, Evidence, Outcome
from trueline.model.rule import Severity

FINDINGS_SCHEMA: Final = "trueline.dev/findings/v1"
NO_OWNER: Final = "no owner"


class Finding(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A recommendation that is not fulfilled, or not decided.

    `source` says where a change lasts. `failed` and `missing` are nodes of a fleet. `change` is what became
    of it since the last run ("new", "regressed" ...), "" where there is none. `gaps` are steps of the way
    from finding to evidence that nobody has taken yet. `waiver` and `expires` are those of an exception.
    Raises ValueError without a number or a benchmark.
    """

    key: str
    number: str
    benchmark: str
    title: str
    target: str
    component: str
    outcome: Outcome
    severity: Severity
    priority: Priority
    disposition: Disposition
    decision: Decision
    owner: str
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    source: str = ""
    waiver: str = ""
    expires: str = ""
    failed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    change: str = ""
    hint: str = ""
    gaps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.number or not self.benchmark:
            raise ValueError("a finding needs the number of its check and the benchmark's version")


class Group(Model, frozen=True, kw_only=True, omit_defaults=False):
    """Findings that are mended in one place: same component, same lasting source."""

    component: str
    source: str
    owner: str
    priority: Priority
    keys: tuple[str, ...]
    numbers: tuple[str, ...]
    nodes: tuple[str, ...] = ()


class Note(Model, frozen=True, kw_only=True, omit_defaults=False):
    """How one finding is mended. Raises ValueError without a source that lasts or a way back."""

    key: str
    number: str
    benchmark: str
    title: str
    component: str
    owner: str
    observed: str
    recommended: str
    change: str
    source: str
    rollback: str
    priority: Priority
    exception: str = ""

    def __post_init__(self) -> None:
        for name in ("source", "rollback"):
            if not getattr(self, name).strip():
                raise ValueError(f"a remediation note needs a {name}")


class Queue(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What one owner has to mend, the most urgent first."""

    owner: str
    notes: tuple[Note, ...]


class Findings(Model, frozen=True, kw_only=True, omit_defaults=False):
    """The register of one run. `policy` is the digest of the policy that was applied."""

    schema: Literal["trueline.dev/findings/v1"]
    benchmark: str
    benchmark_digest: str
    target: str
    assessed_on: str
    policy: str
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    queues: tuple[Queue, ...]
    unowned: tuple[str, ...] = ()
