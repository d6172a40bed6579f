"""Finds the value of a flag, a variable or a path in the output of a command."""

from trueline.kubebench.documents import BadDocument, parse
from trueline.kubebench.gotext import scalar_text
from trueline.kubebench.jsonpath import render
from trueline.kubebench.jsonpath_parse import BadTemplate
from trueline.kubebench.regexes import BadPattern, env_pattern, flag_pattern


class Unreadable(ValueError):
    """Whether it is there can't be told from this output; the message says why and quotes nothing of it."""


def flag_value(output: str, flag: str) -> str | None:
    """The value that follows the first `flag`; None where it does not occur. Raises Unreadable.

    The flag's text may stand anywhere, inside a longer one too. Without a value the answer is "true" for
    what starts with two dashes, else the flag itself.
    """
    if not output or not flag or flag not in output:
        return None
    try:
        found = flag_pattern(flag).search(scalar_text(output))
    except BadPattern as error:
        raise Unreadable(f"flag {flag!r} is {error}") from None
    if found is None:
        raise Unreadable(f"flag {flag!r} occurs as text, but not as the pattern that it is read as")
    if value := found.group(3):
        return str(value)
    return "true" if flag.startswith("--") else str(found.group(1))


def env_value(output: str, name: str) -> str | None:
    """The value of a variable in lines of NAME=value; None where it does not occur or is empty."""
    if not output or not name:
        return None
    try:
        found = env_pattern(name).search(scalar_text(output))
    except BadPattern as error:
        raise Unreadable(f"env {name!r} is {error}") from None
    line = str(found.group(0)) if found else ""
    return line.replace("\n", "", 1).replace(f"{name}=", "", 1) or None


def path_value(output: str, path: str, *, strict_compat: bool) -> str | None:
    """What the path gives for a YAML or JSON document; None for nothing or "". Raises Unreadable."""
    try:
        return render(path, parse(output, strict_compat=strict_compat), strict_compat=strict_compat) or None
    except BadDocument as error:
        raise Unreadable(f"the configuration can't be read: {error}") from None
    except BadTemplate as error:
        raise Unreadable(f"path {path!r} can't be followed: {error}") from None
