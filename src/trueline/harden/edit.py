"""What an operation makes of a file: which file it is about, and its text afterwards."""

from collections.abc import Callable
from typing import Any

from trueline.harden.edit_accounts import add_member, set_account, table_of
from trueline.harden.edit_keys import set_key
from trueline.harden.edit_lines import (
    add_line,
    boot_argument,
    keep_out_module,
    mount_option,
    pam_argument,
    pam_line,
)
from trueline.model.operation import (
    AddLine,
    AddMember,
    BootArgument,
    KeepOutModule,
    MakeDirectory,
    MountOption,
    Operation,
    PamArgument,
    PamLine,
    RemoveFile,
    SetAccess,
    SetAccount,
    SetKey,
    WriteFile,
)

_EDITORS: dict[type, Callable[[str, Any], str]] = {
    SetKey: set_key,
    AddLine: add_line,
    KeepOutModule: keep_out_module,
    PamArgument: pam_argument,
    PamLine: pam_line,
    BootArgument: boot_argument,
    MountOption: mount_option,
    SetAccount: set_account,
    AddMember: add_member,
    WriteFile: lambda _, op: str(op.content),
}
# Files that must not be begun by an edit: without them their program is not there or reads another one.
_NEEDS_FILE = (PamArgument, PamLine, BootArgument, SetAccount, AddMember)


def path_of(op: Operation) -> str:
    """The path that the operation is about; "" where it is about no file."""
    match op:
        case SetAccount():
            return table_of(op)
        case WriteFile() | SetAccess() | RemoveFile() | MakeDirectory():
            return op.path
        case _:
            return getattr(op, "file", "")


def needs_file(op: Operation) -> bool:
    """Whether the operation is meaningless without the file."""
    return isinstance(op, _NEEDS_FILE)


def edit(text: str, op: Operation) -> str:
    """The file's text after the operation; raises CannotEdit where it is not as the operation expects."""
    editor = _EDITORS.get(type(op))
    return editor(text, op) if editor else text
