"""Collects all that is known of a Kubernetes node from the files below a root."""

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from trueline.collect.access import Root, printable
from trueline.collect.bundles import stand_ins, unfold
from trueline.collect.certificates import names_certificate
from trueline.collect.components import Instance, gather_instances
from trueline.collect.files import TREE_DEPTH, Gathering
from trueline.collect.host import hostname, kernel, machine_id, os_release
from trueline.collect.places import MANIFESTS, gather_manifests, gather_places
from trueline.collect.processes import find_processes
from trueline.model.bundle import Bundle
from trueline.model.facts import Absent, NodeFacts, Process
from trueline.model.platform import NamedFile
from trueline.model.setting import Component

_LEVELS = {"": 0, "file": 1, "tree": TREE_DEPTH}


def collect_node(
    root: Root,
    components: Iterable[Component],
    files: Iterable[NamedFile],
    bundles: Iterable[Bundle] = (),
) -> NodeFacts:
    """Everything of a node that any benchmark may ask for, secrets left out.

    `bundles` are programs whose processes hold several components.
    Reads files below `root` only and starts no program. What can't be read is an `Unavailable` in the place
    of the fact, and what could not be seen at all a sentence in `limits`.
    """
    components, bundles = tuple(components), tuple(bundles)
    found = find_processes(root, (*components, *stand_ins(bundles)))
    running = tuple(unfold(root, found.processes, bundles)) if isinstance(found.processes, tuple) else ()
    gathering = Gathering(root, [part.env_prefix for part in components if part.env_prefix])
    instances = gather_instances(gathering, components, running)
    gather_manifests(gathering, MANIFESTS)
    for named in files:
        _gather_named(gathering, named, instances)
    gather_places(gathering)
    return NodeFacts(
        hostname=hostname(root),
        root=printable(root.path),
        machine_id=machine_id(root),
        os_release=os_release(root),
        kernel=kernel(root),
        collector_uid=os.geteuid(),
        processes=_with_roots(running, instances) if isinstance(found.processes, tuple) else found.processes,
        files=dict(sorted(gathering.files.items())),
        documents=dict(sorted(gathering.documents.items())),
        limits=(*found.limits, *_partial_root(root), *gathering.notes),
    )


def _gather_named(gathering: Gathering, named: NamedFile, instances: Iterable[Instance]) -> None:
    flag = named.flag.rpartition("/")[2]
    component = named.flag.rpartition("/")[0] or named.component
    paths = dict.fromkeys(named.candidates)
    if flag:
        own = [instance for instance in instances if instance.component.component == component]
        paths |= {instance.key(path): None for instance in own for path in instance.values(flag)}
    for path in paths:
        for file in gathering.walk(path, _LEVELS[named.each], certificate=names_certificate(flag)):
            if named.document and (file == path or _wanted(file, named)):
                gathering.document(file, named.document)


def _wanted(path: str, named: NamedFile) -> bool:
    name = path.rpartition("/")[2]
    matches = any(fnmatchcase(name, pattern) for pattern in (named.match or "*").split())
    return matches and not any(fnmatchcase(name, pattern) for pattern in named.ignore.split())


def _with_roots(processes: tuple[Process, ...], instances: Iterable[Instance]) -> tuple[Process, ...]:
    """A container whose files are all the node's own sees the node as far as anything here is concerned."""
    own = {(instance.process.pid, instance.component.component): instance.own_files for instance in instances}
    return tuple(
        process
        if not process.root or own.get((process.pid, process.component))
        else msgspec.structs.replace(process, root="")
        for process in processes
    )


def _partial_root(root: Root) -> list[str]:
    if isinstance(root.identity("/etc/passwd"), Absent):
        return ["There is no /etc/passwd below the root: it seems to hold only a part of a node."]
    return []
