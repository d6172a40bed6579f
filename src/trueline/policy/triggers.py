"""Tells by the facts of a run which review triggers of an entry have fired."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from trueline.model.base import Model
from trueline.model.policy import Trigger
from trueline.model.results import BenchmarkHead, NodeHead, ProfileHead, Target

_CONDITION = re.compile(r"^(>=|<=|==|!=|>|<)\s*(\S.*)$")
_OPERATORS: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class Run(Model, frozen=True, kw_only=True):
    """The facts of a run that a policy looks at; `on` is the day for which it is judged."""

    benchmark: BenchmarkHead
    target: Target
    on: date
    profile: ProfileHead | None = None
    nodes: tuple[NodeHead, ...] = ()


def fired(triggers: Iterable[Trigger], run: Run) -> Iterator[str]:
    """A sentence per trigger that has fired. A fact that is not known fires none."""
    for trigger in triggers:
        if sentence := _judge(trigger, run):
            yield sentence


def unjudged(triggers: Iterable[Trigger], run: Run) -> Iterator[str]:
    """A sentence per trigger that this run can't judge, as it does not know the fact."""
    for trigger in triggers:
        if trigger.kind != "date" and not any(_facts(trigger, run)):
            yield f"Whether its trigger {trigger.kind} has fired is not known: the run lacks that fact."


def wrong(trigger: Trigger) -> str:
    """What is wrong with a trigger's value, in words; "" where it can fire."""
    if trigger.kind == "date":
        return "" if _day(trigger.value) else f"{trigger.value!r} is not a day; write it as 2026-06-30"
    condition = _CONDITION.match(trigger.value)
    if condition and trigger.kind in ("cluster-recreated", "profile-version"):
        return f"{trigger.kind} compares with what was approved; write that without {condition[1]}"
    if condition and not _numbers(condition[2]):
        return f"{condition[2]!r} is not a version"
    if trigger.kind == "kubernetes-version" and not condition and not _numbers(trigger.value):
        return f"{trigger.value!r} is not a version"
    return ""


def _judge(trigger: Trigger, run: Run) -> str:
    if trigger.kind == "date":
        day = _day(trigger.value)
        return f"Its review was due on {trigger.value}." if day and run.on >= day else ""
    facts = [fact for fact in _facts(trigger, run) if fact]
    if not facts:
        return ""
    changed = _changed(trigger, facts)
    return f"Its trigger {trigger.kind} {trigger.value} has fired: now {facts[0]}." if changed else ""


def _changed(trigger: Trigger, facts: list[str]) -> bool:
    condition = _CONDITION.match(trigger.value)
    if condition:
        wanted = _numbers(condition[2])
        actual = [_numbers(fact) for fact in facts]
        return any(_compare(condition[1], one, wanted) for one in actual if one and wanted)
    if trigger.kind in ("kubernetes-version", "provider-version"):
        return not any(_begins(fact, trigger.value) for fact in facts)
    return trigger.value not in facts


def _facts(trigger: Trigger, run: Run) -> list[str]:
    """What the run says of a trigger's kind; the first is the one to show."""
    match trigger.kind:
        case "kubernetes-version":
            return [run.target.kubernetes or ""]
        case "provider-version":
            return [run.target.kubernetes or "", run.target.platform]
        case "cluster-recreated":
            return [run.target.cluster_uid]
        case "profile-version":
            profile = (run.profile.digest, run.profile.id) if run.profile else ()
            return [run.benchmark.version, run.benchmark.digest, *profile]
        case _:
            return []


def _compare(sign: str, actual: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """By as many numbers as the condition has: 1.33.4 is not above 1.33."""
    return _OPERATORS[sign]((*actual, 0, 0, 0)[: len(wanted)], wanted)


def _begins(fact: str, value: str) -> bool:
    """Whether a version begins with another as a whole: 1.33.4 with 1.33, not 1.3; or is the same word."""
    if fact == value:
        return True
    version, wanted = fact.removeprefix("v"), value.removeprefix("v")
    return version == wanted or (version.startswith(wanted) and not version[len(wanted)].isalnum())


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(piece) for piece in found[1].split(".")) if found else ()


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
