"""Mounts, and what the walk over the file systems found."""

import msgspec

from trueline.evaluate.decision import Decision, Fault, all_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, SHOWN, Host, cannot, unread, verdict
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import MountTest, WalkTest
from trueline.model.linux_system import (
    ANOTHER_FILE_SYSTEM,
    NOT_MOUNTED_HERE,
    Mount,
    PlannedMount,
    Walk,
    WalkedFile,
    WalkFinding,
)
from trueline.model.results import NONE_SUCH, Evidence, Outcome

# What systemd mounts by itself before it reads fstab, with the options that it gives.
_BY_SYSTEMD = {"/dev/shm": ("nosuid", "nodev")}  # noqa: S108 - it is looked at, not used

_NOT_SEEN = (NOT_MOUNTED_HERE, ANOTHER_FILE_SYSTEM)
WORDS = {
    "world-writable-files": "files that all may write to",
    "unsticky-directories": "directories that all may write to without the sticky bit",
    "unowned": "files of no known user",
    "ungrouped": "files of no known group",
    "setuid": "setuid programs",
    "setgid": "setgid programs",
}


def judge_mount(test: MountTest, host: Host) -> Decision:
    """Now and after the next boot; an option does not apply to what is neither now nor then a mount."""
    return all_of((_active(test, host), _planned(test, host)))


def _active(test: MountTest, host: Host) -> Decision:
    active = host.linux.mounts.active
    if isinstance(active, Unavailable):
        return cannot(f"{test.point} {NOW}: {active.reason}", test)
    found = [mount for mount in active if mount.target == test.point]
    return _judge(test, found[-1] if found else None, f"{test.point} {NOW}", "/proc/self/mountinfo")


def _planned(test: MountTest, host: Host) -> Decision:
    mounts = host.linux.mounts
    fact = f"{test.point} {BOOT}"
    if isinstance(mounts.planned, Unavailable):
        return cannot(f"{fact}: {mounts.planned.reason}", test)
    found = [mount for mount in mounts.planned if mount.enabled and mount.target == test.point]
    if found:
        line = f":{found[0].line}" if found[0].line else ""
        return _judge(test, found[0], fact, f"{found[0].file}{line}")
    if test.point in _BY_SYSTEMD and not isinstance(host.linux.units, Absent):
        return _options(test, _BY_SYSTEMD[test.point], fact, "systemd's own defaults, not in fstab")
    if mounts.unread:
        return cannot(f"{fact}: {unread(mounts.unread)}", test)
    return _judge(test, None, fact, "fstab and mount units")


def _judge(test: MountTest, mount: Mount | PlannedMount | None, fact: str, source: str) -> Decision:
    if mount is not None:
        return _options(test, mount.options, fact, source)
    if test.option:
        reason = f"{fact} is no file system of its own ({source})."
        return decided(Outcome.NOTAPPLICABLE, reason)
    observed = "part of another file system"
    return verdict(False, fact, source, observed, "a file system of its own", test)


def _options(test: MountTest, options: tuple[str, ...], fact: str, source: str) -> Decision:
    if not test.option:
        return verdict(True, fact, source, "a file system of its own", "a file system of its own")
    observed = ",".join(options) or "mounted without options"
    return verdict(test.option in options, fact, source, observed, f"mounted with {test.option}", test)


def judge_walk(test: WalkTest, host: Host) -> Decision:
    """What was found fails; nothing found passes only if the walk saw all."""
    walk = host.linux.walk
    words = WORDS[test.find]
    if isinstance(walk, Unavailable):
        return cannot(f"Looking for {words}: {walk.reason}", test)
    found: WalkFinding = getattr(walk, test.find.replace("-", "_"))
    counted = found.count + (found.container_count if test.containers == "count" else 0)
    evidence = _evidence(test, found, walk, words)
    if counted:
        first = [*found.files, *(found.container_files if test.containers == "count" else ())]
        names = ", ".join(one.path for one in first[:3])
        below = f", {found.container_count} of them in container storage" if found.container_count else ""
        decision = decided(
            Outcome.FAIL,
            f"There are {counted} {words}{below if test.containers == 'count' else ''}: {names}.",
            evidence=evidence,
            faults=tuple(Fault(test=test, path=one.path, observed=_show(one)) for one in first[:SHOWN]),
        )
        rest = Outcome.FAIL if counted > SHOWN else Outcome.PASS if walk.complete else Outcome.ERROR
        return msgspec.structs.replace(decision, mended=rest)
    if not walk.complete:
        return cannot(f"No {words} were found, but the walk did not see all: {gap(walk)}.", test)
    return decided(Outcome.PASS, f"There are no {words} among {walk.visited} files.", evidence=evidence)


def gap(walk: Walk) -> str:
    """Why a walk that is not complete isn't, without a full stop."""
    if walk.stopped:
        return f"it ended at its limit, {walk.stopped.rstrip('.')}"
    if walk.denied_count:
        return f"{walk.denied_count} directories could not be listed, {', '.join(walk.denied[:3])}"
    unseen = [f"{path} ({reason})" for path, reason in walk.skipped.items() if reason in _NOT_SEEN]
    return f"what is mounted there is not seen, {', '.join(unseen[:3]) or 'other file systems'}"


def _evidence(test: WalkTest, found: WalkFinding, walk: Walk, words: str) -> tuple[Evidence, ...]:
    source = f"walk over {', '.join(walk.file_systems) or 'the local file systems'}"
    listed = [
        Evidence(fact=one.path, source=source, observed=_show(one), expected=NONE_SUCH)
        for one in found.files[:SHOWN]
    ]
    expected = NONE_SUCH if test.containers == "count" else "for information"
    listed += [
        Evidence(fact=one.path, source=f"{source}, container storage", observed=_show(one), expected=expected)
        for one in found.container_files[: SHOWN - len(listed)]
    ]
    total = found.count + found.container_count
    if total > len(listed) or not listed:
        observed = f"{total} in all" if listed else "none"
        listed.append(Evidence(fact=words, source=source, observed=observed, expected=NONE_SUCH))
    return tuple(listed)


def _show(file: WalkedFile) -> str:
    return f"mode {file.mode}, owned by {file.uid}:{file.gid}"
