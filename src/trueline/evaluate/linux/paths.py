"""Modes, owners and presence of files that a rule names by their path."""

from trueline.evaluate.decision import Decision, Fault, all_of, decided
from trueline.evaluate.files import expected, judge_one
from trueline.evaluate.linux.base import Host, cannot
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import FileTest


def judge_path(test: FileTest, host: Host) -> Decision:
    """The file, or all files that the pattern led to."""
    files, globs = host.linux.files, host.linux.globs
    if test.path in globs or any(letter in test.path for letter in "*?["):
        found = globs.get(test.path) or Unavailable(
            kind="not-collected", reason="files of this pattern were not collected."
        )
        if isinstance(found, Unavailable):
            return cannot(f"{test.path}: {found.reason}", test, path=test.path)
        decisions = [_one(test, path, host) for path in found.paths if _meant(test, files.get(path))]
        if not found.complete:
            decisions.append(cannot(f"{test.path}: not all files of this pattern could be seen.", test))
        return all_of(decisions) if decisions else _missing(test)
    if isinstance(files.get(test.path), Absent):
        return _missing(test)
    return _one(test, test.path, host)


def _meant(test: FileTest, fact: FileMeta | Absent | Unavailable | None) -> bool:
    """What is still there; of all below a directory the files only."""
    if isinstance(fact, FileMeta) and test.path.endswith("/**"):
        return fact.kind == "file"
    return not isinstance(fact, Absent)


def _one(test: FileTest, path: str, host: Host) -> Decision:
    fact = host.linux.files.get(path) or Unavailable(
        kind="not-collected", reason=f"{path} was not collected."
    )
    return judge_one(test, path, fact)


def _missing(test: FileTest) -> Decision:
    outcome = Outcome(test.absent)
    evidence = Evidence(fact=test.path, source="metadata", observed="absent", expected=expected(test))
    return decided(
        outcome,
        f"{test.path} does not exist.",
        evidence=(evidence,),
        faults=(Fault(test=test, path=test.path),) if outcome is Outcome.FAIL else (),
    )
