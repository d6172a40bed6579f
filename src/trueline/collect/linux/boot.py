"""Collects the kernel's arguments now and in the boot loader's menu, and whether that asks for a password."""

import re
import shlex
from typing import Literal

import msgspec

from trueline.collect.linux.reader import Reader, cleaned
from trueline.collect.linux.syntax import continued, variables
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import Boot, BootEntry, BootPassword

_MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/efi/EFI/*/grub.cfg", "/efi/EFI/*/grub.cfg")
_USER_FILES = ("/boot/grub2/user.cfg", "/boot/grub/user.cfg", "/boot/efi/EFI/*/user.cfg")
_GRUB_D = ("/etc/grub.d/*",)
_LOADER = ("/boot/loader/entries/*.conf", "/boot/efi/loader/entries/*.conf", "/efi/loader/entries/*.conf")
_ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/grub/grubenv", "/boot/efi/EFI/*/grubenv")
_ENTRIES_LIMIT = 200
_ARGUMENTS_LIMIT = 500
_TITLE = re.compile(r"\s*menuentry\s+(['\"])(.*?)\1")
_LINUX = re.compile(r"\s*(?:linux|linux16|linuxefi)\s+\S+\s*(.*)$")
_SET = re.compile(r"\s*set\s+(\w+)=(.*)$")
_SUPERUSERS = re.compile(r"\s*(?:set\s+|export\s+)?superusers=\s*[\"']?\s*[^\s\"']")
_PASSWORD = re.compile(r"\s*(password_pbkdf2|password)\s+\S+\s+(\S+)")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def collect_boot(reader: Reader) -> Boot:
    """Arguments and passwords."""
    gathering = _Gathering(reader)
    environment = gathering.environment()
    for path in gathering.paths(_MENUS):
        gathering.menu(path, environment)
    for path in gathering.paths(_LOADER):
        gathering.loader_entry(path, environment)
    for path in gathering.paths(_USER_FILES):
        gathering.user_file(path)
    for path in gathering.paths(_GRUB_D):
        gathering.script(path)
    return Boot(
        running=_running(reader),
        entries=tuple(gathering.entries[:_ENTRIES_LIMIT]),
        passwords=tuple(gathering.passwords),
        uefi=_uefi(reader),
        unread=gathering.unread,
    )


def split_arguments(text: str) -> tuple[str, ...]:
    """A kernel's command line as words, secrets taken out."""
    try:
        words = shlex.split(text, posix=True)
    except ValueError:
        words = text.split()
    return tuple(cleaned(word) for word in words[:_ARGUMENTS_LIMIT])


def parse_menu(file: str, lines: tuple[str, ...], known: dict[str, str]) -> list[BootEntry]:
    """The kernels of a grub.cfg with their arguments; variables that it sets itself are filled in."""
    entries = []
    title = ""
    known = dict(known)
    for number, line in continued(lines):
        if found := _TITLE.match(line):
            title = found[2]
        elif found := _SET.match(line):
            known.setdefault(found[1], found[2].strip().strip("\"'"))
        elif found := _LINUX.match(line):
            arguments = split_arguments(_filled(found[1], known))
            entries.append(BootEntry(file=file, line=number, title=cleaned(title), arguments=arguments))
    return entries


def parse_password(file: str, lines: tuple[str, ...]) -> BootPassword:
    """Whether a grub.cfg names superusers and a password for them."""
    superusers = any(_SUPERUSERS.match(line) for line in lines)
    kinds = {found[1] for line in lines if (found := _PASSWORD.match(line)) and not found[2].startswith("$")}
    return BootPassword(
        file=file, superusers=superusers, password=_kind("password_pbkdf2" in kinds, bool(kinds))
    )


def _kind(hashed: bool, there: bool) -> Literal["none", "plain", "pbkdf2"]:
    if hashed:
        return "pbkdf2"
    return "plain" if there else "none"


class _Gathering:
    """The boot loader's files while they are read."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.entries: list[BootEntry] = []
        self.passwords: list[BootPassword] = []
        self.unread: dict[str, Unavailable] = {}

    def paths(self, patterns: tuple[str, ...]) -> list[str]:
        found: list[str] = []
        for pattern in patterns:
            found += self.reader.matches(pattern, self.unread)
        return found

    def lines(self, path: str) -> tuple[str, ...] | None:
        lines = self.reader.lines(path)
        if isinstance(lines, Unavailable):
            self.unread[path] = lines
        return lines if isinstance(lines, tuple) else None

    def environment(self) -> dict[str, str]:
        """Variables of grubenv, and the file from which kernels are installed with arguments."""
        known: dict[str, str] = {}
        for path in self.paths(_ENVIRONMENTS):
            for entry in variables(path, self.lines(path) or ()):
                known.setdefault(entry.key, entry.value)
        return known

    def menu(self, path: str, known: dict[str, str]) -> None:
        lines = self.lines(path)
        if lines is not None:
            self.entries += parse_menu(path, lines, known)
            self.passwords.append(parse_password(path, lines))

    def loader_entry(self, path: str, known: dict[str, str]) -> None:
        entry = BootEntry(file=path, line=0, title="", arguments=())
        for number, line in enumerate(self.lines(path) or (), 1):
            key, _, value = line.strip().partition(" ")
            if key == "title":
                entry = msgspec.structs.replace(entry, title=cleaned(value.strip()))
            elif key == "options":
                arguments = (*entry.arguments, *split_arguments(_filled(value, known)))
                entry = msgspec.structs.replace(
                    entry, arguments=arguments[:_ARGUMENTS_LIMIT], line=entry.line or number
                )
        if entry.line:
            self.entries.append(entry)

    def user_file(self, path: str) -> None:
        lines = self.lines(path)
        values = [
            line.partition("=")[2].strip() for line in lines or () if line.startswith("GRUB2_PASSWORD=")
        ]
        if lines is not None:
            hashed = any(value.startswith("grub.pbkdf2.") for value in values)
            self.passwords.append(BootPassword(file=path, password=_kind(hashed, any(values))))

    def script(self, path: str) -> None:
        """What makes the next menu: kept only if it is about passwords."""
        if isinstance(self.reader.root.listdir(path), tuple):
            return
        lines = self.lines(path)
        found = parse_password(path, lines) if lines is not None else None
        if found and (found.superusers or found.password != "none"):
            self.passwords.append(found)


def _filled(text: str, known: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)


def _running(reader: Reader) -> tuple[str, ...] | Unavailable:
    line = reader.first_line("/proc/cmdline")
    if isinstance(line, Absent):
        return Unavailable(kind="not-mounted", reason="there is no /proc/cmdline below the root")
    return split_arguments(line) if isinstance(line, str) else line


def _uefi(reader: Reader) -> bool | None:
    if reader.root.exists("/sys/firmware/efi"):
        return True
    return False if reader.root.exists("/sys/kernel") else None
