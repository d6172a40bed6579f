"""The settings of config.yaml: one file for all benchmarks, and one in each benchmark's folder over it."""

from collections.abc import Iterable, Mapping
from typing import Any

from trueline.errors import ContentError, UsageError
from trueline.kubebench.fields import read_yaml
from trueline.kubebench.nodes import Node, entries
from trueline.model.base import Model

KINDS = {
    "bin": ("bins", ""),
    "conf": ("confs", "defaultconf"),
    "svc": ("svc", "defaultsvc"),
    "kubeconfig": ("kubeconfig", "defaultkubeconfig"),
    "cafile": ("cafile", "defaultcafile"),
    "datadir": ("datadirs", "defaultdatadir"),
}
_COMPONENT_KEYS = frozenset(name for pair in KINDS.values() for name in pair if name)


class ComponentConfig(Model, frozen=True, kw_only=True):
    """Where a component is looked for: `candidates` and `defaults` by kind (bin, conf, svc ...)."""

    name: str
    candidates: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, str] = {}
    optional: bool = False


class Config(Model, frozen=True, kw_only=True):
    """Settings with lower-case keys; leaves are text, lists or maps. `notices` say what was repaired."""

    values: dict[str, Any] = {}
    notices: tuple[str, ...] = ()

    @property
    def version_mapping(self) -> dict[str, str]:
        """Benchmarks by Kubernetes version."""
        mapping = _map(self.values.get("version_mapping"))
        return {key: value for key, value in mapping.items() if isinstance(value, str)}

    @property
    def target_mapping(self) -> dict[str, tuple[str, ...]]:
        """Targets by benchmark; the names of benchmarks are in lower case."""
        return {key: _texts(value) for key, value in _map(self.values.get("target_mapping")).items()}

    def text(self, key: str) -> str:
        """A setting of the top level; "" where there is none."""
        value = self.values.get(key.lower())
        return value if isinstance(value, str) else ""

    def components(self, target: str) -> tuple[ComponentConfig, ...] | None:
        """The components of a target in their order; None where there is no section for it.

        A name without settings of its own yields nothing, as kube-bench has it.
        """
        section = self.values.get(target)
        if not isinstance(section, Mapping):
            return None
        names = _texts(section.get("components"))
        return tuple(
            _component(name, section[name.lower()])
            for name in names
            if isinstance(section.get(name.lower()), Mapping)
        )

    def targets_of(self, benchmark: str) -> tuple[str, ...]:
        """The targets that the benchmark has. Raises UsageError where it is not mapped."""
        targets = self.target_mapping.get(benchmark.lower())
        if targets is None:
            raise UsageError(
                f"no targets are known for benchmark {benchmark}",
                hint="Add it to target_mapping in config.yaml.",
            )
        return targets


def read_config(text: str, file: str) -> dict[str, Any]:
    """One config.yaml as plain values, keys in lower case. Raises ContentError with file and line."""
    root = read_yaml(text, file)
    if root is None or root.is_null:
        return {}
    value = _plain(root)
    if not isinstance(value, dict):
        raise ContentError("must be a map", hint="Start with `master:`.", file=file, line=root.line)
    return value


def merge(layers: Iterable[Mapping[str, Any]], *, strict_compat: bool = False) -> Config:
    """Later layers over earlier ones: maps merge, all else replaces, but nothing replaces a map."""
    values: dict[str, Any] = {}
    for layer in layers:
        values = _merge(values, layer)
    notices: tuple[str, ...] = ()
    if not strict_compat:
        values, notices = _lower_misplaced(values)
    return Config(values=values, notices=notices)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if not isinstance(old, Mapping):
            merged[key] = value
        elif isinstance(value, Mapping):
            merged[key] = _merge(old, value)
    return merged


def _lower_misplaced(values: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings of a component that stand beside it instead of below it are moved to it (etcd.confs)."""
    notices = []
    for name, section in values.items():
        if not isinstance(section, Mapping) or not isinstance(section.get(name), Mapping):
            continue
        misplaced = {key: value for key, value in section.items() if key in _COMPONENT_KEYS}
        if misplaced:
            kept = {key: value for key, value in section.items() if key not in misplaced}
            values = {**values, name: {**kept, name: {**section[name], **misplaced}}}
            notices.append(f"config.yaml: {name}.{', '.join(misplaced)} is read as {name}.{name}")
    return values, tuple(notices)


def _component(name: str, section: Mapping[str, Any]) -> ComponentConfig:
    return ComponentConfig(
        name=name,
        candidates={kind: _texts(section.get(key)) for kind, (key, _) in KINDS.items() if key in section},
        defaults={
            kind: " ".join(_texts(section[key])) for kind, (_, key) in KINDS.items() if section.get(key)
        },
        optional=str(section.get("optional", "")).lower() in ("true", "1", "t", "y", "yes", "on"),
    )


def _plain(node: Node) -> Any:
    if node.items is not None:
        return [_plain(item) for item in node.items]
    if node.pairs is not None:
        return {key.text.lower(): _plain(value) for key, value in entries(node) if key.text is not None}
    return None if node.is_null else node.text


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> tuple[str, ...]:
    match value:
        case str():
            return tuple(value.split())
        case list():
            return tuple(entry for entry in value if isinstance(entry, str))
    return ()
