"""sshd's effective options: what it says itself, else files and defaults; Match blocks count too."""

import re
from collections.abc import Iterable

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import Host, cannot, place, unread, verdict
from trueline.evaluate.linux.sshd_defaults import default_of
from trueline.evaluate.values import Value, describe, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import SshdTest
from trueline.model.linux_access import Sshd
from trueline.model.linux_system import Entry, Packages
from trueline.model.results import Outcome
from trueline.model.setting import SettingType

# Defaults that have been the same in every release since 6.7; of lists they depend on the release.
_DEFAULTS = {
    "protocol": "2",
    "loglevel": "INFO",
    "x11forwarding": "no",
    "maxauthtries": "6",
    "ignorerhosts": "yes",
    "hostbasedauthentication": "no",
    "permitemptypasswords": "no",
    "permituserenvironment": "no",
    "clientaliveinterval": "0",
    "clientalivecountmax": "3",
    "logingracetime": "120",
    "banner": "none",
    "allowusers": "",
    "allowgroups": "",
    "denyusers": "",
    "denygroups": "",
    "usepam": "no",
    "maxsessions": "10",
    "maxstartups": "10:30:100",
    "allowtcpforwarding": "yes",
    "gssapiauthentication": "no",
    "disableforwarding": "no",
}
_LISTS = {"ciphers", "macs", "kexalgorithms"}
_TIMES = {"clientaliveinterval", "logingracetime"}
_NUMBERS = {"maxauthtries", "clientalivecountmax", "maxsessions"}
_ADD_UP = {"allowusers", "allowgroups", "denyusers", "denygroups"}
_TIME = re.compile(r"(\d+)([smhdw]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def judge_sshd(test: SshdTest, host: Host) -> Decision:
    """The global value, and every value that a Match block gives to some connections."""
    sshd = host.linux.sshd
    if isinstance(sshd, Absent):
        return decided(Outcome.NOTAPPLICABLE, "sshd is not installed.")
    if isinstance(sshd, Unavailable):
        return cannot(f"sshd's options: {sshd.reason}", test)
    name = test.option.lower()
    matched = [
        _judge(test, (entry.value,), f"{place(entry)}, Match {block.criteria}")
        for block in sshd.matches
        for entry in block.entries
        if entry.key == name and not _earlier(entry, block.entries)
    ]
    return all_of((_global(test, name, sshd, host), *matched))


def _earlier(entry: Entry, entries: Iterable[Entry]) -> bool:
    """Whether the same block gives the option before: the first counts."""
    same = [one for one in entries if one.key == entry.key]
    return entry.key not in _ADD_UP and same[0] is not entry


def _global(test: SshdTest, name: str, sshd: Sshd, host: Host) -> Decision:
    if sshd.effective is not None and name in sshd.effective:
        return _judge(test, sshd.effective[name], "sshd -T" + _origin(name, sshd))
    if sshd.effective is not None and name in _ADD_UP:
        return _judge(test, (), "sshd -T")
    found = [
        *(one for one in sshd.options if one.key == name),
        *(one for one in sshd.entries if one.key == name),
    ]
    if sshd.unread:  # an unread file may have come first
        return cannot(f"sshd's {test.option}: {unread(sshd.unread)}", test)
    if found:
        values = [one.value for one in (found if name in _ADD_UP else found[:1])]
        return _judge(test, values, place(found[0]))
    default = _DEFAULTS.get(name)
    if (
        default is None
        and isinstance(host.linux.packages, Packages)
        and host.linux.packages.manager == "dpkg"
    ):
        default = default_of(name, sshd.version or "")
    if default is not None:
        return _judge(test, [default] if default else (), "sshd's default")
    return cannot(f"{test.option} is not set, and its default depends on how sshd was built.", test)


def _by_release(name: str, sshd: Sshd, host: Host) -> str | None:
    """Debian and Ubuntu keep OpenSSH's own defaults; distributions with a policy have it set others."""
    packages = host.linux.packages
    dpkg = isinstance(packages, Packages) and packages.manager == "dpkg"
    return default_of(name, sshd.version or "") if dpkg else None


def _origin(name: str, sshd: Sshd) -> str:
    first = next((one for one in sshd.entries if one.key == name), None)
    return f", {place(first)}" if first else ""


def _judge(test: SshdTest, values: Iterable[str], source: str) -> Decision:
    name = test.option.lower()
    text = " ".join(values)
    try:
        kind, value = _read(name, text)
        holds = satisfies(test, value, kind)
    except ValueError as error:
        return decided(Outcome.UNKNOWN, f"sshd's {test.option} ({source}): {error}.")
    expected = test.words or describe(test)
    return verdict(holds, f"sshd's {test.option}", source, text or "not set", expected, test)


def _read(name: str, text: str) -> tuple[SettingType, Value]:
    if name in _LISTS:
        if text[:1] in ("+", "-", "^"):
            raise ValueError(f"{text!r} changes a default list that is not known")
        return "list", tuple(part for part in text.split(",") if part)
    if name in _TIMES:
        return "int", _seconds(text)
    if name in _NUMBERS:
        return "int", int(text)
    return "string", text.upper() if name == "loglevel" else text


def _seconds(text: str) -> int:
    parts = _TIME.findall(text.lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.lower():
        raise ValueError(f"{text!r} is no time")
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)
