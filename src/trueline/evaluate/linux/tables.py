"""The account files as searches see them, and what of them is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from trueline.evaluate.linux.base import Host, unread
from trueline.model.facts import Absent, Unavailable
from trueline.model.linux_access import Account, Group, Home, Shadow


class Unknown(Exception):
    """Facts were read, and can't be understood."""


@dataclass(frozen=True)
class Finding:
    """An account, group or file that breaks the rule, where it was seen, and what is wrong with it."""

    name: str
    source: str
    observed: str


class Tables:
    """passwd, group, shadow and home directories, with the arguments of the search.

    `gaps` is what a search could not see on its way.
    """

    def __init__(self, host: Host, given: Mapping[str, str]) -> None:
        self.host = host
        self.given = given
        self.accounts = host.linux.accounts
        self.first_ordinary_uid = self.accounts.first_ordinary_uid
        self.today = host.today
        self.gaps: list[str] = []

    @cached_property
    def passwd(self) -> tuple[Account, ...]:
        """The accounts."""
        return () if isinstance(self.accounts.passwd, Absent | Unavailable) else self.accounts.passwd.entries

    @cached_property
    def group(self) -> tuple[Group, ...]:
        """The groups."""
        return () if isinstance(self.accounts.group, Absent | Unavailable) else self.accounts.group.entries

    @cached_property
    def shadow(self) -> tuple[Shadow, ...]:
        """What shadow says of passwords."""
        return () if isinstance(self.accounts.shadow, Absent | Unavailable) else self.accounts.shadow.entries

    @property
    def homes(self) -> tuple[Home, ...]:
        """Home directories of accounts that may log in."""
        homes = self.accounts.homes
        return () if isinstance(homes, Unavailable) else homes

    def missing(self, name: str) -> str:
        """Why nothing can be said of a table; "" where it was read."""
        if name == "homes":
            return self.accounts.homes.reason if isinstance(self.accounts.homes, Unavailable) else ""
        if name == "root-path":
            path = self.accounts.root_path
            if isinstance(path, Unavailable):
                return path.reason
            return "where root's shell looks for commands was not found." if isinstance(path, Absent) else ""
        table = getattr(self.accounts, name)
        if isinstance(table, Absent):
            return f"/etc/{name} does not exist."
        return f"/etc/{name} could not be read: {table.reason}" if isinstance(table, Unavailable) else ""

    def gap(self, name: str) -> str:
        """Why something may be there although it was not found."""
        if name == "homes":
            return "" if self.accounts.homes_complete else "there are more home directories than were read."
        if name == "root-path":
            return ""
        table = getattr(self.accounts, name)
        if isinstance(table, Absent | Unavailable):
            return self.missing(name)
        if not table.complete:
            return f"/etc/{name} has {table.total} entries, and only {len(table.entries)} were read."
        if table.malformed:
            return f"{table.malformed[0].file}:{table.malformed[0].line}: {table.malformed[0].reason}"
        return ""

    def at(self, name: str, line: int) -> str:
        """ "/etc/passwd:12"."""
        return f"/etc/{name}:{line}"

    def note(self, missing: dict[str, Unavailable]) -> None:
        """Remembers what could not be read on the way."""
        if missing:
            self.gaps.append(unread(missing))
