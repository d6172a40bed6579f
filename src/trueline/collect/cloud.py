"""Reads what a cloud's API said of a managed cluster from files that the user saved, secrets taken out."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from trueline.collect.redact import REDACTED, clean_json
from trueline.errors import ContentError, UsageError
from trueline.model.cloud import CloudDump, CloudKind

SIZE_LIMIT = 16 * 1024 * 1024
_DEPTH_LIMIT = 100
_COMMANDS = (
    "`aws eks describe-cluster --name X --output json`, "
    "`gcloud container clusters describe X --format json`, "
    "`az aks show -g G -n X -o json` or `aliyun cs GET /clusters/ID`"
)
_AGAIN = f"Save the whole output of {_COMMANDS}."

# Keys whose value is hidden whatever it is: certificates, public keys of people, logins, scripts of nodes,
# and documents inside documents, which nobody can look through.
_HIDDEN = frozenset(
    {
        "cacertificate",
        "certificateauthority",
        "clientcertificate",
        "clientkey",
        "clustercacertificate",
        "customcatrustcertificates",
        "customdata",
        "keydata",
        "kubeconfig",
        "kubeconfigs",
        "meta_data",
        "parameters",
        "trustedca",
        "user_data",
        "userdata",
    }
)
_LOGINS = "masterAuth"  # of Google's clusters: a user name there is half of a login
_VARIABLES = "metadata"  # of Google's nodes: start scripts and SSH keys are among them
_PUBLIC_VARIABLES = ("disable-legacy-endpoints",)


def read_dumps(paths: Iterable[str], limit: int = SIZE_LIMIT) -> tuple[CloudDump, ...]:
    """The dumps in these files; `limit` is in bytes for each.

    Raises ContentError for what can't be read or is no JSON, UsageError for JSON of no known kind.
    """
    return tuple(_dump(path, limit) for path in paths)


def _dump(path: str, limit: int) -> CloudDump:
    try:
        data = msgspec.json.decode(_content(path, limit))
        if _too_deep(data):
            raise _wrong(path, "nested too deep")
        kind = _kind(path, data)
        return CloudDump(kind=kind, data=clean_json(_hide(data)), source=PurePath(path).name)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _wrong(path, "not complete JSON") from None
    except RecursionError:
        raise _wrong(path, "nested too deep") from None


def _content(path: str, limit: int) -> bytes:
    """The bytes of a regular file; opening a FIFO must not wait for somebody to write to it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise _wrong(path, "not a file")
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise _wrong(path, reason.lower()) from None
    if len(content) > limit:
        raise _wrong(path, f"more than {limit} bytes")
    return content


def _wrong(path: str, message: str) -> ContentError:
    return ContentError(message, hint=_AGAIN, file=path)


def _too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_DEPTH_LIMIT):
        level = [
            member
            for value in level
            if isinstance(value, dict | list)
            for member in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def _kind(path: str, data: Any) -> CloudKind:
    for kind, fits in _SHAPES.items():
        if isinstance(data, dict) and fits(data):
            return kind
    raise UsageError(
        f"{path}: this is no description of one cluster of EKS, GKE, AKS or ACK",
        hint=f"{_AGAIN} A part of it, or a list of clusters, is not enough.",
    )


def _is_eks(data: dict[str, Any]) -> bool:
    cluster = data.get("cluster")
    if not isinstance(cluster, dict) or ":eks:" not in str(cluster.get("arn")):
        return False
    return isinstance(cluster.get("resourcesVpcConfig"), dict) and "name" in cluster


def _is_gke(data: dict[str, Any]) -> bool:
    """An incomplete one must not be taken: what is missing from a complete one is switched off."""
    wanted = {"name", "selfLink", "currentMasterVersion", "masterAuth", "nodePools", "networkConfig"}
    return wanted <= set(data) and "container.googleapis.com" in str(data["selfLink"])


def _is_aks(data: dict[str, Any]) -> bool:
    kind = str(data.get("type")).lower()
    return kind == "microsoft.containerservice/managedclusters" and {
        "name",
        "agentPoolProfiles",
        "networkProfile",
        "kubernetesVersion",
    } <= set(data)


def _is_ack(data: dict[str, Any]) -> bool:
    return {"cluster_id", "cluster_type", "region_id", "current_version", "master_url"} <= set(data)


_SHAPES: Mapping[CloudKind, Callable[[dict[str, Any]], bool]] = {
    "eks-cluster": _is_eks,
    "gke-cluster": _is_gke,
    "aks-cluster": _is_aks,
    "ack-cluster": _is_ack,
}


def _hide(value: Any, parent: str = "") -> Any:
    match value:
        case dict():
            return {key: _member(parent, key, member) for key, member in value.items()}
        case list():
            return [_hide(member, parent) for member in value]
        case _:
            return value


def _member(parent: str, key: str, value: Any) -> Any:
    hidden = (
        key.lower() in _HIDDEN
        or (parent == _VARIABLES and key not in _PUBLIC_VARIABLES)
        or (parent == _LOGINS and key == "username")
    )
    return REDACTED if hidden and value else _hide(value, key)
