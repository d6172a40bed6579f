"""What an audit says: results, and the assessment that holds one run as a whole."""

from enum import StrEnum
from typing import Final, Literal

from trueline.model.base import Model
from trueline.model.facts import Tool
from trueline.model.register import Decision, Entry, PolicyHead, Priority, Review
from trueline.model.rule import Severity
from trueline.model.source import SCOPE, Source

DRIFT_SCHEMA: Final = "trueline.dev/drift/v1"
ASSESSMENT_SCHEMA: Final = "trueline.dev/assessment/v1"
NONE_SUCH: Final = "none such"
"""What is expected of an object that a rule found and that should not be there."""

Disposition = Literal["required", "waived", "expired", "provider-owned", "informational"]
Phase = Literal["", "create", "pre-upgrade", "post-upgrade", "scheduled"]
Change = Literal["new", "resolved", "unchanged", "changed", "regressed", "newly-expired", "incomparable"]
Mode = Literal["", "host", "container", "job", "managed", "recorded"]
State = Literal["PASS", "FAIL", "WARN", "INFO"]


class Outcome(StrEnum):
    """XCCDF 1.2 result values, the worst first."""

    FAIL = "fail"
    ERROR = "error"
    UNKNOWN = "unknown"
    NOTCHECKED = "notchecked"
    PASS = "pass"
    INFORMATIONAL = "informational"
    NOTAPPLICABLE = "notapplicable"
    NOTSELECTED = "notselected"


