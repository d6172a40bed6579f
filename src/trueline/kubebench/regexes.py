"""Regular expressions with the syntax and the linear running time that controls were written for (RE2)."""

from functools import lru_cache
from typing import Any


class BadPattern(ValueError):
    """The text is no regular expression."""


def compiled(pattern: str) -> Any:
    """The compiled pattern. Raises BadPattern."""
    return _compile(pattern)


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        reason = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise BadPattern(f"not a regular expression: {reason}") from None
    except UnicodeEncodeError:
        raise BadPattern("not a regular expression: not UTF-8") from None


def flag_pattern(flag: str) -> Any:
    """What finds the value of a flag: its third group. Raises BadPattern."""
    pattern = compiled(rf"({flag})(=|: *)*([^\s]*) *")
    if pattern.groups < 3:
        raise BadPattern("not a regular expression: a bracket is open")
    return pattern


def env_pattern(name: str) -> Any:
    """What finds the line of a variable. Raises BadPattern."""
    return compiled(rf"{name}=.*(?:$|\n)")
