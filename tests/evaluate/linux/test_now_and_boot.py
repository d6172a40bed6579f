"""What runs and what holds after the next boot are two facts; both must be right, and both are named."""

from dataclasses import replace

import msgspec
import pytest

from tests.evaluate.linux.machines import judged, machine, mend, verdict
from trueline.content.load import load_rules
from trueline.evaluate.outcomes import judge

SYN = "net.ipv4.tcp_syncookies"
ON = "-a always,exit -F"
RULE = "sysctl-net-ipv4-tcp-syncookies"


@pytest.mark.parametrize(
    ("running", "boot", "outcome"),
    [
        ({SYN: 1}, {SYN: 1}, "pass"),
        ({SYN: 1}, {SYN: 0}, "fail"),
        ({SYN: 0}, {SYN: 1}, "fail"),
        ({SYN: 1}, {}, "fail"),
        ({SYN: 1}, {"net.ipv4.*": 1}, "pass"),
        ({SYN: 1}, {SYN: 0, "net.ipv4.*": 1}, "fail"),  # an explicit name wins over a later pattern
        ({SYN: 1}, "denied", "error"),
        ("denied", {SYN: 1}, "error"),
        ("denied", {SYN: 0}, "fail"),  # whatever runs, the next boot is wrong
        ({SYN: 1}, {SYN: "yes"}, "unknown"),
    ],
)
def test_u_a_kernel_parameter_must_hold_now_and_at_boot(running, boot, outcome) -> None:
    assert verdict(RULE, sysctl={"running": running, "boot": boot}) == outcome


def test_the_evidence_names_both_states_with_their_sources() -> None:
    decision = judged(RULE, sysctl={"running": {SYN: 1}, "boot": {SYN: 0}})
    assert [(one.fact, one.source, one.observed) for one in decision.evidence] == [
        (f"{SYN} now", "/proc/sys/net/ipv4/tcp_syncookies", "1"),
        (f"{SYN} after the next boot", "/etc/sysctl.d/a.conf:1", "0"),
    ]


def test_a_parameter_of_ipv6_does_not_apply_without_ipv6() -> None:
    rule = "ipv6-router-advertisements-refused"
    assert verdict(rule, sysctl={"running": {SYN: 1}, "boot": {}}) == "notapplicable"


@pytest.mark.parametrize(
    ("active", "planned", "outcome"),
    [
        ({"/tmp": "rw,nodev"}, {"/tmp": "nodev"}, "pass"),
        ({"/tmp": "rw"}, {"/tmp": "nodev"}, "fail"),
        ({"/tmp": "rw,nodev"}, {"/tmp": "defaults"}, "fail"),
        ({}, {"/tmp": "defaults"}, "fail"),
        ({}, {}, "notapplicable"),
        ("denied", {"/tmp": "nodev"}, "error"),
        ("denied", {"/tmp": "defaults"}, "fail"),
    ],
)
def test_a_mount_option_must_hold_now_and_at_boot(active, planned, outcome) -> None:
    assert verdict("mount-tmp-nodev", mounts={"active": active, "planned": planned}) == outcome


@pytest.mark.parametrize(
    ("units", "active", "outcome"),
    [
        ({}, [], "pass"),
        ({"squid.service": "disabled"}, [], "pass"),
        ({"squid.service": "disabled"}, ["squid.service"], "fail"),
        ({"squid.service": "enabled"}, [], "fail"),
        ({"squid.service": {"state": "enabled", "runtime": True}}, [], "pass"),
        ({"squid.service": "disabled"}, "denied", "error"),
        ({}, "denied", "pass"),  # what is not installed does not run
        ("denied", None, "error"),
    ],
)
def test_a_service_must_be_off_now_and_at_boot(units, active, outcome) -> None:
    facts = {"units": units} if active is None else {"units": units, "active": active}
    assert verdict("web-proxy-not-in-use", **facts) == outcome


