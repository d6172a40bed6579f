"""Searches among API objects, by the names that rules call them."""

from trueline.evaluate.kube import accounts, admission, grants, namespaces, pods, rbac
from trueline.evaluate.kube.base import Finding, FindSpec, Given, Index, Search
from trueline.evaluate.kube.controls import CONTROLS
from trueline.model.cluster import ResourceName

__all__ = ["FINDS", "FindSpec", "Finding", "Given", "Index", "Search", "needs", "search"]

_RBAC: tuple[ResourceName, ...] = ("clusterrolebindings", "rolebindings", "clusterroles", "roles")
_PODS: tuple[ResourceName, ...] = (
    "namespaces",
    "pods",
    "deployments",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "jobs",
    "cronjobs",
)
_GUARDS: tuple[ResourceName, ...] = (
    "validatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)
_CONTROL = (("control", frozenset(CONTROLS)),)

_SPECS = (
    FindSpec("cluster-admin", rbac.search_cluster_admin, _RBAC),
    FindSpec("wildcards", rbac.search_wildcards, _RBAC),
    FindSpec("bindings-of", rbac.search_bindings_of, _RBAC, required=("subjects",)),
    FindSpec("masters-credentials", rbac.search_masters_credentials, _RBAC),
    FindSpec(
        "grants",
        grants.search_grants,
        _RBAC,
        required=("verbs", "resources"),
        optional=("named", "related", "related_verbs"),
        choices=(("named", frozenset({"context"})),),
    ),
    FindSpec("default-accounts", accounts.search_default_accounts, ("serviceaccounts", *_RBAC, *_PODS)),
    FindSpec("mounted-tokens", accounts.search_mounted_tokens, ("serviceaccounts", *_RBAC, *_PODS)),
    FindSpec("unguarded", admission.search_unguarded, (*_PODS, *_GUARDS)),
    FindSpec(
        "admitted", admission.search_admitted, (*_PODS, *_GUARDS), required=("control",), choices=_CONTROL
    ),
    FindSpec("image-origins", admission.search_image_origins, (*_PODS, *_GUARDS)),
    FindSpec("running", pods.search_running, _PODS, required=("control",), choices=_CONTROL),
    FindSpec("security-contexts", pods.search_security_contexts, _PODS),
    FindSpec("secret-variables", pods.search_secret_variables, _PODS),
    FindSpec("images", pods.search_images, _PODS, required=("words",)),
    FindSpec("without-network-policy", namespaces.search_without_network_policy, (*_PODS, "networkpolicies")),
    FindSpec("objects-in", namespaces.search_objects_in, (*_PODS, "services"), required=("namespace",)),
    FindSpec("namespaces", namespaces.search_namespaces, _PODS),
)

FINDS: dict[str, FindSpec] = {spec.name: spec for spec in _SPECS}


def _spec(find: str, given: Given) -> FindSpec:
    if find not in FINDS:
        raise ValueError(f"there is no search {find!r}; known are {', '.join(sorted(FINDS))}")
    FINDS[find].check(given)
    return FINDS[find]


def needs(find: str, given: Given) -> tuple[ResourceName, ...]:
    """The lists that a search reads: it can't be trusted while one isn't complete. ValueError as `search`."""
    return _spec(find, given).needs


def search(find: str, given: Given, index: Index) -> Search:
    """Runs a search; ValueError when there is none of that name or the arguments don't fit it."""
    return _spec(find, given).run(index, given)
