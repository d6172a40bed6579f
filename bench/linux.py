"""Measures what an operating system costs: facts, a benchmark of some 200 items, and the walk against find.

python bench/linux.py [FILES]    how many files the tree of the walk has; 200000 unless told
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = 3
ITEMS = "cis-aliyun-linux-2-1.0.0"
WALK = """
import sys
from trueline.collect.access import Root
from trueline.collect.linux.mounts import collect_mounts
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.walk import WalkLimits, walk_files
from trueline.model.known import Unavailable
unknown = Unavailable(kind="not-mounted", reason="-")
found = walk_files(Reader(Root(sys.argv[1])), unknown, WalkLimits())
print(found.visited, file=sys.stderr)
"""
JUDGED = """
import sys, time
from trueline.cli.gather import Place, collect_snapshot
from trueline.cli.progress import Progress
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.outcomes import evaluate
benchmark, rules = load_benchmark(sys.argv[2]), load_rules()
begun = time.perf_counter()
snapshot, _ = collect_snapshot(Place(root=sys.argv[1], linux=True, no_cluster=True), Progress())
read = time.perf_counter()
context = Context(snapshot.node, None, load_components(), load_platform("kubeadm"), None, 20000)
results = evaluate(benchmark, rules, context)
done = time.perf_counter()
print(len(results), f"{(read - begun) * 1000:.0f} {(done - read) * 1000:.0f}", file=sys.stderr)
"""
FIND = {
    "find -xdev": (),
    "find -xdev -type f -perm -0002": ("-type", "f", "-perm", "-0002"),
}


def measured(words):
    """(wall s, CPU s, peak MB, last line on standard error), the best of some runs."""
    best = None
    for _ in range(RUNS):
        begun = time.perf_counter()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = process.stderr.read().decode().strip().rpartition("\n")[2]
        _, _, usage = os.wait4(process.pid, 0)
        one = (time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)
        best = one if best is None or one[0] < best[0] else best
    return best


def show(what, one, more=""):
    print(f"{what:<52} {one[0]:6.2f} s wall {one[1]:6.2f} s CPU {one[2]:5.0f} MB {more}")


def machine(top):
    """A small machine below a directory."""
    for name, text in {
        "etc/os-release": 'ID="alinux"\nVERSION_ID="2.1903"\n',
        "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "etc/group": "root:x:0:\n",
        "etc/shadow": "root:!:19000:0:99999:7:::\n",
        "usr/lib/x": "",
        "var/lib/x": "",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


def many(top, count):
    """So many empty files, a thousand in each directory."""
    for number in range(0, count, 1000):
        folder = top / f"{number:08}"
        folder.mkdir()
        for file in range(min(1000, count - number)):
            os.close(os.open(folder / str(file), os.O_CREAT | os.O_WRONLY, 0o644))


def walk(top, what):
    """The walk and find, each over the same tree."""
    ours = measured([sys.executable, "-c", WALK, str(top)])
    show(f"the walk over {what}", ours, f"{ours[3]} files")
    for name, tests in FIND.items():
        if shutil.which("find"):
            theirs = measured(["find", str(top), "-xdev", *tests])
            show(f"  {name}", theirs, f"the walk takes {ours[0] / theirs[0]:.1f} times that")


def main():
    count = int(sys.argv[1]) if sys.argv[1:] else 200_000
    print(f"An operating system, best of {RUNS} runs.")
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / "root"
        machine(top)
        scan = [sys.executable, "-m", "trueline", "scan", "--no-cluster", "--no-walk", "--benchmark", ITEMS]
        show(f"scan {ITEMS}, a small tree", measured([*scan, "--root", str(top)]))
        for root, what in ((str(top), "a small tree"), ("/", "this machine")):
            one = measured([sys.executable, "-c", JUDGED, root, ITEMS])
            items, reading, judging = one[3].split()
            print(f"  of {what}: {reading} ms for the facts, {judging} ms for {items} items, {one[2]:.0f} MB")
        many(top, count)
        walk(top, f"a tree of {count} files")
    walk("/", "this machine")


if __name__ == "__main__":
    main()
