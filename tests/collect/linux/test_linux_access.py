"""Accounts, homes, PAM, sudo and sshd."""

import pytest

from tests.collect.linux.linuxtree import NO_PROGRAMS, reader
from trueline.collect.linux.homes import collect_accounts
from trueline.collect.linux.pam import collect_pam
from trueline.collect.linux.sshd import collect_sshd, parse_effective
from trueline.collect.linux.sudo import collect_sudo
from trueline.collect.linux.tables import password_state
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Package, Packages

SHA512 = "$6$abcdefgh$" + "x" * 86


@pytest.mark.parametrize(
    ("field", "state", "algorithm"),
    [
        ("x", "shadowed", ""),
        ("", "empty", ""),
        ("*", "disabled", ""),
        ("!", "disabled", ""),
        ("!!", "disabled", ""),
        ("!*", "disabled", ""),
        (SHA512, "hash", "sha512"),
        (f"!{SHA512}", "locked", "sha512"),
        ("$y$j9T$abc$def", "hash", "yescrypt"),
        ("$1$abc$def", "hash", "md5"),
        ("$2b$12$abc", "hash", "bcrypt"),
        ("abcdefghijklm", "hash", "des"),
        ("$99$abc", "hash", "unknown"),
        ("NP", "disabled", ""),
    ],
)
def test_what_a_password_field_says(field, state, algorithm):
    assert password_state(field) == (state, algorithm)


def accounts(tmp_path, files):
    return collect_accounts(reader(tmp_path, files), ())


def test_account_files_keep_duplicates_and_old_entries(tmp_path):
    facts = accounts(tmp_path, {
        "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n+nis::::::\nbad:x:1\n"
        "root::zero:0::/:\n# no\n\n",
        "/etc/group": "root:x:0:\nwheel:x:10:joe,ann\nwheel:x:10:\n",
        "/etc/shadow": f"root:{SHA512}:19000:0:99999:7:::\njoe:!:x:::::400:\n+::::::::\n",
        "/etc/gshadow": "wheel:!:root:joe\n",
    })  # fmt: skip
    assert [(entry.line, entry.name, entry.uid) for entry in facts.passwd.entries] == [
        (1, "root", 0), (2, "toor", 0), (3, "+nis", None), (5, "root", None)
    ]  # fmt: skip
    assert [wrong.line for wrong in facts.passwd.malformed] == [4]
    assert facts.passwd.entries[3].password == "empty"
    assert facts.group.entries[1].members == ("joe", "ann")
    root, joe, nis = facts.shadow.entries
    assert (root.password, root.algorithm, root.last_change, root.maximum) == ("hash", "sha512", 19000, 99999)
    assert root.inactive is None
    assert (joe.password, joe.malformed, joe.expire) == ("disabled", ("last_change",), 400)
    assert nis.name == "+"
    assert facts.gshadow.entries[0].administrators == ("root",)
    assert "xxxx" not in str(facts)


def test_a_hash_in_the_wrong_field_is_not_kept(tmp_path):
    facts = accounts(tmp_path, {
        "/etc/passwd": f"joe:x:1:1:{SHA512}:{SHA512}:{SHA512}\n", "/etc/shadow": f"{SHA512}:x:1::::::\n"
    })  # fmt: skip
    assert "xxxx" not in str(facts)


def test_homes_with_dot_files(tmp_path):
    facts = accounts(tmp_path, {
        "/etc/passwd": "joe:x:1000:1000::/home/joe:/bin/bash\nann:x:1001:1001::/home/ann:/bin/zsh\n"
        "daemon:x:1:1::/home/joe:/usr/sbin/nologin\neve:x:1002:1::/home/eve:\nrel:x:3:3::home:/bin/sh\n",
        "/home/joe/.rhosts": "+",
        "/home/joe/.out": "-> /etc/passwd",
        "/home/joe/seen": "",
        "/home/eve": "-> /proc",
    })  # fmt: skip
    homes = {home.user: home for home in facts.homes}
    assert set(homes) == {"joe", "ann", "eve", "rel"}
    dots = homes["joe"].dot_files.files
    assert (set(dots), dots[".rhosts"].kind, dots[".out"].kind) == ({".rhosts", ".out"}, "file", "link")
    assert isinstance(homes["ann"].meta, Absent)
    assert isinstance(homes["eve"].meta, Absent)
    assert isinstance(homes["rel"].meta, Absent)


def test_where_root_looks_for_commands(tmp_path):
    facts = accounts(tmp_path, {
        "/etc/passwd": "", "/etc/login.defs": "ENV_SUPATH\tPATH=/sbin:/bin::.\n", "/sbin/x": ""
    })  # fmt: skip
    assert facts.root_path.text == "/sbin:/bin::."
    assert {path: getattr(meta, "kind", "absent") for path, meta in facts.root_path.directories.items()} == {
        "/sbin": "directory", "/bin": "absent"
    }  # fmt: skip


def test_pam_includes_are_resolved_in_place(tmp_path):
    facts = collect_pam(reader(tmp_path, {
        "/etc/pam.d/su": "auth sufficient pam_rootok.so\n@include common-auth\nauth include system-auth\n"
        "account substack system-auth\n-session optional /lib/security/pam_x.so a=[b c] passwd=hunter2\n",
        "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok \\\n try_first_pass\n",
        "/etc/pam.d/system-auth": "auth required pam_deny.so\naccount required pam_unix.so\nwhat is\n",
    }))  # fmt: skip
    stack = facts.services["su"]
    assert [(rule.type, rule.control, rule.module, rule.substack) for rule in stack.rules] == [
        ("auth", "sufficient", "pam_rootok.so", ""),
        ("auth", "[success=1 default=ignore]", "pam_unix.so", ""),
        ("auth", "required", "pam_deny.so", ""),
        ("account", "required", "pam_unix.so", "/etc/pam.d/system-auth"),
        ("session", "optional", "pam_x.so", ""),
    ]
    assert stack.rules[1].arguments == ("nullok", "try_first_pass")
    assert stack.rules[4].quiet
    assert "passwd=REDACTED" in stack.rules[4].arguments
    assert stack.includes == ("/etc/pam.d/common-auth", "/etc/pam.d/system-auth")
    assert [(wrong.file, wrong.line) for wrong in stack.malformed] == [("/etc/pam.d/system-auth", 3)]


