"""Expands what a case says of sudo, AppArmor, dconf, interfaces and nftables.

sudo: [Defaults use_pty, "%sudo ALL=(ALL:ALL) NOPASSWD: ALL"]
apparmor: {enabled: true, profiles: {/usr/sbin/a: enforce}, unconfined: [/usr/sbin/a]}
dconf: {keys: {/org/gnome/a/key: "true"}, locks: [/org/gnome/a/key], stale: [local], profile: [user-db:user]}
interfaces: {wlan0: iwlwifi, eth0: ""}      a name that begins with "wl" is wireless
nftables: [inet filter input drop, "inet filter input: iif lo accept"]
firewalld: {trusted: [lo, family=ipv4 source address=127.0.0.1 drop]}
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_FILE = "/etc/sudoers"
_KEYS = "/etc/dconf/db/local.d/00-a"
_LOCKS = "/etc/dconf/db/local.d/locks/00-a"
_TAG = re.compile(r"(NOPASSWD|NOEXEC|PASSWD|EXEC):")


def _known(**fields: Any) -> dict[str, Any]:
    return {"state": "known", **fields}


def _missing(value: str) -> dict[str, str]:
    return {"state": "unavailable", "kind": value, "reason": f"{value} here."}


def sudo(lines: Iterable[str]) -> dict[str, Any]:
    """Defaults lines with one option each, and rules; "unread" for a file that could not be read."""
    defaults, rules, unread = [], [], {}
    for number, line in enumerate(lines, 1):
        if line == "unread":
            unread["/etc/sudoers.d/a"] = _missing("denied")
        elif line.startswith("Defaults"):
            defaults.append(_default(line, number))
        else:
            tags = _TAG.findall(line)
            rules.append({"file": _FILE, "line": number, "who": line.split()[0], "tags": tags})
    return _known(defaults=defaults, rules=rules, files=[_FILE], unread=unread)


def _default(line: str, number: int) -> dict[str, Any]:
    word, _, rest = line.partition(" ")
    option, equals, value = rest.partition("=")
    return {
        "file": _FILE,
        "line": number,
        "option": option.lstrip("!"),
        "value": value if equals else None,
        "negated": option.startswith("!"),
        "scope": word.removeprefix("Defaults"),
    }


def apparmor(value: Mapping[str, Any]) -> dict[str, Any]:
    """What is loaded; the files of profiles are configuration "apparmor"."""
    profiles = value.get("profiles", {})
    return _known(
        enabled=value.get("enabled", True),
        profiles=_missing(profiles) if isinstance(profiles, str) else _known(modes=profiles),
        unconfined=value.get("unconfined", []),
    )


def dconf(value: Mapping[str, Any]) -> dict[str, Any]:
    """Keys and locks of the database local."""
    keys = [
        {
            "file": _KEYS,
            "line": line,
            "section": key.strip("/").rpartition("/")[0],
            "key": key.rpartition("/")[2],
            "value": str(one),
        }
        for line, (key, one) in enumerate(value.get("keys", {}).items(), 1)
    ]
    locks = [
        {"database": "local", "file": _LOCKS, "line": line, "key": key}
        for line, key in enumerate(value.get("locks", ()), 1)
    ]
    read = value.get("profile", ["user-db:user", "system-db:local"])
    return _known(keys=keys, locks=locks, profile=read, greeter=read, stale=value.get("stale", ()))


def interfaces(value: Mapping[str, str]) -> list[dict[str, Any]]:
    """Names with their drivers."""
    return [
        {"name": name, "driver": driver, "wireless": name.startswith("wl")} for name, driver in value.items()
    ]


def nftables(lines: Iterable[str]) -> dict[str, Any]:
    """Base chains by family, table, hook and policy, and behind a colon a rule of a chain."""
    chains: dict[tuple[str, str, str], dict[str, Any]] = {}
    for line in lines:
        head, colon, rule = line.partition(": ")
        family, table, hook, *policy = head.split()
        chain = {"family": family, "table": table, "name": hook, "type": "filter", "hook": hook.lower()}
        found = chains.setdefault((family, table, hook), {**chain, "policy": "accept", "rules": []})
        if policy:
            found["policy"] = policy[0]
        if colon:
            found["rules"].append(rule)
    tables = dict.fromkeys(f"{family} {table}" for family, table, _ in chains)
    return _known(tables=list(tables), chains=list(chains.values()))


def firewalld(zones: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Zones by name: "lo" is an interface of one, everything else a rich rule."""
    return _known(
        zones=[
            {
                "name": name,
                "file": f"/etc/firewalld/zones/{name}.xml",
                "interfaces": [word for word in words if " " not in word],
                "rich_rules": [word for word in words if " " in word],
            }
            for name, words in zones.items()
        ]
    )


FORMS: dict[str, Callable[[Any], Any]] = {
    "sudo": sudo,
    "apparmor": apparmor,
    "dconf": dconf,
    "interfaces": interfaces,
}
