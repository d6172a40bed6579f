"""Writes remediation from what failed and from what the platform says of where a change lasts."""

from collections.abc import Iterable, Sequence

from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, Fault
from trueline.evaluate.linux import host_leaf
from trueline.evaluate.linux.remedy import change
from trueline.evaluate.shell import quoted
from trueline.model.base import Model
from trueline.model.platform import Lasting
from trueline.model.results import Outcome
from trueline.model.rule import FileTest, Rule, SettingTest, Test
from trueline.model.setting import Component, Setting

_GATES = "feature-gates."
_PLUGINS = "admission-plugins"
_PLACEHOLDER = "<value for this cluster>"


class Remedy(Model, frozen=True, kw_only=True):
    """What to change, and where changes to these components last."""

    changes: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


def remedy(rule: Rule, decision: Decision, context: Context) -> Remedy:
    """The exact changes for a rule that did not pass, with the rule's own notes.

    Where facts were missing it says what to make visible, and what would have to hold.
    """
    if decision.outcome is Outcome.NOTCHECKED:
        return Remedy(changes=(rule.remediation,) if rule.remediation else ())
    faults = decision.faults
    changes: list[str] = []
    if decision.outcome in {Outcome.ERROR, Outcome.UNKNOWN}:
        changes.append(f"Make the missing fact visible and scan again. {decision.reason}")
        faults = faults or _expected_faults(rule.test)
    settings = [fault for fault in faults if isinstance(fault.test, SettingTest)]
    changes += [_of_setting(fault, context) for fault in settings]
    changes += [_of_file(fault) for fault in faults if isinstance(fault.test, FileTest)]
    changes += [change(fault) for fault in faults]
    changes.append(rule.remediation)
    return Remedy(
        changes=tuple(dict.fromkeys(change for change in changes if change)),
        components=tuple(dict.fromkeys(_component(fault) for fault in settings)),
    )


def lasting(components: Sequence[str], context: Context) -> str:
    """Where changes to these components last, what is rendered from there, and which restart they need."""
    found = [
        (name, context.platform.lasting[name]) for name in components if name in context.platform.lasting
    ]
    return "\n".join(line for name, place in found for line in _place(name, place))


def _place(component: str, place: Lasting) -> list[str]:
    lines = [step.replace("{component}", component) for step in place.steps]
    if place.rendered:
        lines.append(f"{place.rendered} is rendered from that; a change made only there is lost later.")
    return [*lines, place.restart] if place.restart else lines


def _expected_faults(test: Test | None) -> tuple[Fault, ...]:
    """Every setting that the test asks for, to say what would have to hold where facts are missing."""
    if test is None:
        return ()
    if test.setting is not None:
        return (Fault(test=test.setting),)
    if found := host_leaf(test):
        return (Fault(test=found[1]),)
    parts = test.all or (test.any or ())[:1]
    return tuple(fault for part in parts for fault in _expected_faults(part))


def _component(fault: Fault) -> str:
    assert isinstance(fault.test, SettingTest)
    return fault.test.name.partition("/")[0]


def _of_setting(fault: Fault, context: Context) -> str:
    """One sentence; empty where the setting is computed from other files, of which the rule's text tells."""
    assert isinstance(fault.test, SettingTest)
    component, _, name = fault.test.name.partition("/")
    found = context.components[component]
    setting = next(entry for entry in found.settings if entry.name == name)
    if name == _PLUGINS:
        return _of_plugins(fault.test, fault)
    if name.startswith(_GATES):
        gate = f"{name.removeprefix(_GATES)}={fault.test.operand}"
        return f"In {component}, set the feature gate {gate}{_now(fault)}."
    if setting.no_flag and not setting.key:
        return ""
    return f"In {component}, {_change(setting, fault.test, fault, by_key=by_key(setting, found, fault))}"


def by_key(setting: Setting, component: Component, fault: Fault) -> bool:
    """Whether to write the config file's key: it exists, and the process reads such a file."""
    if not setting.key or setting.no_flag:
        return bool(setting.key)
    if fault.process is None:
        return bool(component.config_flag) and not component.config_exclusive
    given = {argument.lstrip("-").partition("=")[0] for argument in fault.process.arguments}
    return component.config_flag in given


def _change(setting: Setting, test: SettingTest, fault: Fault, *, by_key: bool) -> str:
    flag = f"--{(setting.all_flags or (setting.key,))[0]}"
    spot = f"`{setting.key}`" if by_key else f"`{flag}`"
    value = _wanted(test)
    if value is None:
        return f"remove {spot}{_now(fault)}."
    if test.operator == "has":
        return f"add {value} to {spot}{_now(fault)}."
    if test.operator == "lacks":
        return f"take {value} out of {spot}{_now(fault)}."
    written = f"`{setting.key}: {value}`" if by_key else f"`{flag}={value}`"
    overrides = (
        f" Remove the flag {flag}, which overrides the file." if by_key and fault.layer == "flag" else ""
    )
    return f"set {written}{_now(fault)}.{overrides}"


def _wanted(test: SettingTest) -> str | None:
    """The value to set as text; None where the setting must go away."""
    operand = test.operand
    match test.operator:
        case "present":
            return _PLACEHOLDER if operand else None
        case "one_of":
            return str(operand[0])
        case "has" | "lacks" | "subset_of":
            return ",".join(operand)
        case "differs_from":
            return f"<other than {operand}>"
        case "not_equals":
            return f"<anything but {operand}>"
        case "matches" | "not_matches":
            return _PLACEHOLDER
        case _:
            return str(operand)


def _of_plugins(test: SettingTest, fault: Fault) -> str:
    """Admission plugins are computed from two flags: say which of them has to change."""
    names = ",".join(test.operand)
    if test.operator == "lacks":
        return f"In kube-apiserver, take {names} out of `--enable-admission-plugins`."
    off = "--disable-admission-plugins"
    given = [argument for argument in (fault.process.arguments if fault.process else ()) if off in argument]
    if any(name in argument for name in test.operand for argument in given):
        return f"In kube-apiserver, take {names} out of `{off}`."
    return f"In kube-apiserver, add {names} to `--enable-admission-plugins`, keeping what is there."


def _now(fault: Fault) -> str:
    return f" (now {fault.observed}, {fault.source})" if fault.observed and fault.source else ""


def _of_file(fault: Fault) -> str:
    """One command; paths are quoted, because names of files are data."""
    assert isinstance(fault.test, FileTest)
    if fault.test.mode_at_most is not None:
        return f"chmod {_stricter(fault.test.mode_at_most, fault.observed)} {quoted(fault.path)}"
    if fault.test.owner is not None:
        return f"chown {fault.test.owner.split()[0]} {quoted(fault.path)}"
    return f"Create {fault.path}." if fault.test.present else f"Remove {fault.path}."


def _stricter(allowed: str, observed: str) -> str:
    """The allowed mode without bits that the file does not have now: hardening never opens a file."""
    now = observed.removeprefix("mode ")
    return f"{(int(now, 8) & int(allowed, 8)) if now.isdigit() else int(allowed, 8):o}"


def joined(remedies: Iterable[Remedy]) -> Remedy:
    """The remedies of several rules as one."""
    listed = list(remedies)
    return Remedy(
        changes=tuple(dict.fromkeys(change for one in listed for change in one.changes)),
        components=tuple(dict.fromkeys(name for one in listed for name in one.components)),
    )
