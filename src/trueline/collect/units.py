"""Reads systemd units and environment files, values of other programs' variables taken out."""

import re
import shlex
from collections.abc import Iterator

from trueline.collect.plain import NotPlain
from trueline.collect.redact import REDACTED, clean_arguments, clean_text, clean_variable

UNIT_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
UNITS = (
    "kubelet.service",
    "etcd.service",
    "k3s.service",
    "k3s-agent.service",
    "rke2-server.service",
    "rke2-agent.service",
)
_LINE_LIMIT = 20_000
_SECRET_KEYS = ("SetCredential", "SetCredentialEncrypted")
_COMMAND_KEY = re.compile(r"Exec[A-Z]\w*$")
_NAME = re.compile(r"[A-Za-z_]\w*$")


def clean_unit(text: str) -> dict[str, list[list[str]]]:
    """Sections of a unit or drop-in to their [key, value] pairs in order. Raises NotPlain."""
    sections: dict[str, list[list[str]]] = {}
    section: list[list[str]] | None = None
    for line in _joined(text):
        if line.startswith("[") and line.endswith("]"):
            section = sections.setdefault(clean_text(line[1:-1]), [])
            continue
        key, equals, value = line.partition("=")
        if section is None or not equals:
            continue  # systemd leaves such lines out too
        section.append([clean_text(key.strip()), _clean_value(key.strip(), value.strip())])
    if not sections:
        raise NotPlain("not a systemd unit: it has no section")
    return sections


def clean_environment(text: str) -> dict[str, str]:
    """Variables of an EnvironmentFile; of those that are no component's only the names. Raises NotPlain."""
    variables: dict[str, str] = {}
    for line in _joined(text):
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals and _NAME.match(name.strip()):
            variables[name.strip()] = clean_variable(name.strip(), _unquoted(value.strip()))
    return variables


def commands(text: str) -> list[str]:
    """The values of ExecStart as written, secrets included: what is kept of them must be cleaned."""
    pairs = (line.partition("=") for line in _joined(text))
    return [value.strip() for key, equals, value in pairs if equals and key.strip() == "ExecStart"]


def variable(text: str, name: str) -> str:
    """What the last assignment to `name` says, in an environment file or in Environment= of a unit."""
    found = ""
    for line in _joined(text):
        for word in line.removeprefix("Environment=").removeprefix("export ").split():
            given, equals, value = _unquoted(word).partition("=")
            found = _unquoted(value) if equals and given == name else found
    return found


def environment_files(unit: dict[str, list[list[str]]]) -> list[str]:
    """Absolute paths of the EnvironmentFile settings of a cleaned unit."""
    values = [value for key, value in unit.get("Service", ()) if key == "EnvironmentFile"]
    paths = [value.removeprefix("-").strip() for value in values]
    return [path for path in paths if path.startswith("/") and "*" not in path]


def _joined(text: str) -> Iterator[str]:
    """Lines with continuations joined and comments left out, also those inside a continuation."""
    lines = text.splitlines()
    if len(lines) > _LINE_LIMIT:
        raise NotPlain(f"more than {_LINE_LIMIT} lines")
    parts: list[str] = []
    for raw in lines:
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            parts.append(line[:-1].strip())
            continue
        whole = " ".join([*parts, line]).strip()
        parts = []
        if whole:
            yield whole
    if parts:
        yield " ".join(parts)


def _clean_value(key: str, value: str) -> str:
    if key in _SECRET_KEYS:
        return REDACTED
    if key == "Environment":
        return _clean_assignments(value)
    return _clean_command(value) if _COMMAND_KEY.match(key) else clean_text(value)


def _clean_assignments(value: str) -> str:
    """NAME=value words as written where nothing is hidden, else quoted anew."""
    try:
        words = shlex.split(value)
    except ValueError:
        return REDACTED
    pairs = [word.partition("=")[::2] for word in words]
    cleaned = [f"{name}={clean_variable(name, text)}" for name, text in pairs]
    return clean_text(value) if cleaned == words else " ".join(shlex.quote(word) for word in cleaned)


def _clean_command(value: str) -> str:
    """A command line as written where it names no secret, else word by word."""
    try:
        words = shlex.split(value)
    except ValueError:
        return clean_text(value)
    cleaned = clean_arguments(words)
    return clean_text(value) if list(cleaned) == words else " ".join(cleaned)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
        return value[1:-1]
    return value
