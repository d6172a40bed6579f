"""Composes an assessment: a benchmark, a snapshot and a policy become one document."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import get_args

import msgspec

from trueline import __version__
from trueline.evaluate.context import Context
from trueline.evaluate.inspected import sources
from trueline.evaluate.outcomes import evaluate
from trueline.evaluate.systems import misfit
from trueline.evaluate.versions import kubernetes_version, minor
from trueline.model.benchmark import Benchmark
from trueline.model.cloud import CloudDump
from trueline.model.facts import NodeFacts, Snapshot, Tool
from trueline.model.platform import Platform
from trueline.model.policy import Applied
from trueline.model.profile import Exclusion, Profile
from trueline.model.results import (
    ASSESSMENT_SCHEMA,
    Assessment,
    BenchmarkHead,
    Counts,
    Coverage,
    Disposition,
    Mode,
    Outcome,
    Result,
    Score,
    SectionHead,
    Tally,
    Target,
    Totals,
)
from trueline.model.rule import Rule
from trueline.model.setting import Component
from trueline.policy.apply import aged, apply_policy
from trueline.policy.profiles import head, notes, tailor
from trueline.policy.select import select
from trueline.policy.triggers import Run
from trueline.policy.verdict import fails, undecided

TOOL = Tool(name="trueline", version=__version__)
_ROLES = {
    "kube-apiserver": ("master", "controlplane"),
    "kube-controller-manager": ("master",),
    "kube-scheduler": ("master",),
    "etcd": ("etcd",),
    "kubelet": ("node",),
    "kube-proxy": ("node",),
}


class Content(msgspec.Struct, frozen=True):
    """The content that an assessment needs.

    `platform_because` says why this platform. `version` is the Kubernetes version where no fact tells it.
    """

    components: Mapping[str, Component]
    rules: Mapping[str, Rule]
    platform: Platform
    platform_because: str = ""
    version: str = ""


class Selection(msgspec.Struct, frozen=True):
    """What a run is limited to; see `policy.select`. `profiles`: a profile and what it extends, it last."""

    targets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    level: int | None = None
    profiles: tuple[Profile, ...] = ()


def assess(  # noqa: PLR0913 - each is one part of the document
    benchmark: Benchmark,
    snapshot: Snapshot,
    content: Content,
    *,
    on: date,
    policy: Applied = Applied(),  # noqa: B008 - frozen
    selection: Selection = Selection(),  # noqa: B008 - frozen
    chosen_because: str = "",
    pinned: bool = True,
    notices: Iterable[str] = (),
) -> Assessment:
    """One run as a document; `on` is the day for which the policy is applied."""
    version = kubernetes_version(snapshot)[0] or content.version or None
    context = context_of(snapshot, content)
    tailored = tailor(selection.profiles, benchmark)
    left_out = {**_elsewhere(tailored.benchmark, snapshot), **tailored.left_out}
    results = select(
        evaluate(tailored.benchmark, content.rules, context, left_out),
        targets=selection.targets,
        only=selection.only,
        level=selection.level,
    )
    sections = {result.section for result in results}
    named = _head(benchmark, content.rules, chosen_because, sections, pinned=pinned)
    document = Assessment(
        schema=ASSESSMENT_SCHEMA,
        tool=TOOL,
        benchmark=msgspec.structs.replace(named, only=(*selection.targets, *selection.only)),
        target=_target(snapshot, content, version),
        results=results,
        counts=Totals(total=Counts(), score=Score()),
        coverage=coverage(results),
        sources=sources(
            tailored.benchmark, content.rules, context, results, node_examined=not _only_apis(snapshot)
        ),
        notices=(*_remarks(snapshot), *notices, *notes(selection.profiles)),
        profile=head(selection.profiles),
    )
    return with_policy(document, policy, on=on, known=checks(benchmark))


def with_policy(
    assessment: Assessment, policy: Applied, *, on: date, known: Collection[str] = ()
) -> Assessment:
    """The document under a policy as of a day; what it had of another policy is gone, its outcomes stay.

    `known` are the numbers and rule ids of the benchmark, where the document is of a part of it.
    """
    run = Run(
        benchmark=assessment.benchmark,
        target=assessment.target,
        profile=assessment.profile,
        nodes=assessment.nodes,
        on=on,
    )
    judged = apply_policy(assessment.results, policy.policy, run, known)
    return msgspec.structs.replace(
        assessment,
        results=judged.results,
        counts=totals(judged.results),
        entries=judged.entries,
        policy=policy.head,
        assessed_on=on.isoformat(),
        further=tuple(with_policy(one, policy, on=on) for one in assessment.further),
    )


def aged_policy(assessment: Assessment, *, on: date) -> Assessment:
    """The document under its own policy as of a later day: exceptions that ended by then have expired."""
    judged = aged(assessment.results, assessment.entries, on)
    return msgspec.structs.replace(
        assessment,
        results=judged.results,
        entries=judged.entries,
        counts=totals(judged.results),
        assessed_on=on.isoformat(),
    )


def checks(benchmark: Benchmark) -> frozenset[str]:
    """The numbers and rule ids that a benchmark knows."""
    entries = [entry for _, entry in benchmark.recommendations()]
    return frozenset(name for entry in entries for name in (entry.number, *entry.rules))


def context_of(snapshot: Snapshot, content: Content) -> Context:
    """The facts with the content that is needed to read them."""
    version = kubernetes_version(snapshot)[0] or content.version or None
    return Context(
        snapshot.node,
        snapshot.cluster,
        content.components,
        content.platform,
        minor(version),
        _day(snapshot.started_at),
        snapshot.cloud,
    )


def _elsewhere(benchmark: Benchmark, snapshot: Snapshot) -> dict[tuple[str, str], Exclusion]:
    """Everything, where the benchmark is written for another operating system than the node's."""
    reason = misfit(snapshot.node.os_release, benchmark) if snapshot.node else ""
    if not reason:
        return {}
    left_out = Exclusion(outcome=Outcome.NOTAPPLICABLE, reason=reason)
    return {(section.target, entry.number): left_out for section, entry in benchmark.recommendations()}


