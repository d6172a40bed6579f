"""Measures how a big cluster is collected: python bench/cluster.py [--pods N] [--roles N] [--distinct]

A server in a process of its own plays the recorded objects, multiplied and as large as real ones over TLS,
with managedFields. The collection runs in another process, whose own time and memory count.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

MAX_MEGABYTES, MAX_SECONDS = 300, 10


def multiplied(objects, count, distinct):
    """Recorded objects under new names; `distinct` makes no two of them share environment or volumes."""
    ballast = {f"f:field-{i}": {".": {}, "f:name": {}, "f:value": {}} for i in range(45)}
    fields = [{"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:spec": ballast}}]
    for number in range(count):
        item = json.loads(json.dumps(objects[number % len(objects)]))
        meta = item["metadata"]
        meta["name"] = f"{meta['name']}-{number:06d}"
        meta["uid"] = f"{number:08x}-0000-4000-8000-{number:012x}"
        meta["managedFields"] = fields
        if distinct:
            spread(item, number)
        yield json.dumps(item, separators=(",", ":")).encode()


def spread(item, number):
    for container in item.get("spec", {}).get("containers", []):
        container["image"] = f"registry.example.test/team-{number}/app:{number}"
        container["env"] = [{"name": f"SETTING_{number}_{i}", "value": "x" * 40} for i in range(20)]
    for rule in item.get("rules") or []:
        rule["resourceNames"] = [f"object-{number}"]


def play(arguments, pipe):
    from tests.collect.apiserver import recorded, serve

    objects = recorded()
    objects["pods"] = list(multiplied(objects["pods"], arguments.pods, arguments.distinct))
    objects["roles"] = list(multiplied(objects["roles"], arguments.roles, arguments.distinct))
    sizes = {name: sum(map(len, objects[name])) for name in ("pods", "roles")}
    with serve(objects) as server, tempfile.TemporaryDirectory() as folder:
        server.compress = arguments.gzip
        pipe.send((server.kubeconfig(Path(folder)), sizes))
        pipe.recv()


def collect(kubeconfig, pipe):
    begun = time.perf_counter()
    from trueline.collect.cluster import collect_cluster

    imported = time.perf_counter() - begun
    facts = collect_cluster(kubeconfig)
    wall = time.perf_counter() - begun
    usage = resource.getrusage(resource.RUSAGE_SELF)
    import msgspec

    begun = time.perf_counter()
    size = len(msgspec.json.encode(facts))
    pipe.send(
        {
            "pods": len(facts.pods),
            "roles": len(facts.roles),
            "unavailable": facts.unavailable,
            "import s": round(imported, 3),
            "wall s": round(wall, 2),
            "own CPU s": round(usage.ru_utime + usage.ru_stime, 2),
            "peak RSS MB": round(usage.ru_maxrss / 1024),
            "encoded MB": round(size / 1e6, 1),
            "encoding s": round(time.perf_counter() - begun, 2),
        }
    )


def in_child(function, *arguments):
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=function, args=(*arguments, theirs), daemon=True
    )
    process.start()
    return ours, process


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--roles", type=int, default=5_000)
    parser.add_argument("--distinct", action="store_true", help="no two objects alike")
    parser.add_argument("--gzip", action="store_true", help="the server compresses, which costs it time")
    arguments = parser.parse_args()
    server, process = in_child(play, arguments)
    kubeconfig, sizes = server.recv()
    print("served MB", {name: round(size / 1e6, 1) for name, size in sizes.items()})
    result = in_child(collect, kubeconfig)[0].recv()
    server.send("done")
    process.join()
    for name, value in result.items():
        print(f"{name:12} {value}")
    good = not result["unavailable"] and result["peak RSS MB"] <= MAX_MEGABYTES
    sys.exit(0 if good and result["own CPU s"] <= MAX_SECONDS else 1)


if __name__ == "__main__":
    main()
