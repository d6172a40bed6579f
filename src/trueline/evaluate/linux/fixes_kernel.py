"""Fixes of kernel parameters, modules, boot arguments, SELinux and audit rules."""

from fnmatch import fnmatchcase

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.audit import boot_rules
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import OURS, Fix, chosen, files_of, left
from trueline.evaluate.linux.remedy import audit_lines
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import AuditRuleTest, BootArgumentTest, ModuleTest, SelinuxTest, SysctlTest
from trueline.model.linux_system import Modules, SysctlBoot, Walk
from trueline.model.operation import AddLine, BootArgument, KeepOutModule, KernelParameter, Operation, SetKey
from trueline.model.plan import Action
from trueline.model.rule import Leaf

_SYSCTL = f"/etc/sysctl.d/{OURS}"
_MODPROBE = "/etc/modprobe.d/trueline.conf"
_RULES = "/etc/audit/rules.d/50-trueline.rules"
_LAST_RULES = "/etc/audit/rules.d/99-finalize.rules"


def fix_sysctl(test: SysctlTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """The running value and the file that sets it at boot, each where it is the fault."""
    same = [one for one in beside if isinstance(one, SysctlTest) and one.key == test.key]
    value = chosen(test, same)
    if value is None:
        return left(f"Which value {test.key} should have is the site's to say.")
    if fault.source.startswith("/proc/sys"):
        return Fix(operations=(KernelParameter(key=test.key, value=value),))
    file = _sysctl_file(test.key, host.linux.sysctl.boot)
    if not file.startswith("/etc/"):
        return left(f"{file} sets {test.key} later than any file of /etc that this could write.")
    return Fix(operations=(SetKey(file=file, syntax="sysctl", key=test.key, value=value),))


def _sysctl_file(key: str, boot: SysctlBoot | Unavailable) -> str:
    """Our own file, unless a later one sets the parameter: systemd-sysctl reads them sorted by name."""
    if isinstance(boot, Unavailable):
        return _SYSCTL
    exact = [line.file for line in boot.lines if not line.pattern and line.name == key]
    later = [file for file in exact if file.rpartition("/")[2] > OURS]
    patterns = [line.file for line in boot.lines if line.pattern and fnmatchcase(key, line.name)]
    return later[-1] if later else exact[-1] if exact and exact[-1] == _SYSCTL and patterns else _SYSCTL


def fix_module(test: ModuleTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """modprobe.d keeps the module out; one that is loaded may be in use, so it goes with the next boot."""
    if fault.source == "/proc/modules":
        return Fix(reboot=True)
    modules = host.linux.modules
    assert isinstance(modules, Modules)  # else there would be no fail
    name = test.name.replace("-", "_")
    other = next((one for one in modules.rules if one.directive == "install" and one.module == name), None)
    if other is not None and other.file != _MODPROBE:
        return left(f"{other.file}:{other.line} says how to load {test.name}; take that line out first.")
    return Fix(
        operations=(KeepOutModule(file=_MODPROBE, module=test.name),),
        risks=(f"Whatever needs the kernel module {test.name} stops working after the next boot.",),
    )


def fix_boot(test: BootArgumentTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """A word of GRUB_CMDLINE_LINUX; the menu is made anew from it."""
    if fault.source == "/proc/cmdline":
        return Fix(reboot=True)
    if not files_of("grub", host):
        return left("There is no /etc/default/grub, from which the boot loader's menu would be made.")
    if any("/loader/entries/" in entry.file for entry in host.linux.boot.entries):
        return left("The boot loader's entries are files of their own here, which grubby has to change.")
    same = [one for one in beside if isinstance(one, BootArgumentTest) and one.name == test.name]
    value = None if test.operator == "not_equals" else chosen(test, same)
    if value is None and test.operator != "not_equals":
        return left(f"Which value the boot argument {test.name} should have is the site's to say.")
    return Fix(
        operations=(BootArgument(name=test.name, value=value),),
        reboot=True,
        actions=(Action(kind="make-boot-menu"),),
        risks=("A machine that does not start with the new boot argument needs its console.",),
    )


def fix_selinux(test: SelinuxTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """The configured mode; a system whose files have no labels must get them first."""
    if isinstance(host.linux.selinux, Absent | Unavailable):
        return left("SELinux is not running here: files need labels before it may be switched on.")
    if host.linux.selinux.mode == "disabled" or not files_of("selinux", host):
        return left("SELinux is switched off: files need labels before it may be switched on.")
    if not fault.source.startswith("/etc/selinux"):
        return Fix(reboot=True)
    value = chosen(test, [one for one in beside if isinstance(one, SelinuxTest) and one.name == test.name])
    if value is None:
        return left("Which mode SELinux should have is the site's to say.")
    key = {"mode": "SELINUX", "policy": "SELINUXTYPE"}[test.name]
    return Fix(
        operations=(SetKey(file="/etc/selinux/config", syntax="variables", key=key, value=value),),
        reboot=True,
        risks=("Programs that the policy does not know fail: read the denials in permissive mode first.",),
    )


def fix_audit(test: AuditRuleTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """Lines of our own file in rules.d; those in force are loaded from there."""
    if not files_of("auditd", host) and not boot_rules(host).files and fault.source != "auditctl -l":
        return left("auditd is not installed.")
    if fault.source == "auditctl -l":
        if test.control:
            return Fix(reboot=True)
        return Fix(actions=(Action(kind="load-audit-rules"),))
    source = boot_rules(host)
    if source.files and not any(file.startswith("/etc/audit/rules.d/") for file in source.files):
        return left(f"{source.files[0]} holds the rules, and a file in rules.d would take them all out.")
    if test.control:
        operations: tuple[Operation, ...] = (AddLine(file=_LAST_RULES, syntax="audit", line=test.control),)
        return Fix(
            operations=operations, reboot=True, risks=("Audit rules can only change with a boot then.",)
        )
    lines = _of_programs(test, host) if test.executables else list(audit_lines(test))
    return Fix(
        operations=tuple(AddLine(file=_RULES, syntax="audit", line=line) for line in lines),
        actions=(Action(kind="load-audit-rules"),),
        risks=("Audited calls get slower, and logs larger.",),
    )


def _of_programs(test: AuditRuleTest, host: Host) -> list[str]:
    """A line for each setuid and setgid program that has none yet."""
    walk = host.linux.walk
    assert isinstance(walk, Walk)  # else the programs would not be known, and nothing would fail
    there = {entry.value for entry in boot_rules(host).entries}
    filters = "".join(f" -F {field}" for field in test.fields)
    paths = sorted({one.path for found in (walk.setuid, walk.setgid) for one in found.files})
    lines = [
        f"-a always,exit -F path={path} -F perm=x{filters} -k {test.key}" for path in paths if " " not in path
    ]
    return [line for line in lines if line not in there]
