"""A proposal for a cluster's settings in the files of those who run it: kubeadm, kubelet, K3s, RKE2."""

import json
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from trueline.model.change import Proposal, SettingChange
from trueline.report.safe import visible

Files = dict[str, str]

_SECTIONS = {
    "kube-apiserver": ("apiServer",),
    "kube-controller-manager": ("controllerManager",),
    "kube-scheduler": ("scheduler",),
    "etcd": ("etcd", "local"),
}
_KINDS = {
    "kubelet": ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration"),
    "kube-proxy": ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
}
_BY_FLAG = (*_SECTIONS, "kubelet", "kube-proxy")


def kubeadm(proposal: Proposal) -> Files:
    """Parts of kubeadm's configuration: arguments of the control plane, and of kubelet and kube-proxy."""
    documents = [_cluster_configuration(proposal)] if any(map(_flagged(proposal), _SECTIONS)) else []
    documents += [_component_config(proposal, name) for name in _KINDS if _keyed(proposal, name)]
    lead = (
        *_lead(proposal, _BY_FLAG),
        "Merge this into the configuration that the cluster was made with:",
        "`kubectl -n kube-system edit configmap kubeadm-config` (kubelet-config, kube-proxy).",
    )
    return {"kubeadm.yaml": _text(lead, documents)} if documents else {}


def kubeadm_patches(proposal: Proposal) -> Files:
    """A directory for `kubeadm --patches`: what the configuration does not hold stays as it is."""
    found: Files = {}
    for component in _SECTIONS:
        changes = _flagged(proposal)(component)
        given = [one for one in changes if one.type == "list" and one.flag_in_the_way]
        if changes:
            patch = [
                {"op": "add", "path": "/spec/containers/0/command/-", "value": f"--{one.flag}={one.value}"}
                for one in changes
                if one not in given
            ]
            lead = (
                *_lead(proposal, (component,)),
                "Of a flag that stands twice the last one counts, but lists add up: these are not in here,",
                f"change them in the ClusterConfiguration: {', '.join(one.flag for one in given) or 'none'}.",
            )
            found[f"{component}+json.yaml"] = _text(lead, [patch])
    if changes := _keyed(proposal, "kubelet"):
        found["kubeletconfiguration+merge.yaml"] = _text(_lead(proposal, ("kubelet",)), [_nested(changes)])
    return found


def kubelet(proposal: Proposal) -> Files:
    """A drop-in for the directory that --config-dir of the kubelet names (since Kubernetes 1.28)."""
    if not _keyed(proposal, "kubelet"):
        return {}
    lead = (*_lead(proposal, ("kubelet",)), "Lay it into the kubelet's --config-dir and restart the kubelet.")
    return {"99-trueline.conf": _text(lead, [_component_config(proposal, "kubelet")])}


def rancher(proposal: Proposal) -> Files:
    """A file for /etc/rancher/k3s/config.yaml.d or /etc/rancher/rke2/config.yaml.d."""
    document = {
        f"{component}-arg+": [f"{one.flag}={one.value}" for one in changes]
        for component in _BY_FLAG
        if (changes := _flagged(proposal)(component))
    }
    lead = (
        *_lead(proposal, _BY_FLAG),
        "Lay it into config.yaml.d beside the config.yaml of K3s or RKE2 on each node, and restart.",
    )
    return {"99-trueline.yaml": _text(lead, [document])} if document else {}


PROPOSALS: Mapping[str, Callable[[Proposal], Files]] = MappingProxyType(
    {
        "kubeadm": kubeadm,
        "kubeadm-patches": kubeadm_patches,
        "kubelet": kubelet,
        "k3s": rancher,
        "rke2": rancher,
    }
)


def _cluster_configuration(proposal: Proposal) -> dict[str, Any]:
    """From Kubernetes 1.31 (kubeadm v1beta4) arguments are a list of names and values, before that a map."""
    minor = proposal.kubernetes.partition(".")[2]
    listed = not minor.isdigit() or int(minor) >= 31
    document: dict[str, Any] = {
        "apiVersion": f"kubeadm.k8s.io/{'v1beta4' if listed else 'v1beta3'}",
        "kind": "ClusterConfiguration",
    }
    for component, path in _SECTIONS.items():
        if changes := _flagged(proposal)(component):
            place = document
            for name in path:
                place = place.setdefault(name, {})
            place["extraArgs"] = (
                [{"name": one.flag, "value": one.value} for one in changes]
                if listed
                else {one.flag: one.value for one in changes}
            )
    return document


def _component_config(proposal: Proposal, component: str) -> dict[str, Any]:
    version, kind = _KINDS[component]
    return {"apiVersion": version, "kind": kind, **_nested(_keyed(proposal, component))}


def _keyed(proposal: Proposal, component: str) -> list[SettingChange]:
    return [one for one in proposal.of(component) if one.key and one.value is not None]


def _nested(changes: Iterable[SettingChange]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for one in changes:
        *path, last = one.key.split(".")
        place = document
        for name in path:
            place = place.setdefault(name, {})
        place[last] = _typed(one)
    return document


def _typed(change: SettingChange) -> Any:
    """The value as the configuration's own type."""
    assert change.value is not None
    match change.type:
        case "bool":
            return change.value == "true"
        case "int":
            return int(change.value)
        case "list":
            return change.value.split(",")
        case "map":
            pairs = (part.partition("=") for part in change.value.split(","))
            return {name: {"true": True, "false": False}.get(value, value) for name, _, value in pairs}
        case _:
            return change.value


def _flagged(proposal: Proposal) -> Callable[[str], list[SettingChange]]:
    """The changes of a component that a flag can make."""
    return lambda component: [one for one in proposal.of(component) if one.flag and one.value is not None]


def _lead(proposal: Proposal, components: Collection[str]) -> Iterator[str]:
    """What a reader must know of the changes to these components, and of what is not written for them."""
    yield f"Proposed for {proposal.target} by {proposal.benchmark}; review it before use."
    for one in (change for component in components for change in proposal.of(component)):
        now = f" (now {one.now})" if one.now else ""
        yield f"{', '.join(one.numbers)}: {one.component} {one.setting}{now}"
        yield from (f"    May break something: {impact}" for impact in one.impacts)
        if one.value is None:
            yield f"    Take --{one.flag or one.key} away."
        elif one.by_key and one.flag_in_the_way:
            yield f"    Take the flag --{one.flag} away as well: it overrides {one.key} of the file."
    for missing in proposal.unwritten:
        if missing.component in components:
            yield f"Not in here: {missing.number} {missing.title}: {missing.reason}"
    if proposal.others:
        yield f"Failing, but about no setting (see the report): {', '.join(proposal.others)}"


def _text(lead: Iterable[str], documents: Iterable[Any]) -> str:
    wrapped = (piece for line in lead for piece in _comment(visible(line)))
    remarks = "".join(f"{piece}\n" for piece in wrapped)
    return remarks + "---\n".join("\n".join(_yaml(one)) + "\n" for one in documents)


def _comment(line: str) -> list[str]:
    indent = "# " + " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(), 110, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Block YAML of mappings and lists; strings are quoted, so that none is taken for something else."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield f"{indent}{key}:"
                yield from _yaml(inner, indent + "  ")
            else:
                yield f"{indent}{key}: {_scalar(inner)}"
        return
    for inner in value:
        first, *rest = _yaml(inner, indent + "  ") if isinstance(inner, dict) else [_scalar(inner)]
        yield f"{indent}- {first.strip()}"
        yield from rest


def _scalar(value: Any) -> str:
    return json.dumps(visible(value) if isinstance(value, str) else value, ensure_ascii=False)
