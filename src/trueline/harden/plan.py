"""Makes a hardening plan: what failed, what mends it on this machine exactly, and what stays and why."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from trueline.collect.access import Root
from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, all_of
from trueline.evaluate.linux import say
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import Fix, needed
from trueline.evaluate.linux.fixes import fix
from trueline.evaluate.outcomes import judge
from trueline.harden.changes import Planning, object_of
from trueline.harden.files import ChangeFailed, Files
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.facts import Tool
from trueline.model.linux_system import Units
from trueline.model.operation import (
    BootArgument,
    KernelParameter,
    Operation,
    PackageState,
    SetAccess,
    UnitState,
)
from trueline.model.plan import (
    PLAN_SCHEMA,
    Action,
    FileChange,
    LeftOut,
    Plan,
    PlanHead,
    Promise,
    Reach,
    Step,
)
from trueline.model.results import Outcome, Result
from trueline.model.rule import Rule, bind

_ASIDE = {Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}
_COUNTED = {Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN}
_NOT_RUNNING = (
    "This tree does not run: what a program would have to change can only be changed where it does."
)
_ORDER = {UnitState: 1, KernelParameter: 2, PackageState: 3}


@dataclass(frozen=True)
class Request:
    """What a plan is made from: the judged benchmark with its content, the facts, and the machine's root.

    `kept` gives reasons why recommendations (by number or rule id) stay although they fail, such as those of
    a Kubernetes node. `runs_programs`: packages and the boot menu can be changed. `beside` are operations
    that no recommendation asks for, but a person.
    """

    benchmark: Benchmark
    rules: Mapping[str, Rule]
    context: Context
    results: Sequence[Result]
    root: Root
    head: PlanHead
    tool: Tool
    kept: Mapping[str, str] = field(default_factory=dict)
    runs_programs: bool = False
    beside: tuple[Operation, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass
class Item:
    """One failing recommendation while the plan is made."""

    result: Result
    entry: Recommendation
    verdict: Decision
    fixes: list[tuple[Fix, Rule]]
    reasons: list[str]
    steps: list[str] = field(default_factory=list)

    def asked(self) -> Iterator[tuple[Operation, Fix, Rule]]:
        """The operations that mend it."""
        for one, rule in self.fixes:
            for op in one.operations:
                yield op, one, rule


def make_plan(request: Request) -> Plan:
    """The plan; nothing on the machine is touched."""
    host = request.context.host
    assert host is not None  # whoever makes a plan has read the operating system
    items = list(_items(request, host))
    steps = _steps(items, request, host)
    promises = tuple(_promise(item) for item in items if item.steps or _only_boot(item))
    left = (*(_left(item) for item in items if item.reasons), *_deliberate(request))
    gained = sum(one.counts and one.after is Outcome.PASS for one in promises)
    scored = [one for one in request.results if one.scored and one.automated and one.outcome in _COUNTED]
    passed = sum(one.outcome is Outcome.PASS for one in scored)
    plan = Plan(
        schema=PLAN_SCHEMA,
        tool=request.tool,
        head=request.head,
        steps=steps,
        left_out=left,
        promises=promises,
        reach=_reach(request, promises),
        passed=passed,
        maximum=len(scored),
        promised=passed + gained,
        made_from=_made_from(steps, request.head),
        notices=request.notices,
    )
    return msgspec.structs.replace(plan, digest=digest_of(plan))


def digest_of(plan: Plan) -> str:
    """SHA-256 over the plan without its own digest."""
    bare = msgspec.structs.replace(plan, digest="")
    return f"sha256:{hashlib.sha256(msgspec.json.encode(bare, order='deterministic')).hexdigest()}"


def _made_from(steps: Iterable[Step], head: PlanHead) -> str:
    before = [(one.id, [getattr(change, "before", None) for change in one.changes]) for one in steps]
    content = msgspec.json.encode((head.benchmark_digest, before), order="deterministic")
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _items(request: Request, host: Host) -> Iterator[Item]:
    entries = {
        (section.target, entry.number): entry for section, entry in request.benchmark.recommendations()
    }
    for result in request.results:
        if result.outcome is Outcome.FAIL:
            yield _item(result, entries[result.target, result.number], request, host)


def _item(result: Result, entry: Recommendation, request: Request, host: Host) -> Item:
    rules = [bind(request.rules[name], given) for name, given in entry.rules.items()]
    decisions = [judge(rule, request.context) for rule in rules]
    item = Item(result, entry, all_of(decisions), [], [])
    if reason := _kept(result, entry, request):
        item.reasons.append(reason)
        return item
    for rule, decision in zip(rules, decisions, strict=True):
        beside = tuple(needed(rule.test))
        for fault in decision.faults if decision.outcome is Outcome.FAIL else ():
            _take(fix(fault, beside, host), rule, item, runs_programs=request.runs_programs)
    if not item.fixes and not item.reasons:
        item.reasons.append("What fails here can't be changed by a program.")
    return item


def _take(found: Fix, rule: Rule, item: Item, *, runs_programs: bool) -> None:
    if found.left:
        item.reasons.append(found.left)
    elif not runs_programs and any(isinstance(op, PackageState | BootArgument) for op in found.operations):
        item.reasons.append(_NOT_RUNNING)
    else:
        item.fixes.append((found, rule))


def _kept(result: Result, entry: Recommendation, request: Request) -> str:
    """Why a recommendation stays as it is whatever could be done."""
    if entry.excluded_because:
        return entry.excluded_because
    for name in (entry.number, *entry.rules):
        if name in request.kept:
            return request.kept[name]
    if not result.scored and result.number not in request.head.only:
        return "It is not scored: a person decides whether this machine needs it (--only brings it in)."
    return ""


def _steps(items: list[Item], request: Request, host: Host) -> tuple[Step, ...]:
    """One step per object, files first, in the order in which they are safe."""
    assert host.node.linux is not None
    owners: dict[int, list[Item]] = {}
    files = Files(request.root)

    def refuse(op: Operation, reason: str) -> None:
        for item in owners.get(id(op), ()):
            if reason not in item.reasons:
                item.reasons.append(reason)

    planning = Planning(files, host.node.linux, refuse)
    groups: dict[str, list[Operation]] = {}
    for op in request.beside:
        groups.setdefault(object_of(op, files), []).append(op)
    for item in items:
        for op, _, _ in item.asked():
            _group(op, item, groups, owners, files)
    steps: list[Step] = []
    for name, operations in sorted(groups.items(), key=lambda one: _rank(one[1][0])):
        changes = planning.changes(name, operations)
        if changes:
            steps.append(_step(f"s{len(steps) + 1:03}", name, operations, changes, items, host))
    return (*steps, *_loose(items, len(steps), host))


def _rank(op: Operation) -> int:
    return _ORDER.get(type(op), 0)


def _group(
    op: Operation, item: Item, groups: dict[str, list[Operation]], owners: dict[int, list[Item]], files: Files
) -> None:
    """Puts an operation to those of its object, equal ones once."""
    try:
        name = object_of(op, files)
    except ChangeFailed as error:
        item.reasons.append(error.message)
        return
    group = groups.setdefault(name, [])
    same = next((one for one in group if one == op), None)
    if same is None:
        group.append(op)
    owners.setdefault(id(same or op), []).append(item)


def _step(
    id_: str, name: str, operations: list[Operation], changes: Sequence[object], items: list[Item], host: Host
) -> Step:
    asking = [(item, found, rule) for item in items for op, found, rule in item.asked() if op in operations]
    for item, _, _ in asking:
        if id_ not in item.steps:
            item.steps.append(id_)
    actions = [one for _, found, _ in asking for one in found.actions]
    return Step(
        id=id_,
        title=_title(name, operations),
        operations=_tidy(operations, changes),
        changes=tuple(changes),  # type: ignore[arg-type]
        recommendations=tuple(dict.fromkeys(item.result.number for item, _, _ in asking)),
        rules=tuple(dict.fromkeys(rule.id for _, _, rule in asking)),
        risks=tuple(
            dict.fromkeys(text for _, found, rule in asking for text in (*found.risks, rule.impact) if text)
        ),
        reboot=any(found.reboot for _, found, _ in asking),
        actions=tuple(dict.fromkeys(one for one in actions if _useful(one, host))),
    )


def _title(name: str, operations: list[Operation]) -> str:
    texts = list(dict.fromkeys(say.operation(op) for op in operations))
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    text = ", ".join(texts[:3]) + more
    return f"{name}: {text}" if name.startswith("/") else text


def _tidy(operations: list[Operation], changes: Sequence[object]) -> tuple[Operation, ...]:
    """The operations with one mode and owner for all that ask for some."""
    others = [op for op in operations if not isinstance(op, SetAccess)]
    access = [op for op in operations if isinstance(op, SetAccess)]
    last = changes[-1]
    if not access or not isinstance(last, FileChange) or last.after is None:
        return tuple(others)
    one = SetAccess(
        path=last.path,
        mode=last.after.mode,
        owner=next((op.owner for op in reversed(access) if op.owner), ""),
        group=next((op.group for op in reversed(access) if op.group), ""),
    )
    return (*others, one)


def _useful(action: Action, host: Host) -> bool:
    """Whether there is anything to take the change up: a unit that runs, or the machine itself."""
    units = host.linux.units
    active = units.active if isinstance(units, Units) and isinstance(units.active, tuple) else ()
    if action.kind in {"reload", "restart", "stop"}:
        return action.unit in active
    return bool(active)


def _loose(items: list[Item], count: int, host: Host) -> Iterator[Step]:
    """Steps that only take up what files say already, such as audit rules that are not loaded."""
    waiting: dict[Action, list[Item]] = {}
    for item in items:
        for found, _ in item.fixes:
            for action in found.actions if not found.operations else ():
                if _useful(action, host):
                    waiting.setdefault(action, []).append(item)
    for action, asking in waiting.items():
        count += 1
        for item in asking:
            item.steps.append(f"s{count:03}")
        numbers = tuple(dict.fromkeys(item.result.number for item in asking))
        yield Step(
            id=f"s{count:03}",
            title=say.action(action),
            operations=(),
            changes=(),
            recommendations=numbers,
            actions=(action,),
        )


def _only_boot(item: Item) -> bool:
    """Whether nothing is wrong but what the next boot ends."""
    return bool(item.fixes) and not item.reasons and all(found.reboot for found, _ in item.fixes)


def _promise(item: Item) -> Promise:
    later = Outcome.FAIL if item.reasons else item.verdict.mended
    boot = any(found.reboot for found, _ in item.fixes)
    return Promise(
        number=item.result.number,
        title=item.result.title,
        level=item.result.level,
        counts=item.result.scored and item.result.automated,
        before=item.result.outcome,
        after=Outcome.FAIL if boot and not _boot_alone(item) else later,
        after_reboot=later,
        steps=tuple(item.steps),
    )


def _boot_alone(item: Item) -> bool:
    """Whether only files were wrong: then nothing that runs is still to change."""
    return not any(found.reboot and not found.operations for found, _ in item.fixes)


def _left(item: Item) -> LeftOut:
    return LeftOut(
        number=item.result.number,
        title=item.result.title,
        reasons=tuple(dict.fromkeys(item.reasons)),
        partly=bool(item.steps),
    )


def _deliberate(request: Request) -> Iterator[LeftOut]:
    """What the vendor leaves out and does not fail here: the list of exceptions has to be whole."""
    entries = {
        (section.target, entry.number): entry for section, entry in request.benchmark.recommendations()
    }
    for result in request.results:
        reason = entries[result.target, result.number].excluded_because
        if reason and result.outcome not in {Outcome.FAIL, Outcome.NOTSELECTED}:
            yield LeftOut(number=result.number, title=result.title, reasons=(reason,), outcome=result.outcome)


def _reach(request: Request, promises: Sequence[Promise]) -> Reach:
    scored = [one for one in request.results if one.scored and one.automated and one.outcome not in _ASIDE]
    numbers = {one.number for one in scored}
    holding = sum(one.outcome is Outcome.PASS for one in scored)
    kept = [one for one in promises if one.number in numbers and one.after_reboot is not Outcome.FAIL]
    unseen = sum(one.after_reboot is not Outcome.PASS for one in kept)
    vendor = [
        entry
        for _, entry in request.benchmark.recommendations()
        if entry.scored and (entry.reinforced or entry.excluded_because)
    ]
    return Reach(
        level=request.head.level,
        scored=len(scored),
        holding=holding,
        reinforced=holding + len(kept),
        unseen=unseen,
        left_out=len(scored) - holding - len(kept),
        vendor_reinforced=sum(one.reinforced for one in vendor),
        vendor_scored=len(vendor),
    )