@pytest.mark.parametrize(
    ("loaded", "rules", "outcome"),
    [
        (["-w /etc/sudoers -p wa -k a", "-w /etc/sudoers.d -p wa -k a"], None, "pass"),
        ([], ["-w /etc/sudoers -p wa", "-w /etc/sudoers.d/ -p wa"], "fail"),
        (["-w /etc/sudoers -p w", "-w /etc/sudoers.d -p wa"], None, "fail"),
        ([f"{ON} path=/etc/sudoers -F perm=wa", f"{ON} dir=/etc/sudoers.d -F perm=wa"], None, "pass"),
        (["-w /etc/sudoers -p rwxa", "-w /etc/sudoers.d -p rwxa", "-a never,task"], None, "fail"),
        ("denied", ["-w /etc/sudoers -p wa", "-w /etc/sudoers.d/ -p wa"], "error"),
    ],
)  # fmt: skip
def test_audit_rules_must_be_loaded_and_on_disk(loaded, rules, outcome) -> None:
    on_disk = loaded if rules is None else rules
    assert verdict("audit-sudoers", audit={"loaded": loaded, "rules": on_disk}) == outcome


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("-a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=-1 -F key=x", "pass"),
        ("-a exit,always -F arch=b64 -S all -k x", "pass"),  # records more than is asked for
        (
            "-a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=unset -F uid=0",
            "fail",
        ),  # and this less
        ("-a always,exit -F arch=b64 -S umount2 -F auid>=1000 -F auid!=-1", "fail"),
        ("-a never,exit -F arch=b64 -S mount", "fail"),
    ],
)
def test_a_broader_audit_rule_holds_and_a_narrower_one_does_not(line, outcome) -> None:
    assert verdict("audit-mounts", {"arch": "b64"}, audit={"loaded": [line], "rules": [line]}) == outcome


def test_d7_remediation_is_the_exact_change() -> None:
    assert f"`{SYN} = 1`" in mend(RULE, sysctl={"running": {SYN: 0}, "boot": {}})
    assert "systemctl disable --now squid.service && systemctl mask squid.service" in mend(
        "web-proxy-not-in-use", units={"squid.service": "enabled"}, active=["squid.service"]
    )
    assert "`install dccp /bin/true`" in mend("kernel-module-dccp", modules={"loaded": ["dccp"]})
    assert "`-w /var/log/sudo.log -p wa -k actions`" in mend(
        "audit-sudo-log", audit={"loaded": [], "rules": []}
    )
    assert "`MaxAuthTries 4`" in mend("sshd-maxauthtries", sshd={"MaxAuthTries": 6})
    assert "`PASS_MAX_DAYS 365`" in mend(
        "password-max-days", configs={"login-defs": {"PASS_MAX_DAYS": 99999}}
    )
    assert "chmod 0 /etc/shadow" in mend("access-etc-shadow", files={"/etc/shadow": "0640 root:root"})


def test_setuid_programs_that_were_seen_need_rules_although_the_walk_ended_early():
    rule = "-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1 -F key=privileged"
    walk = {"complete": False, "setuid": ["/usr/bin/su"]}
    some = {"loaded": [rule], "rules": [rule]}
    none = {"loaded": [], "rules": []}
    assert verdict("audit-privileged-commands", walk=walk, audit=none) == "fail"
    assert verdict("audit-privileged-commands", walk=walk, audit=some) == "error"
    assert verdict("audit-privileged-commands", walk={"setuid": ["/usr/bin/su"]}, audit=some) == "pass"


def test_a_file_system_that_is_built_in_is_not_kept_out_by_modprobe():
    blocked = ["install squashfs /bin/false"]
    told = machine(modules={"loaded": [], "rules": blocked})
    modules = msgspec.structs.replace(told.node.linux.modules, file_systems=("ext4", "squashfs"))
    linux = msgspec.structs.replace(told.node.linux, modules=modules)
    built_in = replace(told, node=msgspec.structs.replace(told.node, linux=linux))
    rule = load_rules()["kernel-module-squashfs"]
    assert judge(rule, told).outcome.value == "pass"
    assert judge(rule, built_in).outcome.value == "notapplicable"


def test_a_default_of_a_pam_module_that_nothing_calls_is_no_pass():
    stack = {"common-password": ["password required pam_unix.so"]}
    assert verdict("pwquality-dictcheck", pam=stack, configs={"pwquality": "absent"}) == "notapplicable"
