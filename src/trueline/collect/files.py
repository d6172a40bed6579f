"""Gathers metadata of files and the documents in them, each path looked at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from trueline.collect.access import Root
from trueline.collect.certificates import first_certificate, may_hold_certificate
from trueline.collect.documents import clean_document
from trueline.model.facts import Absent, Certificate, Document, FileMeta, Unavailable

TREE_DEPTH = 8
# A control plane has some hundred files of interest; beyond this a snapshot would help nobody.
FILES_LIMIT = 20_000


class Gathering:
    """What was read of a node's files: `files` and `documents` by path, `notes` about what was left out."""

    def __init__(self, root: Root, env_prefixes: Sequence[str] = ()) -> None:
        self.root = root
        self.files: dict[str, FileMeta | Absent | Unavailable] = {}
        self.documents: dict[str, Document | Absent | Unavailable] = {}
        self.notes: list[str] = []
        self._env_prefixes = tuple(env_prefixes)
        self._certificates: dict[str, Certificate | None] = {}

    def file(
        self, path: str, *, certificate: bool = False, entries: bool = True
    ) -> FileMeta | Absent | Unavailable:
        """Metadata of `path`, with the certificate in it where its name or `certificate` promises one."""
        fact = self.files.get(path)
        if fact is None or (entries and isinstance(fact, FileMeta) and _unlisted(fact)):
            if fact is None and len(self.files) >= FILES_LIMIT:
                return self._refuse()
            fact = self.files[path] = self.root.meta(path, entries=entries)
        if isinstance(fact, FileMeta) and (certificate or may_hold_certificate(path)):
            fact = self.files[path] = self._with_certificate(path, fact)
        return fact

    def tree(self, path: str, depth: int = TREE_DEPTH, *, certificate: bool = False) -> None:
        """Metadata of a directory and what is in it, `depth` levels down; links to directories only named."""
        for _ in self.walk(path, depth, certificate=certificate):
            pass

    def walk(self, path: str, depth: int = TREE_DEPTH, *, certificate: bool = False) -> Iterator[str]:
        """Gather a tree and yield the paths of its regular files; that of a file is itself one."""
        fact = self.file(path, certificate=certificate)
        if not isinstance(fact, FileMeta):
            return
        if fact.kind == "file":
            yield path
        for name in (fact.entries or ()) if depth else ():
            below = f"{path.rstrip('/')}/{name}"
            member = self.file(below, certificate=certificate, entries=depth > 1)
            if not isinstance(member, FileMeta):
                continue
            if member.kind == "file":
                yield below
            elif member.kind == "directory" and depth > 1 and not self._is_link(below):
                yield from self.walk(below, depth - 1, certificate=certificate)

    def document(self, path: str, kind: str) -> Document | Absent | Unavailable:
        """The document at `path` and its metadata."""
        self.file(path)
        if path not in self.documents:
            self.documents[path] = self._read(path, kind)
        return self.documents[path]

    def _read(self, path: str, kind: str) -> Document | Absent | Unavailable:
        if len(self.documents) >= FILES_LIMIT:
            return self._refuse()
        content = self.root.read(path)
        if not isinstance(content, bytes):
            return content
        document, more = clean_document(kind, content, self._env_prefixes)
        if more:
            self.notes.append(f"{path} holds several YAML documents; only the first is looked at.")
        return document

    def _with_certificate(self, path: str, fact: FileMeta) -> FileMeta:
        if fact.kind != "file" or fact.certificate:
            return fact
        place = fact.target or path
        if place not in self._certificates:
            content = self.root.read(path)
            self._certificates[place] = first_certificate(content) if isinstance(content, bytes) else None
        return msgspec.structs.replace(fact, certificate=self._certificates[place])

    def _is_link(self, path: str) -> bool:
        return isinstance(self.root.readlink(path), str)

    def _refuse(self) -> Unavailable:
        note = f"More than {FILES_LIMIT} files are of interest; the rest was left out."
        if note not in self.notes:
            self.notes.append(note)
        return Unavailable(kind="too-large", reason=note)


def strings(data: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All strings of a JSON value, each with the nearest key above it."""
    match data:
        case str():
            yield name, data
        case dict():
            for key, value in data.items():
                yield from strings(value, key)
        case list():
            for value in data:
                yield from strings(value, name)


def _unlisted(fact: FileMeta) -> bool:
    return fact.kind == "directory" and fact.entries is None
