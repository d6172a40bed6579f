"""Collects what systemd or SysV scripts start at boot, from unit files and links, and what runs now."""

from collections.abc import Iterator

import msgspec

from trueline.collect.linux.reader import Reader
from trueline.collect.linux.running import running_units
from trueline.collect.programs import Programs
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux_system import Unit, Units, UnitState

UNIT_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
SUFFIXES = (".service", ".socket", ".timer", ".target", ".path", ".mount", ".automount")
_RUNTIME = "/run/"
_VENDOR = ("/usr/", "/lib/")
_PULLING = (".wants", ".requires", ".upholds")
_SYSV = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d", "/etc/rc.d/rc2.d", "/etc/rc.d/rc3.d", "/etc/rc.d/rc5.d")
_OPENRC = ("/etc/runlevels/sysinit", "/etc/runlevels/boot", "/etc/runlevels/default")
_INIT_D = ("/etc/init.d", "/etc/rc.d/init.d")
_UNITS_LIMIT = 20_000


class _Pull(msgspec.Struct, frozen=True):
    """A link in a .wants or .requires directory: who pulls it, and from where."""

    by: str
    place: str


def collect_units(reader: Reader, programs: Programs) -> Units | Absent | Unavailable:
    """Units of systemd, and scripts of SysV or OpenRC where there is no unit of that name."""
    gathering = _Gathering(reader)
    gathering.directories()
    gathering.scripts()
    if not gathering.seen:
        if any(place in gathering.unread for place in UNIT_DIRECTORIES):
            return next(iter(gathering.unread.values()))
        return Absent()
    active, kinds = running_units(reader, programs)
    default = reader.root.meta("/etc/systemd/system/default.target", entries=False)
    if isinstance(default, Absent):
        default = reader.root.meta("/usr/lib/systemd/system/default.target", entries=False)
    return Units(
        units=dict(sorted(gathering.units.items())),
        active=active,
        active_kinds=kinds,
        default_target=_basename(default.target or "") if isinstance(default, FileMeta) else None,
        unread=gathering.unread,
    )


def install_state(lines: tuple[str, ...]) -> UnitState:
    """What the [Install] section says of a unit that no link pulls in."""
    keys = set()
    section = ""
    for raw in lines:
        line = raw.strip()
        if line.startswith("["):
            section = line
        elif section == "[Install]" and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            keys |= {key.strip()} if value.strip() else set()
    if keys & {"WantedBy", "RequiredBy", "UpheldBy", "Alias"}:
        return "disabled"
    return "indirect" if "Also" in keys else "static"


