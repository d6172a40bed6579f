"""Makes one verdict per recommendation of what many nodes say, in whatever order they say it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from trueline.errors import UsageError
from trueline.model.base import Model
from trueline.model.facts import Tool
from trueline.model.register import Entry, PolicyHead
from trueline.model.results import (
    BenchmarkHead,
    Counts,
    Disposition,
    NodeHead,
    Outcome,
    Phase,
    ProfileHead,
    Result,
    Spread,
    Target,
)
from trueline.model.source import Source
from trueline.policy.roster import CLUSTER_TARGETS, NODE_TARGETS, Roster, matched, same_machine

OUTCOMES: Final = tuple(Outcome)
_DISPOSITIONS: Final[tuple[Disposition, ...]] = (
    *("expired", "required", "informational", "waived", "provider-owned"),
)
_OUTCOME_INDEX: Final = {outcome: index for index, outcome in enumerate(OUTCOMES, 1)}
_DISPOSITION_INDEX: Final = {word: index for index, word in enumerate(_DISPOSITIONS, 1)}
_OPEN: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.NOTCHECKED)
# Where all say this, a node that nobody heard of makes it no worse: a person has to look, or nobody.
_SETTLED: Final = (Outcome.NOTSELECTED, Outcome.NOTCHECKED)
NAMED: Final = 5

Key = tuple[str, str]
"""Target and number."""


class BriefResult(msgspec.Struct, frozen=True, gc=False):
    """Of a result what counts for a fleet."""

    number: str
    target: str
    outcome: Outcome
    disposition: Disposition = "informational"


class BriefTotals(msgspec.Struct, frozen=True):
    """Of the counts those of all results."""

    total: Counts = Counts()


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """An assessment without what only one of its nodes can say."""

    tool: Tool
    benchmark: BenchmarkHead
    target: Target
    results: tuple[BriefResult, ...]
    counts: BriefTotals = BriefTotals()
    assessed_on: str = ""
    policy: PolicyHead | None = None
    phase: Phase = ""
    entries: tuple[Entry, ...] = ()
    sources: tuple[Source, ...] = ()
    nodes: tuple[NodeHead, ...] = ()
    notices: tuple[str, ...] = ()
    profile: ProfileHead | None = None
    further: "tuple[Brief, ...]" = ()


class Voice(Model, frozen=True, kw_only=True):
    """One node, or the cluster asked by itself, with its outcomes; `origin` leads back to the whole document.

    `outcomes` and `dispositions` hold a number per key of the group, 0 where it says nothing.
    """

    brief: Brief
    origin: Any
    order: tuple[int, ...]
    outcomes: bytes
    dispositions: bytes

    @property
    def name(self) -> str:
        """The node's."""
        return self.brief.target.name

    def outcome(self, index: int) -> Outcome | None:
        """What it says of the key with this index."""
        said = self.outcomes[index] if index < len(self.outcomes) else 0
        return OUTCOMES[said - 1] if said else None

    def disposition(self, index: int) -> Disposition:
        """What policy made of that."""
        return _DISPOSITIONS[self.dispositions[index] - 1]


class Verdict(NamedTuple):
    """What all say together. `witness` is whose evidence is shown, `waived_by` whose waiver.

    `disposition` None means that of the recommendation itself.
    """

    key: Key
    outcome: Outcome
    disposition: Disposition | None
    spread: Spread | None
    witness: Voice
    waived_by: Voice | None


