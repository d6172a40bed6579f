"""Modes and owners of many files at once, by a table of patterns."""

import re

from trueline.evaluate.decision import Decision, Fault, decided
from trueline.evaluate.linux.base import SHOWN, Host, cannot
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.hosttest import FileRow, FilesTest
from trueline.model.results import Evidence, Outcome


def judge_files(test: FilesTest, host: Host) -> Decision:
    """Files that break their row fail; a pass needs that all were seen."""
    found = host.linux.globs.get(test.path) or Unavailable(
        kind="not-collected", reason="files of this pattern were not collected."
    )
    if isinstance(found, Unavailable):
        return cannot(f"{test.path}: {found.reason}", test)
    files = {path: meta for path in found.paths if _meant(test, meta := host.linux.files.get(path), host)}
    wrong = {path: text for path, meta in files.items() if (text := _wrong(test, path, meta))}
    if wrong:
        return _failed(test, wrong)
    unseen = [path for path, meta in files.items() if not isinstance(meta, FileMeta)]
    if unseen or not found.complete:
        return cannot(f"{test.path}: not all files of this pattern could be seen.", test)
    evidence = Evidence(
        fact=test.path,
        source="metadata",
        observed=f"{len(files)} files, each as it should be",
        expected="all",
    )
    return decided(Outcome.PASS, f"All {len(files)} files of {test.path} are closed.", evidence=(evidence,))


def _meant(test: FilesTest, meta: FileMeta | Absent | Unavailable | None, host: Host) -> bool:
    """Plain files; what a link leads to elsewhere is not a file of this directory."""
    if isinstance(meta, Absent):
        return False
    if not isinstance(meta, FileMeta):
        return True
    top = test.path.removesuffix("/**")
    itself = host.linux.files.get(top)
    real = itself.target if isinstance(itself, FileMeta) and itself.target else top
    return meta.kind == "file" and (meta.target is None or meta.target.startswith(f"{real}/"))


def _wrong(test: FilesTest, path: str, meta: object) -> tuple[str, str] | None:
    """What is observed of a file and what its row expects, where these differ."""
    row = _row(test, path)
    if row is None or not isinstance(meta, FileMeta):
        return None
    closed = meta.bits & ~int(row.mode, 8) == 0
    user, group = _name(meta.owner, meta.uid), _name(meta.group, meta.gid)
    if closed and user in row.users and group in row.groups:
        return None
    expected = f"mode {row.mode} or stricter, owned by {' or '.join(row.users)}:{' or '.join(row.groups)}"
    return f"mode {meta.mode}, owned by {user}:{group}", expected


def _row(test: FilesTest, path: str) -> FileRow | None:
    below = path.removeprefix(test.path.removesuffix("**"))
    return next((row for row in test.rows if re.search(row.path, below)), None)


def _name(name: str | None, number: int) -> str:
    """root is number 0, whatever passwd and group call it; nobody else is."""
    if number == 0:
        return "root"
    return name if name and name != "root" else str(number)


def _failed(test: FilesTest, wrong: dict[str, tuple[str, str]]) -> Decision:
    evidence = tuple(
        Evidence(fact=path, source="metadata", observed=observed, expected=expected)
        for path, (observed, expected) in list(wrong.items())[:SHOWN]
    )
    first = evidence[0]
    more = f", and {len(wrong) - 1} more are open or another's" if len(wrong) > 1 else ""
    reason = f"{first.fact} is {first.observed}, expected {first.expected}{more}."
    faults = tuple(Fault(test=test, path=one.fact, observed=one.expected) for one in evidence)
    return decided(Outcome.FAIL, reason, evidence=evidence, faults=faults)
