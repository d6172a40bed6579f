"""Config files and their drop-ins: which of them has the last word on a key."""

from typing import Any

from trueline.evaluate.sources import Layer, Sources
from trueline.model.base import Model
from trueline.model.facts import Absent, FileMeta, Unavailable

_MAX_DEPTH = 16


class ConfigLayer(Model, frozen=True, kw_only=True):
    """One file that takes part, the later over the earlier."""

    layer: Layer
    path: str
    data: dict[str, Any]


class Found(Model, frozen=True, kw_only=True):
    """What the files say of a key: a JSON value other than null, and the file that it comes from."""

    value: Any
    layer: Layer
    path: str


def config_layers(sources: Sources) -> tuple[ConfigLayer, ...] | Unavailable:
    """The config file, then its drop-ins; Unavailable as soon as one of them is not known."""
    found: tuple[ConfigLayer, ...] = ()
    kind = _kind(sources)
    if path := sources.config_path:
        data = sources.document(path, kind)
        if isinstance(data, Unavailable):
            return data
        found = (ConfigLayer(layer="config", path=path, data=data),)
    drop_ins = _drop_ins(sources)
    if isinstance(drop_ins, Unavailable):
        return drop_ins
    for path in drop_ins:
        data = sources.document(path, kind)
        if isinstance(data, Unavailable):
            return data
        found += (ConfigLayer(layer="drop-in", path=path, data=data),)
    return found


def look_up(layers: tuple[ConfigLayer, ...], key: str) -> Found | Unavailable | None:
    """The value of a dotted key after JSON merge patches (RFC 7386), as the kubelet applies drop-ins.

    None where nothing sets it, or where the last word on it is null.
    """
    found: Found | Unavailable | None = None
    parts = key.split(".")
    for layer in layers:
        node: Any = layer.data
        for part in parts:
            if not isinstance(node, dict) or part not in node:
                break
            node = node[part]
        else:
            found = _merge(found, node, layer)
            continue
        if node is None:  # null for a whole section takes it away
            found = None
        elif not isinstance(node, dict):
            found = Unavailable(kind="invalid", reason=f"{layer.path} has no map where {key} belongs.")
    return found


def _merge(before: Found | Unavailable | None, value: Any, layer: ConfigLayer) -> Found | None:
    if value is None:
        return None
    if isinstance(value, dict):
        base = before.value if isinstance(before, Found) and isinstance(before.value, dict) else {}
        value = {key: member for key, member in {**base, **value}.items() if member is not None}
    return Found(value=value, layer=layer.layer, path=layer.path)


def _kind(sources: Sources) -> str:
    component = sources.component
    kinds = [entry.kind for entry in component.documents if entry.flag == component.config_flag]
    return next((kind for kind in kinds if kind[:1].isupper()), "")


def _drop_ins(sources: Sources) -> list[str] | Unavailable:
    flag = sources.component.config_dir_flag
    path = sources.text_of(flag) if flag else ""
    return _conf_files(sources, path.rstrip("/") or "/", _MAX_DEPTH) if path else []


def _conf_files(sources: Sources, directory: str, depth: int) -> list[str] | Unavailable:
    """Paths of *.conf below the directory, names sorted at each level, as filepath.WalkDir finds them."""
    meta = sources.directory(directory)
    if not isinstance(meta, FileMeta) or meta.entries is None or not depth:
        return _unknown(directory, meta)
    found: list[str] = []
    for name in meta.entries if meta.kind == "directory" else ():
        path = f"{directory.rstrip('/')}/{name}"
        entry = sources.directory(path)
        # WalkDir does not descend into links
        if isinstance(entry, FileMeta) and entry.kind == "directory" and entry.target is None:
            below = _conf_files(sources, path, depth - 1)
            if isinstance(below, Unavailable):
                return below
            found += below
        elif name.endswith(".conf"):
            found.append(path)
    return found


def _unknown(directory: str, meta: FileMeta | Absent | Unavailable | None) -> Unavailable:
    reason = f"the drop-ins in {directory} are not known"
    if isinstance(meta, Unavailable):
        return Unavailable(kind=meta.kind, reason=f"{reason}: {meta.reason}")
    if isinstance(meta, Absent):
        return Unavailable(kind="vanished", reason=f"{reason}: it is not there.")
    return Unavailable(kind="not-collected", reason=f"{reason}: it was not listed.")
