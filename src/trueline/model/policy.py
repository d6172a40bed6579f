"""Policy files: what an organisation decides about results; never what the facts say."""

from datetime import date
from typing import Annotated, Literal, cast

import msgspec

from trueline.model.base import Model, Strict
from trueline.model.register import EntryClass, PolicyHead, Priority
from trueline.model.rule import Severity

Text = Annotated[str, msgspec.Meta(min_length=1)]
Link = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=3660)]
Choice = Literal["ignore", "fail"]
TriggerKind = Literal[
    "kubernetes-version", "provider-version", "profile-version", "cluster-recreated", "date"
]


class NodeScope(Strict, frozen=True, kw_only=True):
    """Nodes by shell patterns of their role or name; of both keys, both must hold. Empty: any node."""

    role: str | tuple[str, ...] = ()
    name: str | tuple[str, ...] = ()


class Scope(Strict, frozen=True, kw_only=True):
    """Where an entry holds. `clusters` are shell patterns of a cluster's name, uid or server. Empty: any."""

    clusters: tuple[str, ...] = ()
    nodes: NodeScope = NodeScope()


class Proof(Strict, frozen=True, kw_only=True, rename={"on": "date"}):
    """Evidence that lies elsewhere, and the day it is from."""

    url: Link
    on: date
    note: str = ""


class Trigger(Strict, frozen=True, kw_only=True):
    """What makes an entry need a review before it counts again.

    `value` is what held when the entry was approved: a version or its beginning ("1.33"), a platform, a
    benchmark's version or digest, a cluster's uid; the trigger fires when the run shows another. A version
    behind `>=`, `>`, `<`, `<=`, `==` or `!=` fires when that is true of the run's. A date
    fires from that day.
    """

    kind: TriggerKind
    value: Text


Triggers = Trigger | Annotated[tuple[Trigger, ...], msgspec.Meta(min_length=1)]


class Registered(Strict, frozen=True, kw_only=True, tag_field="class"):
    """What all entries of the register have. `check` is a recommendation's number or a rule's id.

    `meaning` is that of the result which was approved, or several of them: see `Result.meaning`. A result
    that means something else by now is not covered.
    """

    id: Text
    check: Text
    benchmark: Text
    reason: Text
    owner: Text
    scope: Scope = Scope()
    evidence: tuple[Proof, ...] = ()
    approver: str = ""
    created: date | None = None
    meaning: str | tuple[str, ...] = ()

    @property
    def kind(self) -> EntryClass:
        """The entry's class."""
        return cast("EntryClass", self.__struct_config__.tag)


class Excepting(Registered, frozen=True, kw_only=True, tag_field="class"):
    """What entries have that lift a requirement: it holds until `expires`, that day included."""

    recommendation: Text
    observed: Text
    compensating_control: Text
    expires: date
    review_trigger: Triggers

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """One trigger or several, as several."""
        return (self.review_trigger,) if isinstance(self.review_trigger, Trigger) else self.review_trigger


class Accepted(Excepting, frozen=True, kw_only=True, tag_field="class", tag="accepted-exception"):
    """A failure that is lived with for a time."""


class ProviderOwned(Excepting, frozen=True, kw_only=True, tag_field="class", tag="provider-owned"):
    """What a provider runs; at least one link says how it is known to be right."""

    evidence: Annotated[tuple[Proof, ...], msgspec.Meta(min_length=1)]


class AlternativeEvidence(
    Excepting, frozen=True, kw_only=True, tag_field="class", tag="alternative-evidence"
):
    """An objective that is met otherwise: `source` is what meets it, `sample` what was seen there."""

    objective: Text
    source: Text
    sample: Text


class Informational(Excepting, frozen=True, kw_only=True, tag_field="class", tag="informational"):
    """What is looked at, but not required here."""


class Required(Registered, frozen=True, kw_only=True, tag_field="class", tag="required"):
    """What is required here though the benchmark leaves it to a person. It needs no end."""


Waiver = Accepted | ProviderOwned | AlternativeEvidence | Informational | Required


class ReviewRecord(Strict, frozen=True, kw_only=True, rename={"on": "date"}):
    """What a person found where facts don't decide; it counts until `valid_until`, that day included."""

    check: Text
    benchmark: Text
    reviewer: Text
    on: date
    outcome: Literal["pass", "fail", "notapplicable"]
    note: Text
    valid_until: date
    scope: Scope = Scope()


class DecisionRecord(Strict, frozen=True, kw_only=True):
    """What is to be done about a finding; without one it is open."""

    check: Text
    benchmark: Text
    decision: Literal["remediate", "accept", "provider-owned", "investigate"]
    owner: str = ""
    note: str = ""
    scope: Scope = Scope()


class RemediationNote(Strict, frozen=True, kw_only=True):
    """How a finding is mended to stay so: `source` is the lasting place, `rollback` the way back."""

    check: Text
    benchmark: Text
    observed: Text
    recommended: Text
    source: Text
    rollback: Text
    owner: Text
    exception: str = ""
    scope: Scope = Scope()


class GateRules(Strict, frozen=True, kw_only=True):
    """What a gate fails for besides what is required: see docs/gate.md."""

    strict: bool = False
    unowned: Choice = "ignore"
    provider_without_evidence: Choice = "ignore"
    unreviewed: Choice = "ignore"
    process_gaps: Choice = "ignore"


class Settings(Strict, frozen=True, kw_only=True):
    """`maximum_days`: how long an exception may last; `announce_days`: when its end is announced."""

    maximum_days: Days = 365
    announce_days: Days = 30
    gate: GateRules = GateRules()


class Policy(Strict, frozen=True, kw_only=True):
    """A policy file, or several as one.

    `owners` maps components, by name or shell pattern, to teams; "*" is for the rest. `severities` maps rule
    ids to severities, `priorities` recommendations' numbers, rule ids or components to priorities.
    """

    owners: dict[str, Text] = {}
    severities: dict[str, Severity] = {}
    priorities: dict[str, Priority] = {}
    waivers: tuple[Waiver, ...] = ()
    reviews: tuple[ReviewRecord, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
    remediations: tuple[RemediationNote, ...] = ()
    settings: Settings | None = None

    @property
    def rules(self) -> Settings:
        """The settings, or those that hold where none are given."""
        return self.settings or Settings()


class Applied(Model, frozen=True, kw_only=True):
    """A policy and how an assessment names it; no `head` where no file was given."""

    policy: Policy = Policy()
    head: PolicyHead | None = None


class Defect(Model, frozen=True, kw_only=True):
    """What is wrong in a policy: `place` are the keys and positions that lead to it in its file.

    What is `fatal` makes a policy unusable; the rest is said.
    """

    place: tuple[str, ...]
    message: str
    hint: str
    fatal: bool = False
