"""Reads the JSON of assessments back without trusting it."""

import msgspec

from trueline.collect.snapshot import read_content
from trueline.errors import ContentError
from trueline.model.results import ASSESSMENT_SCHEMA, Assessment

_HINT = "Name a file that `trueline scan --format json` wrote."


class _Head(msgspec.Struct):
    schema: object = None


def read_assessments(path: str) -> tuple[Assessment, ...]:
    """The assessments in a file, `further` ones apart. Raises ContentError."""
    data = read_content(path)
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema != ASSESSMENT_SCHEMA:
            named = f"its schema is {schema!r}" if schema else "it names no schema"
            raise ContentError(f"not an assessment: {named}", hint=_HINT, file=path)
        first = msgspec.json.decode(data, type=Assessment)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ContentError(f"not an assessment: {error}", hint=_HINT, file=path) from None
    return (msgspec.structs.replace(first, further=()), *first.further)
