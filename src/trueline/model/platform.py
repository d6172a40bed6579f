"""How a platform places files and where a lasting change is made, as `content/platforms/<id>.yaml` says."""

from typing import Literal

from trueline.model.base import Strict
from trueline.model.bundle import Bundle
from trueline.model.cloud import CloudKind


class NamedFile(Strict, frozen=True, kw_only=True):
    """A file or directory that rules judge by name.

    `component` must run (or its place be visible) for the file to matter. `flag` names the component's flag
    whose value is the path: it wins over `candidates`, of which all that exist are judged, or with `first`
    the first. `each` judges the regular files of a directory: "file" those in it, "tree" those below it too;
    `match` limits them to a shell pattern of their base names (several separated by a blank), `ignore` leaves
    some out. `also` are settings ("etcd/key-file") of components that run: the paths they hold are judged as
    well, wherever they lie. `document` makes collectors read the content as this kind.
    """

    component: str = ""
    flag: str = ""
    candidates: tuple[str, ...] = ()
    first: bool = False
    each: Literal["", "file", "tree"] = ""
    match: str = ""
    ignore: str = ""
    also: tuple[str, ...] = ()
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


class Sign(Strict, frozen=True, kw_only=True):
    """A fact by which the platform is known; exactly one key.

    version: a regular expression found in a Kubernetes version. label, annotation, provider_id: how one of a
    node object begins. cloud: the kind of a cloud API's answer that was handed in. executable: a regular
    expression found in the path of a component's program. os: ID of the node's os-release. paths: all of
    them exist.
    """

    version: str = ""
    label: str = ""
    annotation: str = ""
    provider_id: str = ""
    cloud: CloudKind | None = None
    executable: str = ""
    os: str = ""
    paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(bool(getattr(self, name)) for name in self.__struct_fields__) != 1:
            raise ValueError(f"needs exactly one of {', '.join(self.__struct_fields__)}")


class PlatformHead(Strict, frozen=True, kw_only=True):
    """What tells one platform from others.

    `extends` names the platform whose files, lasting places and benchmarks hold where this one says nothing.
    """

    id: str
    title: str
    extends: str = ""
    signs: tuple[Sign, ...] = ()


class Platform(PlatformHead, frozen=True, kw_only=True):
    """A way to install Kubernetes.

    `provider` are the components that the provider runs. `bundles` are programs that run several components
    in one process. `own_places`: of the files of `extends` only what they are holds here, and `places` says
    where those are that exist; a name without places is no file of this platform.
    """

    provider: tuple[str, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    own_places: bool = False
    places: dict[str, tuple[str, ...]] = {}
    files: dict[str, NamedFile] = {}
    lasting: dict[str, Lasting] = {}
