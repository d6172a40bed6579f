"""Reads the Kubernetes objects that files of manifests hold, without trusting them."""

import re
from pathlib import Path
from typing import Any

from trueline.collect.plain import NotPlain, parse
from trueline.collect.snapshot import read_content
from trueline.errors import ContentError

_BETWEEN = re.compile(rb"(?m)^---(?:[ \t].*)?\r?$")
_EMPTY = re.compile(rb"(?:[ \t]*(?:#.*)?\r?\n?)*")
_HINT = "Give it manifests as `kubectl apply -f` takes them."
SIZE_LIMIT = 4 * 1024 * 1024


def read_manifests(path: str) -> list[dict[str, Any]]:
    """All objects of a file, or of the YAML files of a directory; those of a List one by one."""
    if Path(path).is_dir():
        files = sorted(one for one in Path(path).rglob("*") if one.suffix in (".yaml", ".yml", ".json"))
        return [found for one in files for found in read_manifests(str(one))]
    found: list[dict[str, Any]] = []
    for part in _BETWEEN.split(read_content(path, SIZE_LIMIT)):
        if _EMPTY.fullmatch(part):
            continue
        try:
            document, _ = parse(part)
        except NotPlain as error:
            raise ContentError(str(error), hint=_HINT, file=path) from None
        items = document.get("items")
        listed = items if isinstance(items, list) else [document]
        found += [one for one in listed if isinstance(one, dict)]
    return found
