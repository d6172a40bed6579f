"""Kernel parameters, modules, boot arguments and SELinux: as they are now, and after the next boot."""

from fnmatch import fnmatchcase

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, Host, cannot, place, some, unread, verdict
from trueline.evaluate.values import describe, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import BootArgumentTest, DaemonTest, ModuleTest, SelinuxTest, SysctlTest
from trueline.model.linux_system import ModprobeRule, SysctlBoot, SysctlLine
from trueline.model.results import NONE_SUCH, Outcome

_DO_NOTHING = {"/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false"}


def judge_sysctl(test: SysctlTest, host: Host) -> Decision:
    """The running value and the one that files set at boot."""
    running = host.linux.sysctl.running
    if not isinstance(running, Unavailable) and _no_ipv6(test.key, running.values, running.unread):
        return decided(Outcome.NOTAPPLICABLE, f"{test.key} does not exist: the kernel runs without IPv6.")
    return all_of((_running(test, host), _at_boot(test, host)))


def without_ipv6(host: Host) -> bool:
    """Whether the kernel certainly runs without IPv6, or has it switched off on all interfaces."""
    running = host.linux.sysctl.running
    if isinstance(running, Unavailable):
        return False
    off = [running.values.get(f"net.ipv6.conf.{name}.disable_ipv6") for name in ("all", "default")]
    return off == ["1", "1"] or _no_ipv6("net.ipv6.", running.values, running.unread)


def _no_ipv6(key: str, values: dict[str, str], missing: dict[str, Unavailable]) -> bool:
    ipv6 = key.startswith("net.ipv6.")
    return ipv6 and not missing and bool(values) and not any(name.startswith("net.ipv6.") for name in values)


def _running(test: SysctlTest, host: Host) -> Decision:
    running = host.linux.sysctl.running
    if isinstance(running, Unavailable):
        return cannot(f"{test.key} {NOW}: {running.reason}", test)
    if test.key not in running.values:
        why = unread(running.unread) if running.unread else "the kernel shows no such parameter here"
        return cannot(f"{test.key} {NOW}: {why}.", test)
    source = "/proc/sys/" + test.key.replace(".", "/")
    return _value(test, running.values[test.key], source, NOW)


def _value(test: SysctlTest, text: str, source: str, when: str) -> Decision:
    try:
        holds = satisfies(test, int(text), "int")
    except ValueError:
        return decided(Outcome.UNKNOWN, f"{test.key} {when} is {text!r} ({source}), which is no number.")
    return verdict(holds, f"{test.key} {when}", source, text, describe(test), test)


def _at_boot(test: SysctlTest, host: Host) -> Decision:
    boot = host.linux.sysctl.boot
    if isinstance(boot, Unavailable):
        return cannot(f"{test.key} {BOOT}: {boot.reason}", test)
    line = _last(test.key, boot)
    if line is None and boot.unread:
        return cannot(f"{test.key} {BOOT}: {unread(boot.unread)}", test)
    if line is None or line.value is None:
        unused = next(
            (f" ({one.file} is not read at boot)" for one in boot.not_applied if one.name == test.key), ""
        )
        source = f"no file of sysctl.d sets it{unused}"
        return verdict(
            test.unset == "pass", f"{test.key} {BOOT}", source, "the kernel's default", describe(test), test
        )
    decision = _value(test, line.value, f"{line.file}:{line.line}", BOOT)
    if boot.unread and decision.outcome is Outcome.PASS:  # what could not be read may set it otherwise
        return cannot(f"{test.key} {BOOT}: {unread(boot.unread)}", test)
    return decision


def _last(key: str, boot: SysctlBoot) -> SysctlLine | None:
    """The line that counts: the last with this name, else the last pattern that matches."""
    exact = [line for line in boot.lines if not line.pattern and line.name == key]
    if exact:
        return exact[-1]
    matching = [line for line in boot.lines if line.pattern and fnmatchcase(key, line.name)]
    return matching[-1] if matching else None


def judge_module(test: ModuleTest, host: Host) -> Decision:
    """Not loaded now, and not loadable: kept out by modprobe.d, or in none of the installed kernels."""
    modules = host.linux.modules
    if isinstance(modules, Unavailable):
        return cannot(f"Kernel modules: {modules.reason}", test)
    name = test.name.replace("-", "_")
    trees = () if isinstance(modules.trees, Unavailable) else modules.trees
    listed = any(isinstance(tree.builtin, tuple) and name in tree.builtin for tree in trees)
    loaded_now = isinstance(modules.loaded, tuple) and name in modules.loaded
    known = isinstance(modules.loaded, tuple) and name in modules.file_systems
    if listed or (known and not loaded_now):
        return decided(
            Outcome.NOTAPPLICABLE, f"{test.name} is part of the kernel itself and can't be kept out."
        )
    if isinstance(modules.loaded, Unavailable):
        loaded = cannot(f"Loaded kernel modules: {modules.loaded.reason}", test)
    else:
        observed = "loaded" if loaded_now else "not loaded"
        loaded = verdict(not loaded_now, f"{test.name} {NOW}", "/proc/modules", observed, "not loaded", test)
    return all_of((loaded, _loadable(test, name, host)))


