"""The variables of controls: what $apiserverbin or $kubeletconf stand for on one machine."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from trueline.errors import AccessError
from trueline.kubebench.config import KINDS, ComponentConfig
from trueline.kubebench.gotext import scalar_text
from trueline.kubebench.regexes import BadPattern, compiled
from trueline.model.base import Model


class Lookup(Protocol):
    """What has to be known of the machine."""

    def exists(self, path: str) -> bool | None:
        """Whether something is at `path`, links followed; None where this user can't tell."""

    def command_lines(self, name: str) -> Sequence[str]:
        """The command lines of the processes that call themselves `name`, arguments joined by blanks."""


class Variables(Model, frozen=True, kw_only=True):
    """Values by kind and component. `missing` are mandatory components that don't run."""

    values: dict[str, dict[str, str]] = {}
    missing: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def find_variables(
    components: Sequence[ComponentConfig], lookup: Lookup, *, strict_compat: bool = False
) -> Variables:
    """Looks up each component's files and program.

    A file that nobody has is its default, else the component's name; a program that doesn't run is the
    component's name. With `strict_compat` one mandatory program that doesn't run leaves the variables of all
    programs as they are, and a path that this user can't look at raises AccessError.
    """
    unknown: list[str] = []
    values = {
        kind: {each.name: _file(each, kind, lookup, unknown) for each in components}
        for kind in KINDS
        if kind != "bin"
    }
    programs, missing = find_programs(components, lookup)
    if strict_compat and unknown:
        raise AccessError(f"error looking for file {unknown[0]}: permission denied", hint="Run it as root.")
    if strict_compat and missing:
        programs = {}
    notices = [f"whether {path} exists could not be seen; it was taken as missing" for path in unknown]
    notices += [f"no program of component {name} is running" for name in missing]
    return Variables(values={"bin": programs, **values}, missing=missing, notices=tuple(notices))


def find_programs(
    components: Sequence[ComponentConfig], lookup: Lookup
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The running program of each component that has candidates, and the mandatory ones that don't run."""
    programs: dict[str, str] = {}
    missing: list[str] = []
    for component in components:
        if candidates := component.candidates.get("bin"):
            found = next((name for name in candidates if is_running(name, lookup)), "")
            programs[component.name] = found or component.name
            if not found and not component.optional:
                missing.append(component.name)
    return programs, tuple(missing)


def is_running(program: str, lookup: Lookup) -> bool:
    """Whether a process of that name runs whose command line starts with `program`, behind a path or not."""
    program = program.strip("'\"")
    words = program.split()
    if not words:
        return False
    try:
        pattern = compiled(rf"^(\S*\/)*{program}")
    except BadPattern:
        return False
    return any(pattern.search(scalar_text(line)) is not None for line in lookup.command_lines(words[0]))


def runs_all(components: Sequence[ComponentConfig] | None, lookup: Lookup) -> bool:
    """Whether the node plays the role of these components: all mandatory ones run, and there are some."""
    programs, missing = find_programs(components or (), lookup)
    return bool(programs) and not missing


def substitute(text: str, variables: Variables) -> tuple[str, str]:
    """The text with values for variables, and the program put in if it was just one, else "".

    A longer name is replaced before one that it starts with. Values of several words get single quotes.
    """
    programs: list[str] = []
    for kind in KINDS:
        values: Mapping[str, str] = variables.values.get(kind, {})
        for component in sorted(values, key=lambda name: (-len(name), name)):
            value = values[component]
            changed = text.replace(f"${component}{kind}", _as_word(value)) if value else text
            if kind == "bin" and changed != text:
                programs.append(value)
            text = changed
    return text, programs[0] if len(programs) == 1 else ""


def _file(component: ComponentConfig, kind: str, lookup: Lookup, unknown: list[str]) -> str:
    for path in component.candidates.get(kind, ()):
        there = lookup.exists(path)
        if there:
            return path
        if there is None:
            unknown.append(path)
    return component.defaults.get(kind, component.name)


def _as_word(value: str) -> str:
    return f"'{value}'" if len(value.split()) > 1 else value
