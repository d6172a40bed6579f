"""Reads what is known of single nodes: assessments, snapshots, and what kube-bench wrote."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from trueline.assess import TOOL, Content, assess, coverage, totals
from trueline.cli.choose import AUTOMATIC, Named, choice_of, choice_of_system, platform_of
from trueline.cli.gather import runs_kubernetes
from trueline.collect.snapshot import read_content, read_snapshot
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.errors import ContentError, UsageError
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot, Tool
from trueline.model.results import (
    ASSESSMENT_SCHEMA,
    Assessment,
    BenchmarkHead,
    SectionHead,
    Target,
)
from trueline.policy.fleet import Brief
from trueline.policy.roster import Roster, of_cluster, of_lines, of_objects

SUFFIXES = (".json", ".gz", ".txt", ".log")
_START = 4096
_STATE = re.compile(rb"\[(?:PASS|FAIL|WARN|INFO)\] ")
_HINT = "Give it assessments (JSON), snapshots, or the output of kube-bench."


def paths_of(words: Iterable[str]) -> list[str]:
    """Files as named, and those in directories by suffix; raises UsageError where there are none."""
    found: dict[str, None] = {}
    for word in words:
        path = Path(word)
        if path.is_dir():
            inside = sorted(str(one) for one in path.rglob("*") if one.suffix in SUFFIXES and one.is_file())
            found |= dict.fromkeys(inside)
        else:
            found[word] = None
    if not found:
        raise UsageError("there is no file of a node", hint=_HINT)
    return list(found)


def stem(path: str) -> str:
    """What a file is called without its endings: the node's name, where the file has none."""
    name = Path(path).name
    while Path(name).suffix in SUFFIXES:
        name = Path(name).stem
    return name


def expected_nodes(path: str) -> Roster:
    """The nodes that a file lists: lines with a name and roles, or what `kubectl get nodes` prints."""
    data = read_content(path)
    if not data.lstrip().startswith(b"{"):
        roster = of_lines(data.decode("utf-8", "replace"))
    else:
        try:
            roster = of_objects(msgspec.json.decode(data, type=dict[str, Any]))
        except (msgspec.DecodeError, RecursionError) as error:
            raise ContentError(
                f"not a list of nodes: {error}", hint="kubectl get nodes -o json", file=path
            ) from None
    if not roster:
        raise ContentError("there is no node in it", hint="Write one name per line.", file=path)
    return roster


class Inputs:
    """Files of nodes. `named` says how snapshots are judged; `benchmarks` replace `auto` among its words."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self.benchmarks: tuple[str, ...] = ()

    def brief(self, path: str) -> Brief | None:
        """What a file says, in short; None for a snapshot. Raises ContentError for what can't be read."""
        data = read_content(path)
        if not data.strip():
            raise ContentError("empty: whatever should have written it ended before", hint=_HINT, file=path)
        match _kind(data):
            case "assessment":
                return _named(_counted(_decoded(data, Brief, path), path), path)
            case "snapshot":
                return None
            case _:
                return _brief(_of_kube_bench(data, path, self._named), path)

    def judged(self, path: str) -> tuple[Brief, Roster]:
        """What a snapshot gives when it is judged, in short, and the nodes that its cluster lists."""
        snapshot = read_snapshot(path)
        return _brief(self._judged(snapshot), path), _listed(snapshot)

    def whole(self, path: str) -> Assessment:
        """The same as a whole."""
        data = read_content(path)
        match _kind(data):
            case "assessment":
                found: Assessment = _decoded(data, Assessment, path)
                return found
            case "snapshot":
                return self._judged(read_snapshot(path))
            case _:
                return _of_kube_bench(data, path, self._named)

    def _judged(self, snapshot: Snapshot) -> Assessment:
        """By each benchmark that fits; the first has the others in `further`."""
        named = self._named
        found = platform_of(snapshot, named)
        system = choice_of_system(snapshot) if "auto" in named.benchmarks else None
        alone = not runs_kubernetes(snapshot) and not snapshot.cluster and not snapshot.cloud
        names = [one for word in named.benchmarks for one in self._resolved(word)]
        choices = [
            choice_of(name, snapshot, named, found, "it was named")
            for name in dict.fromkeys(names)
            if not (name == "auto" and system and alone)
        ]
        choices += [system] if system else []
        content = _content(found.platform, found.because, tuple(choice.benchmark.id for choice in choices))
        made = [
            assess(
                choice.benchmark,
                snapshot,
                content,
                on=_day(snapshot),
                chosen_because=choice.because,
                pinned=choice.pinned,
                notices=choice.warnings,
            )
            for choice in choices
        ]
        return msgspec.structs.replace(made[0], further=tuple(made[1:]))

    def _resolved(self, word: str) -> Sequence[str]:
        return self.benchmarks if word in AUTOMATIC and self.benchmarks else (word,)


