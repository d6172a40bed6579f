"""What listens, and what the packet filter lets through."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, Host, cannot, some, verdict
from trueline.evaluate.linux.choice import judge_use
from trueline.evaluate.linux.kernel import without_ipv6
from trueline.evaluate.linux.packetfilter import BY_HAND, hook_chain, judge_nftables, own_chains, saved_rules
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import FirewallTest, ListenTest
from trueline.model.linux_access import Iptables, Listener, Nftables
from trueline.model.results import Outcome

_RULE_LENGTH = 2_000  # no program writes longer ones, and patterns take long for them
_DENY = {"drop", "reject"}
_CHAINS = {("ufw", "ipv4"): "ufw-user-input", ("ufw", "ipv6"): "ufw6-user-input"}
_LOOPBACK = {"ipv4": "127.0.0.0/8", "ipv6": "::1"}


def judge_listen(test: ListenTest, host: Host) -> Decision:
    """Sockets on these ports must be bound to loopback addresses."""
    listeners = host.linux.listeners
    if isinstance(listeners, Unavailable):
        return cannot(f"Listening sockets: {listeners.reason}", test)
    on = [one for one in listeners if str(one.port) in test.ports]
    fact = f"port {'/'.join(test.ports)}"
    open_ = [one for one in on if not _is_loopback(one)]
    if open_:
        observed = f"open on {some(sorted({_show(one) for one in open_}))}"
        return verdict(False, fact, "/proc/net", observed, "on loopback only", test)
    return verdict(True, fact, "/proc/net", "on loopback only" if on else "not open", "on loopback only")


def _is_loopback(listener: Listener) -> bool:
    try:
        address = ip_address(listener.address)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _show(listener: Listener) -> str:
    return f"{listener.protocol} {listener.address}:{listener.port} {listener.program}".strip()


def judge_firewall(test: FirewallTest, host: Host) -> Decision:
    """The rules that are loaded; of ufw those of its files too, which it loads at the next boot."""
    if test.find in {"in-use", "single"}:
        return judge_use(test, host)
    if test.family == "ipv6" and without_ipv6(host):
        return decided(Outcome.NOTAPPLICABLE, "The kernel runs without IPv6.")
    if test.program == "nftables" or test.find in {"tables", "chains"}:
        return judge_nftables(test, host)
    if test.program == "ufw":
        return all_of((_loaded(test, host), _saved(test, host)))
    return _loaded(test, host)


def _loaded(test: FirewallTest, host: Host) -> Decision:
    """What iptables shows, and what nftables does besides."""
    firewall = host.linux.firewall
    tables = firewall.iptables if test.family == "ipv4" else firewall.ip6tables
    nft = firewall.nftables
    if isinstance(tables, Iptables):
        decision = _by_iptables(test, tables, host)
        fails = decision.outcome is Outcome.FAIL
        if not fails or test.program or not isinstance(nft, Nftables) or not own_chains(nft, test):
            return decision
    elif isinstance(tables, Unavailable) and not isinstance(nft, Nftables):
        return cannot(f"The {test.family} packet filter: {tables.reason}", test)
    return _by_nftables(test, nft, tables)


def _by_iptables(test: FirewallTest, tables: Iptables, host: Host) -> Decision:
    match test.find:
        case "default-deny":
            return _default_deny(test, tables)
        case "loopback":
            return _loopback(test, tables)
        case "rule":
            return _rule(test, tables.rules, _program(test), NOW)
        case _:
            return _open_ports(test, tables.rules, host)


def _saved(test: FirewallTest, host: Host) -> Decision:
    """The same question to ufw's files; of policies they say nothing."""
    if test.find not in {"rule", "open-ports"}:
        return decided(Outcome.NOTAPPLICABLE)
    rules = saved_rules(host, "ufw's rules", test)
    if isinstance(rules, Decision):
        return rules
    if test.find == "rule":
        return _rule(test, rules, "/etc/ufw/*.rules", BOOT)
    return _open_ports(test, rules, host, source="/etc/ufw/*.rules", when=BOOT)


