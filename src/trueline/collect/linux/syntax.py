"""Parses lines of the configuration formats that programs of a Linux system use into entries."""

import re
from collections.abc import Callable, Iterator

from trueline.collect.linux.reader import cleaned, cleaned_value
from trueline.model.linux_system import Entry

Lines = tuple[str, ...]
_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.DOTALL)
_SHELL = re.compile(
    r"(?:^|[;&|{()!]|\bthen|\belse|\bdo)\s*(?:(?:builtin|command)\s+|\\)?"
    r"((?:(?:declare|typeset|readonly|export|local)(?:\s+-[A-Za-z]+)*\s+)*)"
    r"(?:(TMOUT|PATH)(?:=(\"[^\"]*\"|'[^']*'|[^\s;&|)]*))?(?=$|[\s;&|)}])|(umask)(?:\s+(-\w+))*(?:\s+([^\s;&|)]+))?)"
)
_PROFILE = re.compile(r"\s*(?:profile\s+(\"[^\"]+\"|[^\s{(#]+)|(\"/[^\"]+\"|/\S+|@\{\w+\}\S*))")
_FLAGS = re.compile(r"(?:flags\s*=\s*|\s)\(([^)]*)\)")
_HEAD_LENGTH = 4_096
_MODES = ("kill", "complain", "unconfined", "prompt", "default_allow")
_APT_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s{};"]+)|([{};])|("[^"]*$)')


def continued(lines: Lines) -> Iterator[tuple[int, str]]:
    """Lines with those that end in a backslash joined, by the number of the first."""
    start, parts = 0, ""
    for number, line in enumerate(lines, 1):
        start = start or number
        if line.endswith("\\") and len(parts) < 65_536:
            parts += line[:-1] + " "
            continue
        yield start, parts + line
        start, parts = 0, ""
    if parts:
        yield start, parts


def ini(file: str, lines: Lines) -> list[Entry]:
    """Sections with key=value, comments with "#" or ";", lines continued with a backslash."""
    entries: list[Entry] = []
    section = ""
    for number, raw in continued(lines):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and "]" in line:
            section = line[1 : line.index("]")].strip()
            continue
        key, equals, value = line.partition("=")
        if equals:
            key = key.strip()
            entries.append(_entry(file, number, key, _unquoted(value.strip()), section))
    return entries


def words(file: str, lines: Lines) -> list[Entry]:
    """A key, blanks and a value; comments with "#", chrony's also with "!", ";" or "%"."""
    entries = []
    for number, raw in continued(lines):
        line = raw.strip()
        if not line or line[0] in "#!;%":
            continue
        key, _, value = line.replace("\t", " ").partition(" ")
        entries.append(_entry(file, number, key, _without_comment(value).strip()))
    return entries


def colons(file: str, lines: Lines) -> list[Entry]:
    """A key, a colon and a value, as in nsswitch.conf; nothing is taken out."""
    entries = []
    for number, raw in enumerate(lines, 1):
        key, colon, value = _without_comment(raw).partition(":")
        if colon:
            entries.append(Entry(file=file, line=number, key=key.strip(), value=value.strip()))
    return entries


def equals(file: str, lines: Lines) -> list[Entry]:
    """key = value, or a key alone for a flag; blanks may stand for "="; comments with "#"."""
    entries = []
    for number, raw in enumerate(lines, 1):
        line = _without_comment(raw).replace("\t", " ").strip()
        if line:
            key, _, value = line.partition("=") if "=" in line.split()[0] else line.partition(" ")
            value = value.strip().removeprefix("=").strip()
            entries.append(Entry(file=file, line=number, key=cleaned(key.strip()), value=cleaned(value)))
    return entries


def postfix(file: str, lines: Lines) -> list[Entry]:
    """key = value, continued on lines that begin with a blank."""
    entries: list[Entry] = []
    for number, raw in enumerate(lines, 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        if raw[0] in " \t" and entries:
            last = entries[-1]
            if len(last.value) < 65_536:
                value = f"{last.value} {raw.strip()}".strip()
                entries[-1] = _entry(file, last.line, last.key, value)
            continue
        key, mark, value = raw.partition("=")
        if mark:
            entries.append(_entry(file, number, key.strip(), value.strip()))
    return entries


def variables(file: str, lines: Lines) -> list[Entry]:
    """NAME=value as a shell or systemd reads it from a sysconfig file, quotes taken off."""
    entries = []
    for number, raw in continued(lines):
        found = _VARIABLE.match(raw.strip())
        if found:
            value = found[2].strip()
            value = _unquoted(value) if value[:1] in {'"', "'"} else _without_comment(value).strip()
            entries.append(_entry(file, number, found[1], value))
    return entries


def plain(file: str, lines: Lines) -> list[Entry]:
    """Every line that is neither empty nor a comment with "#"."""
    return [
        Entry(file=file, line=number, value=cleaned(line.strip()))
        for number, line in continued(lines)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def verbatim(file: str, lines: Lines) -> list[Entry]:
    """Every line as it is shown, as in a banner."""
    return [Entry(file=file, line=number, value=cleaned(line)) for number, line in enumerate(lines, 1)]


def limits(file: str, lines: Lines) -> list[Entry]:
    """Domain, type and item as the key of a value, as pam_limits reads them."""
    entries = []
    for number, raw in enumerate(lines, 1):
        parts = _without_comment(raw).split()
        if len(parts) == 4:
            entries.append(Entry(file=file, line=number, key=" ".join(parts[:3]), value=parts[3]))
    return entries


def profile(file: str, lines: Lines) -> list[Entry]:
    """Assignments of umask, TMOUT and PATH in a shell's start file; conditions are not evaluated."""
    entries = []
    for number, raw in enumerate(lines, 1):
        if raw.lstrip().startswith("#") or not any(word in raw for word in ("umask", "TMOUT", "PATH")):
            continue
        for found in _SHELL.finditer(raw.split(" #")[0]):
            prefix = " ".join(found[1].split())
            if found[4]:
                value = _unquoted(found[6] or "")
                entries.append(Entry(file=file, line=number, key="umask", value=value))
            elif found[3] is not None or prefix:
                value = cleaned(_unquoted(found[3] or ""))
                entries.append(Entry(file=file, line=number, key=found[2], value=value, section=prefix))
    return entries


def apparmor(file: str, lines: Lines) -> list[Entry]:
    """Profiles that a file of AppArmor begins: their names with the mode that their flags ask for."""
    entries = []
    for number, raw in enumerate(lines, 1):
        head = raw.partition(" #")[0].rstrip()
        found = _PROFILE.match(head) if head.endswith("{") and len(head) < _HEAD_LENGTH else None
        if found:
            given = _FLAGS.search(head)
            flags = set(re.split(r"[\s,]+", given[1].strip())) if given else set()
            mode = next((one for one in _MODES if one in flags), "enforce")
            name = cleaned((found[1] or found[2]).strip('"'))
            entries.append(Entry(file=file, line=number, key=name, value=mode))
    return entries


def apt(file: str, lines: Lines) -> list[Entry]:
    """apt.conf: words and nested blocks, the names joined with "::"."""
    entries: list[Entry] = []
    scope: list[str] = []
    waiting: list[str] = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if line.startswith(("//", "#", "/*", "*")):
            continue
        for quoted, word, mark, broken in _APT_WORD.findall(line):
            if mark == "{":
                scope.append(waiting.pop() if waiting else "")
                waiting = []
            elif mark == "}":
                if scope:
                    scope.pop()
            elif mark == ";":
                _add_apt(entries, file, number, scope, waiting)
                waiting = []
            elif len(scope) < 64:
                waiting.append(quoted or word or broken)
    return entries


def _add_apt(entries: list[Entry], file: str, line: int, scope: list[str], waiting: list[str]) -> None:
    if waiting:
        key = "::".join([*scope, *waiting[:1]]) if len(waiting) > 1 else "::".join(scope)
        entries.append(_entry(file, line, key, waiting[-1]))


def _entry(file: str, line: int, key: str, value: str, section: str = "") -> Entry:
    return Entry(
        file=file, line=line, key=cleaned(key), value=cleaned_value(key, value), section=cleaned(section)
    )


def _without_comment(text: str) -> str:
    """The text before a "#" that begins a word."""
    if "#" not in text:
        return text
    if text.lstrip().startswith("#"):
        return ""
    return re.split(r"\s#", text, maxsplit=1)[0]


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] in "\"'":
        end = value.find(value[0], 1)
        if end > 0 and (end == len(value) - 1 or value[end + 1] in " \t#;"):
            return value[1:end]
    return value


PARSERS: dict[str, Callable[[str, Lines], list[Entry]]] = {
    "ini": ini,
    "words": words,
    "colons": colons,
    "equals": equals,
    "postfix": postfix,
    "variables": variables,
    "plain": plain,
    "verbatim": verbatim,
    "limits": limits,
    "profile": profile,
    "apt": apt,
    "apparmor": apparmor,
}