class Group:
    """All that was said about one benchmark."""

    def __init__(self, first: Brief) -> None:
        self.first = first
        self.keys: dict[Key, int] = {}
        self._orders: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._voices: dict[str, list[Voice]] = {}

    def add(self, brief: Brief, origin: Any) -> None:
        """Raises UsageError for what can't be compared with the others."""
        self._check(brief)
        order = [self.keys.setdefault((one.target, one.number), len(self.keys)) for one in brief.results]
        outcomes, dispositions = bytearray(len(self.keys)), bytearray(len(self.keys))
        for index, one in zip(order, brief.results, strict=True):
            said = _OUTCOME_INDEX[one.outcome]
            if not outcomes[index] or said < outcomes[index]:
                outcomes[index], dispositions[index] = said, _DISPOSITION_INDEX[one.disposition]
        known = self._orders.setdefault(tuple(order), tuple(order))
        voice = Voice(
            brief=msgspec.structs.replace(brief, results=(), further=()),
            origin=origin,
            order=known,
            outcomes=bytes(outcomes),
            dispositions=bytes(dispositions),
        )
        self._voices.setdefault(brief.target.name, []).append(voice)

    def _check(self, brief: Brief) -> None:
        first, name = self.first, brief.target.name
        pairs = {
            "editions of the benchmark": (first.benchmark.digest, brief.benchmark.digest),
            "programs": (first.tool.name, brief.tool.name),
            "profiles": (_digest(first.profile), _digest(brief.profile)),
        }
        for what, (one, other) in pairs.items():
            if one != other:
                raise UsageError(
                    f"{first.target.name} and {name} were judged by {brief.benchmark.id} with different "
                    f"{what} ({one or 'none'} and {other or 'none'})",
                    hint="Judge their snapshots again with the same trueline, benchmark and profile.",
                )

    def voices(self) -> tuple[list[Voice], list[str]]:
        """The newest of each node by name, and a sentence for each that was dropped for it."""
        kept: list[Voice] = []
        remarks: list[str] = []
        for name in sorted(self._voices):
            machines = _by_machine(self._voices[name])
            newest = [of_one[-1] for of_one in machines]
            remarks += [_dropped(voice, of_one[-1]) for of_one in machines for voice in of_one[:-1]]
            kept += [newest[0], *map(_told_apart, newest[1:])]
            if len(machines) > 1:
                remarks.append(
                    f"{len(machines)} machines are called {name}, and all of them count: where one is gone, "
                    "leave its document out."
                )
        return _without_renamed(kept, remarks)


def _by_machine(voices: list[Voice]) -> list[list[Voice]]:
    """What was said under one name, by the machine that it is of, oldest first; the newest machine first."""
    aged = sorted(voices, key=_age)
    known = {voice.brief.target.machine_id for voice in aged} - {""}
    if len(known) < 2:
        return [aged]
    found: dict[str, list[Voice]] = {}
    for voice in reversed(aged):
        found.setdefault(voice.brief.target.machine_id, []).insert(0, voice)
    return list(found.values())


def _told_apart(voice: Voice) -> Voice:
    """The voice of another machine by the same name."""
    target = voice.brief.target
    name = f"{target.name} ({target.machine_id[:12] or 'unknown machine'})"
    named = msgspec.structs.replace(target, name=name)
    return msgspec.structs.replace(voice, brief=msgspec.structs.replace(voice.brief, target=named))


def _age(voice: Voice) -> tuple[str, bytes, bytes, str]:
    said = (voice.outcomes, voice.dispositions, str(voice.origin))
    return (voice.brief.target.collected_at, *said)


def _digest(profile: ProfileHead | None) -> str:
    return f"{profile.id} {profile.digest}" if profile else ""


def _dropped(voice: Voice, newest: Voice) -> str:
    one, other = voice.brief.target, newest.brief.target
    which = (
        f"{voice.name} was examined more than once: the results of {one.collected_at or 'an unknown time'} "
    )
    return f"{which}were dropped for those of {other.collected_at or 'an unknown time'}."


def _without_renamed(voices: list[Voice], remarks: list[str]) -> tuple[list[Voice], list[str]]:
    """Without the older results of a machine that was examined with and without its domain."""
    machines: dict[str, list[Voice]] = {}
    for voice in voices:
        if voice.brief.target.machine_id:
            machines.setdefault(voice.brief.target.machine_id, []).append(voice)
    gone: set[str] = set()
    for group in machines.values():
        names = [voice.name for voice in group]
        if len(group) > 1 and all(same_machine(names[0], name) for name in names[1:]):
            *older, newest = sorted(group, key=_age)
            gone |= {voice.name for voice in older}
            remarks += [_dropped(voice, newest) for voice in older]
        elif len(group) > 1:
            remarks.append(
                f"{few(names)} have the same machine-id: they are copies of one machine, or one was renamed. "
                "All of them count."
            )
    return [voice for voice in voices if voice.name not in gone], remarks


def verdicts(group: Group, voices: list[Voice], roster: Roster, unheard: Roster) -> list[Verdict]:
    """One for each recommendation that anybody spoke of, in the benchmark's order.

    `roster` says what nodes play by the cluster's word, `unheard` which nodes said nothing at all.
    """
    listed = matched((voice.name for voice in voices), roster)
    plays = {
        voice.name: frozenset((*voice.brief.target.roles, *roster.get(listed.get(voice.name, ""), ())))
        for voice in voices
    }
    places = list(group.keys)
    return [_verdict(places[index], index, voices, plays, unheard) for index in _order(voices)]


