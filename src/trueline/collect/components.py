"""Gathers the files that running components were told to use, as the components themselves see them."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from trueline.collect.certificates import names_certificate
from trueline.collect.files import Gathering, strings
from trueline.collect.places import gather_manifests
from trueline.model.facts import Document, Process
from trueline.model.setting import Component, DocumentSource, Setting

_KUBECONFIG_KEY = re.compile(r"kubeconfig(file)?$", re.IGNORECASE)
# Their strings that begin with a slash are paths of the API, not of files.
_WITHOUT_PATHS = ("Policy", "AuthenticationConfiguration", "cni")
_DROP_INS = (".conf",)
_DOCUMENTS = (".conf", ".yaml", ".yml", ".json")


class Instance:
    """One process of a component, and the documents that it was told to read."""

    def __init__(self, gathering: Gathering, component: Component, process: Process) -> None:
        self.component = component
        self.process = process
        self.arguments = component.parse(process.arguments)
        self.documents: list[Document] = []
        self.own_files = False
        self._gathering = gathering

    def gather(self) -> None:
        """All files that its arguments, variables, documents and defaults name."""
        for argument in self.arguments:
            for path in _paths(argument.value):
                self.file(path, argument.name)
        for name, value in self.process.environment.items():
            for path in _paths(value):
                self.file(path, name.lower().replace("_", "-"))
        for source in self.component.documents:
            for path in self._source_paths(source):
                self._document_source(path, source)
        for setting in self.component.settings:
            for default in setting.default if setting.type == "string" else ():
                for path in _paths(default.value):
                    self.file(path, setting.name)

    def file(self, path: str, name: str) -> None:
        """Metadata of a path as the process sees it; `name` is the flag or key that it was given with."""
        self._gathering.file(self.key(path), certificate=names_certificate(name))

    def key(self, path: str) -> str:
        """The node's path where it is the same file, else one below /proc/PID/root."""
        if not self.process.root:
            return path
        root = self._gathering.root
        inside = f"{self.process.root}{path}"
        if root.identity(inside) == root.identity(path):
            return path
        self.own_files = True
        return inside

    def values(self, name: str) -> Iterator[str]:
        """Absolute paths that flag or setting `name` has from any source, defaults included."""
        setting = next((part for part in self.component.settings if part.name == name), None)
        flags = {name, *(setting.all_flags if setting else ())}
        texts = [argument.value for argument in self.arguments if argument.name in flags]
        if setting:
            texts.append(self.process.environment.get(setting.env))
            texts += [_at_key(document.data, setting) for document in self.documents]
            texts += [default.value for default in setting.default]
        for text in dict.fromkeys(texts):
            if isinstance(text, str) and text and (path := self._absolute(text)):
                yield path

    def _source_paths(self, source: DocumentSource) -> Iterator[str]:
        values = [argument.value for argument in self.arguments if argument.name == source.flag]
        if source.flag == self.component.config_flag and self.component.config_env:
            values.insert(0, self.process.environment.get(self.component.config_env))
        given = [value for value in values if value]
        if given and (path := self._absolute(given[-1])):
            yield path

    def _absolute(self, path: str) -> str | None:
        if path.startswith("/"):
            return path
        directory = self.process.directory
        return posixpath.normpath(posixpath.join(directory, path)) if directory else None

    def _document_source(self, path: str, source: DocumentSource) -> None:
        if not source.directory:
            self._document(path, source.kind)
            return
        suffixes = _DROP_INS if source.flag == self.component.config_dir_flag else _DOCUMENTS
        for file in self._gathering.walk(self.key(path)):
            if file.endswith(suffixes):
                self._document(file.removeprefix(self.process.root), source.kind)

    def _document(self, path: str, kind: str) -> None:
        key = self.key(path)
        known = key in self._gathering.documents
        document = self._gathering.document(key, kind)
        if not isinstance(document, Document):
            return
        self.documents.append(document)
        if known or kind in _WITHOUT_PATHS:
            return
        for name, text in strings(document.data):
            if _KUBECONFIG_KEY.search(name) and (nested := _beside(path, text)):
                self._document(nested, "kubeconfig")
            else:
                for named in _paths(text):
                    self.file(named, name)
        if kind == "AdmissionConfiguration":
            for nested in _plugin_paths(path, document.data):
                self._document(nested, "admission-plugin")


def gather_instances(
    gathering: Gathering, components: Iterable[Component], processes: Iterable[Process]
) -> list[Instance]:
    """What each process that is no impostor uses, and the static pods of kubelets."""
    by_name = {component.component: component for component in components}
    instances = [
        Instance(gathering, by_name[process.component], process)
        for process in processes
        if process.impostor is None
    ]
    for instance in instances:
        instance.gather()
        for path in _manifest_paths(instance):
            gather_manifests(gathering, instance.key(path))
    return instances


def _manifest_paths(instance: Instance) -> Iterator[str]:
    if instance.component.component != "kubelet":
        return
    yield from instance.values("pod-manifest-path")
    for document in instance.documents:
        if isinstance(path := document.data.get("staticPodPath"), str):
            yield from _paths(path)


def _paths(value: str | None) -> list[str]:
    """The absolute paths in a value: one, or several separated by commas."""
    if not value or not value.startswith("/"):
        return []
    parts = value.split(",")
    return parts if all(part.startswith("/") for part in parts) else [value]


def _beside(path: str, text: str) -> str | None:
    """A path in a configuration file, relative ones beginning at the file's directory."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), text)) if text else None


def _plugin_paths(path: str, data: dict[str, Any]) -> Iterator[str]:
    plugins = data.get("plugins")
    for plugin in plugins if isinstance(plugins, list) else ():
        text = plugin.get("path") if isinstance(plugin, dict) else None
        if isinstance(text, str) and (nested := _beside(path, text)):
            yield nested


def _at_key(data: Any, setting: Setting) -> Any:
    for part in setting.key.split(".") if setting.key else ():
        data = data.get(part) if isinstance(data, dict) else None
    return data if setting.key else None
