"""Profiles of AppArmor and their modes are read from /etc/apparmor.d, whatever lies there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collect.linux.linuxtree import reader
from trueline.collect.linux.configs import SOURCES, collect_config
from trueline.collect.linux.syntax import apparmor


def modes(*lines: str) -> dict[str, str]:
    return {entry.key: entry.value for entry in apparmor("/etc/apparmor.d/a", lines)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/usr/sbin/ntpd flags=(attach_disconnected) {", {"/usr/sbin/ntpd": "enforce"}),
        ("/usr/sbin/ntpd flags=(attach_disconnected, complain) {", {"/usr/sbin/ntpd": "complain"}),
        ("profile chrome /opt/chrome flags=(unconfined) {", {"chrome": "unconfined"}),
        ("profile 1password /opt/1Password flags=(unconfined) {", {"1password": "unconfined"}),
        ('profile "a b" flags=(kill) { # why', {"a b": "kill"}),
        ("/{,usr/}bin/ping (complain) {", {"/{,usr/}bin/ping": "complain"}),
        ("profile foo /bin/foo xattrs=(user.a=b) flags=(complain) {", {"foo": "complain"}),
        ("  profile child {", {"child": "enforce"}),
        ("@{bin}/thing {", {"@{bin}/thing": "enforce"}),
        ("# /usr/sbin/ntpd {", {}),
        ("  /etc/foo/{a,b}/** r,", {}),
        ("@{HOME}=/home", {}),
        ("  capability chown,", {}),
    ],
)
def test_a_head_names_a_profile_and_its_mode(line: str, expected: dict[str, str]) -> None:
    assert modes(line) == expected


@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_text_is_read(lines: list[str]) -> None:
    assert all(entry.value for entry in apparmor("a", tuple(lines)))


def test_a_long_line_takes_no_long_time() -> None:
    """Patterns that look back would take hours for these, not seconds."""
    for line in ("/" + "a" * 16_000, "profile " + "( " * 8_000 + "{", "profile a " + "flags=(" * 2_000 + "{"):
        apparmor("a", (line,) * 200)


def test_what_can_not_be_read_is_named(tmp_path: Path) -> None:
    tree = reader(tmp_path, {"/etc/apparmor.d/a": "|", "/etc/apparmor.d/b": "profile b {\n}\n"})
    config = collect_config(tree, SOURCES["apparmor"])
    assert [entry.key for entry in config.entries] == ["b"]
    assert list(config.unread) == ["/etc/apparmor.d/a"]


def test_directories_of_fragments_are_no_profiles(tmp_path: Path) -> None:
    files = {
        "/etc/apparmor.d/abstractions/base": "profile no {\n}\n",
        "/etc/apparmor.d/disable/b": "-> ../b",
        "/etc/apparmor.d/b": "profile b {\n}\n",
    }
    config = collect_config(reader(tmp_path, files), SOURCES["apparmor"])
    assert [entry.file for entry in config.entries] == ["/etc/apparmor.d/b", "/etc/apparmor.d/disable/b"]
    assert not config.unread
