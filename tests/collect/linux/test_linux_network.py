"""Interfaces, sockets, packet filters, audit rules, dconf and plain configurations."""

import sys

import pytest

from tests.collect.linux.linuxtree import NO_PROGRAMS, reader
from trueline.collect.linux.audit import collect_audit, parse_loaded
from trueline.collect.linux.authselect import STACKS
from trueline.collect.linux.configs import SOURCES, collect_configs
from trueline.collect.linux.dconf import collect_dconf
from trueline.collect.linux.firewall import collect_firewall, parse_iptables, parse_nft
from trueline.collect.linux.net import collect_interfaces, collect_listeners, parse_sockets
from trueline.collect.linux.paths import collect_paths
from trueline.model.known import Absent, Unavailable
from trueline.model.linux import Paths

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="recorded on a little-endian machine")


@little_endian
def test_listening_sockets():
    found = parse_sockets("tcp", (
        HEAD,
        " 0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1",
        " 1: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 78 1",
        " 2: 0100007F:0050 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 79 1",
    ))  # fmt: skip
    assert [(listener.address, listener.port, listener.uid, inode) for listener, inode in found] == [
        ("0.0.0.0", 22, 0, "77"), ("127.0.0.1", 25, 101, "78")
    ]  # fmt: skip


@little_endian
def test_listeners_with_their_programs(tmp_path):
    six = f" 0: {24 * '0'}01000000:0035 {32 * '0'}:0000 07 0:0 0:0 0 5 0 81 2"
    facts = collect_listeners(reader(tmp_path, {
        "/proc/1/net/tcp": f"{HEAD}\n",
        "/proc/1/net/udp": f"{HEAD}\n",
        "/proc/1/net/udp6": f"{HEAD}\n{six}\n",
        "/proc/9/fd/3": "-> socket:[81]", "/proc/9/comm": "named\n",
    }))  # fmt: skip
    assert [(found.protocol, found.address, found.port, found.program) for found in facts] == [
        ("udp6", "::1", 53, "named")
    ]


def test_no_sockets_are_visible_without_proc(tmp_path):
    assert isinstance(collect_listeners(reader(tmp_path, {})), Unavailable)


def test_wireless_interfaces(tmp_path):
    facts = collect_interfaces(reader(tmp_path, {
        "/sys/class/net/wlan0/wireless/x": "", "/sys/class/net/eth0/device/driver": "-> ../../bus/e1000"
    }))  # fmt: skip
    assert [(found.name, found.wireless, found.driver) for found in facts] == [
        ("eth0", False, "e1000"), ("wlan0", True, "")
    ]  # fmt: skip


RULESET = """table inet filter {
\tset blocked {
\t\ttype ipv4_addr
\t\telements = { 192.0.2.1 }
\t}

\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tiif "lo" accept
\t\tip saddr 127.0.0.0/8 counter drop
\t}

\tchain jumped {
\t\tdrop
\t}
}
table ip nat {
}
"""


def test_the_answer_of_nft():
    facts = parse_nft(RULESET)
    assert facts.tables == ("inet filter", "ip nat")
    first, second = facts.chains
    assert (first.name, first.hook, first.priority, first.policy) == ("input", "input", "filter", "drop")
    assert first.rules == ('iif "lo" accept', "ip saddr 127.0.0.0/8 counter drop")
    assert (second.hook, second.policy, second.rules) == ("", "", ("drop",))


def test_the_answer_of_iptables():
    facts = parse_iptables("-P INPUT DROP\n-N X\n-A INPUT -i lo -j ACCEPT\n")
    assert facts.policies == {"INPUT": "DROP"}
    assert facts.rules == ("-A INPUT -i lo -j ACCEPT",)


def test_zones_of_firewalld_and_filters_of_a_tree(tmp_path):
    facts = collect_firewall(reader(tmp_path, {
        "/etc/firewalld/zones/trusted.xml": '<zone target="ACCEPT"><interface name="lo"/><port port="1" '
        'protocol="tcp"/><rule family="ipv4"><source address="127.0.0.1"/><drop/></rule></zone>',
        "/usr/lib/firewalld/zones/trusted.xml": "<zone/>",
        "/usr/lib/firewalld/zones/bomb.xml": '<!DOCTYPE a [<!ENTITY b "c">]><zone>&b;</zone>',
    }), NO_PROGRAMS)  # fmt: skip
    (zone,) = facts.firewalld.zones
    assert (zone.file, zone.target, zone.interfaces, zone.ports) == (
        "/etc/firewalld/zones/trusted.xml", "ACCEPT", ("lo",), ("1/tcp",)
    )  # fmt: skip
    assert zone.rich_rules == ("family=ipv4 source address=127.0.0.1 drop",)
    assert set(facts.firewalld.unread) == {"/usr/lib/firewalld/zones/bomb.xml"}
    assert isinstance(facts.nftables, Unavailable)
    assert isinstance(facts.iptables, Unavailable)


def test_audit_rules_in_the_order_of_augenrules(tmp_path):
    facts = collect_audit(reader(tmp_path, {
        "/etc/audit/rules.d/99-end.rules": "-e 2\n",
        "/etc/audit/rules.d/10-a.rules": "## x\n-w /etc/passwd -p wa -k identity\n",
        "/etc/audit/rules.d/lost.txt": "-w /x\n",
        "/etc/audit/audit.rules": "-D\n",
    }), NO_PROGRAMS)  # fmt: skip
    assert [entry.value for entry in facts.rules.entries] == ["-w /etc/passwd -p wa -k identity", "-e 2"]
    assert [entry.value for entry in facts.compiled.entries] == ["-D"]
    assert isinstance(facts.loaded, Unavailable)


