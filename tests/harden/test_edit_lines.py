"""Lines of modules, audit rules, PAM stacks, fstab, boot arguments and tables of accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.linux.pam import parse_pam
from trueline.harden.edit import edit
from trueline.harden.edit_lines import CannotEdit
from trueline.model.operation import (
    AddLine,
    AddMember,
    BootArgument,
    KeepOutModule,
    MountOption,
    PamArgument,
    PamLine,
    SetAccount,
)

PAM = "/etc/pam.d/common-password"
STACK = (
    "# managed\n"
    "password\trequisite\tpam_pwquality.so retry=3\n"
    "password\t[success=1 default=ignore]\tpam_unix.so obscure  yescrypt # hash\n"
    "password requisite pam_deny.so\n"
)


def argument(name: str, value: str = "", *, present: bool = True, module: str = "pam_unix.so") -> PamArgument:
    return PamArgument(file=PAM, type="password", module=module, argument=name, value=value, present=present)


def history(before: str = "pam_unix.so") -> PamLine:
    return PamLine(
        file=PAM,
        type="password",
        control="required",
        module="pam_pwhistory.so",
        arguments=("remember=24",),
        before=before,
    )


@pytest.mark.parametrize(
    ("op", "before", "after"),
    [
        (argument("remember", "5"), STACK, STACK.replace("yescrypt # hash", "yescrypt remember=5 # hash")),
        (argument("retry", "1", module="pam_pwquality.so"), STACK, STACK.replace("retry=3", "retry=1")),
        (argument("obscure", present=False), STACK, STACK.replace(" obscure", "")),
        (argument("obscure"), STACK, STACK),
        (argument("nullok", present=False), STACK, STACK),
        (
            history(),
            STACK,
            STACK.replace(
                "password\t[success", "password required pam_pwhistory.so remember=24\npassword\t[success"
            ),
        ),
        (
            history(),
            STACK + "password required pam_pwhistory.so\n",
            STACK + "password required pam_pwhistory.so\n",
        ),
        (
            history("@include x"),
            "@include  x\n",
            "password required pam_pwhistory.so remember=24\n@include  x\n",
        ),
        (
            KeepOutModule(file="/etc/modprobe.d/t.conf", module="usb-storage"),
            "blacklist usb-storage\n",
            "blacklist usb-storage\ninstall usb-storage /bin/true\n",
        ),
        (
            AddLine(file="/etc/audit/rules.d/9.rules", syntax="audit", line="-e 2"),
            "-e 2\n-w /etc/passwd -p wa\n",
            "-w /etc/passwd -p wa\n-e 2\n",
        ),
        (
            AddLine(file="/etc/rsyslog.conf", syntax="rsyslog", line="$FileCreateMode 0640", first=True),
            "# top\n\n*.* /var/log/x",
            "# top\n\n$FileCreateMode 0640\n*.* /var/log/x",
        ),
        (AddLine(file="/f", syntax="profile", line="a"), "b", "b\na\n"),
        (
            BootArgument(name="audit", value="1"),
            'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="quiet audit=0"\n',
            'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="quiet audit=1"\n',
        ),
        (
            BootArgument(name="selinux", value=None),
            'GRUB_CMDLINE_LINUX="selinux=0"\n',
            "GRUB_CMDLINE_LINUX=\n",
        ),
        (BootArgument(name="audit", value="1"), "", "GRUB_CMDLINE_LINUX=audit=1\n"),
        (
            MountOption(point="/home", option="nodev"),
            "/dev/a / ext4 defaults 0 1\n/dev/b  /home/\text4 dev,relatime\t0 2 # x\n",
            "/dev/a / ext4 defaults 0 1\n/dev/b  /home/\text4 relatime,nodev\t0 2 # x\n",
        ),
        (MountOption(point="/a b", option="nosuid"), "x /a\\040b ext4 rw\n", "x /a\\040b ext4 rw,nosuid\n"),
        (
            SetAccount(account="a", field="maximum", value="365"),
            "a:$6$x:1:0:99999:7:::\n",
            "a:$6$x:1:0:365:7:::\n",
        ),
        (
            SetAccount(account="a", field="locked", value="yes"),
            "a:h:1:0:9:7:::\nb:*:::::::\n",
            "a:!h:1:0:9:7:::\nb:*:::::::\n",
        ),
        (
            SetAccount(account="a", field="shell", value="/sbin/nologin"),
            "a:x:1:1::/:/bin/sh\n",
            "a:x:1:1::/:/sbin/nologin\n",
        ),
        (AddMember(file="/etc/group", group="sudo", account="a"), "sudo:x:27:b\n", "sudo:x:27:b,a\n"),
    ],
)
def test_an_operation_makes_of_a_text_what_it_says_and_nothing_more(op, before, after):
    assert edit(before, op) == after
    assert edit(after, op) == after


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (argument("remember", "5", module="pam_other.so"), STACK),
        (argument("remember", "5"), "password required pam_unix.so \\\n obscure\n"),
        (history(), "password required pam_deny.so\n"),
        (history(), "password [success=2 default=ignore] pam_x.so\npassword required pam_unix.so\n"),
        (BootArgument(name="audit", value="1"), 'GRUB_CMDLINE_LINUX="$(cat x)"\n'),
        (BootArgument(name="audit", value="1"), 'GRUB_CMDLINE_LINUX="a=\\"b\\""\n'),
        (MountOption(point="/home", option="nodev"), "/dev/a / ext4 defaults 0 1\n"),
        (SetAccount(account="a", field="warn", value="7"), "b:x:1:0:9:7:::\n"),
        (SetAccount(account="a", field="warn", value="7"), "a:x:1:0:9:7:::\na:x:1:0:9:7:::\n"),
        (SetAccount(account="a", field="warn", value="7"), "a:x:1\n"),
        (AddMember(file="/etc/group", group="sudo", account="a"), "wheel:x:1:\n"),
    ],
)
def test_a_text_that_is_not_as_expected_is_not_edited(op, text):
    with pytest.raises(CannotEdit):
        edit(text, op)


_stack_lines = st.sampled_from(
    [
        "# x",
        "",
        "password required pam_unix.so sha512",
        "-password optional pam_gnome_keyring.so",
        "password [success=1 default=ignore] /lib/security/pam_unix.so obscure # c",
        "auth required pam_unix.so nullok",
        "@include common-auth",
        "password requisite pam_deny.so",
        "password sufficient pam_unix.so [a=b c] remember=3 remember=4",
    ]
)


@given(
    st.lists(_stack_lines, max_size=8),
    st.sampled_from(["remember", "sha512", "use_authtok"]),
    st.sampled_from(["", "5"]),
    st.booleans(),
)
def test_the_collector_reads_the_arguments_that_were_given(lines, name, value, present):
    text = "".join(f"{line}\n" for line in lines)
    op = argument(name, value, present=present)
    try:
        after = edit(text, op)
    except CannotEdit:
        assert present
        return
    assert edit(after, op) == after
    rules, wrong = parse_pam(PAM, tuple(after.splitlines()))
    assert wrong == []
    kept, _ = parse_pam(PAM, tuple(text.splitlines()))
    assert len(rules) == len(kept)
    for rule in rules:
        if not isinstance(rule, str) and rule.type == "password" and rule.module == "pam_unix.so":
            found = [word for word in rule.arguments if word.partition("=")[0] == name]
            assert found == ([f"{name}={value}" if value else name] if present else [])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AddLine(file="/etc/x", syntax="audit", line="a\nb"),
        lambda: AddLine(file="etc/x", syntax="audit", line="a"),
        lambda: AddLine(file="/etc/../root/x", syntax="audit", line="a"),
        lambda: KeepOutModule(file="/etc/x", module="a; reboot"),
        lambda: BootArgument(name="init", value="/bin/sh quiet"),
        lambda: SetAccount(account="a:b", field="shell", value="/bin/sh"),
        lambda: SetAccount(account="a", field="shell", value="/bin/sh\nroot::0:0::/:/bin/sh"),
        lambda: MountOption(point="/home", option="nodev 0 0\n/dev/x"),
    ],
)
def test_an_operation_can_t_smuggle_more_into_a_file(wrong):
    with pytest.raises(ValueError, match="is"):
        wrong()