def test_pam_that_includes_itself_or_what_is_missing_is_not_known_whole(tmp_path):
    facts = collect_pam(reader(tmp_path, {
        "/etc/pam.d/a": "auth include b\nauth required x.so\n",
        "/etc/pam.d/b": "auth include a\n@include c\n",
    }))  # fmt: skip
    stack = facts.services["a"]
    assert [rule.module for rule in stack.rules] == ["x.so"]
    assert set(stack.unread) == {"/etc/pam.d/a", "/etc/pam.d/c"}


def test_pam_that_doubles_with_each_include_ends(tmp_path):
    files = {f"/etc/pam.d/s{n}": f"auth include s{n + 1}\nauth include s{n + 1}\n" for n in range(30)}
    stack = collect_pam(reader(tmp_path, files | {"/etc/pam.d/s30": "auth required x.so\n"})).services["s0"]
    assert stack.unread


def test_sudoers_with_includes_and_tags(tmp_path):
    facts = collect_sudo(reader(tmp_path, {
        "/etc/sudoers": "Defaults use_pty, logfile=\"/var/log/sudo.log\", !authenticate\n"
        "Defaults:joe timestamp_timeout=30\nDefaults env_keep += \"A B\"\n"
        "User_Alias ADMINS = a, b\nroot ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) NOPASSWD: ALL # all\n"
        "#includedir /etc/sudoers.d\n# a comment\n@include local\nwrong\n#1000 ALL=/bin/ls\n",
        "/etc/sudoers.d/10-ann": "ann ALL=(root) NOPASSWD:/bin/x --password=hunter2, PASSWD:/bin/y\n",
        "/etc/sudoers.d/skipped.conf": "eve ALL=NOPASSWD: ALL\n",
        "/etc/local": "Defaults !!requiretty\n@include /etc/sudoers\n",
    }))  # fmt: skip
    assert [(found.option, found.value, found.negated, found.scope) for found in facts.defaults] == [
        ("use_pty", None, False, ""),
        ("logfile", "/var/log/sudo.log", False, ""),
        ("authenticate", None, True, ""),
        ("timestamp_timeout", "30", False, ":joe"),
        ("env_keep", "A B", False, ""),
        ("requiretty", None, False, ""),
    ]
    assert [(rule.who, rule.tags, rule.all_commands) for rule in facts.rules] == [
        ("root", (), True),
        ("%wheel", ("NOPASSWD",), True),
        ("ann", ("NOPASSWD", "PASSWD"), False),
        ("#1000", (), False),
    ]
    assert facts.files == ("/etc/sudoers", "/etc/sudoers.d/10-ann", "/etc/local")
    assert set(facts.unread) == {"/etc/sudoers"}
    assert [wrong.line for wrong in facts.malformed] == [10]
    assert "hunter2" not in str(facts)


def test_sshd_files_in_its_order_with_match_blocks_apart(tmp_path):
    packages = Packages(manager="dpkg", installed=(Package(name="openssh-server", version="1:9.2p1-2"),))
    facts = collect_sshd(reader(tmp_path, {
        "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n"
        "Match User joe\n  X11Forwarding yes\nMatch all\nBanner = \"/etc/issue.net\" # why\nBroken\n",
        "/etc/ssh/sshd_config.d/10-a.conf": "PermitRootLogin no\nMatch Group g\nPermitRootLogin yes\n",
        "/etc/ssh/sshd_config.d/20-b.conf": "maxauthtries 4\n",
        "/etc/default/ssh": "SSHD_OPTS=\"-o PermitEmptyPasswords=yes -D\"\n",
    }), NO_PROGRAMS, packages)  # fmt: skip
    assert [(entry.key, entry.value) for entry in facts.entries] == [
        ("permitrootlogin", "no"),
        ("maxauthtries", "4"),
        ("permitrootlogin", "yes"),
        ("banner", "/etc/issue.net"),
    ]
    assert [(match.criteria, [entry.key for entry in match.entries]) for match in facts.matches] == [
        ("Group g", ["permitrootlogin"]),
        ("User joe", ["x11forwarding"]),
    ]
    assert facts.version == "1:9.2p1-2"
    assert facts.effective is None
    assert [(entry.key, entry.value) for entry in facts.options] == [
        ("permitemptypasswords", "yes"), ("-D", "")
    ]  # fmt: skip
    assert [wrong.line for wrong in facts.malformed] == [7]


def test_sshd_that_includes_itself_ends(tmp_path):
    facts = collect_sshd(
        reader(tmp_path, {"/etc/ssh/sshd_config": "Port 22\nInclude sshd_config\n"}), NO_PROGRAMS, Absent()
    )
    assert [entry.key for entry in facts.entries] == ["port"]
    assert isinstance(facts.unread["/etc/ssh/sshd_config"], Unavailable)


def test_what_sshd_says_itself():
    found = parse_effective("port 22\npermitrootlogin no\nport 2222\n")
    assert found == {"port": ("22", "2222"), "permitrootlogin": ("no",)}
