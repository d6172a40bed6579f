"""Slips of published controls that are mended on the way in, each with a notice."""

from collections.abc import Callable

from trueline.kubebench.controls import TestItem

Notice = Callable[[str, int], None]
_MISSPELT_OPERATORS = {"noteqx": "noteq"}


def mend_operator(op: str, line: int, notice: Notice) -> str:
    """The operator that a known misspelling stands for."""
    if op not in _MISSPELT_OPERATORS:
        return op
    notice(f"operator {op} is read as {_MISSPELT_OPERATORS[op]}", line)
    return _MISSPELT_OPERATORS[op]


def mend_path(item: TestItem, line: int, notice: Notice) -> str:
    """The path without a template's braces: a name gets them, anything else is no path and is dropped.

    Text outside braces is copied as it stands, so such a path would be found in any file whatever it says.
    """
    if item.path.endswith("}}") and item.path.count("}") == item.path.count("{") + 1:
        notice(f"the last brace of path {item.path} is left out", line)
        return item.path[:-1]
    if not item.path or "{" in item.path:
        return item.path
    if item.path.startswith(".") and "/" not in item.path:
        notice(f"path {item.path} is read as {{{item.path}}}", line)
        return f"{{{item.path}}}"
    notice(f"path {item.path} is no path into a document and is not used", line)
    return ""
