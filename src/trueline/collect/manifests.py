"""Cleans static pod manifests: what is run and with which rights, without values of its environment."""

from collections.abc import Sequence
from typing import Any

from trueline.collect.plain import NotPlain
from trueline.collect.redact import clean_arguments, clean_json, clean_variable
from trueline.collect.shapes import KEEP, cut

_CONTAINER = {
    "name": KEEP,
    "image": KEEP,
    "command": [KEEP],
    "args": [KEEP],
    "securityContext": KEEP,
    "env": [{"name": KEEP, "value": KEEP}],
    "volumeMounts": [{"name": KEEP, "mountPath": KEEP, "readOnly": KEEP}],
}
_POD = {
    "apiVersion": KEEP,
    "kind": KEEP,
    "metadata": {"name": KEEP, "namespace": KEEP},
    "spec": {
        "containers": [_CONTAINER],
        "initContainers": [_CONTAINER],
        "hostNetwork": KEEP,
        "hostPID": KEEP,
        "hostIPC": KEEP,
        "hostUsers": KEEP,
        "securityContext": KEEP,
        "serviceAccountName": KEEP,
        "volumes": [{"name": KEEP, "hostPath": {"path": KEEP, "type": KEEP}}],
    },
}


def clean_manifest(data: dict[str, Any], env_prefixes: Sequence[str]) -> dict[str, Any]:
    """A Pod in its own shape; values of variables only for those that start with one of `env_prefixes`."""
    pod = cut(_POD, data)
    for group in ("containers", "initContainers"):
        for container in pod.get("spec", {}).get(group, ()):
            _clean_container(container, env_prefixes)
    cleaned = clean_json(pod)
    assert isinstance(cleaned, dict)
    return cleaned


def _clean_container(container: dict[str, Any], env_prefixes: Sequence[str]) -> None:
    for part in ("command", "args"):
        if part in container:
            container[part] = list(clean_arguments(_words(container[part], part)))
    for variable in container.get("env", ()):
        name, value = str(variable.get("name", "")), variable.get("value")
        shown = env_prefixes and value is not None and name.startswith(tuple(env_prefixes))
        variable.pop("value", None)
        if shown:
            variable["value"] = clean_variable(name, str(value), env_prefixes)


def _words(value: list[Any], part: str) -> list[str]:
    if not all(isinstance(word, str) for word in value):
        raise NotPlain(f"{part} holds what is no text")
    return value