def _day(moment: str) -> int | None:
    """The day of an RFC 3339 time, counted from 1970."""
    try:
        return (date.fromisoformat(moment[:10]) - date(1970, 1, 1)).days
    except ValueError:
        return None


def exit_code(assessment: Assessment) -> int:
    """0 nothing required failed, 1 something did, 3 something required could not be read or decided.

    What is incomplete goes before what failed: a gate must not read an incomplete run as a verdict. A run in
    which nothing applied is incomplete too.
    """
    if not assessment.coverage.evaluated or any(map(undecided, assessment.results)):
        return 3
    return 1 if any(map(fails, assessment.results)) else 0


def totals(results: Collection[Result]) -> Totals:
    """Counts, scores and tallies, in total, per target and per section."""
    targets = dict.fromkeys(result.target for result in results)
    sections = dict.fromkeys(result.section for result in results)
    return Totals(
        total=_counts(results),
        score=_score(results),
        targets={name: _counts([one for one in results if one.target == name]) for name in targets},
        sections={name: _counts([one for one in results if one.section == name]) for name in sections},
        section_scores={name: _score([one for one in results if one.section == name]) for name in sections},
        tally=tally(results),
        section_tallies=section_tallies(results),
        dispositions=_dispositions(results),
        reviews=_reviews(results),
    )


def _dispositions(results: Iterable[Result]) -> dict[str, int]:
    counted = Counter(result.disposition for result in results)
    return {name: counted[name] for name in get_args(Disposition)}


def _reviews(results: Iterable[Result]) -> dict[str, int]:
    """What a person must look at, by whether one did."""
    words = {None: "unreviewed", "valid": "reviewed", "lapsed": "lapsed"}
    open_ones = [result.review for result in results if result.state == "WARN"]
    counted = Counter(words[review.state if review else None] for review in open_ones)
    return {word: counted[word] for word in words.values()}


def tally(results: Iterable[Result]) -> Tally:
    """The ten counters, computed from the results alone, and the percentage of scored ones that passed."""
    return _tally(Counter(result.tallied for result in results))


def section_tallies(results: Iterable[Result]) -> dict[str, Tally]:
    """The ten counters of each section and of those above it, the upper ones first."""
    found: dict[str, Counter[Outcome]] = {}
    for result in results:
        pieces = result.section.split(".")
        for depth in range(1, len(pieces) + 1):
            found.setdefault(".".join(pieces[:depth]), Counter())[result.tallied] += 1
    return {number: _tally(counted) for number, counted in found.items()}


def _tally(counted: Mapping[Outcome, int]) -> Tally:
    passed, failed = counted[Outcome.PASS], counted[Outcome.FAIL]
    scored = passed + failed + counted[Outcome.ERROR] + counted[Outcome.UNKNOWN]
    return Tally(
        total=sum(counted.values()),
        scored=scored,
        passed=passed,
        failed=failed,
        error=counted[Outcome.ERROR],
        unknown=counted[Outcome.UNKNOWN],
        notapplicable=counted[Outcome.NOTAPPLICABLE],
        notchecked=counted[Outcome.NOTCHECKED],
        notselected=counted[Outcome.NOTSELECTED],
        informational=counted[Outcome.INFORMATIONAL],
        percent=100.0 * passed / scored if scored else None,
    )


def _counts(results: Collection[Result]) -> Counts:
    states = Counter(result.state for result in results)
    outcomes = Counter(result.outcome for result in results)
    return Counts(
        total=len(results),
        passed=states["PASS"],
        failed=states["FAIL"],
        warn=states["WARN"],
        info=states["INFO"],
        outcomes={outcome.value: outcomes[outcome] for outcome in Outcome},
    )


