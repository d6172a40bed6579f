"""What operations mean on this machine: the exact state of each object before and after."""

import difflib
from collections.abc import Callable, Iterable

import msgspec

from trueline.collect.linux.reader import cleaned
from trueline.harden.edit import edit, needs_file, path_of
from trueline.harden.edit_lines import CannotEdit, cannot
from trueline.harden.files import ChangeFailed, Files, Found, sha256
from trueline.harden.units import links_of
from trueline.model.linux import LinuxFacts
from trueline.model.linux_system import Packages, SysctlValues, Units
from trueline.model.operation import (
    KernelParameter,
    MakeDirectory,
    Operation,
    PackageState,
    RemoveFile,
    SetAccess,
    UnitState,
    WriteFile,
)
from trueline.model.plan import Change, FileChange, FileState, PackageChange, ParameterChange

_TEXT_LIMIT = 128 * 1024
_HASHES = ("/etc/shadow", "/etc/gshadow", "/etc/passwd", "/etc/security/opasswd")
_NEW_MODES = {"/etc/audit/": "0640", "/etc/cron": "0600", "/etc/sudoers.d/": "0440"}
Refuse = Callable[[Operation, str], None]


def object_of(op: Operation, files: Files) -> str:
    """The one thing that the operation changes: a path without links, or a unit, package, parameter."""
    match op:
        case UnitState(unit=unit):
            return f"unit {unit}"
        case PackageState(name=name):
            return f"package {name}"
        case KernelParameter(key=key):
            return f"parameter {key}"
        case _:
            return files.real(path_of(op))


class Planning:
    """Turns operations on one object after the other into changes, on a machine that stays as it is.

    `refuse` is told of each operation that does not fit what is there. Directories that an earlier step will
    make are known to later ones.
    """

    def __init__(self, files: Files, linux: LinuxFacts, refuse: Refuse) -> None:
        self.files = files
        self.linux = linux
        self.refuse = refuse
        self.made: set[str] = set()

    def changes(self, name: str, operations: Iterable[Operation]) -> tuple[Change, ...]:
        """The changes of one object; empty where it is already as it should be."""
        listed = list(operations)
        try:
            match listed[0]:
                case UnitState():
                    return self._unit(listed[0])
                case PackageState():
                    return self._package(listed[0])
                case KernelParameter():
                    return self._parameter(listed[0])
                case MakeDirectory():
                    return self._directory(name, listed[0])
                case _:
                    return self._file(name, listed)
        except (CannotEdit, ChangeFailed) as error:
            for op in listed:
                self.refuse(op, error.message)
            return ()

    def _file(self, path: str, operations: list[Operation]) -> tuple[Change, ...]:
        found = self.files.look(path)
        change = file_change(path, found, operations, self.files, self.refuse)
        if change is None:
            return ()
        return (*self._directories(path), change) if change.after else (change,)

    def _directory(self, path: str, op: MakeDirectory) -> tuple[Change, ...]:
        if self.files.look(path) is not None:
            return ()
        names = {
            "owner": self.files.root.users.get(op.uid, ""),
            "group": self.files.root.groups.get(op.gid, ""),
        }
        after = FileState(kind="directory", mode=f"{int(op.mode, 8):04o}", uid=op.uid, gid=op.gid, **names)
        return (*self._directories(path), FileChange(path=path, before=None, after=after))

    def _directories(self, path: str) -> tuple[FileChange, ...]:
        """Those above the path that are not there yet, the uppermost first."""
        missing = []
        above = path.rpartition("/")[0]
        while above and above not in self.made and self.files.look(above) is None:
            missing.append(above)
            above = above.rpartition("/")[0]
        self.made |= set(missing)
        return tuple(FileChange(path=one, before=None, after=_folder(one)) for one in reversed(missing))

    def _unit(self, op: UnitState) -> tuple[Change, ...]:
        units = self.linux.units
        if not isinstance(units, Units):
            raise cannot("systemd's units are not known")
        changes: list[Change] = []
        for path, target in links_of(op, units, self.files.root).items():
            real = self.files.real(path.rpartition("/")[0]) + "/" + path.rpartition("/")[2]
            found = self.files.look(real)
            if found is not None and found.state.kind != "link":
                raise cannot(f"{real} is no link")
            after = FileState(kind="link", target=target, owner="root", group="root") if target else None
            if (found.state.target if found else None) != target:
                changes += [*(self._directories(real) if after else ())]
                changes.append(FileChange(path=real, before=found.state if found else None, after=after))
        return tuple(changes)

    def _package(self, op: PackageState) -> tuple[Change, ...]:
        packages = self.linux.packages
        if not isinstance(packages, Packages):
            raise cannot("The package manager's database is not known")
        version = next((one.version for one in packages.installed if one.name == op.name), "")
        if bool(version) is op.installed:
            return ()
        after = "any" if op.installed else ""
        return (PackageChange(name=op.name, manager=op.manager, before=version, after=after),)

    def _parameter(self, op: KernelParameter) -> tuple[Change, ...]:
        running = self.linux.sysctl.running
        if not isinstance(running, SysctlValues) or op.key not in running.values:
            raise cannot(f"The running value of {op.key} is not known")
        before = running.values[op.key]
        return () if before == op.value else (ParameterChange(key=op.key, before=before, after=op.value),)


