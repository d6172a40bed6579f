"""Which firewall is in use, and what its own rules say."""

import pytest

from tests.evaluate.linux.machines import judged, mend, verdict

BASE = ["inet filter input drop", "inet filter forward drop", "inet filter output drop"]
UFW = {
    "units": {"ufw.service": "enabled", "nftables.service": "disabled"},
    "active": ["ufw.service"],
    "configs": {"ufw": {"ENABLED": "yes"}},
}


def test_chains_of_iptables_in_nftables_are_not_its_own() -> None:
    legacy = ["ip filter INPUT drop", "ip filter FORWARD drop", "ip filter OUTPUT drop"]
    assert verdict("nftables-base-chains", nftables=legacy) == "fail"
    assert verdict("nftables-base-chains", nftables=BASE) == "pass"


def test_a_chain_may_have_any_name() -> None:
    named = [line.replace("input", "INPUT") for line in BASE]
    assert verdict("nftables-base-chains", nftables=named) == "pass"
    assert verdict("nftables-default-deny", nftables=named) == "pass"


def test_two_programs_that_start_fail_whatever_runs() -> None:
    decision = judged("firewall-single-service", **{**UFW, "units": dict.fromkeys(UFW["units"], "enabled")})
    assert decision.outcome.value == "fail"
    assert "after the next boot is ufw and nftables" in decision.reason


def test_evidence_names_each_program() -> None:
    facts = {one.fact for one in judged("firewall-single-service", **UFW).evidence}
    assert {"ufw now", "nftables now", "ufw after the next boot", "nftables after the next boot"} <= facts


@pytest.mark.parametrize("rule", ["ufw-installed", "ufw-loopback", "ufw-open-ports", "ufw-default-incoming"])
def test_rules_of_a_firewall_that_is_not_in_use_do_not_apply(rule: str) -> None:
    off = {**UFW, "configs": {"ufw": {"ENABLED": "no"}}}
    assert verdict(rule, {"only_with": "ufw"}, **off) == "notapplicable"


def test_ufw_admits_a_range_of_ports() -> None:
    rules = ["-A ufw-user-input -p tcp -m multiport --dports 20:25,80 -j ACCEPT"]
    machine = {"iptables": rules, "ip6tables": [], "configs": {"ufw-rules": rules}}
    sysctl = {"running": {"net.ipv4.ip_forward": 0}}  # no IPv6
    assert verdict("ufw-open-ports", listeners=["tcp 0.0.0.0 22"], sysctl=sysctl, **machine) == "pass"
    assert verdict("ufw-open-ports", listeners=["udp 0.0.0.0 22"], sysctl=sysctl, **machine) == "fail"


def test_ufw_without_ipv6_rules_leaves_ipv6_open() -> None:
    rules = ["-A ufw-user-input -p tcp --dport 22 -j ACCEPT"]
    machine = {"iptables": rules, "ip6tables": "absent", "configs": {"ufw-rules": rules}}
    sysctl = {"running": {"net.ipv6.conf.all.disable_ipv6": 0}}
    assert verdict("ufw-open-ports", listeners=["tcp6 :: 22"], sysctl=sysctl, **machine) == "fail"
    off = {"running": dict.fromkeys((f"net.ipv6.conf.{one}.disable_ipv6" for one in ("all", "default")), 1)}
    assert verdict("ufw-open-ports", listeners=["tcp6 :: 22"], sysctl=off, **machine) == "pass"
    assert verdict("ufw-open-ports", listeners=["tcp6 :: 80"], sysctl=off, **machine) == "fail"  # by IPv4


def test_what_ufw_lacks_others_do_not_add() -> None:
    machine = {"iptables": [], "ip6tables": [], "nftables": BASE, "configs": {"ufw-rules": []}}
    assert verdict("ufw-loopback", **machine) == "fail"
    assert verdict("ufw-open-ports", listeners=["tcp 0.0.0.0 80"], **machine) == "fail"
    assert verdict("iptables-loopback", **machine) == "unknown"  # whatever program set it up


def test_what_could_not_be_read_is_no_firewall_and_none_missing() -> None:
    assert verdict("firewall-single-service", units="denied") == "error"
    assert verdict("nftables-table", nftables="denied") == "error"
    assert verdict("ufw-loopback", iptables="denied") == "error"


def test_the_remedy_names_ufws_own_command() -> None:
    machine = {
        "iptables": [],
        "ip6tables": [],
        "listeners": ["tcp 0.0.0.0 8080"],
        "configs": {"ufw-rules": []},
    }
    assert "ufw allow in 8080/tcp" in mend("ufw-open-ports", **machine)


def test_a_comparison_of_ids_means_the_same_both_ways() -> None:
    def rule(compared: str) -> list[str]:
        return [
            f"-a always,exit -F arch={arch} -S execve -C {compared} -F auid!=-1 -F key=x"
            for arch in ("b64", "b32")
        ]

    assert (
        verdict("audit-user-emulation", audit={"loaded": rule("uid!=euid"), "rules": rule("euid!=uid")})
        == "pass"
    )
    assert (
        verdict("audit-user-emulation", audit={"loaded": rule("uid!=suid"), "rules": rule("euid!=uid")})
        == "fail"
    )
    fix = mend("audit-user-emulation", audit={"loaded": [], "rules": []})
    assert "-C euid!=uid -F auid!=unset" in fix
