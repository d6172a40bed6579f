"""A hardening plan of a small tree, and the tree itself before and after."""

import hashlib
import os

from trueline.model.facts import Tool
from trueline.model.operation import KernelParameter, PackageState, SetAccess, SetKey, UnitState, WriteFile
from trueline.model.plan import (
    PLAN_SCHEMA,
    Action,
    FileChange,
    FileState,
    LeftOut,
    PackageChange,
    ParameterChange,
    Plan,
    PlanHead,
    Reach,
    Step,
)

SSHD = "Port 22\nPermitRootLogin yes\n# {{ not a template }} 'quoted' $HOME `id`\n"
SSHD_AFTER = "Port 22\nPermitRootLogin no\n# {{ not a template }} 'quoted' $HOME `id`\n"
MODULES = "install cramfs /bin/true\nblacklist cramfs\n"
ODD = "key = \u201cvalue\u201d\tend  \nno newline at the end"
FILES = {
    "/etc/ssh/sshd_config": SSHD,
    "/etc/odd.conf": "key = old\n",
    "/etc/crontab": "# jobs\n",
    "/etc/hosts.equiv": "+\n",
}


def build(root):
    """The tree as the plan found it."""
    for path, text in FILES.items():
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o644)
    (root / "etc/modprobe.d").mkdir()
    (root / "etc/systemd/system").mkdir(parents=True)


def state(text, mode="0644"):
    """A regular file of the account that runs the tests."""
    return FileState(
        kind="file",
        mode=mode,
        uid=os.getuid(),
        gid=os.getgid(),
        digest=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
    )


def rewritten(path, before, after, mode="0644"):
    """A file with a new text."""
    return FileChange(
        path=path,
        before=state(before) if before is not None else None,
        after=state(after, mode),
        diff="",
        text=after,
    )


def step(number, title, operation, *changes, actions=(), risks=()):
    """A step that one recommendation asks for."""
    return Step(
        id=f"s{number}", title=title, operations=(operation,), changes=changes, recommendations=(number,),
        actions=actions, risks=risks,
    )  # fmt: skip


def plan():
    """Each kind of change once."""
    link = FileState(kind="link", target="/dev/null")
    steps = (
        step(
            "5.1", "Root may not log in",
            SetKey(file="/etc/ssh/sshd_config", syntax="sshd", key="PermitRootLogin", value="no"),
            rewritten("/etc/ssh/sshd_config", SSHD, SSHD_AFTER, "0600"),
            actions=(Action(kind="reload", unit="ssh.service"),),
            risks=("Nobody logs in as root.\nrm -rf /",),
        ),
        step(
            "1.1", "cramfs stays out", WriteFile(path="/etc/modprobe.d/trueline.conf", content=MODULES),
            rewritten("/etc/modprobe.d/trueline.conf", None, MODULES),
        ),
        step(
            "1.2", "An odd file", WriteFile(path="/etc/odd.conf", content=ODD),
            rewritten("/etc/odd.conf", "key = old\n", ODD),
        ),
        step(
            "4.1", "Only root reads crontab", SetAccess(path="/etc/crontab", mode="0600"),
            FileChange(path="/etc/crontab", before=state("# jobs\n"), after=state("# jobs\n", "0600")),
        ),
        step(
            "6.1", "No trusted hosts", WriteFile(path="/etc/hosts.equiv", content=""),
            FileChange(path="/etc/hosts.equiv", before=state("+\n"), after=None),
        ),
        step(
            "2.1", "avahi stays off", UnitState(unit="avahi-daemon.service", state="masked"),
            FileChange(path="/etc/systemd/system/avahi-daemon.service", before=None, after=link),
            actions=(Action(kind="daemon-reload"), Action(kind="stop", unit="avahi-daemon.service")),
        ),
        step(
            "3.1", "No redirects", KernelParameter(key="net.ipv4.conf.all.send_redirects", value="0"),
            ParameterChange(key="net.ipv4.conf.all.send_redirects", before="1", after="0"),
        ),
        step(
            "2.2", "No telnet", PackageState(name="telnet", installed=False, manager="dpkg"),
            PackageChange(name="telnet", manager="dpkg", before="0.17", after=""),
        ),
    )  # fmt: skip
    return Plan(
        schema=PLAN_SCHEMA,
        tool=Tool(name="trueline", version="0.1.0"),
        head=PlanHead(
            benchmark="cis-debian-12", title="CIS Debian Linux 12 Benchmark 1.1.0", version="1.1.0",
            benchmark_digest="sha256:0", machine="node-1", operating_system="Debian 12", root="/",
        ),
        steps=steps,
        left_out=(
            LeftOut(number="1.4.1", title="A password for the boot menu", reasons=("It needs a secret.",)),
        ),
        promises=(),
        reach=Reach(level=1, scored=10, holding=2, reinforced=8, unseen=0, left_out=2),
        passed=2, maximum=10, promised=8, made_from="sha256:1", digest="sha256:2",
    )  # fmt: skip


def tree(root):
    """Everything below a directory: kind, mode and content or target, by path."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = "/" + str(path.relative_to(root))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = (oct(path.stat().st_mode & 0o7777), path.read_text())
        else:
            found[name] = "directory"
    return found


EXPECTED = {
    "/etc/crontab": ("0o600", "# jobs\n"),
    "/etc/modprobe.d/trueline.conf": ("0o644", MODULES),
    "/etc/odd.conf": ("0o644", ODD),
    "/etc/ssh/sshd_config": ("0o600", SSHD_AFTER),
    "/etc/systemd/system/avahi-daemon.service": "/dev/null",
    **dict.fromkeys(
        ("/etc", "/etc/modprobe.d", "/etc/ssh", "/etc/systemd", "/etc/systemd/system"), "directory"
    ),
}
