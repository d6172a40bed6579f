"""Finds the files that a rule names, and judges their modes and owners."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, Fault, all_of, decided
from trueline.model.facts import Absent, FileMeta, NodeFacts, Process, Unavailable
from trueline.model.platform import NamedFile
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import FileTest

_PLAIN = ("file", "directory", "link")
Found = list[tuple[str, FileMeta | Absent | Unavailable]]


def judge_file(test: FileTest, context: Context) -> Decision:
    """Each file that the name stands for, the worst first; see `FileTest` for what a missing one means."""
    named = context.platform.files[test.name]
    if context.node is None:
        return decided(Outcome.ERROR, "No node was examined.")
    found = locate(named, context)
    if isinstance(found, Unavailable):
        return decided(Outcome.ERROR, found.reason)
    if not found:
        return _missing(test, named, context)
    return all_of(judge_one(test, path, fact) for path, fact in found)


def locate(named: NamedFile, context: Context) -> Found | Unavailable:
    """The paths that a name stands for on this node, with what was read of each."""
    node = context.node
    assert node is not None
    paths = _from_settings(named, context)
    if isinstance(paths, Unavailable):
        return paths
    if not paths:
        paths = [path for path in named.candidates if not isinstance(node.files.get(path, Absent()), Absent)]
        paths = paths[:1] if named.first else paths
    if named.document == "Pod":  # the kubelet starts whatever lies in its directory, however it is called
        paths = list(dict.fromkeys((*paths, *context.static_pods(named.component))))
    found = [(path, node.files.get(path) or _not_collected(path)) for path in paths]
    if named.each:
        found = [entry for path, fact in found for entry in _members(node, path, fact, named)]
    others = _elsewhere(named, context)
    if isinstance(others, Unavailable):
        return others
    known = dict(found)
    for path, fact in others:
        met = path in known or (isinstance(fact, FileMeta) and fact.target in known)
        gone = not isinstance(fact, FileMeta) and any(path.startswith(f"{folder}/") for folder in paths)
        if not met and not gone:
            known[path] = fact
    return list(known.items())


def _elsewhere(named: NamedFile, context: Context) -> Found | Unavailable:
    """What settings name; one that cannot be read leaves the whole unknown."""
    assert context.node is not None
    paths: list[str] = []
    for name in named.also:
        values = _named_by(name, context)
        if isinstance(values, Unavailable):
            return values
        paths += [path for path in values if path.startswith("/")]
    return [(path, context.node.files.get(path) or _not_collected(path)) for path in paths]


def _from_settings(named: NamedFile, context: Context) -> list[str] | Unavailable:
    """Paths that running processes were given; the component itself says which file it uses."""
    if not named.flag:
        return []
    return _named_by(named.flag if "/" in named.flag else f"{named.component}/{named.flag}", context)


def _named_by(name: str, context: Context) -> list[str] | Unavailable:
    processes = context.processes(name.partition("/")[0])
    if isinstance(processes, Unavailable):
        return []  # the candidates may still tell, and if there is none, `_missing` says why
    paths: list[str] = []
    for process in processes:
        value = context.setting(name, process)
        if isinstance(value, Unavailable):
            return value
        paths += [_seen_by(process, path, context) for path in value.values if isinstance(path, str) and path]
    return list(dict.fromkeys(paths))


def _seen_by(process: Process, path: str, context: Context) -> str:
    """Where a path of a process was recorded: each container has files of its own."""
    assert context.node is not None
    inside = process.root + path
    return inside if inside in context.node.files else path


def _members(
    node: NodeFacts, path: str, fact: FileMeta | Absent | Unavailable, named: NamedFile
) -> Iterator[tuple[str, FileMeta | Absent | Unavailable]]:
    """The directory's files that the name means; with "tree" also the directories and what is below."""
    if not isinstance(fact, FileMeta) or fact.kind != "directory":
        if not isinstance(fact, Absent):
            yield path, fact
        return
    if named.each == "tree" and not named.match:
        yield path, fact
    if fact.entries is None:
        yield path, Unavailable(kind="denied", reason=f"The directory {path} could not be listed.")
    for name in fact.entries or ():
        below = f"{path.rstrip('/')}/{name}"
        member = node.files.get(below) or _not_collected(below)
        if isinstance(member, FileMeta) and member.kind == "directory":
            if named.each == "tree":
                yield from _members(node, below, member, named)
        elif _wanted(name, named) and not isinstance(member, Absent):
            yield below, member


