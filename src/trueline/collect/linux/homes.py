"""Collects the account files, and home directories with their dot files."""

from trueline.collect.linux.mounts import PSEUDO_TYPES, REMOTE_TYPES
from trueline.collect.linux.reader import NAMES_LIMIT, Reader
from trueline.collect.linux.rootpath import collect_root_path
from trueline.collect.linux.syntax import plain
from trueline.collect.linux.tables import read_group, read_gshadow, read_passwd, read_shadow
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux_access import Account, Accounts, AccountTable, DotFiles, Home
from trueline.model.linux_system import Mount

_NO_LOGIN = {"nologin", "false", "sync", "halt", "shutdown", "true"}
_HOMES_LIMIT = 1_000
_DOT_FILES_LIMIT = 200


def collect_accounts(reader: Reader, mounts: tuple[Mount, ...] | Unavailable) -> Accounts:
    """Accounts, groups, states of passwords and homes."""
    root = reader.root
    passwd = read_passwd(root)
    people = (
        [account for account in passwd.entries if may_log_in(account)]
        if (isinstance(passwd, AccountTable))
        else []
    )
    shells = reader.lines("/etc/shells")
    return Accounts(
        passwd=passwd,
        group=read_group(root),
        shadow=read_shadow(root),
        gshadow=read_gshadow(root),
        homes=_homes(reader, people, mounts) if not isinstance(passwd, Unavailable) else passwd,
        homes_complete=len(people) <= _HOMES_LIMIT
        and (not isinstance(passwd, AccountTable) or passwd.complete),
        first_ordinary_uid=root.first_ordinary_uid,
        shells=shells
        if isinstance(shells, Unavailable)
        else tuple(entry.value for entry in plain("", shells if isinstance(shells, tuple) else ())),
        root_path=collect_root_path(reader),
    )


def may_log_in(account: Account) -> bool:
    """Whether the shell of an account lets somebody in."""
    return account.name[0] not in "+-" and account.shell.rpartition("/")[2] not in _NO_LOGIN


def _homes(
    reader: Reader, people: list[Account], mounts: tuple[Mount, ...] | Unavailable
) -> tuple[Home, ...]:
    elsewhere = () if isinstance(mounts, Unavailable) else _not_to_enter(mounts)
    return tuple(_home(reader, account, elsewhere) for account in people[:_HOMES_LIMIT])


def _not_to_enter(mounts: tuple[Mount, ...]) -> tuple[str, ...]:
    kinds = {mount.target: mount.type for mount in mounts}
    return tuple(target for target, kind in kinds.items() if kind in REMOTE_TYPES | PSEUDO_TYPES)


def _home(reader: Reader, account: Account, elsewhere: tuple[str, ...]) -> Home:
    meta: FileMeta | Absent | Unavailable
    dots: DotFiles | Unavailable
    if any(account.home == target or account.home.startswith(f"{target}/") for target in elsewhere):
        meta = dots = Unavailable(kind="not-collected", reason="on a remote or automatic mount")
    elif not account.home.startswith("/"):
        meta, dots = Absent(), DotFiles()
    else:
        meta = reader.root.meta(account.home, entries=False)
        dots = _dot_files(reader, account.home, meta)
    return Home(
        user=account.name,
        uid=-1 if account.uid is None else account.uid,
        gid=-1 if account.gid is None else account.gid,
        path=account.home,
        meta=meta,
        dot_files=dots,
    )


def _dot_files(reader: Reader, home: str, meta: FileMeta | Absent | Unavailable) -> DotFiles | Unavailable:
    if isinstance(meta, Unavailable):
        return meta
    names = reader.root.listdir(home, NAMES_LIMIT)
    if isinstance(names, Unavailable):
        return names
    dots = [name for name in names if name.startswith(".")] if isinstance(names, tuple) else []
    found = {}
    for name in dots[:_DOT_FILES_LIMIT]:
        path = f"{home.rstrip('/')}/{name}"
        link = reader.root.readlink(path)
        seen = _link(link) if isinstance(link, str) else reader.root.meta(path, entries=False)
        if not isinstance(seen, Absent):
            found[name.encode("utf-8", "replace").decode()] = seen
    return DotFiles(files=found, complete=len(dots) <= _DOT_FILES_LIMIT)


def _link(target: str) -> FileMeta:
    """A link has no mode of its own, and what it leads to is another file."""
    return FileMeta(kind="link", mode="0777", uid=0, gid=0, target=target)
