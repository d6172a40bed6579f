"""Applies profiles to a benchmark before anything is evaluated, so that what they leave out is never run."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Literal

import msgspec

from trueline.model.base import Model
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.profile import Exclusion, Profile, Tailored
from trueline.model.results import Outcome, ProfileHead
from trueline.policy.select import below

ALL = "all"
Kind = Literal["", "deselected", "skipped", "not-applicable"]

_WEAKEST_FIRST: tuple[Kind, ...] = ("", "deselected", "skipped", "not-applicable")
_OUTCOMES = {
    "deselected": Outcome.NOTSELECTED,
    "skipped": Outcome.NOTSELECTED,
    "not-applicable": Outcome.NOTAPPLICABLE,
}


class Mark(Model, frozen=True, kw_only=True):
    """What profiles say of one recommendation; `selected` means that it was brought back first."""

    kind: Kind = ""
    reason: str = ""
    selected: bool = False


def merge(base: Mark, own: Mark) -> Mark:
    """What a profile and the one that extends it say together.

    Not applicable wins whoever says it. Then `own` may bring back what `base` left out. Then skipped goes
    before deselected, and of two equal marks the one of `base` gives the reason. The order of merging does
    not matter: merge(merge(a, b), c) is merge(a, merge(b, c)).
    """
    if base.kind != "not-applicable" and own.selected:
        winner = own
    else:
        winner = max(base, own, key=lambda mark: _WEAKEST_FIRST.index(mark.kind))
    return msgspec.structs.replace(winner, selected=base.selected or own.selected)


def mark(profile: Profile, entry: Recommendation) -> Mark:
    """What one profile itself says of a recommendation: the most exact word counts."""
    if _exactness(profile.not_applicable, entry):
        return Mark(kind="not-applicable", reason=_reason(profile.not_applicable, entry))
    taken, left = _exactness(profile.select, entry), _exactness(profile.deselect, entry)
    skipped = _exactness(profile.skipped, entry)
    if skipped and skipped >= taken:
        return Mark(kind="skipped", reason=_reason(profile.skipped, entry))
    if left and left >= taken:
        return Mark(kind="deselected", reason=f"Profile {profile.id} leaves it out.")
    return Mark(selected=taken > 0)


def tailor(profiles: Sequence[Profile], benchmark: Benchmark) -> Tailored:
    """The benchmark as a profile wants it; `profiles` are it and those it extends, the furthest one first."""
    level = next((profile.level for profile in reversed(profiles) if profile.level), None)
    machine = next((profile.machine for profile in reversed(profiles) if profile.machine), None)
    left_out: dict[tuple[str, str], Exclusion] = {}
    for section, entry in benchmark.recommendations():
        beyond = _beyond(level, entry.level_for(machine), machine)
        said = reduce(merge, (mark(profile, entry) for profile in profiles), beyond)
        if said.kind:
            key = (section.target, entry.number)
            left_out[key] = Exclusion(outcome=_OUTCOMES[said.kind], reason=said.reason)
    sections = tuple(
        msgspec.structs.replace(
            section,
            recommendations=tuple(_adjusted(profiles, entry, machine) for entry in section.recommendations),
        )
        for section in benchmark.sections
    )
    return Tailored(benchmark=msgspec.structs.replace(benchmark, sections=sections), left_out=left_out)


def pinned(profiles: Sequence[Profile]) -> str:
    """The benchmark that the nearest of them is for; "" means any."""
    return next((profile.benchmark for profile in reversed(profiles) if profile.benchmark), "")


def head(profiles: Sequence[Profile]) -> ProfileHead | None:
    """How an assessment names its profile; the digest is over all that it extends, too."""
    if not profiles:
        return None
    content = msgspec.json.encode(list(profiles), order="deterministic")
    return ProfileHead(
        id=profiles[-1].id,
        title=profiles[-1].title,
        extends=tuple(profile.id for profile in reversed(profiles[:-1])),
        digest=f"sha256:{hashlib.sha256(content).hexdigest()}",
    )


def notes(profiles: Sequence[Profile]) -> Iterator[str]:
    """What readers of a report must know of its profile."""
    for profile in profiles:
        if profile.note:
            yield f"Profile {profile.id}: {profile.note}"


def means(word: str, entry: Recommendation) -> bool:
    """Whether a profile's word stands for a recommendation."""
    return word == ALL or word in entry.rules or below(entry.number, word)


def _beyond(level: int | None, own: int | None, machine: str | None) -> Mark:
    """Whether an item of the level `own` is beyond the selected one, or for another kind of machine."""
    if own is None:
        return Mark(kind="deselected", reason=f"The benchmark does not ask for it on a {machine}.")
    if level is None or own <= level:
        return Mark()
    on = f" on a {machine}" if machine else ""
    return Mark(kind="deselected", reason=f"Level {own}{on} is outside the selected level {level}.")


def _exactness(words: Sequence[str] | Mapping[str, str], entry: Recommendation) -> int:
    """0 where none of the words means it; the more, the more exact the best of them is."""
    return max((_rank(word, entry) for word in words if means(word, entry)), default=0)


def _rank(word: str, entry: Recommendation) -> int:
    if word == ALL:
        return 1
    return 100 if word == entry.number or word in entry.rules else 1 + len(word.rstrip(".").split("."))


def _reason(reasons: Mapping[str, str], entry: Recommendation) -> str:
    fitting = [word for word in reasons if means(word, entry)]
    return reasons[max(fitting, key=lambda word: _rank(word, entry))]


def _adjusted(profiles: Sequence[Profile], entry: Recommendation, machine: str | None) -> Recommendation:
    rules = {name: dict(given) for name, given in entry.rules.items()}
    severity = entry.severity
    for profile in profiles:
        for name, given in rules.items():
            given.update(profile.parameters.get(name, {}))
        severity = next((profile.severities[name] for name in rules if name in profile.severities), severity)
    level = entry.level_for(machine) or entry.level
    return msgspec.structs.replace(entry, rules=rules, severity=severity, level=level)