def _score(results: Collection[Result]) -> Score:
    counted = {Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN}
    scored = [one for one in results if one.scored and one.automated and one.outcome in counted]
    return Score(passed=sum(one.outcome is Outcome.PASS for one in scored), maximum=len(scored))


def coverage(results: Collection[Result]) -> Coverage:
    """How much facts decided, and for what reasons they did not decide the rest."""
    unavailable: dict[str, tuple[str, ...]] = {}
    for result in results:
        if result.outcome in {Outcome.ERROR, Outcome.UNKNOWN}:
            unavailable[result.reason] = (*unavailable.get(result.reason, ()), result.number)
    left_out = {Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}
    return Coverage(
        total=len(results),
        applicable=sum(result.outcome not in left_out for result in results),
        evaluated=sum(result.outcome in {Outcome.PASS, Outcome.FAIL} for result in results),
        not_inspectable=sum(result.outcome in {Outcome.ERROR, Outcome.UNKNOWN} for result in results),
        unavailable=unavailable,
    )


def as_counted(assessment: Assessment) -> bool:
    """Whether a document that was read from a file counts the results that it holds, and no others."""
    counts, covered = totals(assessment.results), coverage(assessment.results)
    said = assessment.counts
    return (counts.total, counts.targets, counts.dispositions, covered.evaluated, covered.total) == (
        *(said.total, said.targets, said.dispositions),
        *(assessment.coverage.evaluated, assessment.coverage.total),
    )


def _head(
    benchmark: Benchmark, rules: Mapping[str, Rule], because: str, sections: Collection[str], *, pinned: bool
) -> BenchmarkHead:
    used = [rules[name] for _, entry in benchmark.recommendations() for name in entry.rules]
    content = msgspec.json.encode((benchmark, used), order="deterministic")
    return BenchmarkHead(
        id=benchmark.id,
        title=benchmark.title,
        version=benchmark.version,
        digest=f"sha256:{hashlib.sha256(content).hexdigest()}",
        chosen_because=because,
        pinned=pinned,
        sections=tuple(
            SectionHead(number=entry.number, title=entry.title, target=entry.target)
            for entry in benchmark.sections
            if entry.number in sections or any(name.startswith(f"{entry.number}.") for name in sections)
        ),
    )


def _only_apis(snapshot: Snapshot) -> bool:
    """Whether a pod, or a desk, asked a cluster and runs nothing of it: then it is not what was examined.

    A node that was named by its root is, even where its processes could not be seen.
    """
    node = snapshot.node
    if _roles(node) or not (snapshot.cluster or snapshot.cloud):
        return False
    return node is None or node.root == "/" or isinstance(node.processes, tuple)


def _target(snapshot: Snapshot, content: Content, version: str | None) -> Target:
    node, cluster = snapshot.node, snapshot.cluster
    roles = _roles(node)
    alone = _only_apis(snapshot)
    name = (cluster.name or cluster.server) if cluster else _named_by_cloud(snapshot.cloud)
    mode: Mode = "managed" if alone else snapshot.mode or "recorded"
    return Target(
        name=name if alone else node.hostname if node else "",
        kind="cluster" if alone else "node",
        roles=roles + (("policies",) if cluster else ()),
        platform=content.platform.id,
        platform_because=content.platform_because,
        kubernetes=version,
        operating_system=node.os_release.get("PRETTY_NAME", "") if node else "",
        cluster=cluster.server if cluster else "",
        collected_at=snapshot.started_at,
        finished_at=snapshot.finished_at,
        cluster_name=cluster.name if cluster else "",
        cluster_uid=cluster.uid if cluster else "",
        machine_id=(node.machine_id or "") if node and not alone else "",
        mode=mode,
    )


def _named_by_cloud(dumps: Iterable[CloudDump]) -> str:
    """The cluster's name in the first dump: EKS has it one level below."""
    for dump in dumps:
        for place in (dump.data, dump.data.get("cluster")) if isinstance(dump.data, dict) else ():
            if isinstance(place, dict) and isinstance(place.get("name"), str):
                return str(place["name"])
    return ""


def _roles(node: NodeFacts | None) -> tuple[str, ...]:
    if node is None or not isinstance(node.processes, tuple):
        return ()
    real = [process.component for process in node.processes if process.impostor is None]
    return tuple(dict.fromkeys(role for name, roles in _ROLES.items() if name in real for role in roles))


def _remarks(snapshot: Snapshot) -> list[str]:
    """What a reader must know of the collection: its note, its limits, processes that pose as others."""
    node = snapshot.node
    remarks = [snapshot.note] if snapshot.note else []
    if node:
        remarks += node.limits
        if isinstance(node.processes, tuple):
            remarks += [
                f"Process {process.pid} (uid {process.uid}) calls itself {process.component} and was not "
                f"believed: {process.impostor}"
                for process in node.processes
                if process.impostor
            ]
    return remarks
