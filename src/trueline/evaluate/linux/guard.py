"""AppArmor's profiles, the boot loader's password, and network interfaces."""

import re

from trueline.evaluate.decision import Decision, all_of
from trueline.evaluate.linux.base import BOOT, NOW, SHOWN, Host, cannot, some, unread, verdict
from trueline.evaluate.linux.software import unit_starts
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import ApparmorTest, BootPasswordTest, InterfaceTest
from trueline.model.linux_system import Apparmor, BootPassword, Entry
from trueline.model.results import NONE_SUCH, Outcome

_COPIES = re.compile(r"~$|\.(dpkg-\w+|rpmnew|rpmsave|orig|rej|bak)$")
_MENUS = ("/grub.cfg", "/user.cfg")
_PROFILES = "/etc/apparmor.d"
_KERNEL = "/sys/kernel/security/apparmor/profiles"


def judge_apparmor(test: ApparmorTest, host: Host) -> Decision:
    """The loaded profiles, and those that get loaded at the next boot."""
    apparmor = host.linux.apparmor
    if isinstance(apparmor, Absent):
        now = verdict(False, f"AppArmor {NOW}", "/sys/module/apparmor", "not in the kernel", "on", test)
    elif isinstance(apparmor, Unavailable):
        now = cannot(f"AppArmor {NOW}: {apparmor.reason}", test)
    else:
        now = _loaded(test, apparmor)
    return all_of((now, _at_boot(test, host), _service(test, host)))


def _wanted(test: ApparmorTest) -> tuple[set[str], str]:
    return {*test.modes, "kill"}, " or ".join(test.modes)


def _loaded(test: ApparmorTest, apparmor: Apparmor) -> Decision:
    if not apparmor.enabled:
        source = "/sys/module/apparmor/parameters/enabled"
        return verdict(False, f"AppArmor {NOW}", source, "off", "on", test)
    profiles = apparmor.profiles
    if isinstance(profiles, Unavailable):
        return cannot(f"AppArmor's profiles {NOW}: {profiles.reason}", test)
    return all_of((_modes(test, profiles.modes, NOW, _KERNEL), _escaped(test, apparmor)))


def _modes(test: ApparmorTest, modes: dict[str, str], when: str, source: str) -> Decision:
    good, words = _wanted(test)
    fact = f"AppArmor's profiles {when}"
    if not modes:
        return verdict(False, fact, source, "none", words, test)
    bad = {name: mode for name, mode in sorted(modes.items()) if mode not in good}
    if bad:
        return all_of(
            verdict(False, f"profile {name} {when}", source, mode, words, test)
            for name, mode in list(bad.items())[:SHOWN]
        )
    return verdict(True, fact, source, f"{len(modes)}, each {words}", words)


def _escaped(test: ApparmorTest, apparmor: Apparmor) -> Decision:
    fact = "processes outside of their profile"
    if isinstance(apparmor.unconfined, Unavailable):
        return cannot(f"{fact}: {apparmor.unconfined.reason}", test)
    found = apparmor.unconfined
    observed = some(found) if found else "none"
    return verdict(not found, fact, "/proc/<pid>/attr/current", observed, NONE_SUCH, test)


def _at_boot(test: ApparmorTest, host: Host) -> Decision:
    config = host.config("apparmor")
    if isinstance(config, Unavailable):
        return cannot(f"AppArmor's profiles {BOOT}: {config.reason}", test)
    decision = _modes(test, _on_disk(config.entries), BOOT, _PROFILES)
    if config.unread and decision.outcome is Outcome.PASS:
        return cannot(f"AppArmor's profiles {BOOT}: {unread(config.unread)}", test)
    return decision


def _on_disk(entries: tuple[Entry, ...]) -> dict[str, str]:
    """Modes by profile; links in "disable" and "force-complain" bear the name of a profile's file."""
    entries = tuple(one for one in entries if not _COPIES.search(one.file))
    linked: dict[str, set[str]] = {"disable": set(), "force-complain": set()}
    for one in entries:
        directory, _, name = one.file.removeprefix(f"{_PROFILES}/").rpartition("/")
        linked.setdefault(directory, set()).add(name)
    modes = {}
    for one in entries:
        directory, _, name = one.file.removeprefix(f"{_PROFILES}/").rpartition("/")
        if not directory and one.key and name not in linked["disable"]:
            known = f"{one.key} ({name}:{one.line})" if one.key in modes else one.key
            modes[known] = "complain" if name in linked["force-complain"] else one.value
    return modes


def _service(test: ApparmorTest, host: Host) -> Decision:
    units = host.linux.units
    fact = f"apparmor.service {BOOT}"
    if isinstance(units, Absent | Unavailable):
        reason = "systemd is not installed." if isinstance(units, Absent) else units.reason
        return cannot(f"{fact}: {reason}", test)
    unit = units.units.get("apparmor.service")
    if unit is None and units.unread:
        return cannot(f"{fact}: {unread(units.unread)}", test)
    observed = unit.state if unit else "not installed"
    source = (unit.file if unit else None) or "systemd's unit directories"
    return verdict(unit is not None and unit_starts(unit), fact, source, observed, "enabled", test)


def judge_boot_password(test: BootPasswordTest, host: Host) -> Decision:
    """The menu has to name a superuser and a hash; on some systems the hash has a file of its own.

    A script in /etc/grub.d counts only once the menu was made anew with it.
    """
    boot = host.linux.boot
    found = tuple(one for one in boot.passwords if one.file.endswith(_MENUS))
    menus = [one for one in found if one.superusers]
    hashed = [one for one in found if one.password == "pbkdf2"]
    fact, wanted = "the boot loader's password", "superusers with a PBKDF2 hash"
    if menus and hashed:
        return verdict(True, fact, f"{menus[0].file}, {hashed[0].file}", "set", wanted)
    if boot.unread:
        return cannot(f"{fact}: {unread(boot.unread)}", test)
    if not found:
        return cannot(f"{fact}: no boot loader's menu was found.", test)
    return verdict(False, fact, some(one.file for one in found), _lacking(found, bool(menus)), wanted, test)


def _lacking(found: tuple[BootPassword, ...], superusers: bool) -> str:
    if any(one.password == "plain" for one in found):
        return "a password in the clear"
    return "superusers without a password" if superusers else "no superusers"


def judge_interface(test: InterfaceTest, host: Host) -> Decision:
    """An interface that is there has a driver that is loaded."""
    interfaces = host.linux.interfaces
    if isinstance(interfaces, Unavailable):
        return cannot(f"Network interfaces: {interfaces.reason}", test)
    found = [one for one in interfaces if one.wireless]
    if not found:
        return verdict(True, f"{test.without} interfaces", "/sys/class/net", "none", NONE_SUCH)
    return all_of(
        verdict(
            False,
            f"interface {one.name}",
            f"/sys/class/net/{one.name}",
            f"{test.without}, driver {one.driver or 'not known'}",
            NONE_SUCH,
            test,
            path=one.driver,
        )
        for one in found
    )
