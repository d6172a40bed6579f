"""What listens, and what the packet filter lets through."""

import re
from ipaddress import ip_address

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import Host, cannot, some, verdict
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import FirewallTest, ListenTest
from trueline.model.linux_access import Iptables, Listener, Nftables, NftChain
from trueline.model.results import Outcome

_HOOKS = ("INPUT", "OUTPUT", "FORWARD")
_DENY = {"drop", "reject"}
_BY_HAND = "Rules of nftables filter here, and a person must read them: nft list ruleset."
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
    """The rules that are loaded; what loads them at boot is the firewall program's own affair."""
    firewall = host.linux.firewall
    tables = firewall.iptables if test.family == "ipv4" else firewall.ip6tables
    finds = {"default-deny": _default_deny, "loopback": _loopback, "open-ports": _open_ports}
    nft = firewall.nftables
    if isinstance(tables, Iptables):
        decision = finds[test.find](test, tables, host)
        if decision.outcome is not Outcome.FAIL or not isinstance(nft, Nftables) or not _base(nft, test):
            return decision
    elif isinstance(tables, Unavailable) and not isinstance(nft, Nftables):
        return cannot(f"The {test.family} packet filter: {tables.reason}", test)
    return _by_nftables(test, nft, tables)


def _by_nftables(
    test: FirewallTest, nft: Nftables | Absent | Unavailable, tables: Iptables | Absent | Unavailable
) -> Decision:
    """Chains of nftables on the same hooks; they hold whatever iptables says."""
    if isinstance(nft, Unavailable):
        return cannot(f"The packet filter: {nft.reason}", test)
    if isinstance(tables, Unavailable):
        return cannot(f"The {test.family} packet filter: {tables.reason}", test)
    if isinstance(nft, Absent) or not _base(nft, test):
        expected = {"default-deny": "drop", "loopback": "rules for loopback", "open-ports": "a rule per port"}
        observed = "no packet filter is loaded"
        return verdict(False, f"{test.family} packets", "kernel", observed, expected[test.find], test)
    if test.find == "default-deny":
        return all_of(_hook(test, hook, nft) for hook in _HOOKS)
    return decided(Outcome.UNKNOWN, _BY_HAND)


def _base(nft: Nftables, test: FirewallTest) -> list[NftChain]:
    """Chains that filter, without those that iptables itself keeps in nftables."""
    families = {"inet", "ip" if test.family == "ipv4" else "ip6"}
    return [
        one
        for one in nft.chains
        if one.hook and one.type == "filter" and one.family in families and one.name not in _HOOKS
    ]


def _hook(test: FirewallTest, hook: str, nft: Nftables) -> Decision:
    chains = [one for one in _base(nft, test) if one.hook == hook.lower()]
    denying = [one for one in chains if one.policy in _DENY]
    shown = (denying or chains)[:1]
    source = f"nft {shown[0].family} {shown[0].table} {shown[0].name}" if shown else "nft"
    observed = shown[0].policy or "accept" if shown else "no chain"
    return verdict(bool(denying), f"policy of {hook}", source, observed, "drop", test)


def _default_deny(test: FirewallTest, tables: Iptables, _: Host) -> Decision:
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
        for hook in _HOOKS
    )


def _program(test: FirewallTest) -> str:
    return "iptables -S" if test.family == "ipv4" else "ip6tables -S"


def _loopback(test: FirewallTest, tables: Iptables, _: Host) -> Decision:
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


def _open_ports(test: FirewallTest, tables: Iptables, host: Host) -> Decision:
    listeners = host.linux.listeners
    if isinstance(listeners, Unavailable):
        return cannot(f"Listening sockets: {listeners.reason}", test)
    listening = [one for one in listeners if _of_family(one, test.family) and not _is_loopback(one)]
    if not listening:
        return verdict(True, "open ports", "/proc/net", "none", "a rule for each")
    return all_of(
        verdict(
            any(_admits(rule, one) for rule in tables.rules),
            f"a rule for {one.protocol.removesuffix('6')} port {one.port}",
            _program(test),
            "there" if any(_admits(rule, one) for rule in tables.rules) else f"missing ({_show(one)})",
            "there",
            test,
            path=f"{one.protocol.removesuffix('6')} {one.port}",
        )
        for one in listening
    )


def _of_family(listener: Listener, family: str) -> bool:
    """A socket on :: takes IPv4 connections too, unless the system was told otherwise."""
    return listener.protocol.endswith("6") is (family == "ipv6") or listener.address == "::"


def _admits(rule: str, listener: Listener) -> bool:
    words = rule.split()
    if words[:2] != ["-A", "INPUT"] or f"-p {listener.protocol.removesuffix('6')}" not in rule:
        return False
    ports = [words[index + 1] for index, word in enumerate(words[:-1]) if word in {"--dport", "--dports"}]
    return any(_within(listener.port, part) for text in ports for part in text.split(","))


def _within(port: int, text: str) -> bool:
    first, _, last = text.partition(":")
    return first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first)
