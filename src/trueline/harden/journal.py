"""The journal: what is about to be done is on disk before it is done, and how it was stays beside it."""

import fcntl
import os
from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from trueline.errors import TruelineError
from trueline.harden.files import Files, Found, failing, packed
from trueline.model.base import Model
from trueline.model.facts import Absent, Unavailable
from trueline.model.plan import Action, FileState, Plan

PLACE = "/var/lib/trueline/harden"
_LOG = "journal"
_PLAN = "plan.json"
_ORIGINALS = "originals"
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Refused(TruelineError):
    """Nothing was changed, because it would not have been safe."""


class Begun(Model, frozen=True, kw_only=True, tag_field="is", tag="begun"):
    """A run began. `at` is RFC 3339 UTC."""

    at: str
    plan: str


class Intent(Model, frozen=True, kw_only=True, tag_field="is", tag="intent"):
    """A change is about to be made. `kept` is how the original stays: a second name for it, or a copy."""

    step: str
    index: int
    kept: Literal["", "link", "copy"] = ""
    modified: int = 0
    xattrs: dict[str, str] = {}


class Done(Model, frozen=True, kw_only=True, tag_field="is", tag="done"):
    """The change was made."""

    step: str
    index: int


class Undone(Model, frozen=True, kw_only=True, tag_field="is", tag="undone"):
    """The change was taken back."""

    step: str
    index: int


class Acted(Model, frozen=True, kw_only=True, tag_field="is", tag="acted"):
    """A program took changes up, or could not (`failed` says why)."""

    action: Action
    failed: str = ""


class Ended(Model, frozen=True, kw_only=True, tag_field="is", tag="ended"):
    """All steps were made, or undone."""

    at: str
    how: Literal["applied", "undone"]


Entry: TypeAlias = Begun | Intent | Done | Undone | Acted | Ended
_DECODER = msgspec.json.Decoder(Entry)
Key: TypeAlias = tuple[str, int]


class Run:
    """One application of a plan, as its journal tells."""

    def __init__(self, name: str, plan: Plan, entries: list[Entry]) -> None:
        self.name = name
        self.plan = plan
        self.entries = entries

    @property
    def intents(self) -> dict[Key, Intent]:
        """The changes that may have been made and were not taken back, in order."""
        found: dict[Key, Intent] = {}
        for one in self.entries:
            if isinstance(one, Intent):
                found[one.step, one.index] = one
            elif isinstance(one, Undone):
                found.pop((one.step, one.index), None)
        return found

    @property
    def done(self) -> set[Key]:
        """The changes that certainly were made and not taken back."""
        found: set[Key] = set()
        for one in self.entries:
            if isinstance(one, Done):
                found.add((one.step, one.index))
            elif isinstance(one, Undone):
                found.discard((one.step, one.index))
        return found

    @property
    def undone(self) -> set[str]:
        """Steps that were taken back in whole."""
        back = {one.step for one in self.entries if isinstance(one, Undone)}
        return back - {step for step, _ in self.intents}

    @property
    def state(self) -> Literal["applied", "unfinished", "undone"]:
        """What became of it."""
        last = next((one.how for one in reversed(self.entries) if isinstance(one, Ended)), None)
        if not self.intents:
            return "undone" if self.undone else last or "unfinished"
        return "applied" if last else "unfinished"

    @property
    def begun_at(self) -> str:
        """When it began."""
        return next((one.at for one in self.entries if isinstance(one, Begun)), "")


