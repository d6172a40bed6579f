"""What firewalld does with loopback traffic: what it has loaded, and what its zones load at the next boot."""

import re
from collections.abc import Iterator

from trueline.evaluate.decision import Decision, all_of
from trueline.evaluate.linux.base import BOOT, NOW, Host, cannot, unread, verdict
from trueline.evaluate.linux.kernel import without_ipv6
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import FirewalldTest
from trueline.model.linux_access import FirewalldZone, Nftables

_TABLES = {"firewalld"}
_RULE_LENGTH = 1_000
_LO = re.compile(r'iif(name)? "?lo"? accept$')
_COUNTER = r"(?: counter packets \d+ bytes \d+)?"
_LOADED = {
    "ipv4": re.compile(
        r"^(?:ip saddr (?:127\.0\.0\.0/8|127\.0\.0\.1(?: ip daddr != 127\.0\.0\.1)?)"
        rf"|ip daddr != 127\.0\.0\.1 ip saddr 127\.0\.0\.1){_COUNTER} (?:drop|reject)$"
    ),
    "ipv6": re.compile(
        rf"^(?:ip6 saddr ::1(?: ip6 daddr != ::1)?|ip6 daddr != ::1 ip6 saddr ::1){_COUNTER} (?:drop|reject)$"
    ),
}
_ADDRESS = {"ipv4": r"127\.0\.0\.(?:1|0/8)", "ipv6": r"::1(?:/128)?"}


def judge_firewalld(test: FirewalldTest, host: Host) -> Decision:
    """lo is accepted, and its addresses from elsewhere are dropped, for each address family."""
    return all_of((*_now(test, host), *_at_boot(test, host)))


def _families(host: Host) -> tuple[str, ...]:
    return ("ipv4",) if without_ipv6(host) else ("ipv4", "ipv6")


def _now(test: FirewalldTest, host: Host) -> Iterator[Decision]:
    nft = host.linux.firewall.nftables
    fact = f"firewalld's rules {NOW}"
    if isinstance(nft, Unavailable):
        yield cannot(f"{fact}: {nft.reason}", test)
        return
    chains = [one for one in nft.chains if one.table in _TABLES] if isinstance(nft, Nftables) else []
    if not chains:
        yield verdict(False, fact, "nft list ruleset", "none", "rules for loopback", test)
        return
    hooked = [rule for one in chains if one.hook == "input" or "INPUT" in one.name for rule in one.rules]
    every = [rule for one in chains for rule in one.rules if len(rule) < _RULE_LENGTH]
    yield _loaded(test, "incoming on lo", any(map(_LO.search, hooked)), "accepted")
    for family in _families(host):
        dropped = any(map(_LOADED[family].search, every))
        yield _loaded(test, f"{family} loopback addresses from elsewhere", dropped, "dropped")


def _loaded(test: FirewalldTest, words: str, there: bool, wanted: str) -> Decision:
    observed = "a rule" if there else "no rule"
    return verdict(there, f"{words} {NOW}", "nft list ruleset", observed, wanted, test)


def _at_boot(test: FirewalldTest, host: Host) -> Iterator[Decision]:
    firewalld = host.linux.firewall.firewalld
    fact = f"firewalld's zones {BOOT}"
    if isinstance(firewalld, Unavailable):
        yield cannot(f"{fact}: {firewalld.reason}", test)
        return
    if isinstance(firewalld, Absent):
        yield verdict(False, fact, "/etc/firewalld/zones", "not there", f"a zone {test.zone}", test)
        return
    if firewalld.unread:
        yield cannot(f"{fact}: {unread(firewalld.unread)}", test)
        return
    zone = next((one for one in firewalld.zones if one.name == test.zone), None)
    if zone is None:
        yield verdict(False, fact, "/etc/firewalld/zones", "not there", f"a zone {test.zone}", test)
        return
    has = "lo" in zone.interfaces
    yield verdict(has, f"lo in {test.zone} {BOOT}", zone.file, "there" if has else "missing", "there", test)
    for family in _families(host):
        yield _rich(test, zone, family)


def _rich(test: FirewalldTest, zone: FirewalldZone, family: str) -> Decision:
    pattern = re.compile(
        rf"^family={family}(?: priority=-?\d+)? source address={_ADDRESS[family]}"
        rf"(?: destination address={_ADDRESS[family]} invert=(?:[Tt]rue|yes))? (?:drop|reject)\b",
        re.ASCII,
    )
    there = any(pattern.search(rule) for rule in zone.rich_rules if len(rule) < _RULE_LENGTH)
    fact = f"{family} loopback addresses from elsewhere {BOOT}"
    return verdict(there, fact, zone.file, "a rule" if there else "no rule", "dropped", test)
