"""JSON: the assessment itself, as its schema describes it."""

from typing import Any

import msgspec

from trueline.model.results import Assessment
from trueline.report.safe import without_surrogates


def render(assessment: Assessment) -> str:
    """Indented by two, keys in the order of the model, a newline at the end."""
    return document(assessment)


def document(found: Any) -> str:
    """Any document of the model, written so."""
    try:
        raw = msgspec.json.encode(found)
    except UnicodeEncodeError:  # a file name or an argument that was not UTF-8
        raw = msgspec.json.encode(_clean(msgspec.to_builtins(found)))
    return msgspec.json.format(raw, indent=2).decode() + "\n"


def _clean(node: Any) -> Any:
    match node:
        case str():
            return without_surrogates(node)
        case dict():
            return {_clean(key): _clean(value) for key, value in node.items()}
        case list() | tuple():
            return [_clean(value) for value in node]
        case _:
            return node
