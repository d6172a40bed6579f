"""Measures trueline: python bench/run.py. Prints times, memory and started programs; asserts nothing.

The node is the captured control-plane node beside the checkout (../shared) where it is there, else one that
is built on the spot. Its API server is a process of its own that plays recorded objects over TLS.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

CAPTURED = HERE.parents[1] / "shared" / "fixtures" / "kubeadm-1.36-node.tar"
# kube-bench with the same benchmark on the captured node: wall s, CPU s, programs, s per further pod
KUBE_BENCH = {"wall": 20.5, "cpu": 25.0, "programs": 920, "per_pod": 0.8}
RUNS = 5
HOOK = """
import sys
started = []
kinds = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system")
sys.addaudithook(lambda event, args: started.append(event) if event in kinds else None)
sys.argv = ["trueline", *sys.argv[1:]]
from trueline.cli.main import main
try:
    main()
finally:
    print(len(started), file=sys.stderr)
"""


def measured(words, environment=None):
    """(wall s, CPU s, peak MB, programs started, exit status), the best of some runs."""
    best = None
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", HOOK, *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        errors = process.stderr.read().decode().split()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        one = (wall, cpu, usage.ru_maxrss / 1024, int(errors[-1]), os.waitstatus_to_exitcode(status))
        best = one if best is None or one[0] < best[0] else best
    return best


def play(pods, pipe):
    """An API server with this many pods, until the pipe says to stop."""
    from bench.cluster import multiplied
    from tests.collect.apiserver import recorded, serve

    objects = recorded()
    objects["pods"] = [json.loads(one) for one in multiplied(objects["pods"], pods, distinct=False)]
    with serve(objects) as server, tempfile.TemporaryDirectory() as folder:
        pipe.send(server.kubeconfig(Path(folder)))
        pipe.recv()


def scan_with_pods(root, pods):
    """A scan of node and cluster, where the cluster has this many pods."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=play, args=(pods, theirs), daemon=True)
    server.start()
    kubeconfig = ours.recv()
    try:
        return measured(["scan", "--root", root, "--kubeconfig", kubeconfig, "--benchmark", "cis-1.12"])
    finally:
        ours.send(None)
        server.join()


def node(folder):
    """The root of a control-plane node."""
    if CAPTURED.exists() and os.geteuid() == 0:
        with tarfile.open(CAPTURED) as archive:
            archive.extractall(folder, numeric_owner=True, filter="fully_trusted")
        return str(Path(folder) / "root"), "the captured control-plane node"
    from tests.node_tree import NodeTree

    tree = NodeTree(Path(folder) / "node")
    for name in (
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
        "kubelet",
        "kube-proxy",
    ):
        tree.component(name)
    return str(tree.root), "a small node built for this run (the captured one is not at hand)"


def evaluation():
    """Seconds to evaluate a recorded snapshot, content loaded and modules imported."""
    from tests.node_tree import judged
    from trueline.cli.gather import example

    snapshot = example()
    judged(snapshot)
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        judged(snapshot)
        times.append(time.perf_counter() - begun)
    return min(times)


def show(what, one):
    wall, cpu, memory, programs, status = one
    times = f"{wall:6.2f} s wall {cpu:6.2f} s CPU"
    print(f"{what:<52} {times} {memory:5.0f} MB {programs} programs, status {status}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        root, what = node(folder)
        print(f"Best of {RUNS} runs each; the node is {what}.")
        show("trueline --version", measured(["--version"]))
        show("scan cis-1.12, node alone", measured(["scan", "--root", root, "--benchmark", "cis-1.12"]))
        few, many = scan_with_pods(root, 12), scan_with_pods(root, 112)
        show("scan cis-1.12, node and cluster of 12 pods", few)
        show("scan cis-1.12, node and cluster of 112 pods", many)
    print(f"{'evaluating a recorded snapshot, after imports':<52} {evaluation() * 1000:6.1f} ms")
    print()
    print("Against kube-bench, as it was recorded on the captured machine (12 pods):")
    print(f"  wall time 1/{KUBE_BENCH['wall'] / few[0]:.0f}, CPU time 1/{KUBE_BENCH['cpu'] / few[1]:.0f}")
    print(f"  programs started: {few[3]} instead of {KUBE_BENCH['programs']}")
    per_pod = max(many[0] - few[0], 0) / 100
    print(f"  each further pod: {per_pod * 1000:.2f} ms instead of {KUBE_BENCH['per_pod'] * 1000:.0f} ms")
    print()
    subprocess.run([sys.executable, HERE / "cluster.py"], check=False)
    print(flush=True)
    subprocess.run([sys.executable, HERE / "kubebench.py"], check=False)
    print(flush=True)
    subprocess.run([sys.executable, HERE / "fleet.py"], check=False)
    print(flush=True)
    subprocess.run([sys.executable, HERE / "linux.py"], check=False)


if __name__ == "__main__":
    main()
