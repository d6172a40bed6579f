"""The exact changes of leaves about sudo, the desktop, AppArmor, firewalls and many files at once."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from trueline.evaluate.decision import Fault
from trueline.evaluate.shell import quoted
from trueline.evaluate.values import describe
from trueline.model.hosttest import (
    ApparmorTest,
    BootPasswordTest,
    DconfTest,
    FilesTest,
    FirewallTest,
    InterfaceTest,
    OneServiceTest,
    SudoRuleTest,
    SudoTest,
)
from trueline.model.predicate import Predicate


def wanted(test: Predicate) -> str:
    """A value that fulfils the predicate."""
    operand = test.operand
    match test.operator:
        case "equals" | "at_least" | "at_most":
            return str(operand)
        case "one_of":
            return str(operand[0])
        case "has" | "subset_of":
            return ",".join(operand)
        case _:
            return f"<{describe(test)}>"


def _sudo(test: SudoTest, fault: Fault) -> str:
    if test.operator == "matches":
        return ""
    value = wanted(test)
    option = {"true": test.option, "false": f"!{test.option}"}.get(value, f"{test.option}={value}")
    if test.operator == "present":
        option = f"{test.option}=<value>"
    other = f", and take out the line at {fault.source}" if fault.path else ""
    return f"Write `Defaults {option}` with visudo into /etc/sudoers{other}."


def _sudo_rule(test: SudoRuleTest, fault: Fault) -> str:
    return f"Take `{test.without}:` out of the rule at {fault.source} with visudo -f {quoted(fault.path)}."


def _one_service(test: OneServiceTest, _: Fault) -> str:
    names = [one.split()[0] for one in test.units]
    if len(names) == 1:
        return f"systemctl unmask {names[0]} && systemctl enable --now {names[0]}"
    return (
        f"Keep one of {', '.join(names)}: systemctl unmask <it> && systemctl enable --now <it>; each other: "
        "systemctl disable --now <it> && systemctl mask <it>."
    )


def _apparmor(test: ApparmorTest, _: Fault) -> str:
    tool = "aa-enforce" if test.modes == ("enforce",) else "aa-enforce or aa-complain"
    return (
        f"Run `systemctl enable --now apparmor`, {tool} /etc/apparmor.d/<profile> for each profile in "
        "another mode, and restart processes that run outside of theirs."
    )


def _boot_password(_test: BootPasswordTest, _fault: Fault) -> str:
    return (
        "Make a hash with grub-mkpasswd-pbkdf2, write `set superusers=<name>` and `password_pbkdf2 <name> "
        "<hash>` into an executable file of /etc/grub.d, and make the menu anew (update-grub or "
        "grub2-mkconfig). On RHEL's family `grub2-setpassword` does all of it."
    )


def _interface(test: InterfaceTest, fault: Fault) -> str:
    driver = fault.path or "<driver>"
    return (
        f"Write `install {driver} /bin/false` into /etc/modprobe.d/trueline.conf and run "
        f"`modprobe -r {driver}`, so that no {test.without} interface is left."
    )


def _dconf(test: DconfTest, _: Fault) -> str:
    path, _slash, key = test.key.strip("/").rpartition("/")
    lock = f", `{test.key}` into /etc/dconf/db/local.d/locks/00-trueline" if test.locked else ""
    return (
        f"Write `{key}={wanted(test)}` under `[{path}]` into /etc/dconf/db/local.d/00-trueline{lock}, name "
        "system-db:local in the profile that reads it, and run `dconf update`."
    )


def _files(_test: FilesTest, fault: Fault) -> str:
    mode, _stricter, owner = fault.observed.partition(" or stricter, owned by ")
    limit = mode.removeprefix("mode ").zfill(4)
    user, _colon, group = owner.partition(":")
    names = f"{user.split(' or ')[0]}:{group.split(' or ')[0]}"
    open_bits = f"u-x,g-{'wx' if limit[2] == '4' else 'x'},o-{'rwx' if limit[3] == '0' else 'wx'}"
    return f"chmod {open_bits} {quoted(fault.path)}; chown {names} {quoted(fault.path)}"


def firewall(test: FirewallTest, fault: Fault) -> str:
    """What is special to a program; "" where iptables' own words will do."""
    if test.find == "single":
        return (
            f"Choose one of {', '.join(test.programs)}: switch it on, and the others off (`ufw disable`; "
            "`systemctl disable --now` and `systemctl mask` for the services of the others)."
        )
    if test.program == "nftables" or test.find in {"tables", "chains"}:
        return _NFT.get(test.find, "")
    if test.program != "ufw":
        return ""
    if test.find == "open-ports" and fault.path:
        protocol, _blank, port = fault.path.partition(" ")
        return f"ufw allow in {port}/{protocol}, if it should be reachable; else stop what listens."
    if test.find == "default-deny":
        words = {"INPUT": "incoming", "OUTPUT": "outgoing", "FORWARD": "routed"}
        return f"ufw default deny {words.get(fault.path, 'incoming')}"
    return ""


_NFT = {
    "tables": "nft create table inet filter",
    "chains": (
        "nft create chain inet filter <hook> '{ type filter hook <hook> priority 0 ; }', for input, forward "
        "and output"
    ),
    "default-deny": "Admit what is needed, then nft chain inet filter <hook> '{ policy drop ; }'",
    "loopback": (
        "nft add rule inet filter input iif lo accept; nft add rule inet filter input ip saddr 127.0.0.0/8 "
        "counter drop; nft add rule inet filter input ip6 saddr ::1 counter drop"
    ),
}

WRITERS: Mapping[type, Callable[[Any, Fault], str]] = MappingProxyType(
    {
        SudoTest: _sudo,
        SudoRuleTest: _sudo_rule,
        OneServiceTest: _one_service,
        ApparmorTest: _apparmor,
        BootPasswordTest: _boot_password,
        InterfaceTest: _interface,
        DconfTest: _dconf,
        FilesTest: _files,
    }
)
