"""Builds clusters from objects in the API's own shape."""

import json
from pathlib import Path

import msgspec
import pytest

from trueline.evaluate.kube import Index, Search, search
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import NodeFacts

CAPTURED = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "kubeadm-1.36-api"
ENFORCE = "pod-security.kubernetes.io/enforce"
STAR = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}

_LISTS = {
    "nodes": "nodes",
    "namespaces": "namespaces",
    "service_accounts": "serviceaccounts",
    "pods": "pods",
    "services": "services",
    "roles": "roles",
    "cluster_roles": "clusterroles",
    "role_bindings": "rolebindings",
    "cluster_role_bindings": "clusterrolebindings",
    "network_policies": "networkpolicies",
}
_WORKLOADS = {
    "Deployment": "deployments",
    "DaemonSet": "daemonsets",
    "ReplicaSet": "replicasets",
    "Job": "jobs",
}

GOOD_CONTAINER = {
    "name": "c",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
GOOD_POD = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [GOOD_CONTAINER],
}


def cluster(**lists) -> ClusterFacts:
    """ClusterFacts of raw lists; version 1.34 unless another is given."""
    return msgspec.convert({"version": "v1.34.1", **lists}, ClusterFacts)


def run(find: str, facts: ClusterFacts, *, node: NodeFacts | None = None, version=None, **given) -> Search:
    """One search over the facts."""
    return search(
        find, {name: tuple(value) for name, value in given.items()}, Index(facts, node=node, version=version)
    )


def grants(facts: ClusterFacts, verbs: str, resources: str, **given) -> Search:
    """The search for grants, with verbs and resources divided by blanks."""
    return run("grants", facts, verbs=verbs.split(), resources=resources.split(), **given)


def meta(name: str, namespace: str = "", **rest) -> dict:
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **rest}}


def rule(verbs: str, resources: str, group: str = "", **rest) -> dict:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **rest}


def role(name: str, *rules: dict, namespace: str = "") -> dict:
    return {**meta(name, namespace), "rules": list(rules)}


def binding(name: str, to: str, *subjects: dict, namespace: str = "", kind: str = "ClusterRole") -> dict:
    return {**meta(name, namespace), "roleRef": {"kind": kind, "name": to}, "subjects": list(subjects)}


def user(name: str) -> dict:
    return {"kind": "User", "name": name}


def group(name: str) -> dict:
    return {"kind": "Group", "name": name}


def account(namespace: str, name: str) -> dict:
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def pod(name: str, namespace: str = "shop", *, owner: tuple[str, str] | None = None, **spec) -> dict:
    """A pod with one container unless `spec` has others."""
    owners = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    return {**meta(name, namespace, ownerReferences=owners), "spec": {"containers": [{"name": "c"}], **spec}}


def workload(name: str, namespace: str = "shop", *, kind: str = "Deployment", **spec) -> dict:
    template = {"template": {"spec": {"containers": [{"name": "c"}], **spec}}}
    inner = {"jobTemplate": {"spec": template}} if kind == "CronJob" else template
    return {"kind": kind, **meta(name, namespace), "spec": inner}


def namespace(name: str, **labels) -> dict:
    """A namespace; `enforce` is short for the label."""
    named = {ENFORCE if key == "enforce" else key: value for key, value in labels.items()}
    return meta(name, labels=named)


def objects(found) -> list[str]:
    return [finding.object for finding in found]


def captured(**changes) -> ClusterFacts:
    """The objects of a real kubeadm cluster; `changes` are added to its lists. Skips where there are none."""
    if not CAPTURED.is_dir():
        pytest.skip(f"the captured API objects are not at {CAPTURED}")
    lists = {name: _items(file) for name, file in _LISTS.items()}
    lists["workloads"] = [
        {"kind": kind, **item}
        for kind, file in _WORKLOADS.items()
        for item in _items(file)
        if not any(owner.get("controller") for owner in item["metadata"].get("ownerReferences", []))
    ]
    for name, added in changes.items():
        lists[name] = lists[name] + added
    return cluster(**{**lists, "version": "v1.36.2"})


def _items(file: str) -> list[dict]:
    return json.loads((CAPTURED / f"{file}.json").read_text())["items"]
