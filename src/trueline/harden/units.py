"""Which links make a systemd unit start at boot or keep it from starting: there is no more to it."""

from trueline.collect.access import Root
from trueline.collect.linux.syntax import ini
from trueline.harden.edit_lines import cannot
from trueline.model.facts import Absent, FileMeta, Unavailable
from trueline.model.linux_system import Unit, Units
from trueline.model.operation import UnitState

_OWN = "/etc/systemd/system"
_NULL = "/dev/null"
_ALSO_LIMIT = 16


def links_of(op: UnitState, units: Units, root: Root) -> dict[str, str | None]:
    """Paths of links with their targets, None for a link that must go. Raises CannotEdit."""
    unit = units.units.get(op.unit)
    if unit is None:
        raise cannot(f"There is no unit {op.unit}")
    return _masked(op.unit, unit, units) if op.state == "masked" else _enabled(op.unit, unit, units, root)


def _masked(name: str, unit: Unit, units: Units) -> dict[str, str | None]:
    links: dict[str, str | None] = {}
    for other in unit.wanted_by:
        links |= dict.fromkeys((f"{_OWN}/{other}.wants/{name}", f"{_OWN}/{other}.requires/{name}"))
    for alias, found in units.units.items():
        if found.alias_of == name:
            links[f"{_OWN}/{alias}"] = None
    return {**links, f"{_OWN}/{name}": _NULL}


def _enabled(name: str, unit: Unit, units: Units, root: Root) -> dict[str, str | None]:
    links: dict[str, str | None] = {}
    waiting = [name]
    seen: set[str] = set()
    while waiting and len(seen) < _ALSO_LIMIT:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        file = _file(current, units, root)
        if current == name and unit.state == "masked":
            links[f"{_OWN}/{name}"] = None
        for key, value in _install(file, root):
            links |= _wanted(current, file, key, value)
            waiting += value.split() if key == "Also" else []
    if not any(target for target in links.values()):
        raise cannot(f"{name} has no [Install] section that says what would start it")
    return links


def _file(name: str, units: Units, root: Root) -> str:
    known = units.units.get(name)
    if known is not None and known.file and known.state != "masked":
        return known.file
    places = (f"{place}/systemd/system/{name}" for place in ("/usr/local/lib", "/usr/lib", "/lib"))
    found = next((path for path in places if isinstance(root.meta(path, entries=False), FileMeta)), None)
    if found is None:
        raise cannot(f"There is no unit file of {name}")
    return found


def _install(file: str, root: Root) -> list[tuple[str, str]]:
    content = root.read(file)
    if isinstance(content, Absent | Unavailable):
        raise cannot(f"{file} can't be read")
    entries = ini(file, tuple(content.decode("utf-8", "replace").split("\n")))
    return [(one.key, one.value) for one in entries if one.section == "Install"]


def _wanted(name: str, file: str, key: str, value: str) -> dict[str, str | None]:
    folder = {"WantedBy": "wants", "RequiredBy": "requires"}.get(key)
    if folder:
        return {f"{_OWN}/{target}.{folder}/{name}": file for target in value.split()}
    if key == "Alias":
        return {f"{_OWN}/{alias}": file for alias in value.split() if "/" not in alias}
    return {}
