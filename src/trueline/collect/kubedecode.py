"""Decodes pages of API lists into slim structs, with all that no rule reads left out on the way."""

from typing import Any, Generic, TypeVar

import msgspec

from trueline.collect.kubeaccess import without_nulls
from trueline.collect.kubeapi import CannotRead
from trueline.collect.kuberesources import KEPT_ANNOTATIONS, KEPT_LABELS, Resource
from trueline.model.cluster import ApiModel, Meta, Workload

T = TypeVar("T")

# What msgspec raises for JSON that is broken, not UTF-8, of the wrong types, or nested too deep.
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _ListMeta(msgspec.Struct, frozen=True):
    token: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct, Generic[T], frozen=True):
    kind: str | None = None
    metadata: _ListMeta | None = None
    items: list[T] | msgspec.UnsetType | None = msgspec.UNSET


class _Kind(msgspec.Struct, frozen=True, gc=False):
    kind: str | None = None


class PageDecoder:
    """Decodes the pages of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._typed: msgspec.json.Decoder[_Page[Any]] = msgspec.json.Decoder(_Page[resource.type])  # type: ignore[name-defined]
        self._kinds = msgspec.json.Decoder(_Page[_Kind])
        self._raw = msgspec.json.Decoder(_Page[msgspec.Raw])

    def decode(self, body: bytes) -> tuple[list[Any], str]:
        """The objects of a page and the token of the next page, empty after the last. Raises CannotRead."""
        try:
            page, items = self._objects(body)
        except MALFORMED as error:
            raise CannotRead(f"the answer is no {self._resource.kind}List: {_shown(error)}") from None
        if page.kind != f"{self._resource.kind}List":
            raise CannotRead(
                f"the answer is no {self._resource.kind}List but {printable(page.kind or 'untyped')}"
            )
        for item in items:
            self._slim(item)
        return items, (page.metadata and page.metadata.token) or ""

    def _objects(self, body: bytes) -> tuple[_Page[Any], list[Any]]:
        try:
            page = self._typed.decode(body)
            kinds = self._kinds.decode(body)
        except msgspec.ValidationError:
            return self._one_by_one(body)
        for position, item in enumerate(_items(kinds)):
            self._check_kind(item.kind, f"object {position}")
        return page, _items(page)

    def _one_by_one(self, body: bytes) -> tuple[_Page[Any], list[Any]]:
        """The slow way, for null where text belongs, and to name the object that is broken."""
        page = self._raw.decode(body)
        return page, [self._object(msgspec.json.decode(raw)) for raw in _items(page)]

    def _object(self, value: Any) -> ApiModel:
        name = _name(value)
        try:
            self._check_kind(value.get("kind") if isinstance(value, dict) else None, name)
            return msgspec.convert(without_nulls(value), self._resource.type)
        except MALFORMED as error:
            raise CannotRead(f"{name} is no valid {self._resource.kind}: {_shown(error)}") from None

    def _check_kind(self, kind: Any, name: str) -> None:
        # Objects in a list of the API carry no kind; where one does, it must be the list's.
        if kind and kind != self._resource.kind:
            raise CannotRead(f"{name} in the list of {self._resource.name} is of the kind {printable(kind)}")

    def _slim(self, item: Any) -> None:
        meta: Meta = item.metadata
        if not meta.name:
            raise CannotRead(f"an object in the list of {self._resource.name} has no name")
        # The structs are frozen for everyone who gets them; nobody has got these yet.
        for field, kept in (("labels", KEPT_LABELS), ("annotations", KEPT_ANNOTATIONS)):
            if texts := getattr(meta, field):
                rest = {key: text for key, text in texts.items() if key.startswith(kept)}
                msgspec.structs.force_setattr(meta, field, rest or None)
        if isinstance(item, Workload):
            msgspec.structs.force_setattr(item, "kind", self._resource.kind)


def printable(value: Any) -> str:
    """A short text that is safe to show, whatever the server sent."""
    return "".join(c if c.isprintable() else " " for c in str(value)[:120])


def _items(page: _Page[T]) -> list[T]:
    if page.items is msgspec.UNSET:
        raise CannotRead("the answer has no items")
    # Go writes an empty list as null.
    return page.items or []


def _name(value: Any) -> str:
    meta = value.get("metadata") if isinstance(value, dict) else None
    found = [meta.get(key) for key in ("namespace", "name")] if isinstance(meta, dict) else []
    return printable("/".join(part for part in found if part and isinstance(part, str))) or "an object"


def _shown(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else printable(error)
