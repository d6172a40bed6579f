"""PAM under authselect, cryptographic policies, AIDE and root's group: what rules about RHEL say."""

import pytest

from tests.evaluate.linux.machines import judged, machine, mend, verdict
from trueline.content.load import load_rules
from trueline.evaluate.linux.aide import judge_aide
from trueline.evaluate.linux.fixes import fix
from trueline.evaluate.outcomes import judge
from trueline.model.hosttest import AideTest
from trueline.model.operation import PamArgument
from trueline.model.rule import bind

STACKS = {"auth": "system-auth", "password": "system-auth"}
LOOSE = {"system-auth": ["auth sufficient pam_unix.so nullok", "password sufficient pam_unix.so nullok"]}
SELECTED = {"authselect": ["sssd", "with-faillock"]}


def fixes(rule, given, **linux):
    """How each fault of a rule would be mended by a program."""
    context = machine(**linux)
    bound = bind(load_rules()[rule], given)
    assert context.host
    return [fix(fault, (), context.host) for fault in judge(bound, context).faults]


def test_what_is_forbidden_is_taken_out_and_never_added():
    found = fixes("pam-unix-no-nullok", STACKS, pam=LOOSE, configs={"authselect": "absent"})
    operations = [one for made in found for one in made.operations]
    assert operations
    assert all(isinstance(one, PamArgument) and not one.present for one in operations)


def test_stacks_that_authselect_writes_are_left_to_it():
    found = fixes("pam-unix-no-nullok", STACKS, pam=LOOSE, configs=SELECTED)
    assert not any(made.operations for made in found)
    assert all("authselect" in made.left for made in found)


def test_the_remediation_says_what_to_take_out():
    assert "Take `nullok` out of the lines of pam_unix.so" in mend("pam-unix-no-nullok", STACKS, pam=LOOSE)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (["auth required pam_unix.so", "password required pam_unix.so"], "pass"),
        (["auth required pam_unix.so", "auth sufficient pam_unix.so nullok"], "fail"),  # one of two lines
        (["auth required pam_unix.so [nullok]"], "fail"),
        ([], "notapplicable"),  # the module is not in the stack, so nothing of it matters
    ],
)
def test_each_line_counts_for_what_is_forbidden(lines, outcome):
    pam = {"system-auth": lines}
    assert verdict("pam-unix-no-nullok", STACKS, pam=pam, configs={}) == outcome


def test_a_stack_that_is_missing_is_no_pass():
    assert verdict("pam-unix-no-nullok", STACKS, pam={"su": []}, configs={}) == "fail"


POLICY = "crypto-policy-current"


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ({"cipher": "AES-256-GCM"}, "pass"),
        ({"cipher": "AES-256-CBC"}, "fail"),
        ({"cipher": "AES-256-CBC", "cipher@ssh": "AES-256-GCM"}, "pass"),
        ({"cipher": "AES-256-GCM", "cipher@openssh": "AES-256-CBC"}, "fail"),
        ({"cipher": "AES-256-GCM", "cipher@openssh-server": "aes-128-cbc"}, "fail"),
        ({"cipher": "AES-256-GCM", "cipher@krb5": "AES-256-CBC"}, "pass"),  # not for ssh
        ({"mac": "AEAD"}, "fail"),  # nothing is said of ciphers
        ("denied", "error"),
        ("absent", "error"),
    ],
)
def test_the_narrowest_scope_of_a_policy_counts(policy, outcome):
    assert verdict("crypto-policy-ssh-without-cbc", configs={POLICY: policy}) == outcome


def test_a_weak_cipher_of_the_policy_is_named_with_its_scope():
    decision = judged("crypto-policy-ssh-without-cbc", configs={POLICY: {"cipher": "A-CTR B-CBC"}})
    assert "cipher for openssh-server is B-CBC" in decision.reason


def watched(lines, path="/usr/sbin/auditd", attributes=("p", "sha512")):
    host = machine(configs={"aide": lines}, files={path.removeprefix("/usr"): "0755 root:root"}).host
    assert host
    return judge_aide(AideTest(paths=(path,), attributes=attributes), host).outcome.value


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (["/usr/sbin/auditd p+sha512"], "pass"),
        (["/usr p+sha512"], "pass"),
        (["/usr p+sha512", "/usr/sbin p"], "fail"),  # the deeper one
        (["/usr/sbin/aud p", "/usr/sbin/auditd p+sha512"], "fail"),  # the first of two as deep
        (["/usr/sbin$ p+sha512"], "fail"),  # the directory alone
        (["/usr/sbin/auditd$ p+sha512"], "pass"),
        (["A = p", "B = A+sha512", "/usr B"], "pass"),
        (["A = B", "B = A", "/usr A"], "fail"),
        (["A = p+sha512-p", "/usr A"], "fail"),
        (["/usr p+H"], "pass"),
        (["/usr R"], "fail"),
        (["/usr p+sha512", "!/usr/sbin"], "fail"),
        (["/usr p+sha512", "!/usr/sbin/.*"], "unknown"),
        (["=/usr p+sha512"], "unknown"),
        (["/usr d p+sha512"], "unknown"),  # for directories only, perhaps
        (["/usr p+sha512", "@@ifdef X"], "unknown"),
        (["/usr p+sha512", "@@define X y"], "pass"),
        (["(a+)+$ p+sha512", "/((a+)+)+ p+sha512"], "unknown"),
        (["database_in = file:/a"], "fail"),
        ("denied", "error"),
    ],
)
def test_the_line_that_aide_takes_for_a_file_counts(lines, outcome):
    assert watched(lines) == outcome


@pytest.mark.parametrize(
    ("passwd", "outcome"),
    [
        (["root:x:0:0::/root:/bin/bash", "operator:x:11:0::/root:/sbin/nologin"], "pass"),
        (["root:x:0:0::/root:/bin/bash", "toor:x:1001:0::/home/t:/bin/bash"], "fail"),
        ("denied", "error"),
    ],
)
def test_accounts_of_roots_group(passwd, outcome):
    assert verdict("gid-zero-accounts-only-root", accounts={"passwd": passwd}) == outcome


def test_what_sshd_must_not_use_is_taken_out_of_its_list():
    text = mend("sshd-without-weak-ciphers", {"ciphers": "a-cbc,b-cbc"}, sshd={"Ciphers": "a-cbc,c-ctr"})
    assert "Take a-cbc,b-cbc out of `Ciphers` (/etc/ssh/sshd_config:1)" in text
