"""Names of users and groups from the text of a node's own passwd, group and login.defs."""

import re

FIRST_ORDINARY_UID = 1000
NOBODY_UID = 65534
_UID_MIN = re.compile(rb"^\s*UID_MIN\s+(\d{1,9})\s*$", re.MULTILINE)


def names_by_id(table: bytes) -> dict[int, str]:
    """Names by number from passwd or group; of several names the first counts, broken lines are left out."""
    names: dict[int, str] = {}
    for line in table.splitlines():
        fields = line.split(b":")
        if len(fields) >= 3 and fields[0] and fields[2].isdigit() and len(fields[2]) <= 10:
            names.setdefault(int(fields[2]), fields[0].decode("utf-8", "replace"))
    return names


def first_ordinary_uid(login_defs: bytes) -> int:
    """The lowest uid of people's accounts: UID_MIN of login.defs, else 1000."""
    found = _UID_MIN.findall(login_defs)
    return int(found[-1]) if found else FIRST_ORDINARY_UID


def is_ordinary(uid: int, first: int = FIRST_ORDINARY_UID) -> bool:
    """Whether a person, or nobody in particular, may hold this uid."""
    return uid >= first or uid == NOBODY_UID