def _order(voices: Iterable[Voice]) -> list[int]:
    """The order of who says most; what only others speak of comes after."""
    found: dict[int, None] = {}
    for voice in sorted(voices, key=lambda voice: (-len(voice.order), voice.name)):
        found |= dict.fromkeys(voice.order)
    return list(found)


def _verdict(
    key: Key, index: int, voices: list[Voice], plays: Mapping[str, frozenset[str]], unheard: Roster
) -> Verdict:
    spoken, missing = _heard(key[0], index, voices, plays)
    if key[0] in CLUSTER_TARGETS:
        spoken, missing = _decided(spoken) or spoken, []
    else:
        missing += [name for name, roles in unheard.items() if _expects(key[0], roles)]
    worst = min(spoken, key=OUTCOMES.index)
    lost = bool(missing) and not set(spoken) <= set(_SETTLED)
    outcome = min(worst, Outcome.ERROR, key=OUTCOMES.index) if lost else worst
    disposition, waived_by = _disposition(spoken, index, missing=lost)
    spread = Spread(
        nodes={one: tuple(voice.name for voice in spoken[one]) for one in OUTCOMES if one in spoken},
        missing=tuple(sorted(missing)),
    )
    alone = key[0] in CLUSTER_TARGETS and not spread.mixed
    return Verdict(key, outcome, disposition, None if alone else spread, spoken[worst][0], waived_by)


def _decided(spoken: dict[Outcome, list[Voice]]) -> dict[Outcome, list[Voice]]:
    """Of the cluster's objects there is one truth: who could not read them says nothing against it."""
    return {one: said for one, said in spoken.items() if one in {Outcome.FAIL, Outcome.PASS}}


def _heard(
    target: str, index: int, voices: list[Voice], plays: Mapping[str, frozenset[str]]
) -> tuple[dict[Outcome, list[Voice]], list[str]]:
    """Who says what, by name, and the nodes that should have said something.

    Where a component does not run, its checks do not apply, and who only asked the API has no word on nodes:
    of no interest, unless nobody says more.
    """
    spoken: dict[Outcome, list[Voice]] = {}
    elsewhere: dict[Outcome, list[Voice]] = {}
    missing: list[str] = []
    for voice in voices:
        said = voice.outcome(index)
        is_node = voice.brief.target.kind == "node"
        at_home = target not in NODE_TARGETS or target in plays[voice.name]
        if said is None:
            if at_home and is_node:
                missing.append(voice.name)
        elif (is_node or target in CLUSTER_TARGETS) and (at_home or said is not Outcome.NOTAPPLICABLE):
            spoken.setdefault(said, []).append(voice)
        else:
            elsewhere.setdefault(said, []).append(voice)
    return spoken or elsewhere, missing


def _expects(target: str, roles: Iterable[str]) -> bool:
    return target in roles or target not in NODE_TARGETS


def _disposition(
    spoken: Mapping[Outcome, list[Voice]], index: int, *, missing: bool
) -> tuple[Disposition | None, Voice | None]:
    """The strictest that policy says where something is open; a waiver for one node is none for another."""
    said = [(voice.disposition(index), voice) for one in _OPEN for voice in spoken.get(one, ())]
    if not said:
        return None, None
    strictest, voice = min(said, key=lambda one: _DISPOSITIONS.index(one[0]))
    if missing and strictest in ("waived", "provider-owned"):
        return None, None
    return strictest, voice if strictest in ("waived", "expired") else None


def result_of(verdict: Verdict, shown: Result, waived: Result | None) -> Result:
    """The fleet's result: what the witness showed, with the verdict of all."""
    own: Disposition = "required" if shown.scored and shown.automated else "informational"
    spread = verdict.spread
    changes: dict[str, Any] = {}
    if verdict.outcome is shown.outcome:
        several = spread is not None and sum(map(len, spread.nodes.values())) + len(spread.missing) > 1
        reason = f"On {verdict.witness.name}: {shown.reason}" if several and shown.reason else shown.reason
    else:
        lost = few(spread.missing if spread else ())
        reason = f"No result of {lost}."
        changes = {
            "evidence": (),
            "remediation": f"Examine {lost}, then make this report anew.",
            "lasting": "",
        }
    return msgspec.structs.replace(
        shown,
        outcome=verdict.outcome,
        reason=reason,
        disposition=verdict.disposition or own,
        waiver=waived.waiver if waived else "",
        spread=spread,
        **changes,
    )


def few(names: Iterable[str]) -> str:
    """The first of many names, and how many there are besides."""
    listed = sorted(names)
    more = len(listed) - NAMED
    return ", ".join(listed) if more <= 0 else f"{', '.join(listed[:NAMED])} and {more} more"