class Store:
    """The journals of one machine; only one run at a time may hold it."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def runs(self) -> list[Run]:
        """All runs whose journal says that they began, oldest first. Raises Refused for a broken one."""
        names = self.files.root.listdir(PLACE)
        if isinstance(names, Unavailable):
            raise Refused(f"{PLACE} can't be read: {names.reason}", hint="Run it as root.")
        found = (self._run(name) for name in (() if isinstance(names, Absent) else names) if name.isdigit())
        return [run for run in found if run is not None]

    def _run(self, name: str) -> Run | None:
        log = self.files.root.read(f"{PLACE}/{name}/{_LOG}", 256 * 1024 * 1024)
        entries = list(read_entries(log)) if isinstance(log, bytes) else []
        if not entries:
            return None
        content = self.files.root.read(f"{PLACE}/{name}/{_PLAN}", 256 * 1024 * 1024)
        try:
            plan = msgspec.json.decode(content, type=Plan) if isinstance(content, bytes) else None
        except msgspec.MsgspecError:
            plan = None
        if plan is None:
            raise Refused(f"{PLACE}/{name}/{_PLAN} can't be read", hint="Restore it from a backup.")
        return Run(name, plan, entries)

    def begin(self, plan: Plan, at: str) -> "Journal":
        """A new run with its plan beside the journal."""
        self._make_place()
        names = self.files.root.listdir(PLACE)
        numbers = [int(name) for name in (names if isinstance(names, tuple) else ()) if name.isdigit()]
        name = f"{max(numbers, default=0) + 1:04}"
        folder = FileState(kind="directory", mode="0700")
        self.files.make_directory(f"{PLACE}/{name}", folder)
        self.files.make_directory(f"{PLACE}/{name}/{_ORIGINALS}", folder)
        content = msgspec.json.encode(plan)
        self.files.write(
            f"{PLACE}/{name}/{_PLAN}", content, FileState(kind="file", mode="0600"), None, ".plan"
        )
        journal = self.open(Run(name, plan, []))
        journal.add(Begun(at=at, plan=plan.digest))
        return journal

    def _make_place(self) -> None:
        above = ""
        for part in PLACE.strip("/").split("/"):
            above = f"{above}/{part}"
            mode = "0700" if above == PLACE else "0755"
            if self.files.look(above) is None:
                self.files.make_directory(above, FileState(kind="directory", mode=mode))

    def open(self, run: Run) -> "Journal":
        """The journal of a run for writing; raises Refused where another process holds it."""
        return Journal(self.files, run)


class Journal:
    """A run's journal while it is written."""

    def __init__(self, files: Files, run: Run) -> None:
        self.files = files
        self.run = run
        place = f"{PLACE}/{run.name}"
        with failing(place):
            folder = files.root.open_directory(place, links=False)
            if not isinstance(folder, int):
                raise Refused(f"{place} can't be opened", hint="See what it is.")
            try:
                self._held = os.open("../lock", _APPEND, 0o600, dir_fd=folder)
                self._lock()
                self._log = os.open(_LOG, _APPEND, 0o600, dir_fd=folder)
                self.originals = os.open(_ORIGINALS, _LIST, dir_fd=folder)
                os.fsync(folder)
            finally:
                os.close(folder)
        self._cut()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        for fd in (self._log, self.originals, self._held):
            os.close(fd)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._held)
            raise Refused("another harden run is at work here", hint="Wait for it to end.") from None

    def _cut(self) -> None:
        """Drops the part of a line that a crash left at the end."""
        log = self.files.root.read(f"{PLACE}/{self.run.name}/{_LOG}", 256 * 1024 * 1024)
        if isinstance(log, bytes) and log and not log.endswith(b"\n"):
            os.ftruncate(self._log, log.rfind(b"\n") + 1)

    def add(self, entry: Entry) -> None:
        """Writes an entry and waits until it is on disk."""
        line = msgspec.json.encode(entry) + b"\n"
        size = os.fstat(self._log).st_size
        with failing("the journal"):
            try:
                while line:
                    line = line[os.write(self._log, line) :]
                os.fsync(self._log)
            except OSError:
                os.ftruncate(self._log, size)  # a part of a line would spoil all that follow
                raise
        self.run.entries.append(entry)

    def keep(self, path: str, found: Found, name: str) -> Literal["link", "copy"]:
        """Keeps the original aside: the file itself under a second name, or a copy of its content."""
        if self.files.keep(path, self.originals, name):
            return "link"
        with failing(f"keeping {path}"):
            fd = os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=self.originals
            )
            try:
                content = found.content
                while content:
                    content = content[os.write(fd, content) :]
                os.fsync(fd)
            finally:
                os.close(fd)
            os.fsync(self.originals)
        return "copy"

    def original(self, name: str) -> bytes | None:
        """What was kept, None where it is not there any more."""
        try:
            fd = os.open(name, _READ, dir_fd=self.originals)
        except FileNotFoundError:
            return None
        with os.fdopen(fd, "rb") as file:
            return file.read()


def intent_of(step: str, index: int, found: Found | None, kept: Literal["", "link", "copy"]) -> Intent:
    """What has to be known to take a change back."""
    if found is None:
        return Intent(step=step, index=index)
    return Intent(step=step, index=index, kept=kept, modified=found.modified, xattrs=packed(found.xattrs))


def read_entries(log: bytes) -> Iterator[Entry]:
    """The whole lines of a journal; a last one without its end was never on disk in whole."""
    for line in log.split(b"\n")[:-1]:
        try:
            yield _DECODER.decode(line)
        except msgspec.MsgspecError:
            raise Refused(
                "the journal has a line that can't be read", hint="Restore it from a backup."
            ) from None
