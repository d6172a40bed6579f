"""Measures a fleet: python bench/fleet.py [--nodes N]. Prints seconds and memory of `trueline fleet`.

Each node's document is that of the recorded example node, with another name and a few other outcomes, as
`trueline scan --format json` writes it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

NODES, MAX_SECONDS, MAX_MEGABYTES = 5_000, 10, 1024
BENCHMARK = "cis-1.12"


def document():
    """The example's assessment as JSON."""
    from tests.node_tree import judged
    from trueline.cli.gather import example
    from trueline.report import FORMATS

    return json.loads(FORMATS["json"](judged(example(), BENCHMARK)))


def write(folder, nodes):
    """A file per node; each twentieth fails a check that others pass."""
    one = document()
    passing = [index for index, result in enumerate(one["results"]) if result["outcome"] == "pass"]
    size = 0
    for number in range(nodes):
        one["target"] |= {"name": f"node-{number:05d}", "machine_id": f"{number:064x}"}
        changed = one["results"][passing[number % len(passing)]]
        changed["outcome"] = "fail" if number % 20 == 0 else "pass"
        text = json.dumps(one, indent=2)
        size += len(text)
        (folder / f"node-{number:05d}.json").write_text(text)
        changed["outcome"] = "pass"
    return len(one["results"]), size


def measured(folder, suffix):
    """(wall s, CPU s, peak MB, exit status) of one call."""
    words = [
        sys.executable,
        "-m",
        "trueline",
        "fleet",
        str(folder / "nodes"),
        "-o",
        str(folder / f"out{suffix}"),
    ]
    begun = time.perf_counter()
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def report(nodes=NODES):
    """Prints the table; whether all is below the limits."""
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nodes").mkdir()
        checks, size = write(folder / "nodes", nodes)
        print(f"{nodes} nodes with {checks} recommendations each, {size / 1e6:.0f} MB of JSON")
        for suffix in (".txt", ".json", ".rancher.json", ".inspector.csv"):
            wall, cpu, peak, status = measured(folder, suffix)
            good &= status in (0, 1, 3) and wall <= MAX_SECONDS and peak <= MAX_MEGABYTES
            written = (folder / f"out{suffix}").stat().st_size / 1e6
            print(
                f"  {suffix:<16} {wall:6.1f} s wall {cpu:6.1f} s CPU {peak:6.0f} MB, {written:.1f} MB written"
            )
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=NODES)
    sys.exit(0 if report(parser.parse_args().nodes) else 1)


if __name__ == "__main__":
    main()
