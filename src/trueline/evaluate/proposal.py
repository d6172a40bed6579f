"""Turns failing rules about settings into the values that those settings should have."""

from collections.abc import Container, Mapping

from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, Fault, unique
from trueline.evaluate.outcomes import judge
from trueline.evaluate.remedy import by_key
from trueline.evaluate.settings import Effective
from trueline.model.benchmark import Benchmark
from trueline.model.change import Proposal, SettingChange, Unwritten
from trueline.model.results import Outcome
from trueline.model.rule import Rule, SettingTest, bind
from trueline.model.setting import Setting

_GATES = "feature-gates."
_PLUGINS = "admission-plugins"
_CONFIGURED = {"EventRateLimit", "ImagePolicyWebhook"}  # they do not start without a configuration


class _Unknown(Exception):
    """No value can be derived; the text says why."""


def propose(
    benchmark: Benchmark,
    rules: Mapping[str, Rule],
    context: Context,
    wanted: Container[tuple[str, str]],
    *,
    target: str,
) -> Proposal:
    """What to set so that failing recommendations about settings pass; `wanted` are targets and numbers."""
    changes: dict[tuple[str, str], SettingChange] = {}
    unwritten: list[Unwritten] = []
    others: list[str] = []
    for section, entry in benchmark.recommendations():
        if (section.target, entry.number) not in wanted:
            continue
        bound = [bind(rules[name], given) for name, given in entry.rules.items()]
        faults = [(rule, fault) for rule in bound for fault in _faults(judge(rule, context))]
        if not faults or not all(isinstance(fault.test, SettingTest) for _, fault in faults):
            others.append(entry.number)
            continue
        trial = dict(changes)
        try:
            for rule, fault in faults:
                _add(trial, fault, entry.number, rule, context)
            changes = trial
        except _Unknown as why:
            title, component = entry.title or bound[0].title, bound[0].component
            unwritten.append(
                Unwritten(number=entry.number, component=component, title=title, reason=str(why))
            )
    return Proposal(
        benchmark=benchmark.id,
        target=target,
        platform=context.platform.id,
        kubernetes=context.version or "",
        changes=tuple(changes.values()),
        unwritten=tuple(unwritten),
        others=tuple(others),
    )


def _faults(decision: Decision) -> tuple[Fault, ...]:
    return decision.faults if decision.outcome is Outcome.FAIL else ()


def _add(
    changes: dict[tuple[str, str], SettingChange], fault: Fault, number: str, rule: Rule, context: Context
) -> None:
    test = fault.test
    assert isinstance(test, SettingTest)
    component, _, name = test.name.partition("/")
    name, test = _written_as(name, test, fault)
    found = context.components[component]
    setting = next(one for one in found.settings if one.name == name)
    if fault.negated or (setting.no_flag and not setting.key):
        raise _Unknown("It is computed from other files; see the remediation in the report.")
    known = changes.get((component, name))
    held = _held(known, f"{component}/{name}", fault, context)
    changes[component, name] = SettingChange(
        component=component,
        setting=name,
        type=setting.type,
        flag=(setting.all_flags or ("",))[0],
        key=setting.key,
        by_key=by_key(setting, found, fault),
        flag_in_the_way=_given(setting, fault),
        value=_value(test, held, setting),
        numbers=unique((*(known.numbers if known else ()), number)),
        now=known.now if known else fault.observed,
        impacts=unique((*(known.impacts if known else ()), *([rule.impact] if rule.impact else []))),
    )


def _given(setting: Setting, fault: Fault) -> bool:
    words = fault.process.arguments if fault.process else ()
    return any(word.lstrip("-").partition("=")[0] in setting.all_flags for word in words)


def _written_as(name: str, test: SettingTest, fault: Fault) -> tuple[str, SettingTest]:
    """Where a computed setting is written: a gate among gates, a plugin where it is switched on or off."""
    if name.startswith(_GATES):
        gate = f"{name.removeprefix(_GATES)}={test.operand}"
        return "feature-gates", SettingTest(name=test.name, has=(gate,))
    if name != _PLUGINS:
        return name, test
    if needy := sorted(_CONFIGURED.intersection(test.operand)):
        raise _Unknown(f"{needy[0]} needs a configuration of its own (--admission-control-config-file).")
    if test.operator == "lacks":
        return "enable-admission-plugins", test
    given = [one for one in (fault.process.arguments if fault.process else ()) if "disable-admission" in one]
    if any(plugin in one for plugin in test.operand for one in given):
        return "disable-admission-plugins", SettingTest(name=test.name, lacks=test.operand)
    return "enable-admission-plugins", test


def _held(known: SettingChange | None, name: str, fault: Fault, context: Context) -> tuple[str, ...]:
    """The members that a list has now, an earlier change included."""
    if known is not None:
        return tuple(part for part in (known.value or "").split(",") if part)
    if fault.process is None:
        return ()
    found = context.setting(name, fault.process)
    if not isinstance(found, Effective) or found.layer == "default":
        return ()
    value = found.values[0]
    return value if isinstance(value, tuple) else ()


def _value(test: SettingTest, held: tuple[str, ...], setting: Setting) -> str | None:
    operand = test.operand
    match test.operator:
        case "at_least" if operand == "1":  # which says that there is a limit, but not which
            raise _Unknown(f"{setting.name} needs a value that fits what runs here.")
        case "equals" | "at_least" | "at_most":
            return str(operand)
        case "one_of":
            return str(operand[0])
        case "has":
            kept = [
                one for one in held if one.partition("=")[0] not in {x.partition("=")[0] for x in operand}
            ]
            return ",".join((*kept, *operand))
        case "lacks":
            return ",".join(one for one in held if one not in operand)
        case "subset_of":
            return ",".join([one for one in held if one in operand] or operand)
        case "present" if not operand:
            return None
        case _:
            raise _Unknown(f"{setting.name} needs a value that only those who run the cluster know.")
