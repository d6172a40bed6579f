"""Reads a baseline back without trusting it."""

import msgspec

from trueline.collect.snapshot import read_content
from trueline.errors import ContentError
from trueline.model.gate import Baseline


def read_baseline(path: str) -> Baseline:
    """The baseline in a file; raises ContentError."""
    try:
        return msgspec.json.decode(read_content(path), type=Baseline)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ContentError(
            f"not a baseline: {error}",
            hint="Name a file that `trueline baseline create` wrote.",
            file=path,
        ) from None