def _loadable(test: ModuleTest, name: str, host: Host) -> Decision:
    modules = host.linux.modules
    assert not isinstance(modules, Unavailable)
    fact, wanted = f"{test.name} {BOOT}", "not loadable"
    installs = [rule for rule in modules.rules if rule.directive == "install" and rule.module == name]
    if installs and all(_blocks(rule) for rule in installs):
        first = installs[0]
        return verdict(True, fact, f"{first.file}:{first.line}", f"install {first.argument}", wanted)
    trees = () if isinstance(modules.trees, Unavailable) else modules.trees
    if trees and all(isinstance(tree.available, tuple) and name not in tree.available for tree in trees):
        source = "/lib/modules/" + some(tree.release for tree in trees)
        return verdict(True, fact, source, "not among the kernel's modules", wanted)
    if modules.unread:
        return cannot(f"{fact}: {unread(modules.unread)}", test)
    source = f"{installs[0].file}:{installs[0].line}" if installs else "modprobe.d"
    observed = "loadable" if trees else "not kept out, and the kernel's modules are not listed"
    return verdict(False, fact, source, observed, wanted, test)


def _blocks(rule: ModprobeRule) -> bool:
    return rule.argument.split(maxsplit=1)[:1] != [] and rule.argument.split()[0] in _DO_NOTHING


def judge_boot_argument(test: BootArgumentTest, host: Host) -> Decision:
    """The running kernel's command line and each entry of the boot loader's menu."""
    boot = host.linux.boot
    fact = f"boot argument {test.name}"
    if isinstance(boot.running, Unavailable):
        now = cannot(f"{fact} {NOW}: {boot.running.reason}", test)
    else:
        now = _argument(test, boot.running, f"{fact} {NOW}", "/proc/cmdline")
    if boot.entries:
        later = all_of(
            _argument(test, one.arguments, f"{fact} {BOOT}", f"{one.file}:{one.line}") for one in boot.entries
        )
    elif boot.unread:
        later = cannot(f"{fact} {BOOT}: {unread(boot.unread)}", test)
    else:
        later = cannot(f"{fact} {BOOT}: no boot loader's menu was found.", test)
    return all_of((now, later))


def _argument(test: BootArgumentTest, words: tuple[str, ...], fact: str, source: str) -> Decision:
    values = [word.partition("=")[2] for word in words if word.partition("=")[0] == test.name]
    value = values[-1] if values else ""
    return verdict(satisfies(test, value, "string"), fact, source, value or "not given", describe(test), test)


def judge_selinux(test: SelinuxTest, host: Host) -> Decision:
    """SELinux's mode now and as configured; of the policy only what is configured can be read."""
    selinux = host.linux.selinux
    if isinstance(selinux, Absent):
        return verdict(False, "SELinux", "/sys/fs/selinux", "not there", describe(test), test)
    config = host.config("selinux")
    key = {"mode": "SELINUX", "policy": "SELINUXTYPE"}[test.name]
    fact = f"SELinux {test.name}"
    if isinstance(config, Unavailable):
        later = cannot(f"{fact} {BOOT}: {config.reason}", test)
    else:
        entries = [entry for entry in config.entries if entry.key == key]
        if not entries and config.unread:
            later = cannot(f"{fact} {BOOT}: {unread(config.unread)}", test)
        else:
            value = entries[-1].value.lower() if entries else ""
            source = place(entries[-1]) if entries else "/etc/selinux/config"
            holds = satisfies(test, value, "string")
            later = verdict(holds, f"{fact} {BOOT}", source, value or "not set", describe(test), test)
    if test.name == "policy":
        return later
    mode = selinux.reason if isinstance(selinux, Unavailable) else selinux.mode
    if isinstance(selinux, Unavailable) or isinstance(mode, Unavailable):
        reason = mode.reason if isinstance(mode, Unavailable) else mode
        return all_of((cannot(f"{fact} {NOW}: {reason}", test), later))
    now = verdict(
        satisfies(test, mode, "string"), f"{fact} {NOW}", "/sys/fs/selinux", mode, describe(test), test
    )
    return all_of((now, later))


def judge_daemons(test: DaemonTest, host: Host) -> Decision:
    """No process of these SELinux types; without SELinux there are no types to have."""
    if isinstance(host.linux.selinux, Absent):
        return decided(Outcome.NOTAPPLICABLE, "SELinux is not there, so processes have no types.")
    daemons = host.linux.daemons
    if isinstance(daemons, Unavailable):
        return cannot(f"Processes: {daemons.reason}", test)
    if not any(daemon.label for daemon in daemons) and isinstance(host.linux.selinux, Unavailable):
        return cannot(f"SELinux: {host.linux.selinux.reason}", test)
    found = [one for one in daemons if set(one.label.split(":")) & set(test.labels)]
    decisions = [
        verdict(
            False,
            f"{one.name} ({one.pid})",
            f"/proc/{one.pid}/attr/current",
            one.label,
            "a type of its own",
            test,
        )
        for one in found
    ]
    if decisions:
        return all_of(decisions)
    return verdict(True, f"processes of type {' or '.join(test.labels)}", "process table", "none", NONE_SUCH)
