"""Adds and changes lines of configuration files: modules, audit rules, PAM stacks, fstab, boot arguments."""

import re

from trueline.errors import TruelineError
from trueline.harden.edit_keys import ended, set_key, split
from trueline.model.operation import (
    AddLine,
    BootArgument,
    KeepOutModule,
    MountOption,
    PamArgument,
    PamLine,
    SetKey,
)

_PAM_WORD = re.compile(r"\[(?:[^\]\\]|\\.)*\]|[^\s]+")
_FSTAB = re.compile(r"(\s*[^#\s]\S*\s+)(\S+)(\s+\S+\s+)(\S+)(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$")
_ESCAPE = re.compile(r"\\([0-7]{3})")


class CannotEdit(TruelineError):
    """The text is not as the operation expects it, so nothing may be written."""


def cannot(reason: str) -> CannotEdit:
    """An error whose hint says whose turn it is."""
    return CannotEdit(reason, hint="Change this file by hand, then make a new plan.")


def add_line(text: str, op: AddLine) -> str:
    """The text with the line; a control line of audit rules ("-e 2") has to be the last."""
    lines = split(text)
    if any(line.strip() == op.line.strip() for line in lines) and not _is_last_word(op):
        return text
    if _is_last_word(op):
        lines = [line for line in lines if line.strip() != op.line.strip()]
    new = f"{op.line}\n"
    if op.first:
        at = next((n for n, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"), len(lines))
        return "".join([*ended(lines[:at]), new, *lines[at:]])
    return "".join([*ended(lines), new])


def _is_last_word(op: AddLine) -> bool:
    return op.syntax == "audit" and op.line.startswith("-e ")


def keep_out_module(text: str, op: KeepOutModule) -> str:
    """The text with both lines that keep a module from being loaded."""
    for line in (f"install {op.module} /bin/true", f"blacklist {op.module}"):
        text = add_line(text, AddLine(file=op.file, syntax="modprobe", line=line))
    return text


def pam_argument(text: str, op: PamArgument) -> str:
    """The text in which each line of the module has the argument, or has not."""
    lines = split(text)
    found = False
    for number, line in enumerate(lines):
        words = _pam_words(line)
        if len(words) < 3 or not _is_module(words, op.type, op.module):
            continue
        if line.rstrip("\r\n").endswith("\\"):
            raise cannot(f"{op.file}: a line of {op.module} goes on in the next one")
        found = True
        lines[number] = _with_argument(line, words, op)
    if not found and op.present:
        raise cannot(f"{op.file} has no line of {op.module} in the stack {op.type}")
    return "".join(lines)


def _pam_words(line: str) -> list["re.Match[str]"]:
    return list(_PAM_WORD.finditer(line.partition("#")[0]))


def _is_module(words: list["re.Match[str]"], kind: str, module: str) -> bool:
    return words[0][0].lstrip("-").lower() == kind and words[2][0].rpartition("/")[2] == module


def _with_argument(line: str, words: list["re.Match[str]"], op: PamArgument) -> str:
    wanted = f"{op.argument}={op.value}" if op.value else op.argument
    there = [word for word in words[3:] if word[0].strip("[]").partition("=")[0] == op.argument]
    if op.present and [word[0] for word in there] == [wanted]:
        return line
    for word in reversed(there):  # from the end, so that places stay right
        line = line[: word.start()].rstrip() + line[word.end() :]
    if not op.present:
        return line
    body, mark, comment = line.partition("#")
    end = "" if mark else line[len(line.rstrip("\r\n")) :]
    return f"{body.rstrip()} {wanted}{' ' if mark else ''}{mark}{comment}{end}"


def pam_line(text: str, op: PamLine) -> str:
    """The text with a line for the module, before the first of `before`; unchanged where it has one."""
    lines = split(text)
    at = None
    for number, line in enumerate(lines):
        words = _pam_words(line)
        if len(words) >= 3 and _is_module(words, op.type, op.module):
            return text
        if at is None and _is_place(words, op):
            at = number
    if at is None:
        raise cannot(f"{op.file} has no line of {op.before} in the stack {op.type}")
    if any(_jumps(line, op.type) for line in lines[:at]):
        raise cannot(f"{op.file} counts the lines that it jumps over before {op.before}")
    new = " ".join([op.type, op.control, op.module, *op.arguments]) + "\n"
    return "".join([*lines[:at], new, *lines[at:]])


def _is_place(words: list["re.Match[str]"], op: PamLine) -> bool:
    """Whether a line is the one that the new line comes before; `before` may be a whole "@include"."""
    if op.before.startswith("@"):
        return " ".join(word[0] for word in words) == op.before
    return len(words) >= 3 and _is_module(words, op.type, op.before)


def _jumps(line: str, kind: str) -> bool:
    """Whether a line of the stack jumps over others, whose number another line would change."""
    words = _pam_words(line)
    if len(words) < 3 or words[0][0].lstrip("-").lower() != kind:
        return False
    return bool(re.search(r"=\s*[1-9]", words[1][0]))


def boot_argument(text: str, op: BootArgument) -> str:
    """The text in which the variable's words have the argument, or have not."""
    old = next(
        (found[2] for line in split(text) if (found := _VARIABLE.match(line)) and found[1] == op.variable), ""
    )
    raw = old.strip()
    if raw[:1] in "\"'" and raw[:1]:
        raw = raw[1:-1] if raw.endswith(raw[0]) and len(raw) > 1 else raw[1:]
    if any(mark in raw for mark in "$`\\\"'"):
        raise cannot(f"{op.file}: {op.variable} holds quotes or variables")
    words = [word for word in raw.split() if word.partition("=")[0] != op.name]
    if op.value is not None:
        words.append(f"{op.name}={op.value}" if op.value else op.name)
    if words == raw.split():
        return text
    key = SetKey(file=op.file, syntax="variables", key=op.variable, value=" ".join(words))
    return set_key(text, key)


def mount_option(text: str, op: MountOption) -> str:
    """The text in which the line for the mount point has the option."""
    lines = split(text)
    found = False
    for number, line in enumerate(lines):
        parts = _FSTAB.match(line)
        if not parts or _unescaped(parts[2]).rstrip("/") != op.point.rstrip("/"):
            continue
        found = True
        options = [one for one in parts[4].split(",") if one not in _opposites(op.option)]
        if op.option not in options:
            options.append(op.option)
        lines[number] = f"{parts[1]}{parts[2]}{parts[3]}{','.join(options)}{parts[5]}"
    if not found:
        raise cannot(f"{op.file} has no line for {op.point}")
    return "".join(lines)


def _opposites(option: str) -> set[str]:
    return {option.removeprefix("no")} if option.startswith("no") else {f"no{option}"}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
