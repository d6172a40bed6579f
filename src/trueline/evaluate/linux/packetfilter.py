"""What nftables' own chains and the files of ufw let through."""

import re

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import BOOT, Host, cannot, some, unread, verdict
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import FirewallTest
from trueline.model.linux_access import Nftables, NftChain
from trueline.model.results import Outcome

_DENY = {"drop", "reject"}
_TABLES = {"filter", "nat", "mangle", "raw", "security"}
_BUILT_IN = {"INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"}
_LO = re.compile(r"iif(name)? (\{ )?\"?lo\"? .*accept")
_FOREIGN = {
    "ipv4": re.compile(r"ip saddr 127\.0\.0\.0/8 .*(drop|reject)"),
    "ipv6": re.compile(r"ip6 saddr ::1(/128)? .*(drop|reject)"),
}
_ELSEWHERE = re.compile(r"\b(jump|goto|vmap)\b")
BY_HAND = "Rules of nftables filter here, and a person must read them: nft list ruleset."


def judge_nftables(test: FirewallTest, host: Host) -> Decision:
    """The loaded ruleset without the tables that iptables keeps in nftables."""
    nft = host.linux.firewall.nftables
    if isinstance(nft, Unavailable):
        return cannot(f"The packet filter: {nft.reason}", test)
    if isinstance(nft, Absent):
        return verdict(False, "nftables", "kernel", "not loaded", "rules of its own", test)
    if test.find == "tables":
        found = own_tables(nft)
        observed = some(found) if found else "none"
        return verdict(bool(found), "tables of nftables", "nft list ruleset", observed, "at least one", test)
    if test.find == "loopback":
        return _loopback(test, nft)
    deny = test.find == "default-deny"
    return all_of(hook_chain(test, hook, own_chains(nft, test), deny=deny) for hook in test.hooks)


def own_tables(nft: Nftables) -> list[str]:
    """Tables that are not iptables'."""
    foreign = {f"{one.family} {one.table}" for one in nft.chains if _of_iptables(one)}
    return [table for table in nft.tables if table not in foreign]


def own_chains(nft: Nftables, test: FirewallTest) -> list[NftChain]:
    """Chains that filter packets of the family at a hook, without those that iptables itself keeps."""
    families = {"inet", "ip" if test.family == "ipv4" else "ip6"}
    return [
        one
        for one in nft.chains
        if one.hook and one.type == "filter" and one.family in families and not _of_iptables(one)
    ]


def _of_iptables(one: NftChain) -> bool:
    """iptables keeps its tables in nftables under their old names, and never in the family inet."""
    return one.family in {"ip", "ip6"} and one.table in _TABLES and one.name in _BUILT_IN


def hook_chain(test: FirewallTest, hook: str, chains: list[NftChain], *, deny: bool) -> Decision:
    """Whether a chain filters at the hook, and drops what no rule admits."""
    chains = [one for one in chains if one.hook == hook.lower()]
    good = [one for one in chains if one.policy in _DENY] if deny else chains
    shown = (good or chains)[:1]
    source = f"nft {shown[0].family} {shown[0].table} {shown[0].name}" if shown else "nft"
    if not deny:
        observed = f"chain {shown[0].name}" if shown else "no chain"
        return verdict(bool(good), f"a filter for {hook.lower()}", source, observed, "a base chain", test)
    observed = shown[0].policy or "accept" if shown else "no chain"
    return verdict(bool(good), f"policy of {hook}", source, observed, "drop", test)


def _loopback(test: FirewallTest, nft: Nftables) -> Decision:
    chains = [one for one in own_chains(nft, test) if one.hook == "input"]
    rules = [rule for one in chains for rule in one.rules]
    wanted = {"incoming on lo": _LO, "loopback addresses from elsewhere": _FOREIGN[test.family]}
    missing = [words for words, pattern in wanted.items() if not any(map(pattern.search, rules))]
    if missing and any(map(_ELSEWHERE.search, rules)):
        return decided(Outcome.UNKNOWN, BY_HAND)
    return all_of(
        verdict(
            words not in missing,
            words,
            "nft list ruleset",
            "no rule" if words in missing else "a rule",
            "dropped" if "elsewhere" in words else "accepted",
            test,
        )
        for words in wanted
    )


def saved_rules(host: Host, words: str, test: FirewallTest) -> list[str] | Decision:
    """The lines of ufw's files, which it loads at the next boot."""
    config = host.config("ufw-rules")
    if isinstance(config, Unavailable):
        return cannot(f"{words} {BOOT}: {config.reason}", test)
    if config.unread:
        return cannot(f"{words} {BOOT}: {unread(config.unread)}", test)
    return [entry.value for entry in config.entries]
