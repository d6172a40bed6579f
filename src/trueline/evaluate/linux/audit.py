"""Audit rules: whether what is loaded and what is on disk record what they should."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from trueline.evaluate.decision import Decision, Fault, all_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, SHOWN, Host, cannot, some, unread, verdict
from trueline.evaluate.linux.storage import gap
from trueline.model.facts import Unavailable
from trueline.model.hosttest import AuditRuleTest
from trueline.model.linux_system import Config, Walk
from trueline.model.results import Evidence, Outcome

_UNSET = {"auid!=4294967295": "auid!=unset", "auid!=-1": "auid!=unset"}
_WATCHED = "wa"
_GO_ON = "-c"
# Fields of two ids that auditctl compares with each other (-C).
COMPARED = frozenset(
    ("uid", "euid", "suid", "fsuid", "auid", "obj_uid", "gid", "egid", "sgid", "fsgid", "obj_gid")
)


@dataclass(frozen=True)
class _Rule:
    """A rule taken apart; `fields` are its filters besides arch, path, directory, permissions and key."""

    text: str
    action: str = ""
    path: str = ""
    permissions: str = "rwxa"
    arch: str = ""
    syscalls: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()


def judge_audit_rule(test: AuditRuleTest, host: Host) -> Decision:
    """The rules that are loaded, and those that augenrules or auditctl will load at boot."""
    if test.control == _GO_ON:  # a word to auditctl, which the kernel does not keep
        return _on_disk(test, host)
    return all_of((_loaded(test, host), _on_disk(test, host)))


def _loaded(test: AuditRuleTest, host: Host) -> Decision:
    loaded = host.linux.audit.loaded
    if isinstance(loaded, Unavailable):
        return cannot(f"Audit rules {NOW}: {loaded.reason}", test)
    return _judge(test, loaded, NOW, "auditctl -l", host)


def _on_disk(test: AuditRuleTest, host: Host) -> Decision:
    config = boot_rules(host)
    if config.unread:
        return cannot(f"Audit rules {BOOT}: {unread(config.unread)}", test)
    lines = tuple(entry.value for entry in config.entries)
    return _judge(test, lines, BOOT, some(config.files) or "/etc/audit/rules.d", host)


def boot_rules(host: Host) -> Config:
    """Rules of rules.d, from which augenrules makes audit.rules; that file where there are none."""
    audit = host.linux.audit
    return audit.rules if audit.rules.files or audit.rules.unread else audit.compiled


def _judge(test: AuditRuleTest, lines: tuple[str, ...], when: str, source: str, host: Host) -> Decision:
    if test.control == _GO_ON:
        return _in_front(test, lines, when, source)
    if test.control:
        there = bool(lines) and (lines[-1] == test.control or (when == NOW and test.control in lines))
        observed = "set" if there else "not the last line" if test.control in lines else "not set"
        return verdict(there, f"{test.control} {when}", source, observed, "the last word", test)
    rules = [_parse(line) for line in lines]
    if any(rule.action == "never" and not rule.fields and not rule.path for rule in rules):
        return verdict(False, f"auditing {when}", source, "switched off by a rule `never`", "on", test)
    wanted, unknown = _wanted(test, host)
    missing = [words for words, rule in wanted if not any(_covers(one, rule) for one in rules)]
    if unknown and not missing:
        return cannot(unknown, test)
    return _verdict(test, missing, len(wanted), f"audit rules {when}", source)


def _in_front(test: AuditRuleTest, lines: tuple[str, ...], when: str, source: str) -> Decision:
    """Errors before it stop auditctl, so that rules behind them are not loaded."""
    before = takewhile(lambda line: not line.startswith(("-a", "-A", "-w")), lines)
    there = test.control in before
    observed = "set" if there else "behind rules" if test.control in lines else "not set"
    return verdict(there, f"{test.control} {when}", source, observed, "in front of all rules", test)


def _verdict(test: AuditRuleTest, missing: list[str], count: int, fact: str, source: str) -> Decision:
    if not missing:
        evidence = Evidence(
            fact=fact, source=source, observed=f"{count} of {count} are there", expected="all"
        )
        return decided(Outcome.PASS, f"All {fact} are there ({source}).", evidence=(evidence,))
    return decided(
        Outcome.FAIL,
        f"{len(missing)} of {count} {fact} are missing ({source}): {some(missing)}.",
        evidence=tuple(
            Evidence(
                fact=words,
                source=source,
                observed="no rule",
                expected=f"recorded {fact.removeprefix('audit rules ')}",
            )
            for words in missing[:SHOWN]
        ),
        faults=(Fault(test=test, source=source, observed="; ".join(missing[:SHOWN])),),
    )


def _wanted(test: AuditRuleTest, host: Host) -> tuple[list[tuple[str, _Rule]], str]:
    """What must be recorded, each with words for it, and why that may not be all."""
    if test.watch:
        permissions = test.permissions or _WATCHED
        rule = _Rule("", "always", _path(test.watch), permissions, fields=_fields(test.fields))
        return [(f"{test.watch} ({permissions})", rule)], ""
    if test.executables:
        return _executables(test, host.linux.walk)
    return list(_syscalls(test)), ""


def _syscalls(test: AuditRuleTest) -> Iterator[tuple[str, _Rule]]:
    for arch in test.arch or ("b64",):
        for syscall in test.syscalls:
            for extra in test.any_of or ("",):
                fields = _fields((*test.fields, *([extra] if extra else [])))
                words = " ".join(part for part in (syscall, arch, extra) if part)
                yield words, _Rule("", "always", arch=arch, syscalls=frozenset({syscall}), fields=fields)


def _executables(test: AuditRuleTest, walk: Walk | Unavailable) -> tuple[list[tuple[str, _Rule]], str]:
    if isinstance(walk, Unavailable):
        return [], f"Looking for setuid and setgid programs: {walk.reason}"
    fields = _fields(test.fields)
    found = {one.path for finding in (walk.setuid, walk.setgid) for one in finding.files}
    wanted = [(path, _Rule("", "always", path, "x", fields=fields)) for path in sorted(found)]
    if not walk.complete:
        return wanted, f"Not all setuid and setgid programs are known: {gap(walk)}."
    if any(one.count > len(one.files) for one in (walk.setuid, walk.setgid)):
        return wanted, "Not all setuid and setgid programs are known: there are too many."
    return wanted, ""


def _covers(rule: _Rule, wanted: _Rule) -> bool:
    """Whether a rule records at least what is wanted: it filters by nothing else."""
    if rule.action != "always" or not rule.fields <= wanted.fields:
        return False
    if wanted.path:
        return rule.path == wanted.path and set(wanted.permissions) <= set(rule.permissions)
    arch = rule.arch == wanted.arch or (not rule.arch and wanted.arch == "b64")
    return arch and not rule.path and bool(wanted.syscalls & rule.syscalls or "all" in rule.syscalls)


def _parse(line: str) -> _Rule:
    """A line of auditctl's options; what it does not understand becomes a filter that nothing asks for."""
    words = line.split()
    pairs = list(zip(words[::2], words[1::2], strict=False))
    options: dict[str, list[str]] = {}
    for option, value in pairs:
        options.setdefault(option, []).append(value)
    if "-w" in options:
        return _Rule(line, "always", _path(options["-w"][0]), "".join(options.get("-p", ["rwxa"])))
    lists = next(iter(options.get("-a", options.get("-A", [""])))).split(",")
    raw = [value for option in ("-F", "-C") for value in options.get(option, [])]
    named = dict(value.split("=", 1) for value in raw if "=" in value and "!=" not in value)
    skipped = {"arch", "path", "dir", "perm", "key"}
    known = {"-a", "-A", "-F", "-C", "-S", "-k"}
    fields = [value for value in raw if value.partition("=")[0] not in skipped]
    fields += [f"{option} {value}" for option, value in pairs if option not in known]
    return _Rule(
        line,
        "never" if "never" in lists else "always" if "always" in lists and "exit" in lists else "",
        _path(named.get("path", named.get("dir", ""))),
        named.get("perm", "rwxa"),
        named.get("arch", ""),
        frozenset(name for value in options.get("-S", []) for name in value.split(",")),
        _fields(fields),
    )


def _fields(raw: Iterable[str]) -> frozenset[str]:
    return frozenset(_ordered(_UNSET.get(one, one)) for one in raw)


def _ordered(field: str) -> str:
    """A comparison of two ids, with the ids in one order: the kernel shows them in its own."""
    for sign in ("!=", "="):
        left, found, right = field.partition(sign)
        if found and right in COMPARED:
            return sign.join(sorted((left, right)))
    return field


def _path(text: str) -> str:
    """Without a final slash; /var/run is a link to /run."""
    path = text.rstrip("/") or text
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
