"""sshd, PAM, accounts and texts are judged by what they do, not by how a line looks."""

import pytest

from tests.evaluate.linux.machines import verdict

ROOT = "root:x:0:0::/root:/bin/bash"


@pytest.mark.parametrize(
    ("rule", "sshd", "outcome"),
    [
        ("sshd-permitrootlogin", {"PermitRootLogin": "no"}, "pass"),
        ("sshd-permitrootlogin", {"PermitRootLogin": "prohibit-password"}, "fail"),
        ("sshd-permitrootlogin", {}, "error"),  # its default has changed between releases
        (
            "sshd-permitrootlogin",
            {"PermitRootLogin": "no", "Match User a": {"PermitRootLogin": "yes"}},
            "fail",
        ),
        ("sshd-permitrootlogin", {"sshd -T": {"PermitRootLogin": "no"}, "PermitRootLogin": "yes"}, "pass"),
        ("sshd-permitemptypasswords", {}, "pass"),
        ("sshd-logingracetime", {"LoginGraceTime": "1m"}, "pass"),
        ("sshd-logingracetime", {"LoginGraceTime": "2m"}, "fail"),
        ("sshd-logingracetime", {"LoginGraceTime": "0"}, "fail"),  # no limit at all
        ("sshd-logingracetime", {"LoginGraceTime": "soon"}, "unknown"),
        ("sshd-macs", {"MACs": "hmac-sha2-512"}, "pass"),
        ("sshd-macs", {"MACs": "hmac-sha2-512,hmac-md5"}, "fail"),
        ("sshd-macs", {"MACs": "-hmac-md5"}, "unknown"),
        ("sshd-macs", {}, "error"),
        ("sshd-loglevel", {"LogLevel": "verbose"}, "pass"),
        ("sshd-user-access", {"AllowGroups": "admins"}, "pass"),
        ("sshd-user-access", {}, "fail"),
        ("sshd-banner", "absent", "notapplicable"),
        ("sshd-banner", "denied", "error"),
    ],
)
def test_24_sshds_effective_value_counts(rule, sshd, outcome) -> None:
    assert verdict(rule, sshd=sshd) == outcome


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("auth required pam_wheel.so use_uid", "pass"),
        ("auth sufficient pam_wheel.so trust use_uid", "fail"),  # it lets in, and keeps nobody out
        ("auth optional pam_wheel.so use_uid", "fail"),
        ("auth required pam_wheel.so", "fail"),
        ("account required pam_wheel.so use_uid", "fail"),
    ],
)
def test_a_module_of_pam_counts_where_it_decides(line, outcome) -> None:
    assert verdict("su-restricted", pam={"su": [line]}) == outcome


@pytest.mark.parametrize(
    ("arguments", "config", "outcome"),
    [
        ("deny=5 unlock_time=900", "absent", "pass"),
        ("deny=5 unlock_time=0", "absent", "pass"),  # until an administrator unlocks it
        ("deny=0 unlock_time=900", "absent", "fail"),  # never locks
        ("", {"deny": 3, "unlock_time": "never"}, "pass"),
        ("deny=9", {"deny": 3, "unlock_time": 900}, "fail"),  # what stands in the stack wins
        ("", {"deny": 3}, "fail"),
        ("", "denied", "error"),
    ],
)
def test_arguments_in_the_stack_win_over_the_file(arguments, config, outcome) -> None:
    stack = [f"auth required pam_faillock.so {arguments}"]
    given = {"services": "system-auth"}
    facts = {"pam": {"system-auth": stack}, "configs": {"faillock": config}}
    assert verdict("faillock-deny-and-unlock-time", given, **facts) == outcome


@pytest.mark.parametrize("number", [996, 998])
def test_d12_a_group_is_known_by_its_name_not_its_number(number) -> None:
    meta = {"mode": "0640", "uid": 0, "gid": number, "owner": "root", "group": "ssh_keys"}
    facts = {"globs": {"/etc/ssh/ssh_host_*_key": ["/etc/ssh/a"]}, "files": {"/etc/ssh/a": meta}}
    assert verdict("access-ssh-private-keys", **facts) == "pass"
    other = {"/etc/ssh/a": {**meta, "group": "users"}}
    assert verdict("access-ssh-private-keys", **{**facts, "files": other}) == "fail"


def test_d10_error_and_unknown_are_no_fail() -> None:
    nobody = {"shadow": ["root:!:1::::::"]}
    unclear = {"login-defs": {"PASS_MAX_DAYS": "soon"}}
    assert verdict("password-max-days", configs=unclear, accounts=nobody) == "unknown"
    assert verdict("password-max-days", configs={"login-defs": "denied"}, accounts=nobody) == "error"
    assert verdict("iptables-loopback", iptables="not-collected: iptables ended with 127") == "error"


def test_what_does_not_exist_does_not_apply_where_the_item_says_if() -> None:
    assert verdict("access-etc-hosts-allow", files={"/etc/hosts.allow": "absent"}) == "notapplicable"
    assert verdict("access-etc-hosts-allow", files={"/etc/hosts.allow": "denied"}) == "error"


@pytest.mark.parametrize(
    ("find", "accounts", "outcome"),
    [
        ("uid-zero-only-root", {"passwd": [ROOT]}, "pass"),
        ("uid-zero-only-root", {"passwd": [ROOT, "toor:x:0:0::/:/bin/sh"]}, "fail"),
        ("shadow-password-not-empty", {"passwd": [ROOT], "shadow": "denied"}, "error"),
        ("shadow-password-not-empty", {"passwd": ["a::1:1::/:/bin/sh"], "shadow": "denied"}, "error"),
        (
            "system-accounts-nologin",
            {"passwd": ["d:x:33:33::/:"], "shadow": []},
            "fail",
        ),  # no shell is /bin/sh
        ("password-last-change-past", {"shadow": ["a:$6$:20001:0:99:7:::"]}, "fail"),
        ("password-last-change-past", {"shadow": ["a:!:20001:0:99:7:::"]}, "pass"),  # has no password
        ("root-path", {"root_path": {"/usr/bin": "0777 root:root"}}, "fail"),
        ("home-directory-exists", {"passwd": [ROOT], "homes": "denied"}, "error"),
    ],
)
def test_accounts(find, accounts, outcome) -> None:
    assert verdict(find, accounts=accounts) == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (["Authorized use only."], "pass"),
        (["Kernel \\r on an \\m"], "fail"),
        (["Welcome to ALinux"], "fail"),
        (["valinuxes"], "pass"),  # part of another word
        ([], "pass"),
        ("denied", "error"),
    ],
)
def test_a_banner_tells_nothing_about_the_system(text, outcome) -> None:
    assert verdict("banner-issue", configs={"issue": text}) == outcome


@pytest.mark.parametrize(
    ("walk", "given", "outcome"),
    [
        ({}, {}, "pass"),
        ({"complete": False}, {}, "error"),
        ({"unowned": ["/srv/a"], "complete": False}, {}, "fail"),
        ({"container_unowned": ["/var/lib/containerd/a"]}, {}, "fail"),
        ({"container_unowned": ["/var/lib/containerd/a"]}, {"containers": "ignore"}, "pass"),
        ({"unowned": ["/srv/a"]}, {"containers": "ignore"}, "fail"),
    ],
)
def test_a_walk_that_did_not_see_all_finds_no_pass(walk, given, outcome) -> None:
    assert verdict("files-without-owner", given, walk=walk) == outcome