def file_change(
    path: str, found: Found | None, operations: Iterable[Operation], files: Files, refuse: Refuse
) -> FileChange | None:
    """One path before and after; None where nothing changes.

    An operation that does not fit is refused and left out, the others go on.
    """
    content, state = (found.content, found.state) if found else (None, None)
    for op in operations:
        try:
            if isinstance(op, SetAccess):
                state = _with_access(op, path, state, found, files)
            else:
                content, state = _carried_out(op, path, content, state)
        except CannotEdit as error:
            refuse(op, error.message)
    before = found.state if found else None
    if state == before:
        return None
    if state is not None and before is not None and state.digest == before.digest:
        return FileChange(path=path, before=before, after=state)
    old = found.content if found and found.state.kind == "file" else b""
    diff, text = _shown(path, old, content or b"")
    return FileChange(path=path, before=before, after=state, diff=diff, text=text if state else None)


Whole = tuple[bytes | None, FileState | None]


def _carried_out(op: Operation, path: str, content: bytes | None, state: FileState | None) -> Whole:
    """Content and state after one operation."""
    if isinstance(op, RemoveFile):
        if state is not None and state.kind == "directory":
            raise cannot(f"{path} is a directory")
        return None, None
    if state is None:
        if needs_file(op):
            raise cannot(f"{path} is not there")
        state = _new(op, path)
    elif state.kind != "file":
        raise cannot(f"{path} is no file")
    text = (content or b"").decode("utf-8", "surrogateescape")
    written = edit(text, op).encode("utf-8", "surrogateescape")
    return written, msgspec.structs.replace(state, digest=sha256(written))


def _new(op: Operation, path: str) -> FileState:
    mode = op.mode if isinstance(op, WriteFile) else ""
    mode = mode or next((bits for place, bits in _NEW_MODES.items() if path.startswith(place)), "0644")
    return FileState(kind="file", mode=mode, owner="root", group="root", digest=sha256(b""))


def _folder(path: str) -> FileState:
    """A new directory: what cron and auditd read is for root alone."""
    closed = path.startswith(("/etc/cron", "/etc/audit"))
    mode = "0700" if closed else "0755"
    return FileState(kind="directory", mode=mode, owner="root", group="root")


def _with_access(
    op: SetAccess, path: str, state: FileState | None, found: Found | None, files: Files
) -> FileState:
    """The state with the bits taken and given that the operation takes and gives of what was found."""
    if state is None or found is None or state.kind == "link":
        raise cannot(f"{path} is not there")
    bits, now = int(state.mode, 8), int(found.state.mode, 8)
    wanted = int(op.mode, 8) if op.mode else now
    return msgspec.structs.replace(
        state,
        mode=f"{bits & ~(now & ~wanted) | (wanted & ~now):04o}",
        uid=_number(op.owner, files.root.users, "user") if op.owner else state.uid,
        gid=_number(op.group, files.root.groups, "group") if op.group else state.gid,
        owner=op.owner or state.owner,
        group=op.group or state.group,
    )


def _number(name: str, known: dict[int, str], what: str) -> int:
    found = next((number for number, one in known.items() if one == name), None)
    if found is None:
        raise cannot(f"There is no {what} {name}")
    return found


def _shown(path: str, old: bytes, new: bytes) -> tuple[str, str | None]:
    """The diff without secrets, and the new text where it holds none."""
    before, after = (_lines(path, one) for one in (old, new))
    diff = "\n".join(difflib.unified_diff(before, after, f"a{path}", f"b{path}", n=3, lineterm=""))
    plain = new.decode("utf-8", "replace")
    whole = len(new) <= _TEXT_LIMIT and "\ufffd" not in plain and "\n".join(after) == plain.removesuffix("\n")
    return diff, plain if whole and not path.startswith(_HASHES) else None


def _lines(path: str, content: bytes) -> list[str]:
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n") if content else []
    return [_masked(line) if path.startswith(_HASHES) else cleaned(line) for line in lines]


def _masked(line: str) -> str:
    """A line of an account file without its hash; what is not in force stays readable."""
    fields = line.split(":")
    if len(fields) > 1 and fields[1] not in {"", "x", "*", "!", "!!", "!*"}:
        fields[1] = f"{'!' if fields[1].startswith('!') else ''}<hash>"
    return ":".join(fields)
