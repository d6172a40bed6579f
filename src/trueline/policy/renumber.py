"""Says where a policy's entries stand in another benchmark: a rule's identity outlives its number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from trueline.model.base import Model
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.policy import Policy
from trueline.model.rule import Rule
from trueline.policy.crosswalk import differences, pairs

ListName = Literal["waivers", "reviews", "decisions", "remediations"]
LISTS: tuple[ListName, ...] = ("waivers", "reviews", "decisions", "remediations")


class Move(Model, frozen=True, kw_only=True):
    """What becomes of one entry, which stands at `position` of its list.

    moved: `to` means the same; changed: `to` asserts something else by now, so that the entry needs a new
    approval; gone: nothing stands for it. `meanings` are those that were approved, `fields` what differs.
    """

    where: ListName
    position: int
    name: str
    check: str
    before: str
    after: str
    kind: Literal["moved", "changed", "gone"]
    to: str = ""
    meanings: tuple[str, ...] = ()
    fields: dict[str, tuple[str, str]] = {}


def moves(
    policy: Policy,
    before: Benchmark,
    after: Benchmark,
    rules: Mapping[str, Rule],
    meaning: Callable[[Recommendation], str],
) -> tuple[Move, ...]:
    """A move for each entry of the policy that is for `before`, in the order of the file."""
    matched = [(left, right) for (_, left), (_, right) in pairs(before, after)]
    fields = {
        left.number: differences(one, other, rules)
        for one, other in pairs(before, after)
        for left in (one[1],)
    }
    found: list[Move] = []
    for where in LISTS:
        for position, entry in enumerate(getattr(policy, where)):
            if entry.benchmark != before.id:
                continue
            step = _Step(entry.check, before, after, matched, meaning)
            move = step.move(where, position, getattr(entry, "id", f"{where[:-1]} of {entry.check}"), fields)
            found.append(move)
    return tuple(found)


class _Step:
    """One check on its way from one benchmark to another."""

    def __init__(
        self,
        check: str,
        before: Benchmark,
        after: Benchmark,
        matched: Sequence[tuple[Recommendation, Recommendation]],
        meaning: Callable[[Recommendation], str],
    ) -> None:
        self._check = check
        self._before = before
        self._after = after
        self._meaning = meaning
        self._old = [entry for _, entry in before.recommendations() if _is(entry, check)]
        numbers = {entry.number for entry in self._old}
        self._pairs = [(left, right) for left, right in matched if left.number in numbers]

    def move(
        self, where: ListName, position: int, name: str, fields: Mapping[str, dict[str, tuple[str, str]]]
    ) -> Move:
        """What becomes of the check; see `Move`."""
        to, new = self._target()
        old = tuple(dict.fromkeys(self._meaning(entry) for entry in self._old))
        same = bool(old) and {self._meaning(entry) for entry in new} <= set(old)
        kind: Literal["moved", "changed", "gone"] = "gone" if not to else "moved" if same else "changed"
        changed = {
            key: value
            for left, _ in self._pairs
            for key, value in fields.get(left.number, {}).items()
            if kind == "changed"
        }
        return Move(
            where=where,
            position=position,
            name=name,
            check=self._check,
            before=self._before.id,
            after=self._after.id,
            kind=kind,
            to=to,
            meanings=old,
            fields=changed,
        )

    def _target(self) -> tuple[str, list[Recommendation]]:
        """The check's name in the other benchmark, "" for none, and what it stands for there."""
        entries = [entry for _, entry in self._after.recommendations()]
        if any(self._check in entry.rules for entry in self._old):
            kept = [entry for entry in entries if self._check in entry.rules]
            if kept:
                return self._check, kept
        successors = [right for _, right in self._pairs]
        return (successors[0].number, successors[:1]) if len(successors) == 1 else ("", [])


def describe(move: Move) -> Iterator[str]:
    """The move in lines, the first with a mark as a diff has."""
    if move.kind == "gone":
        yield f"- {move.name}: {move.check} has no successor in {move.after}"
        return
    step = f"{move.check} -> {move.to}" if move.to != move.check else move.check
    if move.kind == "moved":
        yield f"~ {move.name}: {step} ({move.before} -> {move.after}), it means the same"
        return
    yield f"! {move.name}: {step} ({move.before} -> {move.after}) needs a new approval"
    for field, (old, new) in move.fields.items():
        yield f"    {field}: {old or 'none'} -> {new or 'none'}"


def _is(entry: Recommendation, check: str) -> bool:
    return check == entry.number or check in entry.rules
