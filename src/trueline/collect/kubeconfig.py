"""Reads kubeconfig files as kubectl does: merged, one context chosen, paths made absolute."""

# None of lightkube, pykube-ng, kr8s and the official client knows all of: exec plug-ins of v1, client
# certificates from them, `tls-server-name`, several files, and keys that leave no file behind.

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trueline.collect.kubeaccess import Access, Cluster, User, without_nulls
from trueline.collect.kubefiles import read_bounded
from trueline.errors import AccessError
from trueline.yaml_shape import TooMuch, measure

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

CONTROL_PLANE_KUBECONFIGS = (
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/super-admin.conf",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/snap/microk8s/current/credentials/client.config",
)

_HINT = "Look at it with `kubectl config view`."
_WHICH = "Name a file with --kubeconfig."

_MAX_DEPTH = 100

_T = TypeVar("_T")


class _Context(msgspec.Struct, frozen=True):
    cluster: str = ""
    user: str = ""


class _Entry(msgspec.Struct, frozen=True):
    """An element of one of the three lists; only the part that the list is of is set."""

    name: str = ""
    cluster: Any = None
    user: Any = None
    context: Any = None


class _Config(msgspec.Struct, frozen=True, rename="kebab"):
    current_context: str = ""
    clusters: tuple[_Entry, ...] = ()
    users: tuple[_Entry, ...] = ()
    contexts: tuple[_Entry, ...] = ()


def kubeconfig_paths(explicit: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The files that kubectl would read: the one named, those of KUBECONFIG, or ~/.kube/config."""
    if explicit:
        return (explicit,)
    listed = tuple(path for path in environment.get("KUBECONFIG", "").split(os.pathsep) if path)
    if listed or not environment.get("HOME"):
        return listed
    return (str(Path(environment["HOME"]) / ".kube" / "config"),)


def default_kubeconfig_hint(exists: Callable[[str], bool]) -> str | None:
    """A sentence that names a control-plane node's kubeconfig for administrators, None without one."""
    for path in CONTROL_PLANE_KUBECONFIGS:
        if exists(path):
            return f"This node has {path}: name it with --kubeconfig to judge the cluster's own objects too."
    return None


def load_kubeconfig(paths: Sequence[str], context: str | None = None) -> Access:
    """How to reach the cluster of a context, None meaning the current one.

    Of several files the first that defines a name wins; files that don't exist are passed over unless all are
    missing. Raises AccessError where files or context can't be used.
    """
    documents = [(Path(path).parent, config) for path in paths if (config := _read(path)) is not None]
    if not documents:
        raise AccessError(f"no kubeconfig at {' or '.join(paths) or 'any known place'}", hint=_WHICH)
    name = context or next((config.current_context for _, config in documents if config.current_context), "")
    if not name:
        raise AccessError("the kubeconfig has no current context", hint="Choose one with --context.")
    chosen, _ = _chosen("context", name, documents, _Context)
    cluster, cluster_folder = _chosen("cluster", chosen.cluster, documents, Cluster)
    user, user_folder = _chosen("user", chosen.user, documents, User) if chosen.user else (User(), Path())
    if not cluster.server:
        raise AccessError(f"the kubeconfig's cluster {chosen.cluster!r} has no server", hint=_HINT)
    return Access(
        name=chosen.cluster, cluster=cluster.anchored(cluster_folder), user=user.anchored(user_folder)
    )


def pod_access(environment: Mapping[str, str], directory: str = SERVICE_ACCOUNT) -> Access:
    """How a pod reaches its cluster: by its service account, whose token file is read anew for each request.

    Raises AccessError outside a pod, and in one that mounts no token.
    """
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    token = Path(directory) / "token"
    if not host or not token.is_file():
        missing = str(token) if host else "KUBERNETES_SERVICE_HOST"
        raise AccessError(
            f"no service account to reach the cluster with: {missing} is missing",
            hint="Run in a pod with automountServiceAccountToken, or name a file with --kubeconfig.",
        )
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    authority = str(Path(directory) / "ca.crt")
    cluster = Cluster(server=server, certificate_authority=authority)
    return Access(name="", cluster=cluster, user=User(token_file=str(token)))


def _read(path: str) -> _Config | None:
    try:
        text = read_bounded(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise AccessError(
            f"kubeconfig {path}: {reason}", hint="Check the path and who may read it."
        ) from None
    return _converted(_parsed(path, text) or {}, _Config, f"kubeconfig {path}")


def _parsed(path: str, text: str) -> Any:
    # What the parser says is kept back, as it quotes a file that holds credentials.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        measure(yaml.parse(text, Loader=loader))
        return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, the fast one where it was built
    except TooMuch as error:
        raise AccessError(f"kubeconfig {path}: {error}", hint=_HINT) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AccessError(f"kubeconfig {path}, line {line}: not YAML", hint=_HINT) from None
    except (yaml.YAMLError, ValueError):
        raise AccessError(f"kubeconfig {path}: not YAML", hint=_HINT) from None


def _chosen(
    part: str, name: str, documents: Iterable[tuple[Path, _Config]], kind: type[_T]
) -> tuple[_T, Path]:
    for folder, config in documents:
        for entry in getattr(config, f"{part}s"):
            if entry.name == name:
                return _converted(
                    getattr(entry, part) or {}, kind, f"{part} {name!r} of the kubeconfig"
                ), folder
    raise AccessError(f"the kubeconfig has no {part} {name!r}", hint=_HINT)


def _converted(raw: Any, kind: type[_T], what: str) -> _T:
    try:
        return msgspec.convert(without_nulls(raw), kind)
    except msgspec.ValidationError as error:
        raise AccessError(f"{what}: {error}", hint=_HINT) from None
    except RecursionError:
        raise AccessError(f"{what}: nested too deep", hint=_HINT) from None
