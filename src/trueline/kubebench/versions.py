"""Which benchmark fits: by Kubernetes version, or by the platform that its version text gives away."""

import re
from collections.abc import Mapping, Sequence

from trueline.errors import UsageError
from trueline.model.base import Model

DEFAULT_VERSION = "1.18"
_GIT_VERSION = re.compile(r"v([0-9]+\.[0-9]+)\.[0-9]+[-+]([0-9A-Za-z_]+)(?:[.\-+]*)[0-9A-Za-z_]+")
_KUBELET = re.compile(r"Kubernetes (v([0-9]+\.[0-9]+)[^\s]*)")
_OC_CLIENT = re.compile(r"oc v([0-9]+\.[0-9]+)|Client Version:\s*([0-9]+\.[0-9]+)")
_OC_SERVER = re.compile(r"(?:openshift v|Server Version:\s*)([0-9]+\.[0-9]+)")
_OPENSHIFT = ("3.10", "4.1", "4.11", "4.13")
_RKE = ("rke.cattle.io/external-ip", "rke.cattle.io/internal-ip")
_AKS = "kubernetes.azure.com/cluster"
_ELSE = ""


def _minors(first: int, last: int, benchmark: str) -> dict[str, str]:
    return {f"1.{minor}": benchmark for minor in range(first, last + 1)}


_PLATFORMS: dict[str, dict[str, str]] = {
    "eks": {
        **_minors(15, 19, "eks-1.0.1"),
        **_minors(29, 31, "eks-1.7.0"),
        **_minors(32, 34, "eks-1.8.0"),
        _ELSE: "eks-1.5.0",
    },
    "aks": {**_minors(19, 24, "aks-1.0"), **_minors(29, 31, "aks-1.7"), _ELSE: "aks-1.8"},
    "gke": {
        **_minors(15, 19, "gke-1.0"),
        **_minors(20, 27, "gke-1.2.0"),
        **_minors(28, 29, "gke-1.6.0"),
        "1.30": "gke-1.8.0",
        _ELSE: "gke-1.9.0",
    },
    "ocp": {"3.10": "rh-0.7", "4.1": "rh-1.0", "4.11": "rh-1.4", "4.13": "rh-1.8"},
    "k3s": {
        **_minors(22, 23, "k3s-cis-1.23"),
        "1.24": "k3s-cis-1.24",
        "1.25": "k3s-cis-1.7",
        "1.26": "k3s-cis-1.8",
        _ELSE: "k3s-cis-1.9",
    },
    "rancher": {"1.23": "rke-cis-1.23", "1.24": "rke-cis-1.24", _ELSE: "rke-cis-1.7"},
    "rke2r": {
        "1.23": "rke2-cis-1.23",
        "1.24": "rke2-cis-1.24",
        "1.25": "rke2-cis-1.7",
        _ELSE: "rke2-cis-1.8",
    },
    "aliyun": {_ELSE: "ack-1.0"},
    "vmware": {_ELSE: "tkgi-1.2.53"},
}


class NodeTraits(Model, frozen=True, kw_only=True):
    """What a Node object shows of its platform."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    provider_id: str = ""
    windows: bool = False


class Mapped(Model, frozen=True, kw_only=True):
    """A benchmark and the version it was found under, which may be older than the one asked for."""

    benchmark: str
    version: str


def benchmark_for_version(mapping: Mapping[str, str], version: str, *, strict_compat: bool = False) -> Mapped:
    """The benchmark of the version, or of the nearest older minor. Raises UsageError where there is none.

    With `strict_compat` the search ends at minor 1, so that 4.0 is never found.
    """
    tried = version
    while tried not in mapping:
        tried = "" if tried == DEFAULT_VERSION else _older(tried, 1 if strict_compat else 0)
        if not tried:
            raise UsageError(
                f"unable to find a matching benchmark for Kubernetes version {version}",
                hint="Name one with --benchmark, or add the version to version_mapping in config.yaml.",
            )
    return Mapped(benchmark=mapping[tried], version=tried)


def base_version(major: str, minor: str) -> str:
    """ "1.29" of the parts that an API server reports ("1", "29+")."""
    return f"{major}.{minor.split('+', maxsplit=1)[0]}"


def platform(git_version: str) -> tuple[str, str]:
    """Name and version of the platform in a git version ("v1.27.6+k3s1"); two "" where it names none."""
    found = _GIT_VERSION.search(git_version)
    return (found[2], found[1]) if found else ("", "")


def with_platform(git_version: str, nodes: Sequence[NodeTraits]) -> str:
    """The git version with a suffix for platforms that only show on Node objects."""
    if not nodes:
        return git_version
    first = nodes[0]
    if not any(node.windows for node in nodes) and any(name in first.annotations for name in _RKE):
        return f"{git_version}-rancher1"
    if _AKS in first.labels or first.provider_id.startswith("azure://"):
        return f"{git_version}-aks1"
    return git_version


def benchmark_for_platform(name: str, version: str) -> str | None:
    """The platform's own benchmark; None where the Kubernetes version decides."""
    benchmarks = _PLATFORMS.get(name, {})
    return benchmarks.get(version, benchmarks.get(_ELSE))


def openshift_version(text: str, *, strict_compat: bool = False) -> str | None:
    """The server's version that `oc version` prints, else the client's, lowered to one that has a benchmark.

    With `strict_compat` it is the client's, which may be newer than the cluster.
    """
    server = None if strict_compat else _OC_SERVER.search(text)
    client = _OC_CLIENT.search(text)
    version = server[1] if server else (client[1] or client[2]) if client else ""
    while version and version not in _OPENSHIFT:
        version = _older(version, 1)
    return version or None


def kubelet_version(text: str) -> tuple[str, str] | None:
    """Minor and git version that `kubelet --version` prints."""
    found = _KUBELET.search(text)
    return (found[2], found[1]) if found else None


def _older(version: str, lowest: int) -> str:
    parts = version.split(".")
    if len(parts) < 2 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 9:
        return ""
    minor = int(parts[1])
    return ".".join([parts[0], str(minor - 1), *parts[2:]]) if minor > lowest else ""
