"""Composes one assessment of a cluster from those of its nodes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from trueline.assess import TOOL, coverage, totals
from trueline.errors import NothingToAssess, UsageError
from trueline.model.register import Entry
from trueline.model.results import (
    ASSESSMENT_SCHEMA,
    Assessment,
    Mode,
    NodeHead,
    Result,
    SectionHead,
    Target,
)
from trueline.model.source import CLOUD_SOURCE, CLUSTER_SOURCE, Source
from trueline.policy.fleet import Brief, Group, Key, Verdict, Voice, few, result_of, verdicts
from trueline.policy.roster import CLUSTER_TARGETS, NODE_TARGETS, Roster, matched

Load = Callable[[Any], Assessment]
"""Reads again, by its origin, the assessment that a brief was made of."""

_KUBERNETES = {*NODE_TARGETS, *CLUSTER_TARGETS}
_DAY = 24 * 60 * 60
_NOTICES = 50
_STATES = ("expired", "invalid-check", "wrong-version", "needs-review", "matched", "unused")


class Fleet:
    """Takes what nodes say one after the other, and keeps a few bytes of each result."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self._cluster = ("", "")

    def add(self, brief: Brief, origin: Any) -> None:
        """Raises UsageError for another cluster's node, and for what can't be compared with the others."""
        if brief.nodes:
            raise UsageError(
                f"{brief.target.name or origin} is the assessment of a whole cluster already",
                hint="Give it the assessments of nodes.",
            )
        self._check_cluster(brief.target)
        if brief.benchmark.id not in self.groups:
            self.groups[brief.benchmark.id] = Group(brief)
        self.groups[brief.benchmark.id].add(brief, origin)
        for further in brief.further:
            self.add(further, origin)

    def _check_cluster(self, target: Target) -> None:
        uid, name = self._cluster
        if uid and target.cluster_uid and uid != target.cluster_uid:
            raise UsageError(
                f"{name} and {target.name} are of different clusters ({uid} and {target.cluster_uid})",
                hint="Make one fleet of each cluster.",
            )
        if target.cluster_uid and not uid:
            self._cluster = (target.cluster_uid, target.name)

    def compose(
        self,
        load: Load,
        *,
        name: str = "",
        roster: Roster | None = None,
        unread: Mapping[str, str] | None = None,
        on: str = "",
    ) -> tuple[Assessment, ...]:
        """One assessment per benchmark. Raises NothingToAssess where nobody said anything.

        `roster` are the nodes that are expected; `unread` says why of those whose words can't be read. `on`
        is the day of the assessment, else the last of its parts.
        """
        if not self.groups:
            raise NothingToAssess(
                "there is no result of any node",
                hint="; ".join(f"{one}: {why}" for one, why in (unread or {}).items()) or "Give it some.",
            )
        spoken = {one: group.voices() for one, group in self.groups.items()}
        heard: dict[bool, set[str]] = {}
        for one, (voices, _) in spoken.items():
            names = {voice.name for voice in voices if voice.brief.target.kind == "node"}
            heard.setdefault(self._kubernetes(one), set()).update(names)
        parts = [
            _Part(
                self.groups[one],
                voices,
                remarks,
                roster or {},
                _lost(roster or {}, unread or {}, heard[self._kubernetes(one)]),
            )
            for one, (voices, remarks) in sorted(spoken.items())
        ]
        return tuple(part.assessment(load, name, on, several=len(parts) > 1) for part in parts)

    def _kubernetes(self, benchmark: str) -> bool:
        return any(target in _KUBERNETES for target, _ in self.groups[benchmark].keys)


def scored_only(assessment: Assessment) -> Assessment:
    """Without what the benchmark does not score, counted again."""
    kept = tuple(result for result in assessment.results if result.scored)
    return msgspec.structs.replace(
        assessment,
        results=kept,
        counts=totals(kept),
        coverage=coverage(kept),
        notices=(*assessment.notices, "What the benchmark does not score was left out."),
    )


def _lost(roster: Roster, unread: Mapping[str, str], heard: set[str]) -> dict[str, NodeHead]:
    """Nodes that are expected and said nothing, and those whose words can't be read."""
    found = set(matched(heard, roster).values())
    called = matched(unread, roster)
    reasons = {called.get(one, one): why for one, why in unread.items()}
    heads = {
        one: NodeHead(name=one, roles=roles, missing=True, reason=reasons.get(one, "No result came of it."))
        for one, roles in roster.items()
        if one not in found
    }
    for one, why in reasons.items():
        if one not in roster and one not in heard:
            heads[one] = NodeHead(name=one, roles=NODE_TARGETS, missing=True, reason=why)
    return heads


