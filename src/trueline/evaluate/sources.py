"""What one process's settings can come from: its arguments, its environment and the files these name."""

import posixpath
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trueline.evaluate.values import Value
from trueline.model.arguments import Argument
from trueline.model.base import Model
from trueline.model.facts import Absent, Document, FileMeta, NodeFacts, Process, Unavailable
from trueline.model.setting import Component, Setting

Layer = Literal["flag", "drop-in", "config", "environment", "default", "derived"]


class Effective(Model, frozen=True, kw_only=True):
    """The value that counts, and where it comes from.

    `values` has one member, but for a default that differs between versions where the version is not known.
    `source` is for evidence ("argument of process 30182", a path), `text` the value as a person reads it, ""
    where it is empty, `key` the flag, dotted config key or variable that sets it.
    """

    values: tuple[Value, ...]
    layer: Layer
    source: str
    text: str
    key: str


@dataclass(frozen=True)
class Sources:
    """A process with the facts around it; `version` is the Kubernetes minor version, None if not known."""

    node: NodeFacts
    component: Component
    process: Process
    version: str | None

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The process's flags in their order."""
        return self.component.parse(self.process.arguments)

    def given(self, flags: Collection[str]) -> list[Argument]:
        """The occurrences of any of `flags`, by exact name."""
        return [argument for argument in self.arguments if argument.name in flags]

    def text_of(self, *flags: str) -> str:
        """The last value of any of these flags, "" if none is given."""
        found = self.given(flags)
        return (found[-1].value or "") if found else ""

    @property
    def config_path(self) -> str:
        """The config file that the process was started with, "" if there is none."""
        component = self.component
        path = self.text_of(component.config_flag) if component.config_flag else ""
        if not path and component.config_env:
            path = self.process.environment.get(component.config_env, "")
        return path

    def flag_source(self, flag: str) -> str:
        """Where evidence says that a flag was read, and in which line of which file it stands."""
        if origin := self.process.origins.get(flag):
            return origin
        place = self._lines.get(f"--{flag}", "")
        return f"argument of process {self.process.pid}{place}"

    @cached_property
    def _lines(self) -> dict[str, str]:
        """Flags by name, with the place where the component's manifest or unit has them."""
        return {
            flag: f" ({path}, line {number})"
            for path, document in self.node.documents.items()
            if isinstance(document, Document) and document.lines and self._starts(path, document)
            for flag, number in document.lines.items()
        }

    def _starts(self, path: str, document: Document) -> bool:
        """Whether a file is a manifest, a unit or a file of variables that starts this component."""
        programs = self.component.executables
        if document.kind == "Pod":
            return any(word.rpartition("/")[2] in programs for word in _words(document.data))
        if document.kind == "unit":
            return any(f"/{program}.service" in path for program in programs)
        return document.kind == "environment" and any(f"/{program}" in path for program in programs)

    def named(self, name: str) -> Setting:
        """The component's setting of that name; raises KeyError when content has none."""
        for setting in self.component.settings:
            if setting.name == name:
                return setting
        raise KeyError(f"{self.component.component}/{name}")

    def directory(self, path: str) -> FileMeta | Absent | Unavailable | None:
        """What is known of a directory that the process names; None if nobody looked."""
        places = (place for place in self._places(path) if place in self.node.files)
        return self.node.files.get(next(places, ""))

    def document(self, path: str, kind: str = "") -> dict[str, Any] | Unavailable:
        """The content of a file that the process names; invalid if it says that it is no `kind`."""
        places = [place for place in self._places(path) if place in self.node.documents]
        fact = self.node.documents[places[0]] if places else None
        what = f"{path}, which {self.component.component} was started with,"
        match fact:
            case None:
                return Unavailable(kind="not-collected", reason=f"{what} was not collected.")
            case Absent():
                return Unavailable(kind="vanished", reason=f"{what} is not there.")
            case Unavailable():
                return Unavailable(kind=fact.kind, reason=f"{what} is not known: {fact.reason}")
            case Document(data=dict() as data) if not kind or data.get("kind") in (kind, None):
                return data
        return Unavailable(kind="invalid", reason=f"{what} is no {kind or 'map of settings'}.")

    def _places(self, path: str) -> list[str]:
        """The process's own view goes first; the same file outside its container second."""
        plain = [path, posixpath.normpath(path)] if path else []
        if path and self.process.directory:  # without effect on absolute paths
            plain.append(posixpath.normpath(posixpath.join(self.process.directory, path)))
        return [self.process.root + each for each in plain] + plain


def _words(pod: Any) -> list[str]:
    """The first words of a pod's containers: what they start."""
    spec = pod.get("spec") if isinstance(pod, dict) else None
    containers = spec.get("containers") if isinstance(spec, dict) else None
    listed = containers if isinstance(containers, list) else []
    commands = [one.get("command") for one in listed if isinstance(one, dict)]
    return [command[0] for command in commands if isinstance(command, list) and command]
