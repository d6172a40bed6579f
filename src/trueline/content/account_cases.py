"""Expands the account files of a case: lines as they stand in passwd, group and shadow."""

from collections.abc import Callable, Mapping
from typing import Any

_LOCKED = {"!": "locked", "*": "disabled", "!!": "disabled", "x": "shadowed", "": "empty"}


def expand_accounts(
    value: Mapping[str, Any], missing: Callable[[str], Any], file: Callable[[Any], Any]
) -> Any:
    """The `accounts` of LinuxFacts; `missing` reads "denied", `file` reads "0600 root:root"."""
    tables = {"passwd": _passwd, "group": _group, "shadow": _shadow}
    found: dict[str, Any] = {"state": "known", "gshadow": missing("not-collected")}
    for name, read in tables.items():
        given = value.get(name, "not-collected")
        if isinstance(given, str):
            found[name] = missing(given)
        else:
            entries = [{"line": line, **read(text.split(":"))} for line, text in enumerate(given, 1)]
            found[name] = {"state": "known", "entries": entries, "total": len(entries)}
    found["homes"] = _homes(value, missing, file)
    found["shells"] = value.get("shells", ["/bin/sh", "/bin/bash", "/usr/sbin/nologin"])
    found["root_path"] = _root_path(value.get("root_path", "not-collected"), missing, file)
    return found


def _number(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdigit() else None


def _state(text: str) -> str:
    return _LOCKED.get(text, "locked" if text.startswith("!") else "hash")


def _passwd(words: list[str]) -> dict[str, Any]:
    return {
        "name": words[0],
        "password": _state(words[1]),
        "uid": _number(words[2]),
        "gid": _number(words[3]),
        "home": words[5],
        "shell": words[6],
    }


def _group(words: list[str]) -> dict[str, Any]:
    members = [name for name in words[3].split(",") if name]
    return {"name": words[0], "gid": _number(words[2]), "members": members}


def _shadow(words: list[str]) -> dict[str, Any]:
    fields = ("last_change", "minimum", "maximum", "warn", "inactive", "expire")
    numbers = {name: _number(text) for name, text in zip(fields, words[2:], strict=False)}
    malformed = [
        name for name, text in zip(fields, words[2:], strict=False) if text and _number(text) is None
    ]
    return {"name": words[0], "password": _state(words[1]), **numbers, "malformed": malformed}


def _homes(value: Mapping[str, Any], missing: Callable[[str], Any], file: Callable[[Any], Any]) -> Any:
    homes = value.get("homes", "not-collected")
    if isinstance(homes, str):
        return missing(homes)
    dots = value.get("dots") or {}
    return [
        {
            "user": name,
            "uid": 1000,
            "gid": 1000,
            "path": f"/home/{name}",
            "meta": file(meta),
            "dot_files": missing(dots)
            if isinstance(dots, str)
            else {"state": "known", "files": {key: file(one) for key, one in dots.get(name, {}).items()}},
        }
        for name, meta in homes.items()
    ]


def _root_path(value: Any, missing: Callable[[str], Any], file: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return missing(value)
    absolute = {word: file(meta) for word, meta in value.items() if word.startswith("/")}
    return {
        "state": "known",
        "text": ":".join(value),
        "source": "/etc/environment:1",
        "directories": absolute,
    }
