"""Fixes of modes, owners, accounts and home directories."""

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import Fix, left
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.hosttest import AccountsTest, WalkTest
from trueline.model.linux_access import Account, Shadow
from trueline.model.operation import RemoveFile, SetAccess, SetAccount, WriteFile
from trueline.model.rule import FileTest, Leaf

_ALLOWED = ("/etc/cron.allow", "/etc/at.allow")
_NO_CHMOD = "/boot/efi/"
_CONTAINERS = (
    "/var/lib/containerd/",
    "/var/lib/docker/",
    "/var/lib/containers/",
    "/var/lib/kubelet/",
    "/run/",
)
_NOLOGIN = ("/usr/sbin/nologin", "/sbin/nologin")


def fix_file(test: FileTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """Mode, owner or presence of one file."""
    if fault.path.startswith(_NO_CHMOD):
        return left("A FAT file system takes modes from its mount options: umask=0077 in /etc/fstab.")
    if test.mode_at_most is not None:
        now = fault.observed.removeprefix("mode ")
        if not now.isdigit():
            return left(f"{fault.path} is not there.")
        mode = int(now, 8) & int(test.mode_at_most, 8)
        return Fix(operations=(SetAccess(path=fault.path, mode=f"{mode:04o}"),))
    if test.owner is not None:
        return _owner(test.owner, fault.path, host)
    if test.present and fault.path in _ALLOWED:
        file = WriteFile(path=fault.path, content="root\n", mode="0600")
        return Fix(operations=(file,), risks=(f"Only root may have new jobs: list others in {fault.path}.",))
    if test.present:
        return left(f"What {fault.path} should hold can't be told here.")
    return Fix(operations=(RemoveFile(path=fault.path),))


def _owner(alternatives: str, path: str, host: Host) -> Fix:
    """The first owner that this machine knows both names of."""
    users, groups = _names(host)
    for pair in alternatives.split():
        user, _, group = pair.partition(":")
        if user in users and (not group or group in groups):
            return Fix(operations=(SetAccess(path=path, owner=user, group=group),))
    return left(f"None of the owners {alternatives} exists on this machine.")


def _names(host: Host) -> tuple[set[str], set[str]]:
    accounts = host.linux.accounts
    users = () if isinstance(accounts.passwd, Absent | Unavailable) else accounts.passwd.entries
    groups = () if isinstance(accounts.group, Absent | Unavailable) else accounts.group.entries
    return {one.name for one in users}, {one.name for one in groups}


def fix_walk(test: WalkTest, fault: Fault, _: tuple[Leaf, ...], __: Host) -> Fix:
    """World-writable files and directories without the sticky bit; whose an orphan is nobody can tell."""
    if fault.path.startswith(_CONTAINERS):
        return left("Files in the storage of containers are the containers' own.")
    mode = fault.observed.removeprefix("mode ").partition(",")[0]
    if test.find == "world-writable-files":
        bits = int(mode, 8) & ~0o002
    elif test.find == "unsticky-directories":
        bits = int(mode, 8) | 0o1000
    else:
        return left("Whose these files are, or whether a program needs its bits, is for a person to say.")
    return Fix(operations=(SetAccess(path=fault.path, mode=f"{bits:04o}"),))


def fix_accounts(test: AccountsTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """What of an account may change without locking its owner out or losing data."""
    match test.find:
        case "password-ages":
            return _ages(test, fault.path, host)
        case "system-shells":
            return Fix(operations=(SetAccount(account=fault.path, field="shell", value=_nologin(host)),))
        case "root-group":
            return Fix(operations=(SetAccount(account="root", field="group", value="0"),))
        case "empty-passwords" | "system-passwords":
            return _lock(test, fault)
        case "open-homes":
            return _closed(fault.path, 0o027, host)
        case "writable-dot-files":
            return _closed(fault.path, 0o022, host)
        case "open-netrc-files":
            return _closed(fault.path, 0o077, host)
        case "foreign-homes":
            return left(f"Whose {fault.path} is, is for a person to say.")
        case "forward-files" | "netrc-files" | "rhosts-files":
            return left(f"{fault.path} belongs to a user, who has to be asked.")
        case _:
            return left("Which account is the right one is for a person to say.")


def _lock(test: AccountsTest, fault: Fault) -> Fix:
    if fault.path == "root" or fault.source.startswith("/etc/passwd"):
        return left("Locking this account could lock everybody out: give it a password first.")
    risk = f"{fault.path} can't log in any more until it gets a password."
    risks = (risk,) if test.find == "empty-passwords" else ()
    return Fix(operations=(SetAccount(account=fault.path, field="locked", value="yes"),), risks=risks)


def _nologin(host: Host) -> str:
    """The path of nologin that this machine's own accounts use."""
    passwd = host.linux.accounts.passwd
    entries: tuple[Account, ...] = () if isinstance(passwd, Absent | Unavailable) else passwd.entries
    used = [one.shell for one in entries if one.shell in _NOLOGIN]
    return max(_NOLOGIN, key=used.count)


def _closed(path: str, bits: int, host: Host) -> Fix:
    """The file or home without these bits, as far as its mode is known."""
    meta = _meta(path, host)
    if meta is None:
        return left(f"The mode of {path} is not known.")
    if meta.target:
        return left(f"{path} leads elsewhere by a link.")
    return Fix(operations=(SetAccess(path=path, mode=f"{meta.bits & ~bits:04o}"),))


def _meta(path: str, host: Host) -> FileMeta | None:
    homes = host.linux.accounts.homes
    for home in () if isinstance(homes, Unavailable) else homes:
        if home.path == path and isinstance(home.meta, FileMeta):
            return home.meta
        dots = {} if isinstance(home.dot_files, Unavailable) else home.dot_files.files
        for name, meta in dots.items():
            if f"{home.path}/{name}" == path and isinstance(meta, FileMeta):
                return meta
    return None


def _ages(test: AccountsTest, account: str, host: Host) -> Fix:
    """One age of an account's password; never one that makes the password old at once."""
    field = test.given["field"]
    value = test.given["at_most"] if field in {"maximum", "inactive"} else test.given["at_least"]
    shadow = host.linux.accounts.shadow
    entries: tuple[Shadow, ...] = () if isinstance(shadow, Absent | Unavailable) else shadow.entries
    found = next((one for one in entries if one.name == account), None)
    if found is None or (
        field in {"maximum", "inactive"} and not _still_young(found, field, int(value), host)
    ):
        return left(f"The password of {account} would be too old at once: let it be changed first.")
    risks = (f"The password of {account} has to change in time.",) if field == "maximum" else ()
    assert field in {"maximum", "minimum", "warn", "inactive"}
    return Fix(operations=(SetAccount(account=account, field=field, value=value),), risks=risks)  # type: ignore[arg-type]


def _still_young(entry: Shadow, field: str, days: int, host: Host) -> bool:
    """Whether the password lasts a week or more under the new limit."""
    if host.today is None or not entry.last_change:
        return False
    if field == "maximum":
        return entry.last_change + days >= host.today + 7
    if entry.maximum is None or entry.maximum > 365:
        return entry.last_change + 365 + days >= host.today + 7
    return entry.last_change + entry.maximum + days >= host.today + 7
