"""Reads hardening plans back without trusting their form."""

import msgspec

from trueline.collect.snapshot import read_content
from trueline.errors import ContentError
from trueline.model.plan import Plan


def read_plan(path: str) -> Plan:
    """The plan in a file. Raises ContentError."""
    try:
        return msgspec.json.decode(read_content(path), type=Plan)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ContentError(
            f"not a hardening plan: {error}",
            hint="`trueline harden plan -o plan.json` writes one.",
            file=path,
        ) from None
