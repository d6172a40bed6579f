"""Records the example node that ships with the package, with trueline's own collectors.

    python -m tools.record_example TREE API_OBJECTS

TREE is the root of a captured node (unpacked as root, with numeric owners), API_OBJECTS a directory with the
lists of its cluster as `kubectl get -A -o json` prints them, which a local API server plays.
"""

import sys
import tempfile
from pathlib import Path

import msgspec

from tests.collect.apiserver import recorded, serve
from trueline.cli.gather import EXAMPLE, Place, collect_snapshot
from trueline.cli.progress import Progress
from trueline.collect.snapshot import write_snapshot

OUTPUT = Path(__file__).parent.parent / "src" / "trueline" / "examples" / EXAMPLE


def main(tree: str, objects: str) -> None:
    """Collects both and writes the snapshot."""
    with serve(recorded(Path(objects))) as server, tempfile.TemporaryDirectory() as folder:
        kubeconfig = server.kubeconfig(Path(folder))
        snapshot, _ = collect_snapshot(Place(root=tree, kubeconfig=kubeconfig), Progress())
    assert snapshot.node is not None
    assert snapshot.cluster is not None
    # the address and names of the server that played the objects are not the cluster's own
    cluster = msgspec.structs.replace(snapshot.cluster, server="https://192.0.2.2:6443", name="kubernetes")
    node = msgspec.structs.replace(snapshot.node, root="/")
    write_snapshot(str(OUTPUT), msgspec.structs.replace(snapshot, node=node, cluster=cluster))


if __name__ == "__main__":
    main(*sys.argv[1:])
