"""Changes fields of accounts in the text of passwd and shadow."""

from trueline.harden.edit_keys import split
from trueline.harden.edit_lines import cannot
from trueline.model.operation import AddMember, SetAccount

_SHADOW = {"minimum": 3, "maximum": 4, "warn": 5, "inactive": 6}
_PASSWD = {"shell": 6, "group": 3}


def table_of(op: SetAccount) -> str:
    """The file that holds the field."""
    return "/etc/passwd" if op.field in _PASSWD else "/etc/shadow"


def set_account(text: str, op: SetAccount) -> str:
    """The table with the account's field changed; the account must stand there once."""
    lines = split(text)
    found = [number for number, line in enumerate(lines) if line.partition(":")[0] == op.account]
    if len(found) != 1:
        raise cannot(f"{table_of(op)} has {len(found)} lines for {op.account}")
    fields = lines[found[0]].rstrip("\n").split(":")
    if len(fields) != (7 if op.field in _PASSWD else 9):
        raise cannot(f"{table_of(op)}: the line for {op.account} has {len(fields)} fields")
    if op.field == "locked":
        fields[1] = fields[1] if fields[1][:1] in {"!", "*"} else f"!{fields[1]}"
    else:
        fields[(_PASSWD | _SHADOW)[op.field]] = op.value
    lines[found[0]] = ":".join(fields) + "\n"
    return "".join(lines)


def add_member(text: str, op: AddMember) -> str:
    """The table with the account among the group's members; the group must stand there once."""
    lines = split(text)
    found = [number for number, line in enumerate(lines) if line.partition(":")[0] == op.group]
    fields = lines[found[0]].rstrip("\n").split(":") if len(found) == 1 else []
    if len(fields) != 4:
        raise cannot(f"{op.file} has no line for {op.group} with four fields")
    members = [name for name in fields[3].split(",") if name]
    if op.account in members:
        return text
    fields[3] = ",".join([*members, op.account])
    lines[found[0]] = ":".join(fields) + "\n"
    return "".join(lines)
