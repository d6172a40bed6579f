"""Collects kernel modules: loaded, built in, available, and the lines of modprobe.d in modprobe's order."""

import re

from trueline.collect.linux.reader import Found, Reader, cleaned
from trueline.collect.linux.syntax import continued
from trueline.model.known import Absent, Unavailable
from trueline.model.linux_system import ModprobeRule, Modules, ModuleTree

# One file name counts once: the directory that comes first here wins.
MODPROBE_DIRECTORIES = tuple(
    f"{directory}/modprobe.d" for directory in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
)
_DIRECTIVES = {"install", "remove", "blacklist", "alias", "options", "softdep"}
_TREES_LIMIT = 16
_TABLE_LIMIT = 8 * 1024 * 1024
_RELEASE = re.compile(r"\d+\.[\w.+~-]+$")
_SUFFIX = re.compile(r"\.ko(\.\w+)?$")


def collect_modules(reader: Reader) -> Modules:
    """What modprobe would find and do, and what the kernel holds now."""
    found = reader.drop_ins(MODPROBE_DIRECTORIES)
    unread = dict(found.unread)
    return Modules(
        loaded=_loaded(reader),
        trees=_trees(reader),
        file_systems=_file_systems(reader),
        rules=_rules(reader, found, unread),
        unread=unread,
    )


def parse_modprobe(file: str, lines: tuple[str, ...]) -> list[ModprobeRule]:
    """The directives of a file of modprobe.d; other lines are left out, as modprobe does."""
    rules = []
    for number, raw in continued(lines):
        words = raw.split(maxsplit=2)
        if len(words) < 2 or words[0] not in _DIRECTIVES:
            continue
        argument = " ".join(words[2].split()) if len(words) > 2 else ""
        rules.append(
            ModprobeRule(
                file=file,
                line=number,
                directive=words[0],
                module=cleaned(words[1].replace("-", "_")),
                argument=cleaned(argument),
            )
        )
    return rules


def _rules(reader: Reader, found: Found, unread: dict[str, Unavailable]) -> tuple[ModprobeRule, ...]:
    rules: list[ModprobeRule] = []
    for path in found.paths:
        lines = reader.lines(path)
        if isinstance(lines, Unavailable):
            unread[path] = lines
        elif isinstance(lines, tuple):
            rules += parse_modprobe(path, lines)
    return tuple(rules)


def _loaded(reader: Reader) -> tuple[str, ...] | Unavailable:
    lines = reader.lines("/proc/modules")
    if isinstance(lines, Absent):
        if reader.root.exists("/proc/self"):
            return ()  # a kernel without support for modules
        return Unavailable(kind="not-mounted", reason="there is no /proc below the root")
    if isinstance(lines, Unavailable):
        return lines
    return tuple(sorted(line.split()[0] for line in lines if line.strip()))


def _file_systems(reader: Reader) -> tuple[str, ...]:
    """Tells what is built in where no list of the kernel's modules is at hand; empty if not known."""
    lines = reader.lines("/proc/filesystems")
    if not isinstance(lines, tuple):
        return ()
    return tuple(sorted(line.split()[-1].replace("-", "_") for line in lines if line.strip()))


def _trees(reader: Reader) -> tuple[ModuleTree, ...] | Unavailable:
    names = reader.root.listdir("/lib/modules")
    if isinstance(names, Absent):
        return ()
    if isinstance(names, Unavailable):
        return names
    releases = [name for name in names if _RELEASE.match(name)]
    return tuple(_tree(reader, release) for release in releases[:_TREES_LIMIT])


def _tree(reader: Reader, release: str) -> ModuleTree:
    return ModuleTree(
        release=release,
        builtin=_module_names(reader, f"/lib/modules/{release}/modules.builtin"),
        available=_module_names(reader, f"/lib/modules/{release}/modules.dep"),
    )


def _module_names(reader: Reader, path: str) -> tuple[str, ...] | Unavailable:
    content = reader.root.read(path, _TABLE_LIMIT)
    if isinstance(content, Absent):
        return Unavailable(kind="not-mounted", reason=f"there is no {path}")
    if isinstance(content, Unavailable):
        return content
    paths = (line.partition(":")[0].strip() for line in content.decode("utf-8", "replace").splitlines())
    names = (_SUFFIX.sub("", path.rpartition("/")[2]).replace("-", "_") for path in paths if path)
    return tuple(sorted(set(names)))
