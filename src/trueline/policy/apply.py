"""Applies policy files to results: waivers and severities, with the date as an argument."""

from collections.abc import Iterable
from datetime import date

import msgspec

from trueline.model.policy import Policy, Waiver
from trueline.model.results import Outcome, Result

_WAIVABLE = {Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED}


def apply_policy(
    results: Iterable[Result], policy: Policy, *, benchmark: str, on: date
) -> tuple[tuple[Result, ...], tuple[str, ...]]:
    """The results with their dispositions, and what a reader must know of the waivers.

    A waiver changes `disposition` and `waiver`, never `outcome`. Expired, unused and wrong-version waivers
    become notices.
    """
    judged = [_with_severity(result, policy) for result in results]
    notices: list[str] = []
    for waiver in policy.waivers:
        if waiver.benchmark != benchmark:
            notices.append(f"Waiver {waiver.id} is for {waiver.benchmark}, not for {benchmark}: not applied.")
            continue
        hits = [index for index, result in enumerate(judged) if _matches(waiver, result)]
        if not hits:
            notices.append(f"Waiver {waiver.id} for {waiver.check} is unused: nothing there needs it.")
        expired = on > waiver.expires
        if expired and hits:
            notices.append(f"Waiver {waiver.id} for {waiver.check} expired on {waiver.expires}.")
        for index in hits:
            judged[index] = msgspec.structs.replace(
                judged[index], disposition="expired" if expired else "waived", waiver=waiver.id
            )
    return tuple(judged), tuple(notices)


def _matches(waiver: Waiver, result: Result) -> bool:
    return result.outcome in _WAIVABLE and (waiver.check == result.number or waiver.check in result.rules)


def _with_severity(result: Result, policy: Policy) -> Result:
    for rule in result.rules:
        if rule in policy.severities:
            return msgspec.structs.replace(result, severity=policy.severities[rule])
    return result
