"""Parses YAML and JSON that nobody vouches for into bounded JSON values."""

import codecs
import json
import math
import re
from typing import TYPE_CHECKING, Any

from trueline.yaml_shape import TooMuch, measure

if TYPE_CHECKING:
    import yaml

NODE_LIMIT = 200_000
DEPTH_LIMIT = 64
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
)


class NotPlain(ValueError):
    """The content is not what it should be; the message is a reason that quotes nothing of it."""


def parse(content: bytes) -> tuple[dict[str, Any], bool]:
    """The mapping that a YAML or JSON file holds, and whether more documents follow it. Raises NotPlain."""
    text = decode(content)
    try:
        value, more = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
        plain = _Plain().of(value)
    except RecursionError:
        raise NotPlain("nested too deep") from None
    if plain is None:
        raise NotPlain("holds nothing")
    if not isinstance(plain, dict):
        raise NotPlain("not a mapping at the top")
    return plain, more


def decode(content: bytes) -> str:
    """Text of a file in UTF-8, or in UTF-16 with its mark. Raises NotPlain."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise NotPlain("not UTF-8 text") from None
    if "\0" in text:
        raise NotPlain("binary, not text")
    return text


def _parse_json(text: str) -> tuple[Any, bool]:
    try:
        return json.loads(text), False
    except ValueError:
        return _parse_yaml(text)


def _parse_yaml(text: str) -> tuple[Any, bool]:
    import yaml

    loader_class = _loader_class()
    try:
        more = measure(yaml.parse(text, loader_class), depth_limit=DEPTH_LIMIT, node_limit=NODE_LIMIT)
        loader = loader_class(text)
        try:
            return loader.get_data(), more
        finally:
            loader.dispose()
    except TooMuch as error:
        raise NotPlain(str(error)) from None
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise NotPlain(f"not YAML{line}") from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, AttributeError, LookupError):
        # The last ones: a tag like !!int on a value that is none, as the YAML library converts it unchecked.
        raise NotPlain("not YAML") from None


def _loader_class() -> type["yaml.CSafeLoader"]:
    """The safe loader with the scalars of YAML 1.2 for dates and sexagesimals, as Go reads them: as text."""
    import yaml

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers = {
            first: [
                (tag, pattern)
                for tag, pattern in resolvers
                if not tag.endswith((":timestamp", ":int", ":float"))
            ]
            for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }

    Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
    return Loader


class _Plain:
    """Turns what parsers give into JSON types, counting."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        self.count += 1
        if self.count > NODE_LIMIT or depth > DEPTH_LIMIT + 1:
            raise NotPlain("too large or nested too deep")
        match value:
            case None | bool() | str():
                return value
            case int():
                return value if -(2**63) <= value < 2**63 else _digits(value)
            case float():
                return value if math.isfinite(value) else str(value)
            case dict():
                return {_key(key): self.of(entry, depth + 1) for key, entry in value.items()}
            case list() | tuple():
                return [self.of(entry, depth + 1) for entry in value]
            case set():
                return sorted(_key(entry) for entry in value)
            case bytes():
                return "binary data"
            case _:
                return str(value)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:
        raise NotPlain("a number with too many digits") from None


def _key(key: Any) -> str:
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
        case int():
            return _digits(key)
        case _:
            return str(key)