def test_the_answers_of_auditctl():
    assert parse_loaded("No rules\n", "enabled 0\n") == ("-e 0",)
    assert parse_loaded("-w /a  -p wa\n", "x\nenabled 2\n") == ("-w /a -p wa", "-e 2")


def test_dconf_keys_locks_and_stale_databases(tmp_path):
    facts = collect_dconf(reader(tmp_path, {
        "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n",
        "/etc/dconf/db/local.d/00-a": "[org/gnome/desktop/session]\nidle-delay=uint32 900\n",
        "/etc/dconf/db/local.d/locks/00-b": "/org/gnome/desktop/session/idle-delay\n",
    }))  # fmt: skip
    assert [(key.section, key.key, key.value) for key in facts.keys] == [
        ("org/gnome/desktop/session", "idle-delay", "uint32 900")
    ]
    assert [lock.key for lock in facts.locks] == ["/org/gnome/desktop/session/idle-delay"]
    assert facts.stale == ("local",)
    assert isinstance(collect_dconf(reader(tmp_path / "b", {})), Absent)


CONFIGS = [
    ("journald", {
        "/usr/lib/systemd/journald.conf": "[Journal]\nStorage=auto\n",
        "/etc/systemd/journald.conf.d/b.conf": "[Journal]\nStorage=none\n",
        "/usr/lib/systemd/journald.conf.d/a.conf": "[Journal]\nCompress=yes\n",
        "/usr/lib/systemd/journald.conf.d/b.conf": "[Journal]\nStorage=volatile\n",
    }, ["auto", "yes", "none"]),
    ("journald", {
        "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\n",
        "/usr/lib/systemd/journald.conf": "[Journal]\nStorage=auto\n",
    }, ["persistent"]),
    ("pwquality", {
        "/etc/security/pwquality.conf": "minlen = 14\n", "/etc/security/pwquality.conf.d/a.conf": "minlen=8\n"
    }, ["8", "14"]),
    ("rsyslog", {
        "/etc/rsyslog.conf": "$FileCreateMode 0640\n$IncludeConfig /etc/rsyslog.d/*.conf\n*.* /last\n",
        "/etc/rsyslog.d/a.conf": "include(file=\"/etc/b.conf\" mode=\"optional\")\n*.* @@host\n",
        "/etc/b.conf": "module(load=\"imtcp\")\n",
    }, ["$FileCreateMode 0640", "$IncludeConfig /etc/rsyslog.d/*.conf",
        'include(file="/etc/b.conf" mode="optional")', 'module(load="imtcp")', "*.* @@host", "*.* /last"]),
    ("chrony", {
        "/etc/chrony/chrony.conf": "confdir /etc/chrony/conf.d\nuser _chrony\n",
        "/etc/chrony/conf.d/a.conf": "server ntp.example\n",
        "/etc/chrony/conf.d/b.sources": "server lost\n",
        "/etc/chrony.conf": "server other\n",
    }, ["/etc/chrony/conf.d", "ntp.example", "_chrony"]),
    ("crypto-modules", {
        "/usr/share/crypto-policies/policies/modules/NO-X.pmod": "mac = -*-128*\n",
    }, ["-*-128*"]),
    ("motd", {"/etc/motd": "one\n\\S\n", "/etc/motd.d/x": "two\n"}, ["one", "\\S", "two"]),
    ("rescue", {
        "/usr/lib/systemd/system/rescue.service": "[Service]\nExecStart=-/x rescue\n",
    }, ["-/x rescue"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "values"), CONFIGS)
def test_configurations_in_the_order_of_their_programs(tmp_path, name, files, values):
    config = collect_configs(reader(tmp_path, files))[name]
    assert [entry.value for entry in config.entries] == values
    assert config.unread == {}


def test_a_configuration_that_includes_itself_is_not_known_whole(tmp_path):
    config = collect_configs(reader(tmp_path, {"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.conf\n"}))
    assert set(config["rsyslog"].unread) == {"/etc/rsyslog.conf"}


def test_every_configuration_is_named_even_if_there_is_none(tmp_path):
    configs = collect_configs(reader(tmp_path, {}))
    assert set(configs) == {*SOURCES, *(f"authselect-{stack}" for stack in STACKS)}
    assert not any(config.files or config.unread for config in configs.values())


def test_paths_and_patterns(tmp_path):
    files, globs = collect_paths(reader(tmp_path, {
        "/etc/passwd": "root:x:0:0::/:\n", "/var/log/a/b.log": "", "/var/log/c": "-> /etc", "/etc/own": "",
    }), ("/etc/own",), ("/etc/ow*",))  # fmt: skip
    assert files["/etc/passwd"].kind == "file"
    assert isinstance(files["/etc/shadow"], Absent)
    assert globs["/var/log/**"] == Paths(paths=("/var/log/a", "/var/log/a/b.log"))
    assert globs["/etc/ow*"] == Paths(paths=("/etc/own",))
    assert files["/var/log/a/b.log"].kind == "file"
