"""Where a node keeps its Kubernetes files when nothing else says so."""

from trueline.collect.files import TREE_DEPTH, Gathering
from trueline.collect.units import UNIT_DIRECTORIES, UNITS, environment_files
from trueline.model.facts import Document, FileMeta

MANIFESTS = "/etc/kubernetes/manifests"
_CNI = "/etc/cni/net.d"
_CNI_SUFFIXES = (".conf", ".conflist", ".json")
# Path and how many levels below it are of interest
_TREES = (
    ("/etc/kubernetes", 1),
    ("/etc/kubernetes/pki", TREE_DEPTH),
    ("/var/lib/kubelet", 0),
    ("/var/lib/kubelet/pki", 1),
    ("/opt/cni/bin", 1),
    ("/var/lib/etcd", 0),
)


def gather_places(gathering: Gathering) -> None:
    """Metadata of the usual places, with units and network configuration as documents."""
    for path, depth in _TREES:
        if depth:
            gathering.tree(path, depth)
        else:
            gathering.file(path)
    for path in gathering.walk(_CNI, 1):
        if path.endswith(_CNI_SUFFIXES):
            gathering.document(path, "cni")
    for directory in UNIT_DIRECTORIES:
        for unit in UNITS:
            _gather_unit(gathering, f"{directory}/{unit}")


def gather_manifests(gathering: Gathering, path: str) -> None:
    """A directory (or the one file) of static pods; as the kubelet, without names that begin with a dot."""
    for file in gathering.walk(path, 1):
        if not file.rpartition("/")[2].startswith("."):
            document = gathering.document(file, "Pod")
            if isinstance(document, Document):
                _gather_volumes(gathering, document)


def _gather_volumes(gathering: Gathering, pod: Document) -> None:
    for volume in pod.data.get("spec", {}).get("volumes", ()):
        path = volume.get("hostPath", {}).get("path")
        if isinstance(path, str) and path.startswith("/"):
            gathering.file(path, entries=False)


def _gather_unit(gathering: Gathering, path: str) -> None:
    # Units are many and mostly somebody else's: only those that exist are recorded, and where they would be.
    paths = [path] if isinstance(gathering.file(path), FileMeta) else []
    paths += [drop_in for drop_in in gathering.walk(f"{path}.d", 1) if drop_in.endswith(".conf")]
    for unit in paths:
        document = gathering.document(unit, "unit")
        if isinstance(document, Document):
            for environment in environment_files(document.data):
                gathering.document(environment, "environment")
