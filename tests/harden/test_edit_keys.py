"""Editors of configuration files: what they set is what the collector reads, and nothing else changes."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trueline.collect.linux.sshd import parse_line
from trueline.collect.linux.syntax import PARSERS
from trueline.collect.linux.sysctl import dotted, parse_sysctl
from trueline.harden.edit_keys import set_key, split
from trueline.model.operation import SetKey

_PLAIN = ("equals", "words", "ini", "variables", "limits")
_KEYS = {
    "equals": ("minlen", "enforce_for_root", "max_log_file"),
    "words": ("PASS_MAX_DAYS", "UMASK"),
    "ini": ("Storage", "gpgcheck"),
    "variables": ("INACTIVE", "GRUB_CMDLINE_LINUX"),
    "limits": ("* hard core", "root soft nofile"),
    "sshd": ("MaxAuthTries", "Banner"),
    "sysctl": ("net.ipv4.ip_forward", "kernel.randomize_va_space"),
}
_values = st.from_regex(r"\A[A-Za-z0-9/._:@-]{1,12}\Z")
_lines = st.one_of(
    st.sampled_from(
        [
            "# a comment",
            "",
            "[Journal]",
            "[main]",
            "; another",
            "Storage=auto",
            "#Storage=auto",
            "gpgcheck = 0",
            "minlen 9",
            "minlen=9 # short",
            "enforce_for_root",
            "PASS_MAX_DAYS\t99999",
            "UMASK 022",
            'GRUB_CMDLINE_LINUX="quiet \\',
            'splash"',
            "INACTIVE=-1",
            "export INACTIVE=3",
            "*  hard   core  unlimited",
            "* soft core 0",
            "maxauthtries 6",
            "MaxAuthTries=6",
            "Banner none",
            "Match User anna",
            "net.ipv4.ip_forward=1",
            "net/ipv4/ip_forward = 1",
            "-net.ipv4.ip_forward = 1",
            "net.ipv4.conf.*.rp_filter = 2",
        ]
    ),
    st.from_regex(r"\A[ -~]{0,30}\Z"),
)
_texts = st.builds(
    lambda lines, end: "\n".join(lines) + ("\n" if end else ""), st.lists(_lines, max_size=12), st.booleans()
)


@st.composite
def keys(draw, syntaxes=(*_PLAIN, "sshd", "sysctl")):
    syntax = draw(st.sampled_from(syntaxes))
    return SetKey(
        file="/etc/x",
        syntax=syntax,
        key=draw(st.sampled_from(_KEYS[syntax])),
        value=draw(_values),
        section=draw(st.sampled_from(["Journal", "main"])) if syntax == "ini" else "",
    )


def read_back(text: str, op: SetKey) -> list[str]:
    """The values that the collector's own parser finds for the key, in order."""
    lines = tuple(text.removesuffix("\n").split("\n"))
    if op.syntax == "sysctl":
        found, _ = parse_sysctl("/etc/x", lines)
        return [one.value for one in found if one.name == dotted(op.key)]
    if op.syntax == "sshd":
        entries = [parse_line("/etc/x", number, line) for number, line in enumerate(lines, 1)]
        known = [one for one in entries if hasattr(one, "key")]
        at = next((n for n, one in enumerate(known) if one.key == "match"), len(known))
        return [one.value for one in known[:at] if one.key == op.key.lower()]
    entries = PARSERS[op.syntax]("/etc/x", lines)
    return [one.value for one in entries if one.key == op.key and one.section == op.section]


@given(_texts, keys())
@example("a \\", SetKey(file="/etc/x", syntax="ini", key="Storage", value="none", section="main"))
@example("0\\\nUMASK 022", SetKey(file="/etc/x", syntax="words", key="UMASK", value="027"))
def test_the_collector_reads_the_value_that_was_set_and_no_other(text, op):
    assert read_back(set_key(text, op), op) == [op.value]


@given(_texts, keys())
def test_setting_a_key_twice_is_setting_it_once(text, op):
    once = set_key(text, op)
    assert set_key(once, op) == once


@given(_texts, keys())
def test_lines_that_are_not_about_the_key_stay_in_their_order(text, op):
    word = re.escape(op.key.split()[0].split(".")[0].lower())
    about = re.compile(word.replace("net", "net|"), re.IGNORECASE) if op.syntax == "sysctl" else None
    keep = [
        line.strip("\n")
        for line in split(text)
        if line.strip("\n \\")
        and op.key.split()[-1].lower() not in line.lower()
        and not (about and about.search(line))
    ]
    after = [line.strip("\n") for line in split(set_key(text, op))]
    if op.syntax in {"ini", "variables", "words"} and "\\\n" in text:
        return  # a statement over several lines goes as a whole
    rest = iter(after)
    assert all(line in rest for line in keep)


@pytest.mark.parametrize(
    ("syntax", "text", "key", "value", "after"),
    [
        ("words", "PASS_MAX_DAYS\t99999\n", "PASS_MAX_DAYS", "365", "PASS_MAX_DAYS\t365\n"),
        ("equals", "minlen=8\n", "minlen", "14", "minlen=14\n"),
        ("equals", "a = 1\n", "enforce_for_root", "", "a = 1\nenforce_for_root\n"),
        ("limits", "* hard core 1\n", "* hard core", "0", "* hard core 0\n"),
        ("sshd", "banner x\nBanner y\n", "Banner", "/etc/issue.net", "banner /etc/issue.net\n"),
        ("sshd", "Match all\n x y\n", "Banner", "n", "Banner n\nMatch all\n x y\n"),
        ("sshd", "Match all\n Banner y\n", "Banner", "n", "Banner n\nMatch all\n Banner y\n"),
        ("variables", 'A="1"\nB=2', "A", "x y", 'A="x y"\nB=2'),
        ("sysctl", "net/ipv4/ip_forward=1\n", "net.ipv4.ip_forward", "0", "net/ipv4/ip_forward=0\n"),
        ("profile", "if x; then\n umask 022\nfi\n", "umask", "027", "if x; then\n umask 027\nfi\n"),
        ("profile", "# umask 022\n", "umask", "027", "# umask 022\numask 027\n"),
        ("profile", "x && umask 002 || umask 022\n", "umask", "027", "x && umask 027 || umask 027\n"),
    ],
)
def test_a_statement_is_written_as_it_was(syntax, text, key, value, after):
    assert set_key(text, SetKey(file="/etc/x", syntax=syntax, key=key, value=value)) == after


def test_a_key_goes_to_its_section_and_a_new_one_is_begun():
    op = SetKey(file="/etc/x", syntax="ini", key="Storage", value="persistent", section="Journal")
    assert set_key("[Journal]\n#Storage=\n\n[Other]\nStorage=x\n", op) == (
        "[Journal]\n#Storage=\nStorage=persistent\n\n[Other]\nStorage=x\n"
    )
    assert set_key("[Other]\na=1", op) == "[Other]\na=1\n[Journal]\nStorage=persistent\n"


def test_a_value_with_characters_of_the_shell_is_quoted():
    op = SetKey(file="/etc/x", syntax="variables", key="A", value='a "b" $c')
    assert set_key("", op) == 'A="a \\"b\\" \\$c"\n'
