"""Tells the components apart that a program like k3s or kubelite runs inside its own process."""

from collections.abc import Iterable, Iterator

import msgspec

from trueline.collect.access import Root
from trueline.collect.launch import Launch, Option, launch, runs_as
from trueline.collect.plain import NotPlain, decode
from trueline.collect.redact import clean_arguments
from trueline.model.arguments import parse_arguments
from trueline.model.bundle import Bundle, OwnFlag, Part
from trueline.model.facts import Absent, Process, Unavailable
from trueline.model.setting import Component

_UNTOLD = Unavailable(
    kind="not-collected", reason="the program sets it by itself, in ways that are not known here."
)


def stand_ins(bundles: Iterable[Bundle]) -> list[Component]:
    """The programs as if they were components, so that their processes are found like any other."""
    prefixes = {bundle.executable: bundle.config_variable for bundle in bundles}
    return [
        Component(component=name, title=name, executables=(name,), env_prefix=prefix)
        for name, prefix in prefixes.items()
    ]


def unfold(root: Root, processes: Iterable[Process], bundles: Iterable[Bundle]) -> Iterator[Process]:
    """The processes, each of a bundle replaced by the components that run in it."""
    listed = list(bundles)
    names = {bundle.executable for bundle in listed}
    for process in processes:
        if process.component not in names or process.impostor is not None:
            yield process
            continue
        for bundle in listed:
            if bundle.executable == process.component and runs_as(root, process, bundle):
                yield from _components(root, process, bundle)


def _components(root: Root, process: Process, bundle: Bundle) -> Iterator[Process]:
    started = launch(root, process, bundle)
    for name, part in bundle.components.items():
        shell = msgspec.structs.replace(
            process, component=name, arguments=(), environment={}, wrapper=bundle.name, unread={}
        )
        if isinstance(started, Unavailable):
            yield msgspec.structs.replace(shell, unread={"arguments": started})
        elif not any(started.has(option) for option in part.unless):
            yield from _Inside(root, bundle, started).component(shell, part)


class _Inside:
    """What one process of a bundle gives its components."""

    def __init__(self, root: Root, bundle: Bundle, started: Launch) -> None:
        self.root = root
        self.bundle = bundle
        self.started = started

    def component(self, shell: Process, part: Part) -> Iterator[Process]:
        """The component's process with its flags; nothing where it does not run."""
        if part.path and not self._exists(part.path):
            return
        given = self._given(part)
        if isinstance(given, Unavailable):
            yield msgspec.structs.replace(shell, unread={"arguments": given})
            return
        flags = self._merged(part, given)
        words = clean_arguments([f"--{name}={value}" for name, value, _ in flags])
        unread = {f"--{name}": _UNTOLD for name in part.unknown if name not in {flag.name for flag in flags}}
        origins: dict[str, str] = {}
        for flag in flags:
            known = origins.get(flag.name)
            origins[flag.name] = f"{known}, {flag.source}" if known and known != flag.source else flag.source
        yield msgspec.structs.replace(shell, arguments=words, origins=origins, unread=unread)

    def _given(self, part: Part) -> list[Option] | Unavailable:
        """The flags that the operator gives, names as written, so that "+" and "-" at their end are kept."""
        if part.file:
            return self._lines(self.started.value(part.file_option, part.file))
        found = []
        for option in self.started.options:
            if option.name in part.arguments:
                name, equals, value = option.value.removeprefix("--").partition("=")
                found.append(Option(name, value if equals else "true", f"{option.source} ({option.name})"))
        return found

    def _lines(self, path: str) -> list[Option] | Unavailable:
        """The flags in a file of them."""
        content = self.root.read(path)
        if isinstance(content, Absent):
            return Unavailable(kind="vanished", reason=f"{path} is not there.")
        if isinstance(content, Unavailable):
            return Unavailable(kind=content.kind, reason=f"{path} could not be read: {content.reason}")
        try:
            lines = [line.strip() for line in decode(content).splitlines()]
        except NotPlain as error:
            return Unavailable(kind="invalid", reason=f"{path} can't be read: {error}")
        words = [word for line in lines if not line.startswith("#") for word in line.split(maxsplit=1)]
        return [
            Option(flag.name, "true" if flag.value is None else self._expanded(flag.value), path)
            for flag in parse_arguments(words)
        ]

    def _expanded(self, value: str) -> str:
        for name, known in self.bundle.variables.items():
            value = value.replace("${" + name + "}", known).replace(f"${name}", known)
        return value

    def _merged(self, part: Part, given: list[Option]) -> list[Option]:
        """Flags of the program itself, replaced by the operator's where both give one."""
        names = {option.name.rstrip("+-") for option in given}
        own = [flag for flag in part.flags if self._holds(flag, names)]
        dropped = {name for flag in own for name in flag.over}
        given = [option for option in given if option.name.rstrip("+-") not in dropped]
        merged: dict[str, list[Option]] = {}
        for option in given:
            name = option.name.rstrip("+-")
            plain = Option(name, option.value, option.source)
            before = merged.get(name, [])
            mine = [one for one in self._own(own) if one.name == name] if option.name[-1:] in "+-" else []
            first = [plain, *mine, *before] if option.name.endswith("-") else [*mine, *before, plain]
            merged[name] = first if not before else [*before, plain]
        rest = [option for option in self._own(own) if option.name not in merged]
        return [*rest, *(option for options in merged.values() for option in options)]

    def _own(self, flags: Iterable[OwnFlag]) -> list[Option]:
        pairs = [self._filled(flag.flag).partition("=") for flag in flags]
        return [Option(name, value, f"{self.bundle.name} itself") for name, _, value in pairs]

    def _holds(self, flag: OwnFlag, given: set[str]) -> bool:
        return (
            not given & set(flag.unless)
            and (not flag.option or self.started.has(flag.option))
            and (not flag.path or self._exists(flag.path))
            and not (flag.no_path and self._exists(flag.no_path))
        )

    def _exists(self, path: str) -> bool:
        return not isinstance(self.root.identity(self._filled(path)), Absent)

    def _filled(self, text: str) -> str:
        for name, default in self.bundle.options.items():
            text = text.replace("{" + name + "}", self.started.value(name, default).rstrip("/"))
        return text
