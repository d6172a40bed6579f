"""Finds the processes of components, and those that only call themselves so."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trueline.collect.access import Root
from trueline.collect.accounts import is_ordinary
from trueline.collect.redact import clean_arguments, clean_text, clean_variable
from trueline.collect.visibility import Visibility, look_around
from trueline.model.facts import Absent, Process, Unavailable
from trueline.model.setting import Component

# Linux lets arguments be as long as a quarter of the stack limit, and never more than 6 MiB.
ARGUMENTS_LIMIT = 8 * 1024 * 1024
IMPOSTORS_LIMIT = 100
_DELETED = " (deleted)"
_UIDS = re.compile(rb"^Uid:\s+(\d+)\s+(\d+)", re.MULTILINE)
_CONTAINER_GROUP = re.compile(rb"kubepods|docker|containerd|crio|libpod|podman")


class Found(NamedTuple):
    """Processes in the order of their numbers, and sentences about what could not be seen."""

    processes: tuple[Process, ...] | Unavailable
    limits: list[str]


class _Candidate(NamedTuple):
    """What tells whose process it is; `program` is None where its executable is not known."""

    pid: int
    argv: list[str]
    executable: str | None
    program: str | None
    uids: tuple[int, int] | None


class _Claim(NamedTuple):
    component: Component
    arguments: list[str]
    wrapper: str | None
    impostor: str | None


def find_processes(root: Root, components: Iterable[Component]) -> Found:
    """All processes of `components` below the root; arguments and variables without secrets."""
    names = root.listdir("/proc")
    if isinstance(names, Unavailable):
        return Found(names, [])
    pids = [] if isinstance(names, Absent) else sorted(int(n) for n in names if n.isascii() and n.isdigit())
    if not pids:
        return Found(Unavailable(kind="not-mounted", reason="no processes are visible below the root"), [])
    return _Search(root, tuple(components)).run(pids)


class _Search:
    def __init__(self, root: Root, components: Sequence[Component]) -> None:
        self.root = root
        self.components = components
        self.names = {name for part in components for name in _program_names(part)}
        self.found: list[Process] = []
        self.unread = 0
        self.impostors = 0
        self.uncertain = 0

    def run(self, pids: list[int]) -> Found:
        for pid in pids:
            self._look_at(pid)
        around = look_around(self.root, pids)
        limits = list(around.limits)
        if self.unread:
            limits.append(f"{self.unread} of {len(pids)} processes could not be read.")
        if self.uncertain:
            limits.append(
                f"Whether {self.uncertain} processes of components run in containers could not be read; "
                "the paths that they use are taken for the node's."
            )
        if self.impostors > IMPOSTORS_LIMIT:
            limits.append(
                f"{self.impostors} processes pose as components; only the first {IMPOSTORS_LIMIT} are listed."
            )
        return Found(self._conclusion(around), limits)

    def _conclusion(self, around: Visibility) -> tuple[Process, ...] | Unavailable:
        real = any(process.impostor is None for process in self.found)
        return around.blind if around.blind and not real else tuple(self.found)

    def _look_at(self, pid: int) -> None:
        line = self.root.read(f"/proc/{pid}/cmdline", ARGUMENTS_LIMIT)
        if isinstance(line, Unavailable) and line.kind != "vanished":
            self.unread += 1
        if not isinstance(line, bytes) or not line.strip(b"\0"):
            return  # went away, or a thread of the kernel
        argv = [word.decode("utf-8", "replace") for word in line.removesuffix(b"\0").split(b"\0")]
        executable = self.root.readlink(f"/proc/{pid}/exe")
        path = executable.removesuffix(_DELETED) if isinstance(executable, str) else None
        program = _base_name(path) if path else None
        if not {program, *_titles(argv[0])} & self.names:
            return
        if isinstance(executable, Unavailable) and executable.kind == "vanished":
            return
        candidate = _Candidate(pid, argv, path, program, _uids(self.root, pid))
        for component in self.components:
            if claim := _claim(candidate, component, self.root.first_ordinary_uid):
                self._add(candidate, claim)

    def _add(self, candidate: _Candidate, claim: _Claim) -> None:
        if claim.impostor:
            self.impostors += 1
            if self.impostors > IMPOSTORS_LIMIT:
                return
        # One that poses with the rights of another is whose it was started by: never of a lower uid.
        uids = candidate.uids or (-1, -1)
        uid = max(uids) if claim.impostor else uids[1]
        path = candidate.executable
        process = Process(
            pid=candidate.pid,
            component=claim.component.component,
            executable=clean_text(path) if path else None,
            uid=uid,
            user=self.root.users.get(uid),
            impostor=claim.impostor,
        )
        if not claim.impostor:
            own_root = _has_own_root(self.root, candidate.pid)
            self.uncertain += own_root is None
            process = _with_details(self.root, process, claim, own_root=bool(own_root))
        self.found.append(process)


def _with_details(root: Root, process: Process, claim: _Claim, *, own_root: bool) -> Process:
    """The process with what it was started with."""
    import msgspec

    environment = _environment(root, process.pid, claim.component.env_prefix)
    directory = root.readlink(f"/proc/{process.pid}/cwd")
    unread = {
        name: fact
        for name, fact in (("environment", environment), ("directory", directory))
        if isinstance(fact, Unavailable)
    }
    return msgspec.structs.replace(
        process,
        arguments=clean_arguments(claim.arguments),
        wrapper=claim.wrapper,
        environment=environment if isinstance(environment, dict) else {},
        directory=clean_text(directory) if isinstance(directory, str) else None,
        root=f"/proc/{process.pid}/root" if own_root else "",
        unread=unread,
    )


def _claim(candidate: _Candidate, component: Component, first_ordinary: int) -> _Claim | None:
    matched = _match(candidate, component)
    poses = bool(set(_titles(candidate.argv[0])) & set(component.executables))
    if matched is None and not poses:
        return None
    arguments, wrapper = matched or ([], None)
    impostor = _doubt(candidate, component, first_ordinary, matched=matched is not None)
    return _Claim(component, arguments, wrapper, impostor)


def _match(candidate: _Candidate, component: Component) -> tuple[list[str], str | None] | None:
    """The component's arguments and the wrapper in front of them, if the program is the component's."""
    argv = candidate.argv
    called = _base_name(argv[0])
    program = candidate.program or called
    if program in component.executables:
        return argv[1:], None
    for wrapper in component.wrappers:
        name, *words = wrapper.split()
        if program != name:
            continue
        # Options of the wrapper itself may come before the word that says what it shall be.
        first = next((at for at in range(1, len(argv)) if not argv[at].startswith("-")), len(argv))
        if words and argv[first : first + len(words)] == words:
            return argv[1:first] + argv[first + len(words) :], wrapper
        if called in component.executables:
            return argv[1:], wrapper
    return None


def _doubt(candidate: _Candidate, component: Component, first_ordinary: int, *, matched: bool) -> str | None:
    """Why the process is not taken for the component, None where it is."""
    name = component.component
    if candidate.uids is None:
        return f"It calls itself {name}, but whose process it is could not be read."
    ordinary = [uid for uid in candidate.uids if is_ordinary(uid, first_ordinary)]
    if ordinary:
        return f"It calls itself {name}, but belongs to uid {ordinary[0]}, which is an ordinary user's."
    if not matched:
        program = clean_text(candidate.executable or "not known")
        return f"It calls itself {name}, but its program is {program}."
    return None


def _program_names(component: Component) -> set[str]:
    return {*component.executables, *(wrapper.split()[0] for wrapper in component.wrappers)}


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]


def _titles(first: str) -> tuple[str, ...]:
    """What a process may call itself by its first word, also one rewritten to "name: what it does"."""
    title = _base_name(first.partition(" ")[0])
    return _base_name(first), title, title.partition(":")[0]


def _uids(root: Root, pid: int) -> tuple[int, int] | None:
    """Real and effective uid."""
    status = root.read(f"/proc/{pid}/status")
    found = _UIDS.search(status) if isinstance(status, bytes) else None
    return (int(found[1]), int(found[2])) if found else None


def _environment(root: Root, pid: int, prefix: str) -> dict[str, str] | Unavailable:
    if not prefix:
        return {}
    content = root.read(f"/proc/{pid}/environ", ARGUMENTS_LIMIT)
    if isinstance(content, Absent):
        return Unavailable(kind="vanished", reason="the variables of the process are not there")
    if isinstance(content, Unavailable):
        return content
    variables = {}
    for pair in content.decode("utf-8", "replace").split("\0"):
        name, equals, value = pair.partition("=")
        if equals and name.startswith(prefix):
            variables[clean_text(name)] = clean_variable(name, value, (prefix,))
    return variables


def _has_own_root(root: Root, pid: int) -> bool | None:
    """Whether the process may see other files than the node's first one: a container or a chroot.

    None where that can't be told: the namespace may not be looked at, and its control group says nothing.
    """
    own, first = (root.readlink(f"/proc/{which}/ns/mnt") for which in (pid, 1))
    seen = root.readlink(f"/proc/{pid}/root") if root.live else "/"
    if isinstance(seen, str) and seen != "/":
        return True
    if isinstance(own, Unavailable) or isinstance(first, Unavailable):
        return _in_container_group(root, pid) or None
    return isinstance(own, str) and isinstance(first, str) and own != first


def _in_container_group(root: Root, pid: int) -> bool:
    """Control groups are readable for all and tell containers where the namespaces may not be looked at."""
    groups = root.read(f"/proc/{pid}/cgroup")
    return isinstance(groups, bytes) and _CONTAINER_GROUP.search(groups) is not None