class _Gathering:
    """Units while they are found."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.units: dict[str, Unit] = {}
        self.unread: dict[str, Unavailable] = {}
        self.seen = False
        self.pulls: dict[str, list[_Pull]] = {}
        self.places: dict[str, str] = {}

    def directories(self) -> None:
        """All units of systemd's directories."""
        for directory in self._distinct():
            names = self.reader.names(directory, self.unread)
            self.seen |= bool(names)
            for name in names:
                if name.endswith(_PULLING):
                    self._pulling(directory, name)
                elif name.endswith(SUFFIXES) and len(self.places) < _UNITS_LIMIT:
                    self.places.setdefault(name, f"{directory}/{name}")
        self._instances()
        for name, path in self.places.items():
            self.units[name] = self._unit(name, path)
        self._aliases()

    def scripts(self) -> None:
        """SysV and OpenRC scripts without a unit of their name."""
        started: dict[str, list[str]] = {}
        for directory in _SYSV:
            for link in self.reader.names(directory, self.unread):
                if link[:1] == "S" and link[1:3].isdigit():
                    started.setdefault(link[3:], []).append(f"{directory}/{link}")
        for directory in _OPENRC:
            for link in self.reader.names(directory, self.unread):
                started.setdefault(link, []).append(f"{directory}/{link}")
        for directory in _INIT_D:
            for name in self.reader.names(directory, self.unread):
                self._script(directory, name, started.get(name, []))

    def _script(self, directory: str, name: str, links: list[str]) -> None:
        unit = f"{name}.service"
        if unit in self.units or name.startswith((".", "README")) or len(self.units) > _UNITS_LIMIT:
            return
        meta = self.reader.root.meta(f"{directory}/{name}", entries=False)
        if isinstance(meta, FileMeta) and meta.kind == "file" and meta.bits & 0o100:
            self.seen = True
            self.units[unit] = Unit(state="generated", file=f"{directory}/{name}", wanted_by=tuple(links))

    def _distinct(self) -> Iterator[str]:
        known = set()
        for directory in UNIT_DIRECTORIES:
            place = self.reader.root.identity(directory)
            if isinstance(place, Absent) or (isinstance(place, tuple) and place in known):
                continue
            if isinstance(place, tuple):
                known.add(place)
            yield directory

    def _pulling(self, directory: str, name: str) -> None:
        for entry in self.reader.names(f"{directory}/{name}", self.unread):
            if not entry.endswith(SUFFIXES) or self.reader.is_null(f"{directory}/{name}/{entry}"):
                continue
            pull = _Pull(by=name.rpartition(".")[0], place=directory)
            self.pulls.setdefault(entry, []).append(pull)

    def _instances(self) -> None:
        """Instances of templates that only links name, and their templates as pulled in by the same."""
        for name in list(self.pulls):
            template = _template(name)
            if template != name and template in self.places:
                self.places.setdefault(name, self.places[template])
                self.pulls.setdefault(template, []).extend(self.pulls[name])

    def _unit(self, name: str, path: str) -> Unit:
        runtime = path.startswith(_RUNTIME)
        target = self.reader.root.readlink(path)
        if isinstance(target, str):
            if self.reader.is_null(path):
                return Unit(state="masked", runtime=runtime)
            if _basename(target) not in {name, _template(name)}:
                return Unit(state="alias", file=path, alias_of=_basename(target), runtime=runtime)
            path = self._resolved(path)
        lines = self.reader.lines(path)
        if isinstance(lines, Unavailable):
            self.unread[path] = lines
            lines = ()
        elif isinstance(lines, tuple) and not "".join(lines).strip():
            return Unit(state="masked", file=path, runtime=runtime)
        state = install_state(lines if isinstance(lines, tuple) else ())
        if not path.startswith(UNIT_DIRECTORIES):
            state = "linked"
        return self._pulled(name, Unit(state=state, file=path))

    def _pulled(self, name: str, unit: Unit) -> Unit:
        """The unit with who pulls it in; only links of the administrator make it enabled."""
        pulls = self.pulls.get(name, [])
        own = [pull for pull in pulls if not pull.place.startswith(_VENDOR)]
        return msgspec.structs.replace(
            unit,
            state="enabled" if own else unit.state,
            wanted_by=tuple(dict.fromkeys(pull.by for pull in pulls)),
            runtime=bool(own) and all(pull.place.startswith(_RUNTIME) for pull in own),
        )

    def _resolved(self, path: str) -> str:
        meta = self.reader.root.meta(path, entries=False)
        return meta.target or path if isinstance(meta, FileMeta) else path

    def _aliases(self) -> None:
        """An alias of the administrator enables what it leads to, as does whatever pulls in the alias."""
        for name, unit in list(self.units.items()):
            real = self.units.get(unit.alias_of or "")
            if not real or real.state in {"masked", "alias"}:
                continue
            own = not (unit.file or "").startswith(_VENDOR)
            pulls = self.pulls.get(name, [])
            enabled = own or any(not pull.place.startswith(_VENDOR) for pull in pulls)
            self.units[unit.alias_of or ""] = msgspec.structs.replace(
                real,
                state="enabled" if enabled else real.state,
                wanted_by=(
                    *dict.fromkeys((*real.wanted_by, *([name] if own else []), *(pull.by for pull in pulls))),
                ),
                runtime=real.runtime if real.state == "enabled" else (enabled and unit.runtime),
            )


def _template(name: str) -> str:
    """The template that a unit is an instance of; of others something that is no unit's name."""
    stem, at, _ = name.partition("@")
    return f"{stem}@.{name.rpartition('.')[2]}" if at else ""


def _basename(path: str) -> str:
    return path.rpartition("/")[2]
