"""Configuration files, login.defs and the texts shown at login."""

import re
from fnmatch import fnmatchcase

from trueline.evaluate.decision import Decision, Fault, decided
from trueline.evaluate.linux.base import Host, cannot, place, some, unread, verdict
from trueline.evaluate.values import describe, parse, satisfies
from trueline.model.facts import Unavailable
from trueline.model.hosttest import BannerTest, ConfigTest, LoginDefsTest
from trueline.model.linux_system import Config, Entry
from trueline.model.results import Evidence, Outcome

_TELLING = re.compile(r"\\[mrsvS]")  # as agetty reads them; S is a name of os-release


def judge_config(test: ConfigTest, host: Host) -> Decision:
    """The value that counts of a configuration's key, or all of them."""
    config = host.config(test.name)
    fact = _fact(test)
    if isinstance(config, Unavailable):
        return cannot(f"{fact}: {config.reason}", test)
    entries = [one for one in config.entries if _meant(test, one)]
    if not entries:
        return _unset(test, config, fact)
    if test.which in {"first", "last"}:
        entries = entries[-1:] if test.which == "last" else entries[:1]
    return _combined(test, entries, config)


def _fact(test: ConfigTest) -> str:
    if len(test.section) > 1 and "*" in test.section:
        return f"{test.key} ({test.section.strip('*')})"
    section = f"[{test.section}] " if test.section not in ("", "*") else ""
    return f"{section}{test.key}" if test.key else f"a line of {test.name}"


def _meant(test: ConfigTest, entry: Entry) -> bool:
    if entry.key != test.key or not (test.section == "*" or fnmatchcase(entry.section, test.section)):
        return False
    if test.name == "profile" and test.section == "*" and entry.section and not entry.value:
        return False  # "readonly TMOUT" alone sets nothing
    return not test.files or any(fnmatchcase(entry.file, one) for one in test.files)


def _wanted(test: ConfigTest) -> str:
    return test.words or describe(test)


def _unset(test: ConfigTest, config: Config, fact: str) -> Decision:
    if config.unread:
        return cannot(f"{fact}: {unread(config.unread)}", test)
    if not config.files:
        outcome, source = Outcome(test.absent), f"no file of {test.name}"
    else:
        outcome, source = Outcome(test.unset), some(config.files)
    if outcome is Outcome.NOTAPPLICABLE:
        return decided(outcome, f"This machine has no configuration of {test.name}.")
    return verdict(outcome is Outcome.PASS, fact, source, "not set", _wanted(test), test)


def _read(entry: Entry, test: ConfigTest) -> str:
    """The value as its program reads it: auditd knows its actions in letters of either case."""
    return entry.value.lower() if test.name == "auditd" and test.key.endswith("_action") else entry.value


def _combined(test: ConfigTest, entries: list[Entry], config: Config) -> Decision:
    try:
        judged = [
            (entry, satisfies(test, parse(test.type, _read(entry, test)), test.type)) for entry in entries
        ]
    except ValueError as error:
        return decided(Outcome.UNKNOWN, f"{_fact(test)} in {place(entries[0])}: {error}.")
    bad = [entry for entry, holds in judged if not holds]
    good = [entry for entry, holds in judged if holds]
    holds = bool(good) if test.which == "any" else not bad
    if config.unread and (holds is not (test.which == "any")):
        return cannot(f"{_fact(test)}: {unread(config.unread)}", test)
    shown = (good or bad) if test.which == "any" else (bad or good)
    first = shown[0]
    return verdict(
        holds, _fact(test), place(first), first.value or "empty", _wanted(test), test, path=first.file
    )


def judge_login_defs(test: LoginDefsTest, host: Host) -> Decision:
    """login.defs has the last word per key; an integer that is not set is no integer."""
    as_config = ConfigTest(
        name="login-defs", key=test.key, type="int", **{test.operator: test.operand}, absent="fail"
    )
    decision = judge_config(as_config, host)
    return Decision(
        outcome=decision.outcome,
        reasons=decision.reasons,
        evidence=decision.evidence,
        faults=tuple(
            Fault(test=test, source=fault.source, observed=fault.observed) for fault in decision.faults
        ),
        mended=decision.mended,
    )


def judge_banner(test: BannerTest, host: Host) -> Decision:
    """No escape that prints the machine, its release, name or version, and not the distribution's name."""
    config = host.config(test.name)
    if isinstance(config, Unavailable):
        return cannot(f"The text of {test.name}: {config.reason}", test)
    names = [re.escape(host.node.os_release[key]) for key in ("ID", "NAME") if host.node.os_release.get(key)]
    named = re.compile(rf"\b({'|'.join(names)})\b", re.IGNORECASE) if names else None
    for entry in config.entries:
        found = _TELLING.search(entry.value) or (named.search(entry.value) if named else None)
        if found:
            observed = f"a line with {found.group()}"
            return verdict(
                False, test.name, place(entry), observed, "nothing about the system", test, path=entry.file
            )
    if config.unread:
        return cannot(f"The text of {test.name}: {unread(config.unread)}", test)
    if not any(entry.value.strip() for entry in config.entries):
        expected = "a warning" if test.empty == "fail" else "nothing about the system"
        return verdict(
            test.empty == "pass",
            test.name,
            some(config.files) or f"/etc/{test.name}",
            "no text",
            expected,
            test,
        )
    evidence = Evidence(
        fact=test.name, source=some(config.files), observed="a text", expected="nothing about the system"
    )
    if named is None:
        return decided(
            Outcome.UNKNOWN, "The name of the operating system is not known.", evidence=(evidence,)
        )
    return decided(Outcome.PASS, f"{test.name} tells nothing about the system.", evidence=(evidence,))
