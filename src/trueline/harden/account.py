"""The operations that make an ordinary account which may become root, so that root need not log in."""

import re

from trueline.harden.journal import Refused
from trueline.model.facts import Absent, Unavailable
from trueline.model.linux_access import Accounts
from trueline.model.operation import AddLine, AddMember, MakeDirectory, Operation

_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_RULERS = ("sudo", "wheel")


def account_operations(name: str, accounts: Accounts, today: int) -> tuple[Operation, ...]:
    """A locked account with a home, a group of its own, and membership in sudo or wheel.

    `today` counts days from 1970. Raises Refused where the tables are not whole or have that name.
    """
    passwd, group, gshadow = accounts.passwd, accounts.group, accounts.gshadow
    if isinstance(passwd, Absent | Unavailable) or isinstance(group, Absent | Unavailable):
        raise Refused("the tables of accounts can't be read", hint="Run it as root.")
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is no name of an account", hint="Use small letters, digits, _ and -.")
    names = {one.name for one in passwd.entries} | {one.name for one in group.entries}
    if name in names or not passwd.complete:
        raise Refused(f"there is an account or group {name} already", hint="Leave --create-user out.")
    ruler = next((one.name for one in group.entries if one.name in _RULERS), "")
    if not ruler:
        raise Refused("there is neither a group sudo nor wheel", hint="Install sudo first.")
    taken = {one.uid for one in passwd.entries} | {one.gid for one in group.entries}
    number = next(one for one in range(accounts.first_ordinary_uid, 2**31) if one not in taken)
    lines = {
        "/etc/passwd": f"{name}:x:{number}:{number}::/home/{name}:/bin/bash",
        "/etc/group": f"{name}:x:{number}:",
        "/etc/shadow": f"{name}:!:{today}:1:365:7:30::",
    }
    tables = ["/etc/group"]
    if not isinstance(gshadow, Absent | Unavailable):
        lines["/etc/gshadow"] = f"{name}:!::"
        tables += ["/etc/gshadow"] if any(one.name == ruler for one in gshadow.entries) else []
    return (
        *(AddLine(file=file, syntax="accounts", line=line) for file, line in lines.items()),
        *(AddMember(file=file, group=ruler, account=name) for file in tables),
        MakeDirectory(path=f"/home/{name}", mode="0750", uid=number, gid=number),
    )