class _Part:
    """One benchmark of the fleet."""

    def __init__(
        self,
        group: Group,
        voices: list[Voice],
        remarks: list[str],
        roster: Roster,
        lost: dict[str, NodeHead],
    ) -> None:
        self._group = group
        self._voices = voices
        self._nodes = [voice for voice in voices if voice.brief.target.kind == "node"]
        self._remarks = remarks
        self._roster = roster
        self._listed = matched((voice.name for voice in self._nodes), roster)
        self._lost = lost

    def assessment(self, load: Load, name: str, on: str, *, several: bool) -> Assessment:
        unheard = {one: head.roles for one, head in self._lost.items()}
        first = self._voices[0].brief
        found = verdicts(self._group, self._voices, self._roster, unheard)
        results = tuple(_filled(found, load, first.benchmark.id))
        sections = self._sections({result.section for result in results})
        return Assessment(
            schema=ASSESSMENT_SCHEMA,
            tool=TOOL,
            benchmark=msgspec.structs.replace(
                first.benchmark,
                sections=sections,
                chosen_because=_same(voice.brief.benchmark.chosen_because for voice in self._voices) or "",
                pinned=all(voice.brief.benchmark.pinned for voice in self._voices),
            ),
            target=self._target(name),
            results=results,
            counts=totals(results),
            coverage=coverage(results),
            assessed_on=on or max(voice.brief.assessed_on for voice in self._voices),
            policy=next((voice.brief.policy for voice in self._voices if voice.brief.policy), None),
            phase=_same(voice.brief.phase for voice in self._voices) or "",
            entries=_entries(self._voices),
            sources=_sources(self._voices),
            nodes=tuple(self._heads()),
            notices=tuple(self._notices(several=several)),
            profile=first.profile,
        )

    def _sections(self, used: set[str]) -> tuple[SectionHead, ...]:
        heads = {head.number: head for voice in self._voices for head in voice.brief.benchmark.sections}
        return tuple(heads[number] for number in sorted(heads, key=_natural) if _above(number, used))

    def _target(self, name: str) -> Target:
        targets = [voice.brief.target for voice in self._voices]
        known = next((one for one in targets if one.cluster_uid), None)
        named = known or next((one for one in targets if one.cluster_name or one.cluster), targets[0])
        modes: set[Mode] = {one.mode for one in targets}
        label = named.cluster_name or named.cluster_uid or named.cluster
        return Target(
            name=name or label or "cluster",
            kind="cluster",
            roles=tuple(dict.fromkeys(role for one in targets for role in one.roles)),
            platform=_joined(one.platform for one in targets),
            kubernetes=_joined(one.kubernetes or "" for one in targets) or None,
            operating_system=_joined(one.operating_system for one in targets),
            cluster=named.cluster,
            collected_at=min((one.collected_at for one in targets if one.collected_at), default=""),
            finished_at=max((one.finished_at for one in targets), default=""),
            cluster_name=name or named.cluster_name,
            cluster_uid=named.cluster_uid,
            mode=modes.pop() if len(modes) == 1 else "",
        )

    def _heads(self) -> Iterator[NodeHead]:
        heads = dict(self._lost)
        for voice in self._nodes:
            target = voice.brief.target
            known = self._roster.get(self._listed.get(voice.name, ""), ())
            heads[voice.name] = NodeHead(
                name=voice.name,
                roles=tuple(dict.fromkeys((*target.roles, *known))),
                machine_id=target.machine_id,
                collected_at=target.collected_at,
                counts=voice.brief.counts.total,
            )
        yield from (heads[one] for one in sorted(heads))

    def _notices(self, *, several: bool) -> Iterator[str]:
        if self._lost:
            yield f"No results came of {len(self._lost)} expected nodes: {few(self._lost)}."
        if several:
            yield (
                f"The nodes were judged by several benchmarks; this is {self._group.first.benchmark.id}, "
                f"of {len(self._nodes)} nodes."
            )
        yield from self._remarks
        if not self._roster:
            yield "Which nodes the cluster has was not known, so none could be found missing."
        elif strangers := [voice.name for voice in self._nodes if voice.name not in self._listed]:
            yield f"Results came of nodes that were not expected: {few(strangers)}."
        yield from self._differences()
        yield from _told(self._voices)

    def _differences(self) -> Iterator[str]:
        targets = [voice.brief.target for voice in self._voices]
        kinds = {
            "versions of Kubernetes": {one.kubernetes for one in targets if one.kubernetes},
            "platforms": {one.platform for one in targets if one.platform},
            "versions of trueline": {voice.brief.tool.version for voice in self._voices},
            "policies": {voice.brief.policy.digest for voice in self._voices if voice.brief.policy},
        }
        for kind, values in kinds.items():
            if len(values) > 1:
                yield f"The nodes have different {kind}: {few(values)}."
        times = sorted(one.collected_at for one in targets if one.collected_at)
        if times and _seconds(times[0], times[-1]) > _DAY:
            yield f"The oldest results are of {times[0]}, the newest of {times[-1]}."