class Evidence(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A fact that a result rests on. `source` says where it was read: a path, a process, a default."""

    fact: str
    source: str
    observed: str
    expected: str


class Spread(Model, frozen=True, kw_only=True):
    """How one recommendation came out on the nodes of a fleet: the names of nodes by outcome.

    `missing` are nodes that should have a result and have none. A result whose nodes differ, or of which some
    are missing, is mixed.
    """

    nodes: dict[Outcome, tuple[str, ...]] = {}
    missing: tuple[str, ...] = ()

    @property
    def mixed(self) -> bool:
        """Whether the nodes don't all say the same."""
        return len(self.nodes) + bool(self.missing) != 1


class Before(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What the benchmark says of a result where a policy says otherwise."""

    disposition: Disposition
    severity: Severity


class Result(Model, frozen=True, kw_only=True, omit_defaults=False):
    """One recommendation on one target, with the outcome that the facts give.

    `reason` is one sentence. `lasting` is the last part of `remediation`: where the change lasts, the same
    for all results of a component, so that a report may print it once. `waiver` is the id of the policy entry
    that `disposition` comes from. `uncertain`: number or attributes were not checked against the document.
    `meaning` is a digest of what is asserted: where it changes, what was decided about the result no longer
    holds. `owner` is the team, `priority` what to do first, `decision` what was decided, "" still open: all
    three are policy's. `spread` is that of a fleet. `audit` says how it is checked, `impact` what the remedy
    may break, `references` are titles of pages to read.
    """

    number: str
    title: str
    target: str
    section: str
    level: int
    scored: bool
    automated: bool
    rules: tuple[str, ...]
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    remediation: str = ""
    lasting: str = ""
    why: str = ""
    audit: str = ""
    impact: str = ""
    references: tuple[str, ...] = ()
    severity: Severity = "medium"
    component: str = ""
    disposition: Disposition = "informational"
    waiver: str = ""
    uncertain: bool = False
    meaning: str = ""
    owner: str = ""
    priority: Priority = "medium"
    decision: Decision = ""
    review: Review | None = None
    spread: Spread | None = None
    before: Before | None = None

    @property
    def state(self) -> State:
        """The word that tables for people show; what an entry of a policy requires can fail there, too."""
        match self.outcome:
            case Outcome.PASS:
                return "PASS"
            case Outcome.FAIL:
                by_entry = bool(self.waiver) and self.disposition == "required"
                return "FAIL" if by_entry or (self.scored and self.automated) else "WARN"
            case Outcome.ERROR | Outcome.UNKNOWN | Outcome.NOTCHECKED:
                return "WARN"
            case _:
                return "INFO"

    @property
    def tallied(self) -> Outcome:
        """The outcome under which a `Tally` counts it: what is not scored never passes or fails there."""
        if self.scored:
            return self.outcome
        match self.outcome:
            case Outcome.PASS | Outcome.FAIL:
                return Outcome.INFORMATIONAL
            case Outcome.ERROR | Outcome.UNKNOWN:
                return Outcome.NOTCHECKED
            case other:
                return other


class SectionHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """Number, title and target of a section."""

    number: str
    title: str
    target: str


class BenchmarkHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """The benchmark that was judged by; `digest` is a SHA-256 over it and over the rules that it uses.

    `pinned`: it was named, by the person or a profile, and not chosen by what the facts show. `only` are the
    targets and numbers that the run was limited to, none where the whole was judged.
    """

    id: str
    title: str
    version: str
    digest: str
    chosen_because: str = ""
    pinned: bool = False
    only: tuple[str, ...] = ()
    sections: tuple[SectionHead, ...] = ()


class ProfileHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """The profile that was applied; `extends` are those below it, the nearest first, all in `digest`."""

    id: str
    title: str
    digest: str
    extends: tuple[str, ...] = ()


class Target(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What was examined. `roles` are the targets (master, node ...) that this node plays.

    `platform_because` says by which facts the platform was known. `cluster` is the server's address,
    `cluster_uid` the uid of the namespace kube-system, `machine_id` a SHA-256 hash. `mode` says how it was
    read: on the host, in a container, in a pod of a Job, only from outside, or from a recording.
    """

    name: str
    kind: Literal["node", "cluster"] = "node"
    roles: tuple[str, ...] = ()
    platform: str = ""
    platform_because: str = ""
    kubernetes: str | None = None
    operating_system: str = ""
    cluster: str = ""
    collected_at: str = ""
    finished_at: str = ""
    cluster_name: str = ""
    cluster_uid: str = ""
    machine_id: str = ""
    mode: Mode = ""


class Counts(Model, frozen=True, kw_only=True, omit_defaults=False):
    """How many results have which outcome, and which word in tables for people."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    warn: int = 0
    info: int = 0
    outcomes: dict[str, int] = {}


class Score(Model, frozen=True, kw_only=True, omit_defaults=False):
    """Scored and automated results only: passes, of those that pass, fail, err or are unknown; percent."""

    passed: int = 0
    maximum: int = 0

    @property
    def percent(self) -> float | None:
        """None where nothing counts."""
        return 100.0 * self.passed / self.maximum if self.maximum else None


class Tally(Model, frozen=True, kw_only=True, omit_defaults=False):
    """The ten counters of CIS-CAT's reports, and the share of `scored` that passed.

    `total` is the sum of the others but `scored`, which is passed + failed + error + unknown. It differs from
    `Score` where a benchmark scores what a person must judge: here that counts as soon as facts decide it.
    """

    total: int = 0
    scored: int = 0
    passed: int = 0
    failed: int = 0
    error: int = 0
    unknown: int = 0
    notapplicable: int = 0
    notchecked: int = 0
    notselected: int = 0
    informational: int = 0
    percent: float | None = None

    @property
    def manual(self) -> int:
        """What is left to a person."""
        return self.informational + self.notchecked


class Totals(Model, frozen=True, kw_only=True, omit_defaults=False):
    """Counts and score, in total, per target and per section number.

    `section_tallies` also has the sections above those with results: "1.1" and "1" for "1.1.2".
    `dispositions` has each result once. `reviews` has those that tables for people show as WARN: reviewed,
    lapsed and unreviewed.
    """

    total: Counts
    score: Score
    targets: dict[str, Counts] = {}
    sections: dict[str, Counts] = {}
    section_scores: dict[str, Score] = {}
    tally: Tally = Tally()
    section_tallies: dict[str, Tally] = {}
    dispositions: dict[str, int] = {}
    reviews: dict[str, int] = {}


def finding_key(target: Target, benchmark: str, result: Result) -> str:
    """What identifies a finding across runs: cluster, node, benchmark, target and number."""
    places = dict.fromkeys(
        (target.cluster_name or target.cluster_uid, target.name)
    )  # a cluster is its own place
    where = "/".join(place for place in places if place)
    return f"{where}/{benchmark}/{result.target}/{result.number}"


class Coverage(Model, frozen=True, kw_only=True, omit_defaults=False):
    """How much of the benchmark was decided by facts.

    `evaluated` results passed or failed, of the `applicable` ones (all but notapplicable and notselected), of
    `total`. `not_inspectable` ones err or are unknown, neither passes nor failures. `unavailable` are reasons
    why facts were missing, each with the numbers that it concerns.
    """

    total: int
    applicable: int
    evaluated: int
    not_inspectable: int = 0
    unavailable: dict[str, tuple[str, ...]] = {}


class NodeHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A node of a fleet. `missing`: it was expected, and no results of it came; `reason` says why."""

    name: str
    roles: tuple[str, ...] = ()
    machine_id: str = ""
    collected_at: str = ""
    missing: bool = False
    reason: str = ""
    counts: Counts | None = None


class TrendPoint(Model, frozen=True, kw_only=True, omit_defaults=False):
    """An earlier run of the same target and benchmark, for the chart over the history."""

    at: str
    passed: int
    failed: int
    warn: int
    percent: float | None = None


class Assessment(Model, frozen=True, kw_only=True, omit_defaults=False):
    """One run: the benchmark, the target, each result. `notices` are what a reader must know first.

    `further` are assessments of the same facts against other benchmarks, in the JSON of a run with several.
    `entries` are all of the policy's register. `nodes` are those of a fleet. `drift` and `trend` compare with
    earlier runs, where a history was at hand. `scope` says what no benchmark covers.
    """

    schema: Literal["trueline.dev/assessment/v1"]
    tool: Tool
    benchmark: BenchmarkHead
    target: Target
    results: tuple[Result, ...]
    counts: Totals
    coverage: Coverage
    assessed_on: str = ""
    policy: PolicyHead | None = None
    phase: Phase = ""
    entries: tuple[Entry, ...] = ()
    sources: tuple[Source, ...] = ()
    nodes: tuple[NodeHead, ...] = ()
    drift: "Drift | None" = None
    trend: tuple[TrendPoint, ...] = ()
    notices: tuple[str, ...] = ()
    profile: ProfileHead | None = None
    scope: str = SCOPE
    further: "tuple[Assessment, ...]" = ()


class RunHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What tells one run from others. `id` is its number in a history, "" where it is in none."""

    benchmark: str
    benchmark_digest: str
    target: str
    id: str = ""
    cluster: str = ""
    profile: str = ""
    phase: Phase = ""
    collected_at: str = ""
    assessed_on: str = ""
    tool: str = ""
    nodes: int = 0
    results: int = 0


class DriftItem(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What became of one finding. `before` and `after` are outcomes, "" where a run has no such result.

    `key` is the finding's, the same in each run. `hint` says what a reader should think of.
    """

    key: str
    number: str
    target: str
    title: str
    change: Change
    before: str
    after: str
    evidence_before: tuple[Evidence, ...] = ()
    evidence_after: tuple[Evidence, ...] = ()
    component: str = ""
    owner: str = ""
    severity: Severity = "medium"
    disposition: Disposition = "informational"
    hint: str = ""


class Drift(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What changed from one run to another.

    `incomparable` says why findings of the two can't be compared as a whole: then nothing is "resolved".
    `items` leave out what passed in both with the same evidence; `counts` have all changes.
    """

    schema: Literal["trueline.dev/drift/v1"]
    before: RunHead
    after: RunHead
    incomparable: tuple[str, ...] = ()
    items: tuple[DriftItem, ...] = ()
    counts: dict[str, int] = {}
