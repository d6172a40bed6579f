"""Sets keys in the text of configuration files, leaving every other line as it is."""

import re
from collections.abc import Callable, Iterator

from trueline.model.operation import SetKey

# What stands before a key, the key, what is between it and the value, the value.
_EQUALS = re.compile(r"(\s*)([^\s=#]+)(\s*=\s*|[ \t]+|\s*$)(.*)$", re.DOTALL)
_WORDS = re.compile(r"(\s*)([^\s#!;%]\S*)([ \t]+|$)(.*)$", re.DOTALL)
_INI = re.compile(r"(\s*)([^\s=#;\[][^=]*?)(\s*=\s*)(.*)$", re.DOTALL)
_VARIABLES = re.compile(r"(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_]*)(=)(.*)$", re.DOTALL)
_LIMITS = re.compile(r"(\s*)([^\s#]\S*\s+\S+\s+\S+)([ \t]+)(\S.*)$", re.DOTALL)
_SSHD = re.compile(r"(\s*)([^\s=#]+)(\s*=\s*|[ \t]+)(.*)$", re.DOTALL)
_SYSCTL = re.compile(r"(\s*-?\s*)([^\s=#;][^=]*?)(\s*=\s*)(.*)$", re.DOTALL)
_HEADING = re.compile(r"\s*\[([^\]]*)\]")
_MATCH = re.compile(r"\s*match\s", re.IGNORECASE)
_PATTERNS = {
    "equals": _EQUALS,
    "words": _WORDS,
    "ini": _INI,
    "variables": _VARIABLES,
    "limits": _LIMITS,
    "sshd": _SSHD,
    "sysctl": _SYSCTL,
}
_FIRST_COUNTS = {"sshd"}
_CONTINUED = {"ini", "variables", "words"}
_SAFE_WORD = re.compile(r"[\w@%+=:,./-]*")
_UMASK = re.compile(r"((?:^|[;&|{(]|\bthen|\belse|\bdo)\s*umask\s+)([0-7]+)(?=\s|$|[;&|)}])")


def set_key(text: str, op: SetKey) -> str:
    """The text in which the statement that counts gives the key its value."""
    if op.syntax == "profile":
        return _set_in_profile(text, op)
    lines = split(text)
    found = [span for span in _spans(lines, op) if span[2] is not None]
    if not found:
        return "".join(_with_new(lines, op))
    keep = found[0] if op.syntax in _FIRST_COUNTS else found[-1]
    replaced = _rewritten(lines[keep[0]], keep[2], op)
    drop = {number for start, end, _ in found for number in range(start, end)} - {keep[0]}
    return "".join(
        replaced if number == keep[0] else line for number, line in enumerate(lines) if number not in drop
    )


