"""Reads whole lists of API objects page by page; a list is complete or it is not there."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from trueline.collect.kubeapi import CannotRead, Client, Limits
from trueline.collect.kubedecode import MALFORMED, PageDecoder
from trueline.collect.kuberesources import Resource

T = TypeVar("T", bound="_Discovery")


class _Discovery(msgspec.Struct, frozen=True, kw_only=True):
    kind: str


class _Version(msgspec.Struct, frozen=True):
    version: str


class _Group(msgspec.Struct, frozen=True):
    name: str
    versions: list[_Version]


class _Groups(_Discovery, frozen=True, kw_only=True):
    groups: list[_Group]


class _Name(msgspec.Struct, frozen=True):
    name: str


class _Names(_Discovery, frozen=True, kw_only=True):
    resources: list[_Name]


def read_list(client: Client, resource: Resource, limits: Limits, report: Callable[[int], None]) -> list[Any]:
    """All objects of a resource in the server's order; `report` gets the count so far. Raises CannotRead."""
    try:
        return _from_the_start(client, resource, resource.path, limits, report)
    except CannotRead as failure:
        if failure.status != 404 or not resource.optional:
            raise
        version = _served_version(client, resource)
        if version is None:
            return []
        if version == "v1":
            raise
    return _from_the_start(client, resource, resource.in_version(version), limits, report)


def _from_the_start(
    client: Client, resource: Resource, path: str, limits: Limits, report: Callable[[int], None]
) -> list[Any]:
    # 410: the server has lost the state that the pages come from; pages of two states could hide objects.
    try:
        return _pages(client, resource, path, limits, report)
    except CannotRead as failure:
        if failure.status != 410:
            raise
    return _pages(client, resource, path, limits, report)


def _pages(
    client: Client, resource: Resource, path: str, limits: Limits, report: Callable[[int], None]
) -> list[Any]:
    decoder = PageDecoder(resource)
    objects: list[Any] = []
    token = ""
    for _ in range(limits.pages):
        query: dict[str, str | int] = {"limit": limits.page_items}
        items, following = decoder.decode(client.get(path, {**query, "continue": token} if token else query))
        objects += items
        report(len(objects))
        if len(objects) > limits.objects:
            raise CannotRead(f"there are more than {limits.objects} objects")
        if not following:
            return objects
        if following == token:
            raise CannotRead("the server gives the same page again and again")
        token = following
    raise CannotRead(f"there are more than {limits.pages} pages")


def _served_version(client: Client, resource: Resource) -> str | None:
    """The first version of its group that has the resource; None where the server says that none has."""
    groups = _discovered(client, "/apis", _Groups, "APIGroupList").groups
    versions = [
        version.version for group in groups if group.name == resource.group for version in group.versions
    ]
    for version in versions:
        path = f"/apis/{resource.group}/{version}"
        if any(
            entry.name == resource.name
            for entry in _discovered(client, path, _Names, "APIResourceList").resources
        ):
            return version
    return None


def _discovered(client: Client, path: str, kind: type[T], expected: str) -> T:
    try:
        answer = msgspec.json.decode(client.get(path), type=kind)
    except MALFORMED:
        answer = None
    if answer is None or answer.kind != expected:
        raise CannotRead(f"not found, and {path} is no {expected} that could say why")
    return answer
