"""Finds the traits of a host by which linux-bench chooses, by reading files and names of processes."""

import re
import shlex

from trueline.collect.machine import Machine
from trueline.kubebench.linux_load import Constraints

DEFAULT = "2.0.0"
_FOLDERS = {
    "amzn2": "amazon_linux_2",
    "amzn2023": "Amazon_Linux_2023",
    "azurelinux3": "Azure_linux_3",
    "bottlerocket": "bottlerocket",
    "cos": "Google_Container_Optimized_OS",
    "rhel9": "Red_hat_enterprise_linux_9",
    "ubuntu24": "Ubuntu_24.04",
}
_WITH_VERSION = ("amzn", "azurelinux", "rhel", "ubuntu")
_GRUB = ("/boot", "/boot/boot")
_INSTALLER = "grub-install"
_PLACES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")
_LOGGERS = {"rsyslogd": "rsyslog", "syslog-ng": "syslog-ng"}


def traits(machine: Machine) -> Constraints:
    """What the host is: `platform`, `boot`, `syslog` and `lsm`, each left out where it can't be told."""
    found = {
        "platform": platform(machine),
        "boot": _boot(machine),
        "syslog": _syslog(machine),
        "lsm": _lsm(machine),
    }
    return {key: (value,) for key, value in found.items() if value}


def definitions_for(name: str) -> str:
    """The folder of the definitions that were written for a platform."""
    return _FOLDERS.get(name, DEFAULT)


def platform(machine: Machine) -> str:
    """The name of the distribution; of some with the number of its major version behind it."""
    values = _os_release(machine.text("/etc/os-release") or machine.text("/usr/lib/os-release") or "")
    name = values.get("ID", "").lower()
    version = re.match(r"\d+", values.get("VERSION_ID", ""))
    return f"{name}{version[0]}" if name in _WITH_VERSION and version else name


def _os_release(text: str) -> dict[str, str]:
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            try:
                values[name] = "".join(shlex.split(value)[:1])
            except ValueError:
                continue
    return values


def _boot(machine: Machine) -> str:
    if any(machine.exists(f"{place}/{_INSTALLER}") for place in _PLACES):
        return "grub"
    for place in _GRUB:
        names = [name for name in machine.names(place) or () if "grub" in name.lower()]
        if names:
            return "grub2" if any("grub2" in name.lower() for name in names) else "grub"
    return ""


def _syslog(machine: Machine) -> str:
    running = {row.name for row in machine.processes}
    return next((name for process, name in _LOGGERS.items() if process in running), "")


def _lsm(machine: Machine) -> str:
    if (machine.text("/sys/module/apparmor/parameters/enabled") or "").strip() == "Y":
        return "apparmor"
    return "selinux" if machine.exists("/sys/fs/selinux/enforce") else ""
