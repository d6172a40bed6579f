"""What the leaves that judge an operating system share."""

from collections.abc import Iterable
from typing import TypeVar

from trueline.evaluate.decision import Decision, Fault, decided
from trueline.model.facts import Absent, NodeFacts, Unavailable
from trueline.model.known import NOT_UNDERSTOOD
from trueline.model.linux import LinuxFacts
from trueline.model.linux_system import Config, Entry
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import Leaf

T = TypeVar("T")

NOW = "now"
BOOT = "after the next boot"
SHOWN = 20


class Host:
    """The machine that leaves look at: its node's facts and those of its operating system.

    `today` is the day of the collection, counted from 1970 as shadow does; None where it is not known.
    """

    def __init__(self, node: NodeFacts, linux: LinuxFacts, today: int | None = None) -> None:
        self.node = node
        self.linux = linux
        self.today = today

    def config(self, name: str) -> Config | Unavailable:
        """A configuration by its name in `LinuxFacts.configs`."""
        return self.linux.configs.get(name) or Unavailable(
            kind="not-collected", reason=f"The configuration {name} was not collected."
        )


def verdict(
    holds: bool,
    fact: str,
    source: str,
    observed: str,
    expected: str,
    fault: Leaf | None = None,
    path: str = "",
) -> Decision:
    """Pass or fail with its one piece of evidence; `fault` is the leaf that a fail comes from."""
    evidence = (Evidence(fact=fact, source=source, observed=observed, expected=expected),)
    if holds:
        return decided(Outcome.PASS, f"{fact} is {observed} ({source}).", evidence=evidence)
    faults = (Fault(test=fault, source=source, observed=observed, path=path),) if fault is not None else ()
    return decided(
        Outcome.FAIL,
        f"{fact} is {observed} ({source}), expected {expected}.",
        evidence=evidence,
        faults=faults,
    )


def cannot(reason: str, fault: Leaf | None = None, path: str = "") -> Decision:
    """An error: a fact is missing; unknown where there was one that was not understood.

    `fault` says what would have to hold.
    """
    faults = (Fault(test=fault, path=path),) if fault is not None else ()
    outcome = Outcome.UNKNOWN if NOT_UNDERSTOOD in reason else Outcome.ERROR
    return decided(outcome, reason, faults=faults)


def unread(what: dict[str, Unavailable]) -> str:
    """Which files could not be read, as the reason why something was not found for certain."""
    first = next(iter(what.items()))
    more = f", and {len(what) - 1} more" if len(what) > 1 else ""
    return f"{first[0]} could not be read: {first[1].reason}{more}"


def known(fact: T | Absent | Unavailable, absent: str) -> T | str:
    """The fact, or why it is missing."""
    if isinstance(fact, Absent):
        return absent
    return fact.reason if isinstance(fact, Unavailable) else fact


def place(entry: Entry) -> str:
    """ "/etc/login.defs:12"."""
    return f"{entry.file}:{entry.line}"


def some(names: Iterable[str], limit: int = 3) -> str:
    """The first few names and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
