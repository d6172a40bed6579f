"""Options of sudo, and the tags of its rules."""

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import SHOWN, Host, cannot, some, unread, verdict
from trueline.evaluate.values import Value, describe, parse, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import SudoRuleTest, SudoTest
from trueline.model.linux_access import Sudo, SudoDefault
from trueline.model.results import NONE_SUCH, Outcome
from trueline.model.rule import Leaf

_NOT_INSTALLED = decided(Outcome.NOTAPPLICABLE, "sudo is not installed.")


def judge_sudo(test: SudoTest, host: Host) -> Decision:
    """The last Defaults line for all counts, and the last for each user, host, command or target."""
    sudo = _read(host, test, test.option)
    if isinstance(sudo, Decision):
        return sudo
    last = {one.scope: one for one in sudo.defaults if one.option == test.option}
    decisions = [_judge(test, one) for one in last.values()]
    if "" not in last:
        source = some(sudo.files)
        fact, holds = f"sudo's {test.option}", test.unset == "pass"
        decisions.insert(0, verdict(holds, fact, source, "not set", _expected(test), test))
    return _with_gaps(all_of(decisions), sudo, f"sudo's {test.option}", test)


def _read(host: Host, test: Leaf, words: str) -> Sudo | Decision:
    sudo = host.linux.sudo
    if isinstance(sudo, Absent):
        return _NOT_INSTALLED
    return cannot(f"sudo's {words}: {sudo.reason}", test) if isinstance(sudo, Unavailable) else sudo


def _judge(test: SudoTest, one: SudoDefault) -> Decision:
    fact = f"sudo's {test.option}" + (f" for {one.scope}" if one.scope else "")
    source = f"{one.file}:{one.line}"
    text = "off" if one.negated else "on" if one.value is None else one.value
    try:
        holds = satisfies(test, _value(test, one), test.type)
    except ValueError as error:
        return decided(Outcome.UNKNOWN, f"{fact} ({source}): {error}.")
    return verdict(holds, fact, source, text, _expected(test), test, path=one.file)


def _expected(test: SudoTest) -> str:
    words = {"true": "on", "false": "off"}.get(test.operand) if test.operator == "equals" else None
    return words or test.words or describe(test)


def _value(test: SudoTest, one: SudoDefault) -> Value:
    if test.type == "int":
        if one.negated:
            return 0
        whole, _, part = (one.value or "").partition(".")
        number = parse("int", whole)
        return float(f"{number}.{part}") if part.isdigit() else number
    if one.value is None or one.negated:
        return "false" if one.negated else "true"
    return one.value


def _with_gaps(decision: Decision, sudo: Sudo, words: str, test: Leaf) -> Decision:
    """What could not be read, or not understood, may say otherwise."""
    if decision.outcome is not Outcome.PASS:
        return decision
    if sudo.unread:
        return cannot(f"{words}: {unread(sudo.unread)}", test)
    if sudo.malformed:
        first = sudo.malformed[0]
        return cannot(f"{words}: {first.file}:{first.line} is {first.reason}", test)
    return decision


def judge_sudo_rule(test: SudoRuleTest, host: Host) -> Decision:
    """Every rule that has the tag fails."""
    sudo = _read(host, test, "rules")
    if isinstance(sudo, Decision):
        return sudo
    found = [one for one in sudo.rules if test.without in one.tags]
    if found:
        return all_of(
            verdict(
                False,
                f"sudo's rule for {one.who}",
                f"{one.file}:{one.line}",
                test.without,
                NONE_SUCH,
                test,
                path=one.file,
            )
            for one in found[:SHOWN]
        )
    passed = verdict(True, f"rules with {test.without}", some(sudo.files), "none", NONE_SUCH)
    return _with_gaps(passed, sudo, f"sudo's rules with {test.without}", test)
