"""Builds the tree of a node below a directory, for tests that go from files to verdicts."""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from trueline.assess import TOOL, Content, assess
from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot
from trueline.model.results import Result

PASSWD = "root:x:0:0::/root:/bin/sh\netcd:x:996:995::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n"
GROUP = "root:x:0:\netcd:x:995:\nnogroup:x:65534:\n"


class NodeTree:
    """A node below `root`; starts with accounts and an ordinary init process, and nothing of Kubernetes."""

    def __init__(self, root: Path, *, existing: bool = False) -> None:
        self.root = root
        self._pid = 40000 if existing else 100
        if existing:
            return
        for folder in ("etc/systemd", "lib/systemd", "run", "usr/lib/systemd", "usr/local/lib", "var/lib"):
            (root / folder).mkdir(parents=True)
        self.write("/etc/passwd", PASSWD)
        self.write("/etc/group", GROUP)
        self.write("/etc/hostname", "node-1\n")
        self.process(["/sbin/init"], exe="/usr/lib/systemd/systemd", pid=1)

    def write(
        self, path: str, content: str | bytes, mode: int = 0o600, owner: tuple[int, int] = (0, 0)
    ) -> Path:
        """A file with its directories, which get mode 755."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if os.geteuid() == 0:
            os.chown(file, *owner)
        file.chmod(mode)  # after chown, which takes setuid away
        return file

    def process(
        self,
        argv: Sequence[str],
        *,
        exe: str | None = None,
        uid: int = 0,
        environment: Mapping[str, str] | None = None,
        pid: int | None = None,
    ) -> int:
        """A process as /proc shows it; without `exe` the link is missing, as where it may not be read."""
        self._pid += 1
        number = pid or self._pid
        folder = f"/proc/{number}"
        self.write(f"{folder}/cmdline", b"".join(part.encode() + b"\0" for part in argv), 0o444)
        self.write(f"{folder}/comm", Path(argv[0]).name[:15] + "\n", 0o444)
        self.write(
            f"{folder}/status", f"Name:\t{Path(argv[0]).name[:15]}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n", 0o444
        )
        pairs = (environment or {}).items()
        self.write(
            f"{folder}/environ", b"".join(f"{name}={value}".encode() + b"\0" for name, value in pairs), 0o400
        )
        if exe:
            (self.root / folder.lstrip("/") / "exe").symlink_to(exe)
        return number

    def component(self, name: str, *flags: str, **given: object) -> int:
        """A component started by root from /usr/local/bin."""
        return self.process([name, *flags], exe=f"/usr/local/bin/{name}", **given)  # type: ignore[arg-type]

    def snapshot(self, cluster: ClusterFacts | None = None) -> Snapshot:
        """What the collectors make of it."""
        named = load_platform("kubeadm").files.values()
        node = collect_node(Root(str(self.root)), load_components().values(), named)
        return Snapshot(
            schema=SNAPSHOT_SCHEMA, tool=TOOL, started_at="", finished_at="", node=node, cluster=cluster
        )

    def results(self, benchmark: str = "cis-1.12", cluster: ClusterFacts | None = None) -> dict[str, Result]:
        """Results by number."""
        return {result.number: result for result in judged(self.snapshot(cluster), benchmark).results}


def judged(snapshot: Snapshot, benchmark: str = "cis-1.12"):
    """The assessment of a snapshot."""
    content = Content(components=load_components(), rules=load_rules(), platform=load_platform("kubeadm"))
    return assess(load_benchmark(benchmark), snapshot, content, on=date(2026, 1, 1))