def split(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


Span = tuple[int, int, "re.Match[str] | None"]


def _spans(lines: list[str], op: SetKey) -> Iterator[Span]:
    """First line and end of each statement, with its match where it is one of the key in its section."""
    pattern = _PATTERNS[op.syntax]
    section = ""
    number = 0
    while number < len(lines):
        start, number = number, _end(lines, number, op.syntax)
        line = lines[start].rstrip("\r\n")
        heading = _HEADING.match(line) if op.syntax == "ini" else None
        if heading:
            section = heading[1].strip()
        elif op.syntax == "sshd" and _MATCH.match(line):
            return
        else:
            there = not heading and (op.syntax != "ini" or section == op.section)
            found = pattern.match(line) if there and not _is_comment(line, op.syntax) else None
            yield start, number, found if found and same_key(found[2], op.key, op.syntax) else None


def _end(lines: list[str], start: int, syntax: str) -> int:
    """Behind the statement that begins at `start`: a backslash joins lines."""
    number = start + 1
    if syntax in _CONTINUED:
        while number < len(lines) and lines[number - 1].rstrip("\r\n").endswith("\\"):
            number += 1
    return number


def _is_comment(line: str, syntax: str) -> bool:
    begun = line.lstrip()[:1]
    return (
        begun == "#"
        or (syntax in {"ini", "sysctl"} and begun == ";")
        or (syntax == "words" and begun in {"!", ";", "%"})
    )


def same_key(one: str, other: str, syntax: str) -> bool:
    """Whether both mean the same key of that syntax."""
    return _normal(one, syntax) == _normal(other, syntax)


def _normal(key: str, syntax: str) -> str:
    match syntax:
        case "sshd":
            return key.lower()
        case "limits":
            return " ".join(key.split())
        case "sysctl":
            return dotted(key.strip())
        case _:
            return key.strip()


def dotted(key: str) -> str:
    """A kernel parameter's name with dots between its parts, as sysctl reads both ways of writing it."""
    if next((char for char in key if char in "./"), ".") == "/":
        return key.lstrip("/").removeprefix("proc/sys/").translate(str.maketrans("./", "/."))
    return key


def _rewritten(line: str, found: "re.Match[str] | None", op: SetKey) -> str:
    """The statement with another value, written as it was; the same line where it has the value."""
    assert found is not None
    end = line[len(line.rstrip("\r\n")) :]
    value = _written(op)
    if found[4].strip() == value and not found[4].endswith("\\"):
        return line
    if not value and op.syntax == "equals":
        return f"{found[1]}{found[2]}{end or chr(10)}"
    between = found[3] if found[3].strip() or found[3] else " "
    if op.syntax == "equals" and "=" not in between:
        between = " = "
    return f"{found[1]}{found[2]}{between}{value}{end or chr(10)}"


def _written(op: SetKey) -> str:
    if op.syntax == "variables" and not _SAFE_WORD.fullmatch(op.value):
        return '"' + re.sub(r'(["\\$`])', r"\\\1", op.value) + '"'
    return op.value


_SEPARATORS: dict[str, Callable[[SetKey], str]] = {
    "equals": lambda op: f"{op.key} = {op.value}" if op.value else op.key,
    "words": lambda op: f"{op.key} {op.value}",
    "ini": lambda op: f"{op.key}={op.value}",
    "variables": lambda op: f"{op.key}={_written(op)}",
    "limits": lambda op: f"{op.key} {op.value}",
    "sshd": lambda op: f"{op.key} {op.value}",
    "sysctl": lambda op: f"{op.key} = {op.value}",
}


def _with_new(lines: list[str], op: SetKey) -> list[str]:
    """The lines with a new statement where one of the key takes effect."""
    new = _SEPARATORS[op.syntax](op) + "\n"
    if op.syntax == "ini":
        return _in_section(lines, op.section, new)
    if op.syntax == "sshd":
        at = next((number for number, line in enumerate(lines) if _MATCH.match(line)), len(lines))
        return [*ended(lines[:at]), new, *lines[at:]]
    return [*ended(lines), new]


def _in_section(lines: list[str], section: str, new: str) -> list[str]:
    """Behind the last statement of the section, which is begun at the end where it is missing."""
    current = ""
    at = None if section else 0
    number = 0
    while number < len(lines):
        start, number = number, _end(lines, number, "ini")
        heading = _HEADING.match(lines[start])
        if heading:
            current = heading[1].strip()
        if current == section and (heading or lines[start].strip()):
            at = number
    if at is None:
        return [*ended(lines), f"[{section}]\n", new]
    return [*ended(lines[:at]), new, *lines[at:]]


def ended(lines: list[str]) -> list[str]:
    """The lines so that another one may follow: the last has its end, and takes no next line in."""
    if not lines:
        return lines
    whole = [*lines[:-1], lines[-1].removesuffix("\n") + "\n"]
    return [*whole, "\n"] if whole[-1].rstrip("\r\n").endswith("\\") else whole


def _set_in_profile(text: str, op: SetKey) -> str:
    """Each umask of a shell start file has the value; one is added at the end where there is none."""
    lines = split(text)
    changed = [
        line if line.lstrip().startswith("#") else _UMASK.sub(rf"\g<1>{op.value}", line) for line in lines
    ]
    if any(_UMASK.search(line) for line in lines if not line.lstrip().startswith("#")):
        return "".join(changed)
    return "".join([*ended(lines), f"{op.key} {op.value}\n"])
