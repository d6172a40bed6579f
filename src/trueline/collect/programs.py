"""Runs the few programs whose answers no file holds: a fixed list, bounded in time and output."""

import os
import re
import selectors
import signal
import stat
import subprocess
import time
from pathlib import Path

from trueline.model.known import NOT_UNDERSTOOD, Unavailable

DIRECTORIES = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
ENVIRONMENT = {"PATH": ":".join(DIRECTORIES), "LC_ALL": "C", "HOME": "/nonexistent"}
TIMEOUT = 10.0
OUTPUT_LIMIT = 16 * 1024 * 1024
COMMANDS: dict[str, tuple[str, ...]] = {
    "rpm": ("rpm", "-qa", "--qf", "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\n"),
    "sshd": ("sshd", "-T"),
    "auditctl": ("auditctl", "-l"),
    "auditctl-status": ("auditctl", "-s"),
    "nft": ("nft", "-s", "list", "ruleset"),
    "iptables": ("iptables", "-S"),
    "iptables-legacy": ("iptables-legacy", "-S"),
    "ip6tables": ("ip6tables", "-S"),
    "ip6tables-legacy": ("ip6tables-legacy", "-S"),
    "systemctl": (
        "systemctl",
        "list-units",
        "--all",
        "--full",
        "--plain",
        "--no-legend",
        "--no-pager",
        "--type=service,socket,timer,target,path,mount,automount",
    ),
}


# What each line of an answer looks like; of some, no answer is no answer either.
_SHAPES = {
    "rpm": re.compile(r"[^\t]+\t[^\t]+\t[^\t]*"),
    "sshd": re.compile(r"[A-Za-z0-9]+( .*)?"),
    "auditctl": re.compile(r"No rules|-.*"),
    "nft": re.compile(r"table \w+ \S+ \{.*|\t.*|\}|#.*"),
    "iptables": re.compile(r"-[PNA] .*|#.*"),
    "systemctl": re.compile(r"\S+\s+(loaded|not-found|masked|error|bad-setting|merged|stub)\s+\S+\s+\S+.*"),
}
_SILENT = {"auditctl", "nft"}


class Programs:
    """Starts the programs of the list, or says why it does not; `ran` holds how each ended."""

    def __init__(self, allowed: bool, timeout: float = TIMEOUT, limit: int = OUTPUT_LIMIT) -> None:
        self.allowed = allowed
        self.timeout = timeout
        self.limit = limit
        self.ran: dict[str, str] = {}

    def run(self, name: str) -> str | Unavailable:
        """What the program of that name prints on its first stream.

        Unavailable unless it ends with 0 and its lines look as that program's do.
        """
        command = COMMANDS[name]
        if not self.allowed:
            return Unavailable(kind="not-collected", reason="programs are only asked on the running system")
        program = find_program(command[0])
        if isinstance(program, Unavailable):
            return program
        result = self._start([program, *command[1:]])
        if isinstance(result, str) and not understood(name, result):
            result = Unavailable(kind="invalid", reason=f"{command[0]} {NOT_UNDERSTOOD}")
        self.ran[" ".join(command)] = "exit status 0" if isinstance(result, str) else result.reason
        return result

    def _start(self, command: list[str]) -> str | Unavailable:
        try:
            process = subprocess.Popen(  # noqa: S603 - one of COMMANDS, in a directory of the system's
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return Unavailable(kind="invalid", reason=(error.strerror or "it can't be started").lower())
        try:
            return self._answer(process)
        finally:
            _end(process)

    def _answer(self, process: "subprocess.Popen[bytes]") -> str | Unavailable:
        output = self._read(process)
        if isinstance(output, Unavailable):
            return output
        try:
            status = process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            return Unavailable(kind="unreachable", reason="the program did not end")
        if status:
            return Unavailable(kind="invalid", reason=f"exit status {status}")
        return output.decode("utf-8", "replace")

    def _read(self, process: "subprocess.Popen[bytes]") -> bytes | Unavailable:
        assert process.stdout is not None
        deadline = time.monotonic() + self.timeout
        parts: list[bytes] = []
        size = 0
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - time.monotonic())):
                part = os.read(process.stdout.fileno(), 65_536)
                if not part:
                    return b"".join(parts)
                parts.append(part)
                size += len(part)
                if size > self.limit:
                    return Unavailable(kind="too-large", reason=f"more than {self.limit} bytes of output")
        return Unavailable(kind="unreachable", reason=f"no end after {self.timeout:g} seconds")


def understood(name: str, output: str) -> bool:
    """Whether an answer looks like that of the command of this name."""
    kind = "iptables" if "tables" in name else name
    if kind not in _SHAPES:
        return True
    lines = [line for line in output.splitlines() if line.strip()]
    return bool(lines or kind in _SILENT) and all(_SHAPES[kind].fullmatch(line) for line in lines)


def find_program(name: str) -> str | Unavailable:
    """The program's path in the system's directories; one that others than root may change is not started."""
    for directory in DIRECTORIES:
        path = Path(directory, name)
        try:
            status = path.stat()
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode) or not os.access(path, os.X_OK):
            continue
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return Unavailable(kind="invalid", reason=f"{path} can be changed by others than root")
        return str(path)
    return Unavailable(kind="not-mounted", reason=f"there is no program {name}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing that was started is left behind, not even what it started itself."""
    if process.stdout:
        process.stdout.close()
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            process.kill()
    process.wait()
