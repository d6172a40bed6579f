"""Writes remediation from what failed and from what the platform says of where a change lasts."""

from collections.abc import Iterable

from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, Fault
from trueline.model.platform import Lasting
from trueline.model.results import Outcome
from trueline.model.rule import FileTest, Rule, SettingTest, Test
from trueline.model.setting import Setting

_GATES = "feature-gates."
_PLUGINS = "admission-plugins"


def remediation(rule: Rule, decision: Decision, context: Context) -> str:
    """What to do about a rule that did not pass: exact change, lasting place, restart, extra notes.

    Where facts were missing it says what to make visible, and what would have to hold.
    """
    if decision.outcome is Outcome.NOTCHECKED:
        return rule.remediation
    parts: list[str] = []
    if decision.outcome in {Outcome.ERROR, Outcome.UNKNOWN}:
        parts.append(f"Make the missing fact visible, then scan again: {decision.reason}")
    faults = decision.faults or _expected_faults(rule.test)
    parts += _settings([fault for fault in faults if isinstance(fault.test, SettingTest)], context)
    parts += _files([fault for fault in faults if isinstance(fault.test, FileTest)])
    if rule.remediation:
        parts.append(rule.remediation)
    return "\n".join(parts)


def _expected_faults(test: Test | None) -> tuple[Fault, ...]:
    """Every setting that the test asks for, to say what would have to hold where facts are missing."""
    if test is None:
        return ()
    if test.setting is not None:
        return (Fault(test=test.setting),)
    return tuple(fault for part in (test.all or test.any or ()) for fault in _expected_faults(part))


def _settings(faults: list[Fault], context: Context) -> list[str]:
    """Changes grouped by component, each group followed by its lasting place and its restart."""
    lines: list[str] = []
    components = dict.fromkeys(_component(fault) for fault in faults)
    for component in components:
        mine = [fault for fault in faults if _component(fault) == component]
        changes = dict.fromkeys(change for fault in mine for change in _changes(fault, context))
        if not changes:
            continue
        lines += changes
        if lasting := context.platform.lasting.get(component):
            lines += _lasting(lasting, component)
    return lines


def _lasting(lasting: Lasting, component: str) -> list[str]:
    lines = [step.replace("{component}", component) for step in lasting.steps]
    if lasting.rendered:
        lines.append(f"{lasting.rendered} is rendered from that; a change made only there is lost later.")
    return [*lines, lasting.restart] if lasting.restart else lines


def _component(fault: Fault) -> str:
    assert isinstance(fault.test, SettingTest)
    return fault.test.name.partition("/")[0]


def _changes(fault: Fault, context: Context) -> list[str]:
    assert isinstance(fault.test, SettingTest)
    component, _, name = fault.test.name.partition("/")
    setting = next(entry for entry in context.components[component].settings if entry.name == name)
    if name == _PLUGINS:
        return _plugins(fault.test, fault)
    if name.startswith(_GATES):
        gate = f"{name.removeprefix(_GATES)}={fault.test.operand}"
        return [f"In {component}, set the feature gate {gate}{_over(fault)}."]
    if setting.no_flag and not setting.key:
        return []  # computed from other files: the rule's own text says what to write there
    return [_change(component, setting, fault.test, fault, context)]


def _change(component: str, setting: Setting, test: SettingTest, fault: Fault, context: Context) -> str:
    by_key = bool(setting.key) and bool(context.components[component].config_flag) and component != "etcd"
    spot = f"`{setting.key}`" if by_key else f"`--{setting.all_flags[0]}`"
    value = _wanted(test)
    if value is None:
        return f"In {component}, remove `--{(setting.all_flags or (setting.key,))[0]}`{_over(fault)}."
    if test.operator == "has":
        return f"In {component}, add {value} to {spot}{_over(fault)}."
    if test.operator == "lacks":
        return f"In {component}, take {value} out of {spot}{_over(fault)}."
    written = f"`{setting.key}: {value}`" if by_key else f"`--{setting.all_flags[0]}={value}`"
    flag = (
        f" Remove the flag `--{setting.all_flags[0]}`, which overrides the file."
        if by_key and fault.layer == "flag"
        else ""
    )
    return f"In {component}, set {written}{_over(fault)}.{flag}"


def _wanted(test: SettingTest) -> str | None:
    """The value to set as text; None where the setting must go away."""
    operand = test.operand
    match test.operator:
        case "present":
            return "<value for this cluster>" if operand else None
        case "one_of":
            return str(operand[0])
        case "has" | "lacks" | "subset_of":
            return ",".join(operand)
        case "differs_from":
            return f"<not that of {operand}>"
        case "not_equals":
            return f"<anything but {operand}>"
        case "matches":
            return "<value as expected above>"
        case _:
            return str(operand)


def _plugins(test: SettingTest, fault: Fault) -> list[str]:
    """Admission plugins are computed from two flags: say which of them has to change."""
    names = ",".join(test.operand)
    disabled = any(
        argument.split("=")[0] == "--disable-admission-plugins" and name in argument
        for name in test.operand
        for argument in (fault.process.arguments if fault.process else ())
    )
    if test.operator == "lacks":
        return [f"In kube-apiserver, take {names} out of `--enable-admission-plugins`."]
    if disabled:
        return [f"In kube-apiserver, take {names} out of `--disable-admission-plugins`."]
    return [
        f"In kube-apiserver, add {names} to the list of `--enable-admission-plugins`, keeping the others."
    ]


def _over(fault: Fault) -> str:
    return f" (now {fault.observed}, {fault.source})" if fault.observed and fault.source else ""


def _files(faults: Iterable[Fault]) -> list[str]:
    """One command per file; paths are quoted, because names of files are data."""
    lines: list[str] = []
    for fault in faults:
        assert isinstance(fault.test, FileTest)
        if fault.test.mode_at_most is not None:
            lines.append(f"chmod {_stricter(fault)} {_quoted(fault.path)}")
        elif fault.test.owner is not None:
            lines.append(f"chown {fault.test.owner.split()[0]} {_quoted(fault.path)}")
        elif fault.test.present:
            lines.append(f"Create {fault.path}.")
        else:
            lines.append(f"Remove {fault.path}.")
    return lines


def _stricter(fault: Fault) -> str:
    """The allowed mode without bits that the file does not have now: hardening never opens a file."""
    assert isinstance(fault.test, FileTest)
    allowed = int(fault.test.mode_at_most or "0", 8)
    now = fault.observed.removeprefix("mode ")
    return f"{(int(now, 8) & allowed) if now.isdigit() else allowed:o}"


def _quoted(path: str) -> str:
    plain = path.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    return path if plain.isalnum() else "'" + path.replace("'", "'\\''") + "'"
