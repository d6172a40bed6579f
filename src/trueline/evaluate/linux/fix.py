"""What mends a fault: operations, or the reason why no operation is safe; shared by all fixes."""

from collections.abc import Iterable, Iterator

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.values import parse, satisfies
from trueline.model.base import Model
from trueline.model.facts import Unavailable
from trueline.model.operation import Operation
from trueline.model.plan import Action
from trueline.model.predicate import Predicate
from trueline.model.rule import Leaf, Test

OURS = "99-trueline.conf"
_ORDER = ("equals", "one_of", "at_most", "at_least", "has", "subset_of")


class Fix(Model, frozen=True, kw_only=True):
    """How one fault ends.

    `left` says why it stays; then nothing else is set. `reboot`: what is wrong now ends with the next boot.
    `actions` take changed files up, `risks` say what may stop working.
    """

    operations: tuple[Operation, ...] = ()
    left: str = ""
    reboot: bool = False
    actions: tuple[Action, ...] = ()
    risks: tuple[str, ...] = ()


def left(reason: str) -> Fix:
    """A fault that stays."""
    return Fix(left=reason)


def needed(test: Test | None) -> Iterator[Leaf]:
    """The leaves that must all hold; of alternatives the first, which rules prefer."""
    if test is None or test.not_ is not None:
        return
    for part in test.all or (test.any or ())[:1]:
        yield from needed(part)
    for name in test.__struct_fields__:
        value = getattr(test, name)
        if value is not None and not isinstance(value, tuple):
            yield value


def chosen(wanted: Predicate, beside: Iterable[Predicate]) -> str | None:
    """A value that fulfils the predicate and those beside it; None where only the site can know one."""
    every = sorted({id(one): one for one in (wanted, *beside)}.values(), key=_rank)
    candidates = (_value(one) for one in every)
    return next((one for one in candidates if one is not None and _fits(one, every)), None)


def _rank(predicate: Predicate) -> int:
    return _ORDER.index(predicate.operator) if predicate.operator in _ORDER else len(_ORDER)


def _value(predicate: Predicate) -> str | None:
    operand = predicate.operand
    match predicate.operator:
        case "equals" | "at_most" | "at_least":
            return str(operand)
        case "one_of":
            return str(operand[0])
        case "has" | "subset_of":
            return ",".join(operand)
        case _:
            return None


def _fits(value: str, predicates: Iterable[Predicate]) -> bool:
    try:
        return all(_fulfils(value, one) for one in predicates)
    except ValueError:
        return False


def _fulfils(value: str, predicate: Predicate) -> bool:
    if predicate.operator in {"at_most", "at_least"}:
        return satisfies(predicate, parse("int", value), "int")
    if predicate.operator in {"has", "subset_of", "lacks"}:
        return satisfies(predicate, parse("list", value), "list")
    return satisfies(predicate, value, "string")


def place_of(fault: Fault) -> tuple[str, int]:
    """Path and line of a source such as "/etc/login.defs:12"; ("", 0) where it names none."""
    path, colon, rest = fault.source.partition(",")[0].rpartition(":")
    return (path, int(rest)) if colon and path.startswith("/") and rest.isdigit() else ("", 0)


def files_of(name: str, host: Host) -> tuple[str, ...]:
    """The files that this machine has of a configuration."""
    config = host.config(name)
    return () if isinstance(config, Unavailable) else config.files
