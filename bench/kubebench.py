"""Measures kube-bench's controls: python bench/kubebench.py. Prints times and started processes.

The node is small but live: shells that call themselves by components' names, and the files of the captured
node, to which the paths of the published controls are turned. Everything runs in a process namespace of its
own where that is possible, so that what else the machine starts is not counted.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

SHARED = HERE.parents[1] / "shared"
CONTROLS = SHARED / "kube-bench-cfg"
CAPTURED = SHARED / "fixtures" / "kubeadm-1.36-node.tar"
BENCHMARK = "cis-1.12"
PLACES = re.compile(r"(?<![\w.])/(?=(?:etc/kubernetes|etc/cni|var/lib/(?:kubelet|etcd|kube-proxy))\b)")
FLAGS = ("--profiling=false", "--authorization-mode=Node,RBAC", "--anonymous-auth=false")
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"]
RUNS = 3
THREADS = []


def counted(function):
    """(seconds, processes started, what it gave); threads take a process number too, and are taken off."""
    threads, before, begun = len(THREADS), numbers(), time.perf_counter()
    given = function()
    wall = time.perf_counter() - begun
    return wall, numbers() - before - (len(THREADS) - threads), given


def numbers():
    """How many process numbers were given out so far, here or since the machine started."""
    if "--inside" in sys.argv:
        return int(Path("/proc/sys/kernel/ns_last_pid").read_text())
    return int(re.search(r"^processes (\d+)", Path("/proc/stat").read_text(), re.MULTILINE)[1])


def count_threads():
    start = threading.Thread.start

    def counting(thread):
        THREADS.append(thread.name)
        start(thread)

    threading.Thread.start = counting


class Asking:
    """Looks for processes by starting `ps` for each candidate, as kube-bench does."""

    def exists(self, path):
        return os.path.exists(path)  # noqa: PTH110 - the interface is a path's text

    def command_lines(self, name):
        from trueline.collect.commands import run_script

        return run_script(f"/bin/ps -C {name} -o cmd --no-headers").output.splitlines()


def without(program, folder):
    """Every program but this one: no cluster answers here, and its threads would count as processes."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep)[::-1]:
        for path in Path(place).glob("*"):
            link = folder / path.name
            link.unlink(missing_ok=True)
            if path.name != program:
                link.symlink_to(path.resolve())
    os.environ["PATH"] = str(folder)


def load(folder, lookup):
    from trueline.kubebench.directory import load_benchmark, read_settings

    return load_benchmark(folder, BENCHMARK, read_settings(folder, BENCHMARK), lookup).controls


def nothing_shared(folder):
    """Each check's scripts one after the other, as often as they are repeated: what kube-bench does."""
    from trueline.collect.commands import run_script
    from trueline.kubebench.evaluate import needed_scripts

    controls, outputs = load(folder, Asking()), {}
    for each in controls:
        for group in each.groups:
            for check in group.checks:
                if needed_scripts([alone(each, group, check)]):
                    for script in (check.audit_env, check.audit, check.audit_config):
                        if script.strip():
                            outputs[script] = run_script(script)
    return controls, outputs


def shared(folder, *, idioms, cluster=True):
    """The command's own way; without `cluster` only scripts that look at the node."""
    from trueline.collect.access import Root
    from trueline.collect.machine import Machine
    from trueline.kubebench.evaluate import needed_scripts
    from trueline.kubebench.gather import gather

    machine = Machine(Root("/"))
    controls = load(folder, machine)
    scripts = [script for script in needed_scripts(controls) if cluster or "kubectl" not in script]
    return controls, gather(scripts, machine, idioms=idioms)


def alone(controls, group, check):
    from msgspec.structs import replace

    return replace(controls, groups=(replace(group, checks=(check,)),))


def measure(folder):
    from tests.kubebench.folder import running
    from trueline.kubebench.evaluate import evaluate

    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet")
    modes = {
        "nothing shared, one after the other": lambda: nothing_shared(folder / "cfg"),
        "shared and in parallel, --no-idioms": lambda: shared(folder / "cfg", idioms=False),
        "shared, and read where that is enough": lambda: shared(folder / "cfg", idioms=True),
    }
    with running(folder / "bin", *((name, *FLAGS) for name in names)):
        found = {name: min((counted(mode) for _ in range(RUNS)), key=by_time) for name, mode in modes.items()}
        _, node, (_, outputs) = counted(lambda: shared(folder / "cfg", idioms=True, cluster=False))
    show(found, [evaluate(*one[2]).counts for one in found.values()])
    print(f"{len(outputs)} of them look at the node alone: {node} processes")


def by_time(one):
    return one[0]


def show(found, counts):
    print(f"{BENCHMARK} as published for kube-bench, {counts[0].total} checks, loading included:")
    slowest, most = next(iter(found.values()))[:2]
    for name, (wall, started, (_, outputs)) in found.items():
        ratio = f"time 1/{slowest / wall:.1f}, processes 1/{most / max(started, 1):.1f}"
        native = sum(output.native for output in outputs.values())
        print(
            f"{name:<38} {wall:5.2f} s {started:4} processes; "
            f"{native:2} of {len(outputs)} scripts read; {ratio}"
        )
    print(f"verdicts of the three ways: {'the same' if len(set(counts)) == 1 else counts}")


def prepare(folder):
    """The controls with their paths turned to a copy of the captured node."""
    root = folder / "root"
    with tarfile.open(CAPTURED) as archive:
        archive.extractall(folder, numeric_owner=os.geteuid() == 0, filter="fully_trusted")
    for path in [CONTROLS / "config.yaml", *sorted((CONTROLS / BENCHMARK).glob("*.yaml"))]:
        target = folder / "cfg" / path.relative_to(CONTROLS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(PLACES.sub(f"{root}/", path.read_text()))


def main():
    if not CONTROLS.is_dir() or not CAPTURED.exists():
        print(f"kube-bench's controls are left out: {CONTROLS} or {CAPTURED} is not at hand")
        return
    if "--inside" not in sys.argv and os.geteuid() == 0 and shutil.which(NAMESPACE[0]):
        done = subprocess.run([*NAMESPACE, sys.executable, __file__, "--inside"], check=False)
        if done.returncode == 0:
            return
        print("no process namespace of its own: what else the machine starts is counted, too")
    count_threads()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        prepare(Path(folder))
        without("kubectl", Path(folder) / "programs")
        measure(Path(folder))


if __name__ == "__main__":
    main()
