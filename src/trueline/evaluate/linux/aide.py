"""What AIDE compares of files: the lines of its configuration that choose them, groups resolved."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import Host, cannot, place, unread, verdict
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import AideTest
from trueline.model.linux_system import Entry
from trueline.model.results import Outcome

# Directives after which it depends on other files, or on the host, which lines count.
_BRANCHES = ("@@include", "@@x_include", "@@if", "@@else", "@@endif")
_ASSIGNMENT = re.compile(r"([A-Za-z]\w*)\s*=\s*(.*)$", re.ASCII)
_TERM = re.compile(r"([+-]?)([\w>]+)", re.ASCII)
_PLAIN = re.compile(r"(?:[\w/@:,=~%-]|\\.)*", re.ASCII)
_LINES_LIMIT, _DEPTH_LIMIT = 5_000, 16
_SOME = "p ftype i l n u g"
_BUILT_IN = {
    "R": {*_SOME.split(), "s", "m", "c", "md5"},
    "L": set(_SOME.split()),
    ">": {*_SOME.split(), "s", "growing"},
    "H": {"md5", "sha1", "sha256", "sha512", "rmd160", "tiger", "haval", "crc32", "gost", "whirlpool"},
    "X": {"acl", "selinux", "xattrs", "e2fsattrs", "caps"},
    "E": set(),
}


@dataclass(frozen=True)
class _Line:
    """A line that chooses files: all whose path begins with `path`, or the one that is `whole`.

    Of what is not `exact`, a pattern, `path` is only the beginning.
    """

    entry: Entry
    sign: str
    path: str
    exact: bool
    whole: bool
    attributes: frozenset[str]

    def covers(self, path: str) -> bool | None:
        """Whether the file is chosen; None where only a pattern can say."""
        if self.exact:
            return path == self.path if self.whole else path.startswith(self.path)
        return None if path.startswith(self.path) or self.path.startswith(path) else False


def judge_aide(test: AideTest, host: Host) -> Decision:
    """Each file that is there, by the line that AIDE takes for it: the deepest, of these the first."""
    config = host.config("aide")
    if isinstance(config, Unavailable):
        return cannot(f"AIDE's configuration: {config.reason}", test)
    if config.unread:
        return cannot(f"AIDE's configuration: {unread(config.unread)}", test)
    if len(config.entries) > _LINES_LIMIT:
        return cannot("AIDE's configuration has too many lines.", test)
    branch = next((one for one in config.entries if one.value.startswith(_BRANCHES)), None)
    if branch is not None:
        reason = f"{place(branch)} lets other files or the host decide what AIDE compares."
        return decided(Outcome.UNKNOWN, reason)
    lines = _lines(config.entries)
    paths = [path for path in test.paths if not isinstance(host.linux.files.get(_short(path)), Absent)]
    return all_of(_judge(test, path, lines) for path in paths)


def _short(path: str) -> str:
    """/usr/sbin is also known as /sbin."""
    return path.removeprefix("/usr")


def _judge(test: AideTest, path: str, lines: list[_Line]) -> Decision:
    fact = f"what AIDE compares of {path}"
    wanted = "+".join(test.attributes)
    found = [(line, line.covers(path)) for line in lines]
    unclear = next((line for line, covers in found if covers is None), None)
    if unclear is not None:
        return decided(Outcome.UNKNOWN, f"{fact}: the pattern at {place(unclear.entry)} may choose it.")
    chosen = [line for line, covers in found if covers]
    if not chosen:
        return verdict(False, fact, "/etc/aide.conf", "nothing", wanted, test, path=path)
    left_out = next((line for line in chosen if line.sign == "!"), None)
    if left_out is not None:
        return verdict(False, fact, place(left_out.entry), "left out", wanted, test, path=path)
    line = max(chosen, key=lambda one: one.path.rstrip("/").count("/"))
    missing = [name for name in test.attributes if name not in line.attributes]
    observed = f"not {', '.join(missing)}" if missing else wanted
    return verdict(not missing, fact, place(line.entry), observed, wanted, test, path=path)


def _lines(entries: Iterable[Entry]) -> list[_Line]:
    groups: dict[str, str] = {}
    found = []
    for entry in entries:
        words = entry.value.split()
        sign = words[0][0] if words and words[0][0] in "!=" else ""
        path = words[0][len(sign) :] if words else ""
        if path.startswith("/"):
            attributes = _resolved(words[-1], groups) if len(words) > 1 else frozenset()
            beginning = _PLAIN.match(path)
            known = beginning[0] if beginning else ""
            exact = known == path.removesuffix("$") and len(words) <= 2 and sign != "="
            literal = re.sub(r"\\(.)", r"\1", known)
            found.append(_Line(entry, sign, literal, exact, path.endswith("$"), attributes))
        elif assigned := _ASSIGNMENT.match(entry.value):
            groups[assigned[1]] = assigned[2].strip()
    return found


def _resolved(text: str, groups: Mapping[str, str], depth: int = 0) -> frozenset[str]:
    """The attributes that a group or a sum of them stands for."""
    attributes: set[str] = set()
    for sign, name in _TERM.findall(text):
        if name in groups and depth < _DEPTH_LIMIT:
            others = {one: value for one, value in groups.items() if one != name}
            part = set(_resolved(groups[name], others, depth + 1))
        else:
            part = _BUILT_IN.get(name, {name})
        attributes = attributes - part if sign == "-" else attributes | part
    return frozenset(attributes)
