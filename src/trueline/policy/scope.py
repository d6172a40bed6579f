"""Decides whether an entry's scope holds for a result: its cluster, its node, or the nodes of a fleet."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from trueline.model.policy import NodeScope, Scope
from trueline.model.results import NodeHead, Outcome, Result, Target

_CONTROL_PLANE = "control-plane"
_WORKER = "worker"
_ROLES = {"master": _CONTROL_PLANE, "controlplane": _CONTROL_PLANE}
_SETTLED = {Outcome.PASS, Outcome.INFORMATIONAL, Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}


def outside(scope: Scope, target: Target, nodes: Iterable[NodeHead], result: Result) -> str:
    """Why a scope does not hold for a result, in words; "" where it holds. What isn't known is outside."""
    if scope.clusters:
        names = [name for name in (target.cluster_name, target.cluster_uid, target.cluster) if name]
        if target.kind == "cluster" and target.name:
            names.append(target.name)
        if not names:
            return "the run does not tell its cluster"
        if not any(_fits(name, scope.clusters) for name in names):
            return f"cluster {names[0]} is outside its scope"
    if not (scope.nodes.role or scope.nodes.name):
        return ""
    if result.spread is not None:
        return _outside_fleet(scope.nodes, nodes, result)
    if target.kind == "cluster":
        return "it is for nodes, and this run is of a cluster"
    return (
        "" if _holds(scope.nodes, target.name, target.roles) else f"node {target.name} is outside its scope"
    )


def roles(given: Iterable[str]) -> frozenset[str]:
    """Roles with those names that people use, too: control-plane, and worker for what is only a node."""
    found = frozenset(given)
    known = found | {_ROLES[role] for role in found if role in _ROLES}
    return known if _CONTROL_PLANE in known or "node" not in found else known | {_WORKER}


def _outside_fleet(scope: NodeScope, nodes: Iterable[NodeHead], result: Result) -> str:
    """All nodes that don't pass must be in the scope, else the recommendation as a whole is not covered."""
    spread = result.spread
    if spread is None:
        return ""
    known = {node.name: node.roles for node in nodes}
    open_ones = [name for outcome, names in spread.nodes.items() if outcome not in _SETTLED for name in names]
    left = [name for name in (*open_ones, *spread.missing) if not _holds(scope, name, known.get(name, ()))]
    if not left:
        return ""
    shown = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    return f"{shown} of the nodes that don't pass are outside its scope"


def _holds(scope: NodeScope, name: str, given: Iterable[str]) -> bool:
    if scope.name and not _fits(name, _several(scope.name)):
        return False
    return not scope.role or any(_fits(role, _several(scope.role)) for role in roles(given))


def _several(patterns: str | tuple[str, ...]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else patterns


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