def _rule(test: FirewallTest, rules: Iterable[str], source: str, when: str) -> Decision:
    found = next((one for one in rules if len(one) < _RULE_LENGTH and re.search(test.rule, one)), "")
    return verdict(bool(found), f"{test.words} {when}", source, found or "no rule", "a rule", test)


def _by_nftables(
    test: FirewallTest, nft: Nftables | Absent | Unavailable, tables: Iptables | Absent | Unavailable
) -> Decision:
    """Chains of nftables on the same hooks; they hold whatever iptables says."""
    if isinstance(nft, Unavailable):
        return cannot(f"The packet filter: {nft.reason}", test)
    if isinstance(tables, Unavailable):
        return cannot(f"The {test.family} packet filter: {tables.reason}", test)
    if isinstance(nft, Absent) or test.program or not own_chains(nft, test):
        expected = {"default-deny": "drop", "loopback": "rules for loopback", "rule": "a rule"}
        observed = "no packet filter is loaded"
        wanted = expected.get(test.find, "a rule per port")
        return verdict(False, f"{test.family} packets", "kernel", observed, wanted, test)
    if test.find == "default-deny":
        return all_of(hook_chain(test, hook, own_chains(nft, test), deny=True) for hook in test.hooks)
    return decided(Outcome.UNKNOWN, BY_HAND)


def _default_deny(test: FirewallTest, tables: Iptables) -> Decision:
    return all_of(
        verdict(
            (policy := tables.policies.get(hook, "ACCEPT")).lower() in _DENY,
            f"policy of {hook}",
            _program(test),
            policy,
            "DROP",
            test,
            path=hook,
        )
        for hook in test.hooks
    )


def _program(test: FirewallTest) -> str:
    return "iptables -S" if test.family == "ipv4" else "ip6tables -S"


def _loopback(test: FirewallTest, tables: Iptables) -> Decision:
    network = re.escape(_LOOPBACK[test.family])
    wanted = {
        "incoming on lo": r"-A INPUT (.* )?-i lo (.* )?-j ACCEPT",
        "outgoing on lo": r"-A OUTPUT (.* )?-o lo (.* )?-j ACCEPT",
        "loopback addresses from elsewhere": rf"-A INPUT (.* )?-s {network}(/128)? (.* )?-j (DROP|REJECT)",
    }
    return all_of(
        verdict(
            any(re.match(pattern, rule) for rule in tables.rules),
            words,
            _program(test),
            "a rule" if any(re.match(pattern, rule) for rule in tables.rules) else "no rule",
            "dropped" if "elsewhere" in words else "accepted",
            test,
        )
        for words, pattern in wanted.items()
    )


def _open_ports(
    test: FirewallTest, rules: Iterable[str], host: Host, *, source: str = "", when: str = NOW
) -> Decision:
    listeners = host.linux.listeners
    if isinstance(listeners, Unavailable):
        return cannot(f"Listening sockets: {listeners.reason}", test)
    listening = [one for one in listeners if _of_family(one, test.family) and not _is_loopback(one)]
    if not listening:
        return verdict(True, "open ports", "/proc/net", "none", "a rule for each")
    listed, chain = list(rules), _CHAINS.get((test.program, test.family), "INPUT")
    return all_of(
        verdict(
            (there := any(_admits(rule, one, chain) for rule in listed)),
            f"a rule for {one.protocol.removesuffix('6')} port {one.port} {when}",
            source or _program(test),
            "there" if there else f"missing ({_show(one)})",
            "there",
            test,
            path=f"{one.protocol.removesuffix('6')} {one.port}",
        )
        for one in listening
    )


def _of_family(listener: Listener, family: str) -> bool:
    """A socket on :: takes IPv4 connections too, unless the system was told otherwise."""
    return listener.protocol.endswith("6") is (family == "ipv6") or listener.address == "::"


def _admits(rule: str, listener: Listener, chain: str) -> bool:
    words = rule.split()
    if words[:2] != ["-A", chain] or f"-p {listener.protocol.removesuffix('6')}" not in rule:
        return False
    ports = [words[index + 1] for index, word in enumerate(words[:-1]) if word in {"--dport", "--dports"}]
    return any(_within(listener.port, part) for text in ports for part in text.split(","))


def _within(port: int, text: str) -> bool:
    first, _, last = text.partition(":")
    return first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first)
