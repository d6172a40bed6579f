"""Collects the facts about a cluster from its API server, by read-only requests."""

import os
import queue
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from trueline.collect.kubeaccess import Access
from trueline.collect.kubeapi import CannotRead, Client, Limits
from trueline.collect.kubeconfig import SERVICE_ACCOUNT, kubeconfig_paths, load_kubeconfig, pod_access
from trueline.collect.kubedecode import MALFORMED
from trueline.collect.kubelists import read_list
from trueline.collect.kuberesources import RESOURCES, Resource
from trueline.model.cluster import ClusterFacts, Workload

Progress = Callable[[str, int], None]

# Time for the threads to say themselves why they stopped, seconds.
_GRACE = 0.5
_TIMED_OUT = "the time for the whole collection ran out"

_FIELDS = {
    "pods": "pods",
    "nodes": "nodes",
    "namespaces": "namespaces",
    "serviceaccounts": "service_accounts",
    "services": "services",
    "roles": "roles",
    "clusterroles": "cluster_roles",
    "rolebindings": "role_bindings",
    "clusterrolebindings": "cluster_role_bindings",
    "networkpolicies": "network_policies",
    "mutatingwebhookconfigurations": "mutating_webhooks",
    "validatingwebhookconfigurations": "validating_webhooks",
    "validatingadmissionpolicies": "admission_policies",
    "validatingadmissionpolicybindings": "admission_policy_bindings",
}
_WORKLOADS = ("deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs")


class _Version(msgspec.Struct, frozen=True):
    text: str = msgspec.field(name="gitVersion")


class _Event(NamedTuple):
    """A thread's word on a resource: a number of objects so far, or how it ended."""

    resource: str
    total: int = 0
    ended: bool = False
    objects: tuple[Any, ...] = ()
    failure: str | None = None
    crash: Exception | None = None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the process was started in: its environment, and where a pod has its service account."""

    environment: Mapping[str, str] = msgspec.field(default_factory=lambda: dict(os.environ))
    service_account: str = SERVICE_ACCOUNT


def collect_cluster(
    kubeconfig: str | None = None,
    *,
    in_cluster: bool = False,
    context: str | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
    surroundings: Surroundings | None = None,
) -> ClusterFacts:
    """The facts about a cluster; what can't be read is named in `unavailable` with its reason.

    `kubeconfig` None means the files that kubectl would take; `in_cluster` means the pod's service account
    instead. `timeout` is for one request, in seconds. `progress` is called in this thread with a resource and
    the number of objects so far. Raises AccessError only where the kubeconfig itself can't be used.
    """
    around = surroundings or Surroundings()
    bounds = limits or Limits()
    if timeout is not None:
        bounds = msgspec.structs.replace(bounds, request_seconds=timeout)
    if in_cluster:
        access = pod_access(around.environment, around.service_account)
    else:
        access = load_kubeconfig(kubeconfig_paths(kubeconfig, around.environment), context)
    return collect_from(access, around.environment, bounds, progress or (lambda _resource, _count: None))


def collect_from(
    access: Access, environment: Mapping[str, str], limits: Limits, progress: Progress
) -> ClusterFacts:
    """The same for an access that was read already. Raises AccessError where its credentials can't be had."""
    client = Client(access, environment, limits)
    try:
        version, refusal = _version_in_time(client)
        if refusal:
            return ClusterFacts(server=client.server, name=access.name, unavailable=_for_all(refusal))
        lists, unavailable = _all_lists(client, limits, progress)
    finally:
        client.stop()
    return _facts(client.server, access.name, version, lists, unavailable)


def _version_in_time(client: Client) -> tuple[str | None, str | None]:
    answers: queue.SimpleQueue[tuple[str | None, str | None] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_version(client))
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=client.seconds_left() + _GRACE)
    except queue.Empty:
        return None, _TIMED_OUT
    if isinstance(answer, Exception):
        raise answer
    return answer


def _version(client: Client) -> tuple[str | None, str | None]:
    """The server's version if it says one, and why there is no use in asking it anything else."""
    try:
        text = msgspec.json.decode(client.get("/version"), type=_Version).text
    except MALFORMED:
        return None, None
    except CannotRead as failure:
        return None, failure.reason if failure.status in (None, 401) else None
    return text if re.fullmatch(r"v?\d+\.\d+[\w.+~-]{0,80}", text, re.ASCII) else None, None


def _all_lists(
    client: Client, limits: Limits, progress: Progress
) -> tuple[dict[str, tuple[Any, ...]], dict[str, str]]:
    # Daemon threads, not an executor: a server that trickles headers may hold one for longer than we wait.
    todo: queue.SimpleQueue[Resource] = queue.SimpleQueue()
    events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
    for resource in RESOURCES:
        todo.put(resource)
    for _ in range(limits.connections):
        threading.Thread(target=_work, args=(client, limits, todo, events), daemon=True).start()
    lists: dict[str, tuple[Any, ...]] = {}
    unavailable = _for_all(_TIMED_OUT)
    for event in _events(events, client):
        progress(event.resource, event.total)
        if event.failure is not None:
            unavailable[event.resource] = event.failure
        elif event.ended:
            lists[event.resource] = event.objects
            del unavailable[event.resource]
    return lists, unavailable


def _for_all(reason: str) -> dict[str, str]:
    return {resource.name: reason for resource in RESOURCES}


def _events(events: "queue.SimpleQueue[_Event]", client: Client) -> Iterable[_Event]:
    """What the threads say, until all resources ended or the time is over."""
    pending = len(RESOURCES)
    while pending:
        try:
            event = events.get(timeout=client.seconds_left() + _GRACE)
        except queue.Empty:
            return
        if event.crash:
            raise event.crash
        pending -= event.ended
        yield event


def _work(
    client: Client, limits: Limits, todo: "queue.SimpleQueue[Resource]", events: "queue.SimpleQueue[_Event]"
) -> None:
    while True:
        try:
            resource = todo.get_nowait()
        except queue.Empty:
            return
        events.put(_ended(client, limits, resource, events))


def _ended(client: Client, limits: Limits, resource: Resource, events: "queue.SimpleQueue[_Event]") -> _Event:
    def report(count: int) -> None:
        events.put(_Event(resource.name, count))

    try:
        objects = tuple(read_list(client, resource, limits, report))
    except CannotRead as failure:
        return _Event(resource.name, ended=True, failure=failure.reason)
    except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
        return _Event(resource.name, ended=True, crash=error)
    return _Event(resource.name, len(objects), ended=True, objects=objects)


def _facts(
    server: str,
    name: str,
    version: str | None,
    lists: Mapping[str, tuple[Any, ...]],
    unavailable: dict[str, str],
) -> ClusterFacts:
    spaces = lists.get("namespaces", ())
    return ClusterFacts(
        server=server,
        name=name,
        uid=next((space.metadata.uid for space in spaces if space.metadata.name == "kube-system"), ""),
        version=version,
        unavailable=dict(sorted(unavailable.items())),
        workloads=_uncontrolled([workload for kind in _WORKLOADS for workload in lists.get(kind, ())]),
        **{field: lists.get(resource, ()) for resource, field in _FIELDS.items()},
    )


def _uncontrolled(workloads: list[Workload]) -> tuple[Workload, ...]:
    """The workloads without those that another one of them controls."""
    known = {(w.metadata.namespace, w.kind, w.metadata.name) for w in workloads}
    return tuple(
        workload
        for workload in workloads
        if not any(
            owner.controller and (workload.metadata.namespace, owner.kind, owner.name) in known
            for owner in workload.metadata.owner_references or ()
        )
    )
