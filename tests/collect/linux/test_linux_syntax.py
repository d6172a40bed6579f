"""Each configuration format is read as its program reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.linux import boot, cron, firewall, modules, mounts, net, pam, sshd, sudo, sysctl, tables
from trueline.collect.linux.packages import parse_dpkg
from trueline.collect.linux.running import parse_list_units
from trueline.collect.linux.syntax import PARSERS
from trueline.collect.linux.unitfiles import install_state

CASES = [
    ("ini", "[Journal]\nStorage=persistent\n#Compress=no", [("Journal", "Storage", "persistent")]),
    ("ini", "[a]\nk=one \\\n  two", [("a", "k", "one    two")]),
    ("ini", "lost=1\n[b]\nk = 'v'", [("", "lost", "1"), ("b", "k", "v")]),
    ("words", "PASS_MAX_DAYS\t365\n# PASS_MIN_DAYS 1", [("", "PASS_MAX_DAYS", "365")]),
    ("words", "server a.example iburst # near", [("", "server", "a.example iburst")]),
    ("equals", "minlen = 14\nenforce_for_root\nretry 3", [
        ("", "minlen", "14"), ("", "enforce_for_root", ""), ("", "retry", "3")]),
    ("equals", "deny=4 # of five", [("", "deny", "4")]),
    ("colons", "passwd: files sss", [("", "passwd", "files sss")]),
    ("variables", "SELINUX=enforcing\nA='b c' # d\nexport E=\"f\"", [
        ("", "SELINUX", "enforcing"), ("", "A", "b c"), ("", "E", "f")]),
    ("variables", "not a variable", []),
    ("postfix", "inet_interfaces = loopback-only,\n  127.0.0.1\n#x = y", [
        ("", "inet_interfaces", "loopback-only, 127.0.0.1")]),
    ("limits", "* hard core 0\n# * soft core 0\nonly three words", [("", "* hard core", "0")]),
    ("profile", "umask 027\n# umask 022\nreadonly TMOUT=900 ; export TMOUT", [
        ("", "umask", "027"), ("readonly", "TMOUT", "900"), ("export", "TMOUT", "")]),
    ("profile", "if [ $UID -gt 199 ]; then umask 002; else umask 022; fi", [
        ("", "umask", "002"), ("", "umask", "022")]),
    ("profile", "declare -xr TMOUT=600", [("declare -xr", "TMOUT", "600")]),
    ("profile", 'echo "no umaskings"', []),
    ("profile", "umask '027'\numask \"077\"", [("", "umask", "027"), ("", "umask", "077")]),
    ("profile", "case $- in *i*) umask 002;; esac\ncommand umask 003\n! builtin umask 004\n\\umask 005", [
        ("", "umask", "002"), ("", "umask", "003"), ("", "umask", "004"), ("", "umask", "005")]),
    ("apt", 'APT::Install-Recommends "0";', [("", "APT::Install-Recommends", "0")]),
    ("apt", 'APT {\n Install-Suggests "0";\n};\n// A "1";', [("", "APT::Install-Suggests", "0")]),
    ("plain", "# no\n\n ALL: ALL ", [("", "", "ALL: ALL")]),
    ("verbatim", "# shown\n", [("", "", "# shown")]),
]  # fmt: skip


@pytest.mark.parametrize(("syntax", "text", "expected"), CASES)
def test_entries(syntax, text, expected):
    lines = tuple(text.removesuffix("\n").split("\n"))
    found = PARSERS[syntax]("/f", lines)
    assert [(entry.section, entry.key, entry.value) for entry in found] == expected


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("variables", "DB_PASSWORD=hunter2hunter2"),
        ("ini", "[main]\nproxy_password=hunter2hunter2"),
        ("ini", "[main]\nproxy=https://joe:hunter2hunter2@proxy"),
        ("plain", 'action(type="omhttp" token="hunter2hunter2")'),
        ("words", "url https://joe:hunter2hunter2@x"),
        ("apt", 'Acquire::https::Proxy "https://joe:hunter2hunter2@x";'),
        ("postfix", "smtp_password = hunter2hunter2"),
        ("plain", "curl -u joe:hunter2hunter2 https://x"),
    ],
)
def test_no_secret_is_kept(syntax, text):
    assert "hunter2hunter2" not in str(PARSERS[syntax]("/f", tuple(text.split("\n"))))


LINES = st.lists(
    st.text(st.characters(exclude_characters="\n"), max_size=80)
    | st.sampled_from([
        "[a]", "Match all", "auth include su", "@include x", "Defaults x,!y=\"z", "a = b \\", "{ { }", '"',
        "menuentry 'x' {", "linux /v root=$x 'q", "* hard core 0", "x:x:99999999999999999999:1:::", "\\",
        "1 0 8:1 / /\\040\\777 rw - ext4 /dev/x rw", "0: 0100007F:0016 0:0 0A 0 0 0 zz 0 1",
    ]),
    max_size=12,
).map(tuple)  # fmt: skip


ROWS = (tables.parse_account, tables.parse_group, tables.parse_shadow, tables.parse_gshadow)


@given(LINES)
def test_no_parser_raises(lines):
    for parse in PARSERS.values():
        parse("/f", lines)
    modules.parse_modprobe("/f", lines)
    sysctl.parse_sysctl("/f", lines)
    mounts.parse_fstab("/f", lines)
    pam.parse_pam("/f", lines)
    cron.parse_crontab("/f", lines, "")
    cron.parse_anacrontab("/f", lines)
    boot.parse_menu("/f", lines, {"x": "$x"})
    boot.parse_password("/f", lines)
    net.parse_sockets("tcp", lines)
    install_state(lines)
    for line in lines:
        sudo.parse_defaults("/f", 1, f"Defaults {line}")
        sshd.parse_line("/f", 1, line)
        mounts.parse_mount(line)
        boot.split_arguments(line)
        sysctl.dotted(line)
        for parse_row in (
            tables.parse_account,
            tables.parse_group,
            tables.parse_shadow,
            tables.parse_gshadow,
        ):
            parse_row(1, line.split(":"))
    text = "\n".join(lines)
    sshd.parse_effective(text)
    firewall.parse_nft(text)
    firewall.parse_iptables(text)
    parse_list_units(text)


@given(st.binary(max_size=300))
def test_no_parser_of_bytes_raises(content):
    parse_dpkg(content)
    firewall.parse_zone("z", "/f", b"<zone>" + content)
