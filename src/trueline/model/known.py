"""The three states of a fact, and the metadata of files, which all kinds of facts share."""

from typing import Annotated, Final, Literal

import msgspec

from trueline.model.base import Model

UnavailableKind = Literal[
    "denied",  # the file or process exists, this user may not read it
    "not-mounted",  # the place where it would be is not visible below the root
    "invalid",  # read, but it is not what it should be (not YAML, not UTF-8, wrong type)
    "too-large",  # over the limit that collectors read
    "special-file",  # a FIFO, socket or device where a file was expected
    "outside-root",  # a link that leads out of the root or loops
    "vanished",  # it went away while it was read
    "unreachable",  # the API server did not answer, or answered with an error
    "not-collected",  # nobody asked for it
]

NOT_UNDERSTOOD: Final = "gave an answer that was not understood"
"""In the reason of a fact that a program told, though not as this version knows it."""

FileKind = Literal["file", "directory", "link", "fifo", "socket", "device"]


class Absent(Model, frozen=True, kw_only=True, tag_field="state", tag="absent"):
    """Looked for in a place that could be read, and not there."""


class Unavailable(Model, frozen=True, kw_only=True, tag_field="state", tag="unavailable"):
    """Could not be read; never evidence for a pass nor for a fail."""

    kind: UnavailableKind
    reason: str


class Certificate(Model, frozen=True, kw_only=True):
    """Public data of the first X.509 certificate of a file; times are RFC 3339 UTC."""

    subject: str
    issuer: str
    not_before: str
    not_after: str
    authority: bool = False


class FileMeta(Model, frozen=True, kw_only=True, tag_field="state", tag="known"):
    """Metadata of what a path leads to, links followed inside the root.

    `mode` is octal text of the permission bits with setuid, setgid and sticky, such as "0600".
    `owner` and `group` are names from the root's own passwd and group files, None where these have none.
    `target` is the path that a link led to. `entries` are the names in a directory, sorted.
    `shielded_by` is the nearest directory above that others may not enter ("/var/lib/etcd 0700").
    """

    kind: FileKind
    mode: Annotated[str, msgspec.Meta(pattern="^[0-7]{1,5}$")]
    uid: int
    gid: int
    owner: str | None = None
    group: str | None = None
    size: int = 0
    target: str | None = None
    entries: tuple[str, ...] | None = None
    acl: bool = False
    shielded_by: str | None = None
    certificate: Certificate | None = None

    @property
    def bits(self) -> int:
        """The mode as a number."""
        return int(self.mode, 8)
