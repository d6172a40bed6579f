"""What an assessment says of the decisions of people: exceptions, reviews, priorities."""

from typing import Literal

from trueline.model.base import Model

Decision = Literal["", "remediate", "accept", "provider-owned", "investigate"]
EntryClass = Literal[
    "accepted-exception", "provider-owned", "alternative-evidence", "informational", "required"
]
EntryState = Literal["matched", "unused", "expired", "needs-review", "invalid-check", "wrong-version"]
Priority = Literal["critical", "high", "medium", "low", "contextual"]


class Review(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What a person found where facts don't decide. `state`: whether it still counts on the day of the run.

    Days are ISO 8601. It never changes an outcome.
    """

    reviewer: str
    reviewed_on: str
    outcome: Literal["pass", "fail", "notapplicable"]
    note: str
    valid_until: str
    state: Literal["valid", "lapsed"] = "valid"


class PolicyHead(Model, frozen=True, kw_only=True, omit_defaults=False):
    """The policy that was applied: its files, and a SHA-256 over all of them."""

    files: tuple[str, ...]
    digest: str


class Entry(Model, frozen=True, kw_only=True, omit_defaults=False):
    """An entry of the policy's register as the run found it; each entry is in the assessment, used or not.

    `numbers` are the results that it applies to. `remarks` say what is wrong with it or due soon: one
    sentence each. Days are ISO 8601.
    """

    id: str
    check: str
    benchmark: str
    kind: EntryClass
    state: EntryState
    numbers: tuple[str, ...] = ()
    owner: str = ""
    approver: str = ""
    created: str = ""
    expires: str = ""
    reason: str = ""
    compensating_control: str = ""
    links: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