def _filled(found: list[Verdict], load: Load, benchmark: str) -> Iterator[Result]:
    """The verdicts with the evidence of their witnesses, each document read once."""
    wanted: dict[int, tuple[Voice, set[Key]]] = {}
    for verdict in found:
        for voice in (verdict.witness, verdict.waived_by):
            if voice:
                wanted.setdefault(id(voice), (voice, set()))[1].add(verdict.key)
    shown: dict[tuple[int, Key], Result] = {}
    for voice, keys in wanted.values():
        for key, result in _shown(load(voice.origin), benchmark, keys).items():
            shown[id(voice), key] = result
    for verdict in found:
        waived = shown[id(verdict.waived_by), verdict.key] if verdict.waived_by else None
        yield result_of(verdict, shown[id(verdict.witness), verdict.key], waived)


def _shown(whole: Assessment, benchmark: str, keys: set[Key]) -> dict[Key, Result]:
    """The wanted results; of a number that stands there twice the worse one."""
    order = list(type(whole.results[0].outcome)) if whole.results else []
    found: dict[Key, Result] = {}
    for part in (whole, *whole.further):
        for result in part.results if part.benchmark.id == benchmark else ():
            key = (result.target, result.number)
            known = found.get(key)
            if key in keys and (known is None or order.index(result.outcome) < order.index(known.outcome)):
                found[key] = result
    return found


def _sources(voices: list[Voice]) -> tuple[Source, ...]:
    """A node's source is available where all have it, the cluster's where anybody has."""
    found: dict[str, list[tuple[str, Source]]] = {}
    for voice in voices:
        for source in voice.brief.sources:
            found.setdefault(source.name, []).append((voice.name, source))
    return tuple(_source(name, said) for name, said in sorted(found.items()))


def _source(name: str, said: list[tuple[str, Source]]) -> Source:
    lacking = {node: source for node, source in said if not source.available}
    of_cluster = name.startswith((CLUSTER_SOURCE, CLOUD_SOURCE))
    if not lacking or (of_cluster and len(lacking) < len(said)):
        return Source(name=name, available=True)
    reason = next(iter(lacking.values())).reason
    numbers = {number for source in lacking.values() for number in source.numbers}
    if not of_cluster and len(said) > 1:
        reason = f"{reason} (on {len(lacking)} of {len(said)}: {few(lacking)})"
    return Source(name=name, available=False, reason=reason, numbers=tuple(sorted(numbers, key=_natural)))


def _entries(voices: list[Voice]) -> tuple[Entry, ...]:
    """Each entry of the register once: unused only if no node used it."""
    found: dict[str, list[Entry]] = {}
    for voice in voices:
        for entry in voice.brief.entries:
            found.setdefault(entry.id, []).append(entry)
    return tuple(_entry(entries) for _, entries in sorted(found.items()))


def _entry(entries: list[Entry]) -> Entry:
    numbers = {number for entry in entries for number in entry.numbers}
    return msgspec.structs.replace(
        entries[0],
        state=min((entry.state for entry in entries), key=_STATES.index),
        numbers=tuple(sorted(numbers, key=_natural)),
        remarks=tuple(dict.fromkeys(text for entry in entries for text in entry.remarks)),
    )


def _told(voices: list[Voice]) -> Iterator[str]:
    """What the nodes' documents say first, each sentence once with those that say it."""
    found: dict[str, list[str]] = {}
    for voice in voices:
        for notice in dict.fromkeys(voice.brief.notices):
            found.setdefault(notice, []).append(voice.name)
    often = sorted(found, key=lambda notice: (-len(found[notice]), notice))
    for notice in often[:_NOTICES]:
        names = found[notice]
        yield notice if len(names) == len(voices) else f"On {few(names)}: {notice}"
    if rest := often[_NOTICES:]:
        yield f"{len(rest)} more notices are in the documents of single nodes."


def _same(values: Iterable[Any]) -> Any:
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _joined(values: Iterable[str]) -> str:
    return few({value for value in values if value})


def _natural(number: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdecimal() else (10**9, piece) for piece in number.split(".")]


def _above(number: str, used: set[str]) -> bool:
    return number in used or any(one.startswith(f"{number}.") for one in used)


def _seconds(one: str, other: str) -> float:
    try:
        return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
