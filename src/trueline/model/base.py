"""The base classes of all structs: frozen, keyword-only; strict ones refuse unknown keys."""

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document's part; fields that hold their default are left out of its JSON."""


class Strict(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a file that people write: an unknown key is an error."""
