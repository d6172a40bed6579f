"""Compares versions of Debian's packages as Debian Policy 5.6.12 orders them."""

import re
from itertools import zip_longest

_PARTS = re.compile(r"(\D*)(\d*)")
_END = ([0], 0)

_Runs = list[tuple[list[int], int]]


def older(one: str, other: str) -> bool:
    """Whether the first version is the older."""
    (epoch, *parts), (other_epoch, *other_parts) = _split(one), _split(other)
    if epoch != other_epoch:
        return int(epoch) < int(other_epoch)
    for part, other_part in zip(parts, other_parts, strict=True):
        for run, other_run in zip_longest(_runs(part), _runs(other_part), fillvalue=_END):
            if run != other_run:
                return run < other_run
    return False


def _split(version: str) -> tuple[str, str, str]:
    """Epoch, upstream's version and revision."""
    epoch, _, rest = version.strip().partition(":") if ":" in version else ("0", "", version.strip())
    upstream, dash, revision = rest.rpartition("-")
    return epoch if epoch.isdigit() else "0", upstream if dash else rest, revision if dash else ""


def _runs(text: str) -> _Runs:
    """Runs of other signs, each with the number behind it; "~" comes before the end, letters first."""
    return [([*map(_order, signs), 0], int(digits or 0)) for signs, digits in _PARTS.findall(text)]


def _order(sign: str) -> int:
    if sign == "~":
        return -1
    return ord(sign) if sign.isalpha() else ord(sign) + 256