def _day(snapshot: Snapshot) -> Any:
    from datetime import UTC, date, datetime

    try:
        return date.fromisoformat(snapshot.finished_at[:10])
    except ValueError:
        return datetime.now(UTC).date()


@cache
def _content(platform: str, because: str, benchmarks: tuple[str, ...]) -> Content:
    entries = (entry for name in benchmarks for _, entry in load_benchmark(name).recommendations())
    return Content(
        components=load_components(),
        rules=load_rules(frozenset(rule for entry in entries for rule in entry.rules)),
        platform=load_platform(platform),
        platform_because=because,
    )


def _kind(data: bytes) -> str:
    start = data[:_START]
    if ASSESSMENT_SCHEMA.encode() in start:
        return "assessment"
    return "snapshot" if SNAPSHOT_SCHEMA.encode() in start else "kube-bench"


def _decoded(data: bytes, kind: Any, path: str) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise ContentError(f"not a valid document: {error}", hint=_HINT, file=path) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ContentError("cut off, or not JSON", hint=_HINT, file=path) from None


def _counted(brief: Brief, path: str) -> Brief:
    """The document, unless results were taken out of it or changed behind its back."""
    for one in (brief, *brief.further):
        said = {outcome: number for outcome, number in one.counts.total.outcomes.items() if number}
        if said != Counter(result.outcome for result in one.results):
            raise ContentError(
                "its results are not those that it counts: it was edited, or is not whole",
                hint="Scan that node again.",
                file=path,
            )
    return brief


def _brief(whole: Assessment, path: str) -> Brief:
    return _named(msgspec.convert(whole, Brief, from_attributes=True), path)


def _named(brief: Brief, path: str) -> Brief:
    if brief.target.name:
        return brief
    return msgspec.structs.replace(brief, target=msgspec.structs.replace(brief.target, name=stem(path)))


def _listed(snapshot: Snapshot) -> Roster:
    cluster = snapshot.cluster
    return of_cluster(cluster.nodes) if cluster and "nodes" not in cluster.unavailable else {}


def _of_kube_bench(data: bytes, path: str, named: Named) -> Assessment:
    """What kube-bench said of one node, called as the file is."""
    from trueline.kubebench.convert import to_results
    from trueline.kubebench.read_json import read_json
    from trueline.kubebench.read_text import read_text

    if data.lstrip()[:1] in (b"{", b"[") and not _STATE.match(data.lstrip()):
        run = read_json(data, path)
    else:
        run = read_text(data.decode("utf-8", "replace"), path)
    results = to_results(run)
    if not results:
        raise ContentError("there is no check in it", hint=_HINT, file=path)
    fixed = [name for name in named.benchmarks if name not in AUTOMATIC]
    version = next((each.version for each in run.controls if each.version), "")
    name = fixed[0] if fixed else version or "kube-bench"
    sections = [
        SectionHead(number=group.id, title=group.text, target=each.type)
        for each in run.controls
        for group in each.groups
    ]
    return Assessment(
        schema=ASSESSMENT_SCHEMA,
        tool=Tool(name="kube-bench", version=TOOL.version),
        benchmark=BenchmarkHead(
            id=name,
            title=f"kube-bench controls {name}",
            version=version or name,
            digest="",
            sections=tuple(sections),
        ),
        target=Target(name=stem(path), roles=tuple(dict.fromkeys(each.type for each in run.controls))),
        results=results,
        counts=totals(results),
        coverage=coverage(results),
        notices=run.notices,
    )
