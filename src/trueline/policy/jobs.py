"""Says what is wrong with manifests of an audit's Jobs: rights, mounts, pins, clean-up, who makes them."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

Level = Literal["error", "warning"]
Object = dict[str, Any]

_SHARED: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
_WIDE: Final = (
    "/",
    "/etc",
    "/home",
    "/root",
    "/usr",
    "/var",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/log",
    "/run",
)
_EVERYBODY: Final = ("system:authenticated", "system:unauthenticated", "system:serviceaccounts")
_WORKLOADS: Final = ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob", "Pod")
_MAKERS: Final = {"jobs", "cronjobs", "pods", "*"}
_MAKING: Final = {"create", "update", "patch", "*"}


class Remark(NamedTuple):
    """What is wrong with an object; `hint` says what to write instead."""

    level: Level
    where: str
    text: str
    hint: str


def lint(objects: Iterable[Object], others: Iterable[tuple[str, str]] = ()) -> list[Remark]:
    """All remarks, errors first. `others` are workloads of the cluster: namespace and name."""
    listed = [one for one in objects if isinstance(one.get("kind"), str)]
    jobs = [one for one in listed if _is_audit(one)]
    found = [remark for one in jobs for remark in _job(one)]
    namespaces = {_namespace(one) for one in jobs}
    ours = {(_namespace(one), _name(one)) for one in jobs}
    beside = [(_namespace(one), _name(one)) for one in listed if one["kind"] in _WORKLOADS]
    found += _neighbours(namespaces, {*beside, *others} - ours)
    found += _makers(listed, namespaces)
    return sorted(dict.fromkeys(found), key=lambda remark: remark.level != "error")


def _is_audit(one: Object) -> bool:
    return any(
        "trueline" in str(container.get("image", "")).rpartition("/")[2]
        or "trueline" in " ".join(_words(container))
        for container in _list(_pod(one), "containers")
    )


def _job(one: Object) -> Iterator[Remark]:
    where = f"{one['kind']} {_name(one)}"
    namespace = _namespace(one)
    if namespace in _SHARED:
        said = f"it runs in namespace {namespace or 'default'}, where others run"
        yield Remark("error", where, said, "Give it a namespace of its own.")
    pod = _pod(one)
    for flag in ("hostPID", "hostNetwork", "hostIPC"):
        if pod.get(flag):
            yield Remark("error", where, f"{flag} is on", "Mount /proc of the node read-only instead.")
    for container in _list(pod, "containers"):
        yield from _container(container, where)
        yield from _token(pod, container, where)
    yield from _mounts(pod, where)
    spec = _dict(_job_spec(one))
    if one["kind"] != "Pod" and not spec.get("ttlSecondsAfterFinished"):
        yield Remark("error", where, "nothing deletes it when it is done", "Set ttlSecondsAfterFinished.")
    if one["kind"] != "Pod" and not spec.get("activeDeadlineSeconds"):
        yield Remark("warning", where, "it may wait for ever", "Set activeDeadlineSeconds.")


def _container(container: Object, where: str) -> Iterator[Remark]:
    image = str(container.get("image", ""))
    if "@sha256:" not in image:
        tag = image.rpartition("/")[2].partition(":")[2]
        level: Level = "warning" if tag and tag != "latest" else "error"
        yield Remark(level, where, f"the image {image} is not pinned by its digest", "NAME@sha256:...")
    words = _words(container)
    chosen = [word.partition("=")[2] for word in words if word.startswith("--benchmark=")]
    chosen += [after for word, after in pairwise(words) if word == "--benchmark"]
    if not chosen or "auto" in chosen:
        yield Remark("error", where, "no benchmark is pinned", "Add --benchmark=ID to its arguments.")
    context = _dict(container.get("securityContext"))
    if context.get("privileged"):
        yield Remark("error", where, "it is privileged", "Add only the capabilities that it needs.")
    if context.get("allowPrivilegeEscalation") is not False:
        yield Remark("error", where, "it may gain rights", "Set allowPrivilegeEscalation: false.")
    if context.get("readOnlyRootFilesystem") is not True:
        yield Remark("error", where, "its own files can be written", "Set readOnlyRootFilesystem: true.")
    if "ALL" not in (_dict(context.get("capabilities")).get("drop") or ()):
        yield Remark("error", where, "it keeps capabilities", "Drop ALL, then add what it needs.")


def _token(pod: Object, container: Object, where: str) -> Iterator[Remark]:
    asks = "--in-cluster" in _words(container)
    if not asks and pod.get("automountServiceAccountToken") is not False:
        said = "it gets a token and asks no API server"
        yield Remark("error", where, said, "Set automountServiceAccountToken: false.")


def _mounts(pod: Object, where: str) -> Iterator[Remark]:
    paths = {
        str(volume.get("name")): str(_dict(volume["hostPath"]).get("path", "")).rstrip("/") or "/"
        for volume in _list(pod, "volumes")
        if volume.get("hostPath")
    }
    for container in _list(pod, "containers"):
        for mount in _list(container, "volumeMounts"):
            path = paths.get(str(mount.get("name")))
            if path and mount.get("readOnly") is not True:
                yield Remark("error", where, f"{path} of the node can be written", "Set readOnly: true.")
    for path in paths.values():
        if path in _WIDE:
            said = f"all of {path} is mounted, which holds more than checks need"
            yield Remark("warning", where, said, "Mount the directories that deploy/ mounts.")


def _neighbours(namespaces: set[str], others: set[tuple[str, str]]) -> Iterator[Remark]:
    for namespace in sorted(namespaces - set(_SHARED)):
        names = sorted(name for place, name in others if place == namespace)
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            said = f"others run there too: {', '.join(names[:3])}{more}"
            yield Remark("warning", f"Namespace {namespace}", said, "Keep it for audits alone.")


def _makers(listed: list[Object], namespaces: set[str]) -> Iterator[Remark]:
    """Who may make Jobs there can read every node: that is for one group."""
    roles = {
        (one["kind"], _name(one)) for one in listed if one["kind"] in ("Role", "ClusterRole") and _makes(one)
    }
    groups: dict[str, set[str]] = {namespace: set() for namespace in namespaces}
    for one in listed:
        reference = _dict(one.get("roleRef"))
        if (reference.get("kind"), reference.get("name")) not in roles:
            continue
        where = f"{one['kind']} {_name(one)}"
        places = namespaces if one["kind"] == "ClusterRoleBinding" else {_namespace(one)} & namespaces
        for subject in _list(one, "subjects"):
            name = str(subject.get("name", ""))
            if subject.get("kind") != "Group" or name.startswith(_EVERYBODY):
                said = f"{subject.get('kind')} {name} may make Jobs beside the audit's"
                yield Remark("error", where, said, "Give that right to one group of people.")
            for place in places:
                groups[place].add(name)
    for namespace, names in sorted(groups.items()):
        if len(names) > 1:
            said = f"several may make Jobs: {', '.join(sorted(names))}"
            yield Remark("warning", f"Namespace {namespace}", said, "Give that right to one group.")


def _makes(role: Object) -> bool:
    return any(
        _MAKERS & _texts(rule, "resources") and _MAKING & _texts(rule, "verbs")
        for rule in _list(role, "rules")
    )


def _texts(value: Object, key: str) -> set[str]:
    found = value.get(key)
    return set(map(str, found)) if isinstance(found, list) else set()


def _job_spec(one: Object) -> Any:
    spec = _dict(one.get("spec"))
    return _dict(spec.get("jobTemplate")).get("spec") if one["kind"] == "CronJob" else spec


def _pod(one: Object) -> Object:
    if one["kind"] == "Pod":
        return _dict(one.get("spec"))
    return _dict(_dict(_dict(_job_spec(one)).get("template")).get("spec"))


def _words(container: Object) -> list[str]:
    parts = (container.get(key) for key in ("command", "args"))
    return [str(word) for part in parts if isinstance(part, list) for word in part]


def _name(one: Object) -> str:
    return str(_dict(one.get("metadata")).get("name", ""))


def _namespace(one: Object) -> str:
    return str(_dict(one.get("metadata")).get("namespace") or "default")


def _dict(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _list(value: Any, key: str) -> list[Object]:
    found = _dict(value).get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
