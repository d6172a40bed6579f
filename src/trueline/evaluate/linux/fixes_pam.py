"""Fixes of PAM: arguments and settings of modules in the stack, and few lines that can't lock out."""

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import Fix, chosen, left, place_of
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import PamTest
from trueline.model.linux_access import Pam, PamRule, PamStack, Sudo
from trueline.model.operation import Operation, PamArgument, PamLine, SetKey
from trueline.model.rule import Leaf

_LOCKED_OUT = "A stack differs from system to system, and a mistake in it locks everybody out."
_AUTHSELECT = (
    "authselect writes this file anew from its profile: change the profile or its features, and run "
    "`authselect apply-changes`."
)
_SETTINGS = {"pwquality", "faillock"}  # pwhistory.conf is read by the newest releases only
_RISKS = {
    "deny": "Whoever knows the name of an account can lock it by wrong passwords.",
    "remember": "Users can't take an old password again.",
}


def fix_pam(test: PamTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """Arguments where the module is in the stack; else the line, where it can do no harm."""
    made = _fix(test, fault, beside, host)
    if _kept_by_authselect(host) and any(isinstance(one, PamArgument | PamLine) for one in made.operations):
        return left(_AUTHSELECT)
    return made


def _kept_by_authselect(host: Host) -> bool:
    config = host.config("authselect")
    return not isinstance(config, Unavailable) and bool(config.files or config.unread)


def _fix(test: PamTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    pam = host.linux.pam
    assert isinstance(pam, Pam)  # else there would be no fault
    if fault.negated or (test.operator == "present" and not test.operand):
        return _without(test, pam)
    name = fault.path.removeprefix("/etc/pam.d/")
    rules = [one for one in _rules(test, name, pam) if one.control != "optional"]
    if not any(one.module == test.modules[0] for one in rules):
        return _line(test, fault, name, host, beside)
    if not test.argument:
        return left(_LOCKED_OUT)  # it is there, but what it says does not decide
    same = [one for one in beside if isinstance(one, PamTest) and one.argument == test.argument]
    value = "" if test.operator == "present" else chosen(test, same)
    if value is None:
        return left(f"Which value {test.argument} should have is the site's to say.")
    return _argument(test, fault, rules, "" if value == "true" else value)


def _rules(test: PamTest, name: str, pam: Pam) -> list[PamRule]:
    stack = pam.services.get(name)
    return [
        one for one in (stack.rules if stack else ()) if one.type == test.type and one.module in test.modules
    ]


def _argument(test: PamTest, fault: Fault, rules: list[PamRule], value: str) -> Fix:
    """In the module's settings where it reads such and no line says otherwise, else in the line itself."""
    risks = (_RISKS[test.argument],) if test.argument in _RISKS else ()
    path, line = place_of(fault)
    given = [one for one in rules if _has(one, test.argument)]
    operation: Operation
    if not given and (test.settings in _SETTINGS or path.startswith("/etc/security/")):
        file = path if path.startswith("/etc/security/") else f"/etc/security/{test.settings}.conf"
        operation = SetKey(file=file, syntax="equals", key=test.argument, value=value)
        return Fix(operations=(operation,), risks=risks)
    rule = next((one for one in rules if (one.file, one.line) == (path, line)), rules[0])
    if not rule.file.startswith("/etc/pam.d/"):
        return left(f"{rule.file} belongs to a package.")
    operation = PamArgument(
        file=rule.file, type=test.type, module=rule.module, argument=test.argument, value=value
    )
    return Fix(operations=(operation,), risks=risks)


def _has(rule: PamRule, argument: str) -> bool:
    return any(word.strip("[]").partition("=")[0] == argument for word in rule.arguments)


def _without(test: PamTest, pam: Pam) -> Fix:
    """Takes the argument out of each line that has it."""
    found = [one for name in test.services for one in _rules(test, name, pam) if _has(one, test.argument)]
    if not found or any(not one.file.startswith("/etc/pam.d/") for one in found):
        return left(_LOCKED_OUT)
    operations = tuple(
        PamArgument(file=one.file, type=test.type, module=one.module, argument=test.argument, present=False)
        for one in found
    )
    return Fix(operations=tuple(dict.fromkeys(operations)))


def _line(test: PamTest, fault: Fault, name: str, host: Host, beside: tuple[Leaf, ...]) -> Fix:
    """A missing module: pam_pwhistory before pam_unix, and pam_wheel for su; others may lock out."""
    stack = host.linux.pam.services.get(name) if isinstance(host.linux.pam, Pam) else None
    if stack is None:
        return left(f"{fault.path} is missing, and what belongs there differs from system to system.")
    if test.modules[0] == "pam_pwhistory.so" and test.type == "password":
        return _history(fault.path, [one.module for one in stack.rules if one.type == "password"])
    if test.modules[0] == "pam_wheel.so" and name == "su":
        return _wheel(fault.path, stack, host, beside)
    if test.modules[0] == "pam_pwquality.so":
        return left("libpam-pwquality is not installed; its package adds the line by itself.")
    return left(_LOCKED_OUT)


def _wheel(file: str, stack: PamStack, host: Host, beside: tuple[Leaf, ...]) -> Fix:
    """The line before what asks for the password, behind the one that lets root pass."""
    if any(isinstance(one, PamTest) and one.argument == "group" for one in beside):
        return left("Needs a group that the site names, and that has no members.")
    if not _others_have_sudo(host):
        return left("Nobody but root may use sudo here: without su nobody else could become root.")
    own = [one for one in stack.rules if one.type == "auth" and one.file == file]
    after = [one for one in stack.rules if one.type == "auth" and one.file != file]
    if "pam_rootok.so" not in [one.module for one in own]:
        return left(_LOCKED_OUT)
    if "pam_unix.so" in [one.module for one in own]:
        before = "pam_unix.so"
    elif after and after[0].file == "/etc/pam.d/common-auth":
        before = "@include common-auth"
    else:
        return left(_LOCKED_OUT)
    line = PamLine(
        file=file,
        type="auth",
        control="required",
        module="pam_wheel.so",
        arguments=("use_uid",),
        before=before,
    )
    return Fix(operations=(line,))


def _history(file: str, modules: list[str]) -> Fix:
    if "pam_unix.so" not in modules:
        return left(_LOCKED_OUT)
    asked = modules.index("pam_unix.so") > 0 and modules[0] in {"pam_pwquality.so", "pam_cracklib.so"}
    if not asked:
        return left("Without a module before it that asks for the password, pam_pwhistory could not use one.")
    line = PamLine(
        file=file,
        type="password",
        control="required",
        module="pam_pwhistory.so",
        arguments=("remember=24", "enforce_for_root", "use_authtok"),
        before="pam_unix.so",
    )
    return Fix(operations=(line,), risks=(_RISKS["remember"],))


def _others_have_sudo(host: Host) -> bool:
    sudo = host.linux.sudo
    if isinstance(sudo, Absent | Unavailable) or not isinstance(sudo, Sudo):
        return False
    return any(rule.who != "root" for rule in sudo.rules)
