"""Components and their settings, as `content/settings/<component>.yaml` describes them."""

from collections.abc import Sequence
from typing import Literal

from trueline.model.arguments import Argument, parse_arguments
from trueline.model.base import Strict

SettingType = Literal["bool", "int", "string", "list", "duration", "map"]


class Default(Strict, frozen=True, kw_only=True):
    """The value that holds where nothing sets one.

    `since` and `until` are Kubernetes minor versions ("1.24"), both included; empty means open.
    `config` limits it to a component that was started with (true) or without (false) a config file.
    """

    value: str
    since: str = ""
    until: str = ""
    config: bool | None = None


class Setting(Strict, frozen=True, kw_only=True):
    """One configuration value of a component, whatever its source.

    `name` is unique in the component, normally the flag without dashes. `flags` are the flags that set it, in
    the component's own spelling; empty means `name`; `no_flag` that there is none. Without a `default` the
    type's zero value holds ("", false, 0, an empty list). `key` is the dotted path in the config file. `env`
    is the environment variable. `derived` names the computation of `evaluate/derived.py` that yields the
    value instead. `ignored_with_config`: the flag has no effect once a config file is given.
    """

    name: str
    type: SettingType
    default: tuple[Default, ...] = ()
    flags: tuple[str, ...] = ()
    no_flag: bool = False
    key: str = ""
    env: str = ""
    derived: str = ""
    ignored_with_config: bool = False

    @property
    def all_flags(self) -> tuple[str, ...]:
        """The flags that set it."""
        return () if self.no_flag else self.flags or (self.name,)


class DocumentSource(Strict, frozen=True, kw_only=True):
    """A file that one of the component's flags names: collectors read it as a document.

    `kind` says how it is cleaned (see `model.facts.Document.kind`); a directory holds documents of it.
    """

    flag: str
    kind: str
    directory: bool = False


class Component(Strict, frozen=True, kw_only=True):
    """A program whose settings are judged, and how its processes are told from others.

    `executables` are base names of /proc/PID/exe. `wrappers` are words at the start of a command line behind
    which the component's arguments stand ("hyperkube kube-apiserver"). `config_flag` names the flag of its
    config file, `config_dir_flag` that of the drop-in directory. `config_exclusive`: with a config file all
    flags and variables are ignored (etcd), but for those of settings without `ignored_with_config` elsewhere.
    `repeat_replaces`: a list flag that is given again replaces the earlier list, else it adds to it. Once one
    of `opaque_flags` is given, the settings come from a place that nobody reads, and none is known.
    """

    component: str
    title: str
    executables: tuple[str, ...]
    wrappers: tuple[str, ...] = ()
    config_flag: str = ""
    config_dir_flag: str = ""
    config_env: str = ""
    config_exclusive: bool = False
    env_prefix: str = ""
    repeat_replaces: bool = False
    opaque_flags: tuple[str, ...] = ()
    documents: tuple[DocumentSource, ...] = ()
    settings: tuple[Setting, ...] = ()

    def parse(self, arguments: Sequence[str]) -> tuple[Argument, ...]:
        """The flags among `arguments`, each with the value that a flag of its type takes."""
        flags: dict[bool, list[str]] = {True: [], False: []}
        for setting in self.settings:
            flags[setting.type == "bool"] += setting.all_flags
        return parse_arguments(arguments, flags[True], flags[False])
