"""How a platform places files and where a lasting change is made, as `content/platforms/<id>.yaml` says."""

from typing import Literal

from trueline.model.base import Strict


class NamedFile(Strict, frozen=True, kw_only=True):
    """A file or directory that rules judge by name.

    `component` must run (or its place be visible) for the file to matter. `flag` names the component's flag
    whose value is the path: it wins over `candidates`, of which all that exist are judged, or with `first`
    the first. `each` judges the regular files of a directory: "file" those in it, "tree" those below it too;
    `match` limits them to a shell pattern of their base names (several separated by a blank), `ignore` leaves
    some out. `document` makes collectors read the content as this kind.
    """

    component: str = ""
    flag: str = ""
    candidates: tuple[str, ...] = ()
    first: bool = False
    each: Literal["", "file", "tree"] = ""
    match: str = ""
    ignore: str = ""
    document: str = ""
    title: str = ""


class Lasting(Strict, frozen=True, kw_only=True):
    """Where a change to a component's settings lasts.

    `steps` are sentences; they may use {flag} {key} {value} {file} {component}. `rendered` is the file that
    gets written from the lasting source. `restart` says what makes the change take effect.
    """

    steps: tuple[str, ...]
    rendered: str = ""
    restart: str = ""


class Platform(Strict, frozen=True, kw_only=True):
    """A way to install Kubernetes."""

    id: str
    title: str
    files: dict[str, NamedFile] = {}
    lasting: dict[str, Lasting] = {}
    extends: str = ""