def _wanted(name: str, named: NamedFile) -> bool:
    matches = any(fnmatchcase(name, pattern) for pattern in (named.match or "*").split())
    return matches and not any(fnmatchcase(name, pattern) for pattern in named.ignore.split())


def _not_collected(path: str) -> Unavailable:
    return Unavailable(kind="not-collected", reason=f"{path} was not collected.")


def _missing(test: FileTest, named: NamedFile, context: Context) -> Decision:
    if not named.candidates and not named.flag:
        title = f"The {named.title or test.name}"
        return decided(Outcome.NOTAPPLICABLE, f"{title} is no file of its own on {context.platform.title}.")
    places = ", ".join(named.candidates) or f"the file that --{named.flag.rpartition('/')[2]} names"
    if named.component:
        processes = context.processes(named.component)
        if isinstance(processes, Unavailable):
            reason = f"None of {places} is there, and whether {named.component} runs here is not known: "
            return decided(Outcome.ERROR, reason + processes.reason)
        if any(process.root for process in processes) and not _any_parent(named, context):
            return decided(
                Outcome.ERROR,
                f"{named.component} runs in a container and none of {places} is visible: the node's "
                "directories are not mounted here.",
            )
    outcome = Outcome(test.absent)
    evidence = Evidence(
        fact=named.title or test.name, source=places, observed="absent", expected=expected(test)
    )
    faults = (Fault(test=test, path=named.candidates[0] if named.candidates else ""),)
    return decided(
        outcome,
        f"None of {places} exists on this node." if "," in places else f"{places} does not exist here.",
        evidence=(evidence,),
        faults=faults if outcome is Outcome.FAIL else (),
    )


def _any_parent(named: NamedFile, context: Context) -> bool:
    assert context.node is not None
    known = context.node.files
    return any(isinstance(known.get(path.rpartition("/")[0] or "/"), FileMeta) for path in named.candidates)


def judge_one(test: FileTest, path: str, fact: FileMeta | Absent | Unavailable) -> Decision:
    """What one file's metadata give, named by the path that leads to it."""
    if isinstance(fact, Unavailable):
        return decided(Outcome.ERROR, f"{path} could not be read: {fact.reason}")
    if isinstance(fact, Absent):
        return decided(
            Outcome.ERROR,
            f"A running component uses {path}, but it is not there below the root that was examined.",
        )
    holds, observed = _holds(test, fact)
    if holds and fact.kind not in _PLAIN:
        return decided(Outcome.ERROR, f"{path} is a {fact.kind}, not a file.")
    shield = f" (below {fact.shielded_by})" if fact.shielded_by and not holds else ""
    where = f"{path} -> {fact.target}" if fact.target else path
    owners = f" {_owners(fact)}" if test.mode_at_most is not None else ""
    evidence = Evidence(
        fact=path,
        source=f"metadata of {where}",
        observed=f"{observed}{owners}{shield}",
        expected=expected(test),
    )
    if holds:
        return decided(Outcome.PASS, f"{path} is {observed}.", evidence=(evidence,))
    return decided(
        Outcome.FAIL,
        f"{path} is {observed}{shield}, expected {expected(test)}.",
        evidence=(evidence,),
        faults=(Fault(test=test, path=fact.target or path, observed=observed),),
    )


def _holds(test: FileTest, fact: FileMeta) -> tuple[bool, str]:
    if test.mode_at_most is not None:
        return fact.bits & ~int(test.mode_at_most, 8) == 0, f"mode {fact.mode}"
    if test.owner is not None:
        numbers = f"{fact.uid}:{fact.gid}"
        names = _owners(fact)
        # root is uid 0, whatever the node's passwd calls it; other accounts are known by name only
        alike = {names} | ({"root:root"} if numbers == "0:0" else set())
        lying = "root:root" in names and numbers != "0:0"
        observed = f"owned by {names}" + (f" ({numbers})" if names != "root:root" else "")
        return bool(alike & set(test.owner.split())) and not lying, observed
    return bool(test.present), "present"


def _owners(fact: FileMeta) -> str:
    return f"{fact.owner or fact.uid}:{fact.group or fact.gid}"


def expected(test: FileTest) -> str:
    """What the test asks for, in words."""
    if test.mode_at_most is not None:
        return f"mode {test.mode_at_most} or stricter"
    if test.owner is not None:
        return f"owned by {' or '.join(test.owner.split())}"
    return "present" if test.present else "absent"
