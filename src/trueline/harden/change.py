"""Makes one change of a plan, or takes it back; each can be repeated after a crash at any point."""

from typing import Literal

import msgspec

from trueline.collect.linux.packages import collect_packages
from trueline.collect.linux.reader import Reader
from trueline.collect.programs import Programs as Readers
from trueline.harden.files import ChangeFailed, Files, Found, failing, sha256, unpacked
from trueline.harden.journal import Intent, Journal
from trueline.harden.programs import Programs
from trueline.harden.validate import changed_text
from trueline.model.linux_system import Packages
from trueline.model.plan import Change, FileChange, FileState, PackageChange, ParameterChange, Step

Where = Literal["before", "after", "between", "elsewhere"]
_BY_HAND = "Somebody else changed it; see what it is, then make a new plan or change it back by hand."


class Machine:
    """What changes: files below a root, the running kernel's parameters, packages."""

    def __init__(self, files: Files, programs: Programs) -> None:
        self.files = files
        self.programs = programs

    def where(self, change: Change) -> Where:
        """Which of its two states a change's object is in; "between" for an access that was half set."""
        match change:
            case FileChange():
                found = self.files.look(change.path)
                return _where(found.state if found else None, change.before, change.after)
            case ParameterChange():
                now = self.parameter(change.key)
                return "before" if now == change.before else "after" if now == change.after else "elsewhere"
            case PackageChange():
                now = self.package(change.name)
                return "before" if now == change.before else "after" if not now else "elsewhere"

    def parameter(self, key: str) -> str:
        """The running value, blanks as the plan has them."""
        content = self.files.root.read(_proc(key))
        if not isinstance(content, bytes):
            raise ChangeFailed(f"{key} can't be read", hint="The kernel shows no such parameter any more.")
        return " ".join(content.decode("utf-8", "replace").split())

    def package(self, name: str) -> str:
        """The installed version, "" for none."""
        reader = Reader(self.files.root)
        found = collect_packages(reader, Readers(allowed=self.programs.live))
        if not isinstance(found, Packages):
            raise ChangeFailed(
                "the package manager's database can't be read", hint="See what is wrong with it."
            )
        return next((one.version for one in found.installed if one.name == name), "")

    def set_parameter(self, key: str, value: str) -> None:
        """Writes a running value; only the running machine has such."""
        if not self.programs.live:
            raise ChangeFailed(f"{key}: this tree does not run", hint="Make the plan on the running machine.")
        with failing(key), open(_proc(key), "w", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
            file.write(value)


def make(machine: Machine, step: Step, change: Change, found: Found | None, name: str) -> None:
    """Makes a change whose intent is in the journal."""
    match change:
        case FileChange():
            _make_file(machine.files, step, change, found, name)
        case ParameterChange():
            machine.set_parameter(change.key, change.after)
        case PackageChange():
            # dpkg marks a package for removal even where it then refuses to remove it
            ran = machine.programs.removable(change.manager, change.name)
            if ran.well:
                ran = machine.programs.remove(change.manager, change.name)
            if not ran.well:
                raise ChangeFailed(
                    f"{ran.command}: {ran.output or ran.status}",
                    hint="Another package may need it: make a new plan without this step.",
                )


def _make_file(files: Files, step: Step, change: FileChange, found: Found | None, name: str) -> None:
    after = change.after
    if after is None:
        files.remove(change.path)
    elif after.kind == "directory":
        if change.before is None:
            files.make_directory(change.path, after)
        else:
            files.set_access(change.path, after, found.xattrs if found else None, of=change.before)
    elif after.kind == "link":
        files.link(change.path, after.target, name)
    elif change.before is not None and change.before.digest == after.digest:
        files.set_access(change.path, after, _unowned(found), of=change.before)
    else:
        files.write(change.path, changed_text(step, change, files), after, found, name)


def _unowned(found: Found | None) -> dict[str, bytes] | None:
    """Attributes that a change of the owner loses, without the ACL, whose mask the new mode is."""
    if found is None:
        return None
    return {name: value for name, value in found.xattrs.items() if not name.startswith("system.posix_acl")}


def take_back(machine: Machine, change: Change, intent: Intent, journal: Journal, name: str) -> None:
    """Undoes a change whose object is in the state after it, or between. Raises ChangeFailed."""
    match change:
        case FileChange():
            _restore(machine.files, change, intent, journal, name)
        case ParameterChange():
            machine.set_parameter(change.key, change.before)
        case PackageChange():
            ran = machine.programs.install(change.manager, change.name, change.before)
            if not ran.well:
                raise ChangeFailed(
                    f"{ran.command}: {ran.output or ran.status}",
                    hint="That version is no longer on offer here: install the package by hand.",
                )


def _restore(files: Files, change: FileChange, intent: Intent, journal: Journal, name: str) -> None:
    before = change.before
    xattrs = unpacked(intent.xattrs)
    if before is None:
        _remove(files, change)
    elif before.kind == "link":
        files.link(change.path, before.target, name)
    elif not intent.kept:
        files.set_access(change.path, before, xattrs, of=change.after or before)
    else:
        content = journal.original(name)
        if content is None or sha256(content) != before.digest:
            raise ChangeFailed(f"the original of {change.path} is gone", hint="Restore it from a backup.")
        if intent.kept == "link":
            files.give_back(change.path, journal.originals, name)
        else:
            found = Found(before, content, intent.modified, xattrs)
            files.write(change.path, content, before, found, name)
            files.touch(change.path, intent.modified)


def _remove(files: Files, change: FileChange) -> None:
    """What was made goes; a directory that holds something by now stays."""
    found = files.look(change.path)
    if found and found.state.kind == "directory" and files.root.listdir(change.path) != ():
        return
    files.remove(change.path)


def _where(now: FileState | None, before: FileState | None, after: FileState | None) -> Where:
    if _same(now, before):
        return "before"
    if _same(now, after):
        return "after"
    if before is None and now and after and now.kind == after.kind == "directory":
        return "between" if (now.mode, now.uid) == ("0700", 0) else "elsewhere"
    return "between" if now and before and after and _mixed(now, before, after) else "elsewhere"


def _same(one: FileState | None, other: FileState | None) -> bool:
    """Whether both are the same; names of owners are for people, and a link has no mode that counts."""
    if one is None or other is None:
        return one is other
    if one.kind == "link" or other.kind == "link":
        return (one.kind, one.target) == (other.kind, other.target)
    return _bare(one) == _bare(other)


def _bare(state: FileState) -> FileState:
    return msgspec.structs.replace(state, owner="", group="")


def _mixed(now: FileState, before: FileState, after: FileState) -> bool:
    """Whether some of what a change of access does was done: each part is as before or as after."""
    if not before.kind == now.kind == after.kind or not before.digest == now.digest == after.digest:
        return False
    special = 0o6000  # a change of the owner takes these bits away
    modes = {int(one.mode, 8) & ~special for one in (before, after)}
    owners = {(one.uid, one.gid) for one in (before, after)}
    return int(now.mode, 8) & ~special in modes and (now.uid, now.gid) in owners


def _proc(key: str) -> str:
    return "/proc/sys/" + key.translate(str.maketrans("./", "/."))


def elsewhere(change: Change) -> ChangeFailed:
    """The error for an object that is in neither state."""
    match change:
        case FileChange(path=path):
            what = path
        case ParameterChange(key=key):
            what = key
        case PackageChange(name=name):
            what = f"package {name}"
    return ChangeFailed(
        f"{what} is neither as it was when the plan was made nor as the plan makes it", hint=_BY_HAND
    )
