"""Collects packet filters: the loaded ones from their programs, firewalld's zones from their files."""

import os
import re
from xml.etree import ElementTree as Xml

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.programs import Programs
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_access import Firewall, Firewalld, FirewalldZone, Iptables, Nftables, NftChain

_ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
_RULES_LIMIT = 20_000
_ZONES_LIMIT = 500
_TABLE = re.compile(r"table (\w+) (\S+) \{$")
_CHAIN = re.compile(r"\tchain (\S+) \{$")
_HOOK = re.compile(
    r"type (\w+) hook (\w+) (?:devices? .*? )?priority ([^;]+);(?: policy (\w+);)?",
)


def collect_firewall(reader: Reader, programs: Programs) -> Firewall:
    """What filters now, and firewalld's zones."""
    return Firewall(
        nftables=_nftables(reader, programs),
        iptables=_iptables(reader, programs, "ip"),
        ip6tables=_iptables(reader, programs, "ip6"),
        firewalld=_firewalld(reader),
    )


def parse_nft(output: str) -> Nftables:
    """The answer of `nft -s list ruleset`: tables and chains, sets and maps left out."""
    tables: list[str] = []
    chains: list[NftChain] = []
    family = table = name = ""
    hook: tuple[str, str, str, str] = ("", "", "", "")
    rules: list[str] = []
    for line in output.splitlines()[: _RULES_LIMIT * 2]:
        if found := _TABLE.match(line):
            family, table = found[1], found[2]
            tables.append(f"{family} {table}")
        elif found := _CHAIN.match(line):
            name, hook, rules = found[1], ("", "", "", ""), []
        elif line == "\t}" and name:
            chains.append(_chain(family, table, name, hook, rules))
            name = ""
        elif name and (found := _HOOK.match(line.strip())):
            hook = (found[1], found[2], found[3].strip(), found[4] or "accept")
        elif name and line.strip():
            rules.append(cleaned(" ".join(line.split())))
    return Nftables(tables=tuple(tables), chains=tuple(chains))


def parse_iptables(output: str) -> Iptables:
    """The answer of `iptables -S`."""
    policies: dict[str, str] = {}
    rules = []
    for line in output.splitlines()[:_RULES_LIMIT]:
        words = line.split()
        if len(words) == 3 and words[0] == "-P":
            policies[words[1]] = words[2]
        elif words[:1] == ["-A"]:
            rules.append(cleaned(" ".join(words)))
    return Iptables(policies=policies, rules=tuple(rules))


def parse_zone(name: str, file: str, content: bytes) -> FirewalldZone | None:
    """A zone file; None where it is not XML, or has a DTD, which no zone needs."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    try:
        zone = Xml.fromstring(content)  # noqa: S314 - without a DTD there is nothing to expand
    except (Xml.ParseError, ValueError, RecursionError):
        return None
    return FirewalldZone(
        name=name,
        file=file,
        target=zone.get("target", "default"),
        interfaces=tuple(part.get("name", "") for part in zone.findall("interface")),
        sources=tuple(
            part.get("address") or part.get("mac") or part.get("ipset") or ""
            for part in zone.findall("source")
        ),
        services=tuple(part.get("name", "") for part in zone.findall("service")),
        ports=tuple(f"{part.get('port', '')}/{part.get('protocol', '')}" for part in zone.findall("port")),
        rich_rules=tuple(_words(part) for part in zone.findall("rule")),
        forward=zone.find("forward") is not None,
        masquerade=zone.find("masquerade") is not None,
    )


def _words(rule: Xml.Element) -> str:
    words = [f"{key}={value}" for key, value in sorted(rule.attrib.items())]
    for part in rule:
        words += [part.tag, *(f"{key}={value}" for key, value in sorted(part.attrib.items()))]
    return cleaned(" ".join(words))


def _chain(family: str, table: str, name: str, hook: tuple[str, str, str, str], rules: list[str]) -> NftChain:
    kind, point, priority, policy = hook
    return NftChain(
        family=family,
        table=table,
        name=name,
        type=kind,
        hook=point,
        priority=priority,
        policy=policy,
        rules=tuple(rules),
    )


def _nftables(reader: Reader, programs: Programs) -> Nftables | Absent | Unavailable:
    if (refused := _refused(programs)) or not _loaded(reader, "nf_tables"):
        return refused or Absent()
    output = programs.run("nft")
    return parse_nft(output) if isinstance(output, str) else output


def _iptables(reader: Reader, programs: Programs, family: str) -> Iptables | Absent | Unavailable:
    """Asked only if its kernel part is there already: asking would load it."""
    if refused := _refused(programs):
        return refused
    legacy = reader.lines(f"/proc/net/{family}_tables_names")
    if isinstance(legacy, Unavailable):
        return legacy
    old = isinstance(legacy, tuple) and "filter" in legacy
    if not old and not _loaded(reader, "nf_tables"):
        return Absent()
    program = f"{family}tables"
    output = programs.run(f"{program}-legacy" if old else program)
    if isinstance(output, Unavailable) and old:
        output = programs.run(program)
    return parse_iptables(output) if isinstance(output, str) else output


def _refused(programs: Programs) -> Unavailable | None:
    if not programs.allowed:
        return Unavailable(kind="not-collected", reason="programs are only asked on the running system")
    if os.geteuid() != 0:
        return Unavailable(kind="denied", reason="only root may ask for the loaded packet filter")
    return None


def _loaded(reader: Reader, module: str) -> bool:
    """Whether the kernel has the filter: as a module, built in, or of unknown kind."""
    lines = reader.lines("/proc/modules")
    if not isinstance(lines, tuple):
        return True
    if any(line.startswith(f"{module} ") for line in lines):
        return True
    release = reader.first_line("/proc/sys/kernel/osrelease")
    builtin = reader.root.read(f"/lib/modules/{release}/modules.builtin")
    return not isinstance(builtin, bytes) or f"/{module}.ko".encode() in builtin


def _firewalld(reader: Reader) -> Firewalld | Absent | Unavailable:
    unread: dict[str, Unavailable] = {}
    files: dict[str, str] = {}
    for directory in _ZONES:
        for name in reader.names(directory, unread):
            if name.endswith(".xml"):
                files.setdefault(name.removesuffix(".xml"), f"{directory}/{name}")
    if not files:
        return next(iter(unread.values())) if unread else Absent()
    if len(files) > _ZONES_LIMIT:
        unread[_ZONES[0]] = Unavailable(kind="too-large", reason=f"more than {_ZONES_LIMIT} zones")
    zones = []
    for name, path in sorted(files.items())[:_ZONES_LIMIT]:
        content = reader.root.read(path)
        zone = parse_zone(name, path, content) if isinstance(content, bytes) else None
        if zone:
            zones.append(zone)
        else:
            unread[path] = (
                content
                if isinstance(content, Unavailable)
                else Unavailable(kind="invalid", reason="not a zone of firewalld")
            )
    return Firewalld(zones=tuple(zones), unread=unread)
