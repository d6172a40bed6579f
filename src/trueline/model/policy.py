"""Policy files: what an organisation decides about results; never what the facts say."""

from datetime import date

from trueline.model.base import Strict
from trueline.model.rule import Severity


class Waiver(Strict, frozen=True, kw_only=True):
    """An accepted exception with an end. `check` is a recommendation's number or a rule's id.

    It applies to results of `benchmark` whose outcome isn't a pass, until `expires`, that day included.
    """

    id: str
    check: str
    benchmark: str
    recommendation: str
    observed: str
    reason: str
    compensating_control: str
    owner: str
    expires: date
    review_trigger: str
    approver: str = ""
    created: date | None = None


class Policy(Strict, frozen=True, kw_only=True):
    """A policy file. `severities` maps rule ids to the severity that this organisation gives them."""

    waivers: tuple[Waiver, ...] = ()
    severities: dict[str, Severity] = {}
