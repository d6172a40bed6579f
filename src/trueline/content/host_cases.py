"""Expands the short forms of a case's operating system into facts; what a case does not name was not read.

Everything may be "denied", "absent" or "not-collected: why" instead.

linux:
  sysctl: {running: {kernel.a: 1}, boot: {kernel.a: 1}}
  modules: {loaded: [dccp], rules: [install dccp /bin/true], available: [dccp], builtin: []}
  mounts: {active: {/tmp: "rw,nodev"}, planned: {/tmp: nodev}}
  packages: [aide]
  units: {crond.service: enabled}         active: [crond.service]
  files: {/etc/motd: "0644 root:root"}    globs: {/etc/ssh/*.pub: [/etc/ssh/a.pub]}
  configs: {profile: {/root/.bashrc: {umask: "027"}}, login-defs: {PASS_MAX_DAYS: 90},
    rsyslog: ["*.* @@host"], yum: {main: {gpgcheck: 1}}}
  sshd: {Banner: /etc/issue.net, "Match User a": {Banner: none}}      or "sshd -T": {...}
  pam: {su: [auth required pam_wheel.so use_uid]}
  audit: {loaded: [-e 2], rules: [-e 2]}
  accounts: {passwd: [line], shadow: [line], group: [line], root_path: {/usr/bin: "0755 root:root"},
    homes: {name: "0700 root:root"}, dots: {name: {.netrc: "0600 root:root"}}}
  cron: [daily /usr/sbin/aide --check]
  sudo, apparmor, dconf, interfaces: see content/guard_cases.py
  walk: {unowned: [/srv/a], container_unowned: [/var/lib/containerd/a]}
  boot: {running: [audit=1], entries: [[audit=1]]}
  selinux: enforcing
  daemons: ["a:system_u:system_r:unconfined_service_t:s0"]
  listeners: [tcp 0.0.0.0 25]
  iptables: [-P INPUT DROP, -A INPUT -i lo -j ACCEPT]     ip6tables, nftables: [inet filter input drop]
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from trueline.content.account_cases import expand_accounts
from trueline.content.guard_cases import FORMS, firewalld, nftables
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.linux import LinuxFacts

_SUBJECTS = ("modules", "packages", "units", "pam", "sshd", "selinux", "daemons", "listeners", "walk")
_FINDINGS = ("world_writable_files", "unsticky_directories", "unowned", "ungrouped", "setuid", "setgid")

File = Callable[[Any], FileMeta | Absent | Unavailable]


def expand_linux(given: dict[str, Any], file: File) -> LinuxFacts:
    """The facts of a case; raises ValueError or ValidationError. `file` reads "0600 root:root"."""
    if unknown := set(given) - set(_FORMS):
        raise ValueError(f"linux has no {', '.join(sorted(unknown))}")
    facts: dict[str, Any] = {**_nothing(), **{name: {} for name in ("configs", "files", "globs")}}
    for name, value in given.items():
        _FORMS[name](facts, value)
    if "accounts" in given:
        facts["accounts"] = expand_accounts(
            given["accounts"], _missing, lambda one: msgspec.to_builtins(file(one))
        )
    found = msgspec.convert(facts, LinuxFacts)
    files = {path: file(one) for path, one in (given.get("files") or {}).items()}
    return msgspec.structs.replace(found, files=files)


def _missing(text: str = "not-collected") -> dict[str, str]:
    kind, _, reason = text.partition(":")
    if kind == "absent":
        return {"state": "absent"}
    return {"state": "unavailable", "kind": kind.strip(), "reason": reason.strip() or f"{kind.strip()} here."}


def _known(**fields: Any) -> dict[str, Any]:
    return {"state": "known", **fields}


def _nothing() -> dict[str, Any]:
    empty = _missing()
    config = _known(unread={"/etc/audit/rules.d": empty})
    return {
        **dict.fromkeys((*_SUBJECTS, "sudo", "apparmor", "interfaces", "dconf"), empty),
        "sysctl": _known(running=empty, boot=empty),
        "mounts": _known(active=empty, planned=empty),
        "accounts": _known(
            passwd=empty, group=empty, shadow=empty, gshadow=empty, homes=empty, root_path=empty
        ),
        "cron": _known(unread={"/etc/crontab": _missing()}),
        "audit": _known(loaded=empty, rules=config, compiled=config),
        "boot": _known(running=empty),
        "firewall": _known(nftables=empty, iptables=empty, ip6tables=empty, firewalld=empty),
    }


def _or_missing(value: Any, build: Callable[[Any], Any]) -> Any:
    return _missing(value) if isinstance(value, str) else build(value)


def _set(name: str, build: Callable[[Any], Any]) -> Callable[[dict[str, Any], Any], None]:
    def form(facts: dict[str, Any], value: Any) -> None:
        facts[name] = _or_missing(value, build)

    return form


def _sysctl(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    running = value.get("running", "not-collected")
    boot = value.get("boot", "not-collected")

    def lines(keys: Any) -> Any:
        return [
            {
                "file": "/etc/sysctl.d/a.conf",
                "line": line,
                "name": key,
                "value": str(one),
                "pattern": "*" in key,
            }
            for line, (key, one) in enumerate(keys.items(), 1)
        ]

    facts["sysctl"] = _known(
        running=_or_missing(
            running, lambda keys: _known(values={key: str(one) for key, one in keys.items()})
        ),
        boot=_or_missing(boot, lambda keys: _known(lines=lines(keys))),
    )


def _plain(names: Iterable[str]) -> list[str]:
    """Names of modules as the kernel writes them."""
    return [name.replace("-", "_") for name in names]


def _modules(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = [line.split(maxsplit=2) for line in value.get("rules", ())]
    trees = [
        {
            "release": "5.10",
            "builtin": _plain(value.get("builtin", ())),
            "available": _plain([*value.get("available", ()), *value.get("builtin", ())]),
        }
    ]
    return _known(
        loaded=_or_missing(value.get("loaded", "not-collected"), _plain),
        trees=trees if "available" in value or "builtin" in value else (),
        rules=[
            {
                "file": "/etc/modprobe.d/a.conf",
                "line": line,
                "directive": words[0],
                "module": words[1].replace("-", "_"),
                "argument": " ".join(words[2:]),
            }
            for line, words in enumerate(rules, 1)
        ],
    )


def _mounts(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    common = {"source": "/dev/sdb1", "type": "ext4"}

    def active(given: Any) -> Any:
        return [
            {**common, "target": point, "options": options.split(",")} for point, options in given.items()
        ]

    def planned(given: Any) -> Any:
        return [
            {**common, "file": "/etc/fstab", "line": line, "target": point, "options": options.split(",")}
            for line, (point, options) in enumerate(given.items(), 1)
        ]

    facts["mounts"] = _known(
        active=_or_missing(value.get("active", "not-collected"), active),
        planned=_or_missing(value.get("planned", "not-collected"), planned),
    )


def _packages(names: list[str]) -> dict[str, Any]:
    """Names, or "name version" of Debian."""
    words = [name.split() for name in sorted(names)]
    installed = [{"name": one[0], "version": one[1] if len(one) > 1 else "1.0-1"} for one in words]
    return _known(manager="dpkg" if any(len(one) > 1 for one in words) else "rpm", installed=installed)


def _units(facts: dict[str, Any], value: Any) -> None:
    active = _missing() if facts["units"].get("state") != "known" else facts["units"]["active"]

    def units(given: Any) -> Any:
        return _known(
            units={name: _unit(name, state) for name, state in given.items()},
            active=active,
            active_kinds=["service", "socket", "timer", "path", "target"],
        )

    facts["units"] = _or_missing(value, units)


def _unit(name: str, state: Any) -> dict[str, Any]:
    fields = state if isinstance(state, dict) else {"state": state}
    return {"file": f"/usr/lib/systemd/system/{name}", **fields}


def _active(facts: dict[str, Any], value: Any) -> None:
    """After `units`: the units that run."""
    if facts["units"].get("state") != "known":
        raise ValueError("active needs units in front of it")
    facts["units"]["active"] = _or_missing(value, list)


def _configs(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    facts["configs"] = {name: _config(name, given) for name, given in value.items()}


def _config(name: str, given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return _known() if given == "absent" else _known(unread={f"/etc/{name}": _missing(given)})
    file = f"/etc/{name}"
    return _known(entries=_entries(given, file), files=[file])


def _entries(given: Any, file: str, section: str = "") -> list[dict[str, Any]]:
    if isinstance(given, list):
        return [{"file": file, "line": line, "value": str(text)} for line, text in enumerate(given, 1)]
    found: list[dict[str, Any]] = []
    for key, value in given.items():
        if isinstance(value, dict):
            found += _entries(value, key) if key.startswith("/") else _entries(value, file, key)
        else:
            values = value if isinstance(value, list) else [value]
            found += [
                {"file": file, "line": 1, "key": key, "value": str(one), "section": section} for one in values
            ]
    return [{**entry, "line": line} for line, entry in enumerate(found, 1)]


def _sshd(value: Mapping[str, Any]) -> dict[str, Any]:
    file = "/etc/ssh/sshd_config"

    def lower(keys: Any) -> Any:
        return {key.lower(): str(one) for key, one in keys.items()}

    said = value.get("sshd -T")
    matches = [
        {
            "file": file,
            "line": 9,
            "criteria": key.removeprefix("Match "),
            "entries": _entries(lower(one), file),
        }
        for key, one in value.items()
        if key.startswith("Match ")
    ]
    plain = {key: one for key, one in value.items() if not isinstance(one, dict)}
    return _known(
        effective=None if said is None else {key: [one] for key, one in lower(said).items()},
        entries=_entries(lower(plain), file),
        matches=matches,
        files=[file],
    )


def _pam(value: Mapping[str, list[str]]) -> dict[str, Any]:
    return _known(services={name: {"rules": _rules(name, lines)} for name, lines in value.items()})


def _rules(name: str, lines: list[str]) -> list[dict[str, Any]]:
    rules = []
    for number, text in enumerate(lines, 1):
        kind, control, module, *arguments = text.split()
        rules.append(
            {
                "file": f"/etc/pam.d/{name}",
                "line": number,
                "type": kind,
                "control": control,
                "module": module,
                "arguments": arguments,
            }
        )
    return rules


def _audit(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    facts["audit"] = _known(
        loaded=_or_missing(value.get("loaded", "not-collected"), list),
        rules=_config("audit", value.get("rules", "absent")),
        compiled=_known(),
    )


def _cron(facts: dict[str, Any], value: Any) -> None:
    if isinstance(value, str):
        facts["cron"] = _known(unread={"/etc/crontab": _missing(value)})
        return
    jobs = [line.partition(" ") for line in value]
    facts["cron"] = _known(
        jobs=[
            {"file": "/etc/crontab", "line": number, "schedule": schedule, "command": command}
            for number, (schedule, _, command) in enumerate(jobs, 1)
        ]
    )


def _walk(value: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _finding(value.get(name, ()), value.get(f"container_{name}", ())) for name in _FINDINGS}
    return _known(complete=value.get("complete", True), visited=100, file_systems=["/"], **found)


def _finding(paths: list[str], container: list[str]) -> dict[str, Any]:
    def files(listed: Any) -> Any:
        return [{"path": path, "mode": "0777", "uid": 4711, "gid": 4711} for path in listed]

    return {
        "count": len(paths),
        "files": files(paths),
        "container_count": len(container),
        "container_files": files(container),
    }


def _boot(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    entries = [
        {"file": "/boot/grub2/grub.cfg", "line": line, "title": "Linux", "arguments": words}
        for line, words in enumerate(value.get("entries", ()), 1)
    ]
    facts["boot"] = _known(
        running=_or_missing(value.get("running", "not-collected"), list),
        entries=entries,
        passwords=value.get("passwords", ()),
    )


def _selinux(facts: dict[str, Any], value: str) -> None:
    modes = {"enforcing", "permissive", "disabled"}
    facts["selinux"] = _known(mode=value) if value in modes else _missing(value)


def _daemons(lines: list[str]) -> list[dict[str, Any]]:
    named = [line.partition(":") for line in lines]
    return [
        {"pid": 100 + number, "name": name, "uid": 0, "label": label}
        for number, (name, _, label) in enumerate(named)
    ]


def _listeners(lines: list[str]) -> list[dict[str, Any]]:
    words = [line.split() for line in lines]
    return [{"protocol": one[0], "address": one[1], "port": int(one[2])} for one in words]


def _filter(name: str, build: Callable[[Any], Any]) -> Callable[[dict[str, Any], Any], None]:
    def form(facts: dict[str, Any], value: Any) -> None:
        facts["firewall"][name] = _or_missing(value, build)

    return form


def _table(lines: list[str]) -> dict[str, Any]:
    words = [line.split() for line in lines if line.startswith("-P ")]
    return _known(
        policies={one[1]: one[2] for one in words},
        rules=[line for line in lines if line.startswith("-A ")],
    )


def _globs(facts: dict[str, Any], value: Mapping[str, Any]) -> None:
    facts["globs"] = {
        pattern: _or_missing(paths, lambda listed: _known(paths=listed)) for pattern, paths in value.items()
    }


_FORMS: dict[str, Callable[[dict[str, Any], Any], None]] = {
    "sysctl": _sysctl,
    "modules": _set("modules", _modules),
    "mounts": _mounts,
    "packages": _set("packages", _packages),
    "units": _units,
    "active": _active,
    "configs": _configs,
    "sshd": _set("sshd", _sshd),
    "pam": _set("pam", _pam),
    "audit": _audit,
    "cron": _cron,
    "walk": _set("walk", _walk),
    "boot": _boot,
    "selinux": _selinux,
    "daemons": _set("daemons", _daemons),
    "listeners": _set("listeners", _listeners),
    "iptables": _filter("iptables", _table),
    "ip6tables": _filter("ip6tables", _table),
    **dict.fromkeys(("files", "accounts"), lambda _facts, _value: None),  # by the form of node.files
    "globs": _globs,
    **{name: _set(name, build) for name, build in FORMS.items()},
    "nftables": _filter("nftables", nftables),
    "firewalld": _filter("firewalld", firewalld),
}
