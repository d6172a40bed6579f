"""Modules in the stacks of PAM, and the arguments that they get."""

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import Host, cannot, place, unread, verdict
from trueline.evaluate.values import describe, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import PamTest
from trueline.model.linux_access import PamRule, PamStack
from trueline.model.results import Outcome

_NUMERIC = {"at_least", "at_most"}


def judge_pam(test: PamTest, host: Host) -> Decision:
    """Each service on its own; all must hold."""
    pam = host.linux.pam
    if isinstance(pam, Absent):
        return decided(Outcome.NOTAPPLICABLE, "PAM is not installed.")
    if isinstance(pam, Unavailable):
        return cannot(f"PAM: {pam.reason}", test)
    return all_of(_service(test, name, pam.services.get(name), pam.unread, host) for name in test.services)


def _service(
    test: PamTest, name: str, stack: PamStack | None, missing: dict[str, Unavailable], host: Host
) -> Decision:
    file = f"/etc/pam.d/{name}"
    if stack is None:
        if missing:
            return cannot(f"{file}: {unread(missing)}", test)
        return verdict(False, file, file, "missing", f"a stack with {_modules(test)}", test, path=file)
    rules = [rule for rule in stack.rules if _meant(test, rule)]
    if not rules:
        if stack.unread:
            return cannot(f"{file}: {unread(stack.unread)}", test)
        fact = f"{_modules(test)} in {file} ({test.type})"
        if test.argument and test.unset == "pass":
            found = _argument(test, name, rules, host)
            return _without_module(fact) if found.outcome is Outcome.PASS else found
        return verdict(False, fact, file, "missing", "in the stack", test, path=file)
    if not test.argument:
        return verdict(True, f"{rules[0].module} in {file}", _at(rules[0]), "in the stack", "in the stack")
    return _argument(test, name, rules, host)


def _without_module(fact: str) -> Decision:
    """The default of a module that nothing calls is no protection, though nothing changes it either."""
    return decided(Outcome.NOTAPPLICABLE, f"{fact} is missing, so no argument of it matters.")


def _meant(test: PamTest, rule: PamRule) -> bool:
    """Whether the line is about a wanted module; what is optional has no say in the outcome."""
    if rule.type != test.type or rule.module not in test.modules or rule.control == "optional":
        return False
    return not test.required or rule.control in {"required", "requisite"}


def _argument(test: PamTest, name: str, rules: list[PamRule], host: Host) -> Decision:
    fact = f"{test.argument} of {'/'.join(test.modules)} in /etc/pam.d/{name}"
    given = [(text, _at(rule)) for rule in rules for text in _values(rule, test.argument)]
    if given:
        return all_of(_judge(test, fact, text, source, name) for text, source in given)
    if test.settings:
        config = host.config(test.settings)
        if isinstance(config, Unavailable):
            return cannot(f"{fact}: {config.reason}", test)
        entries = [entry for entry in config.entries if entry.key == test.argument]
        if config.unread:
            return cannot(f"{fact}: {unread(config.unread)}", test)
        if entries:
            return _judge(test, fact, entries[-1].value or "true", place(entries[-1]), name)
    file = f"/etc/pam.d/{name}"
    source = _at(rules[0]) if rules else file
    return verdict(test.unset == "pass", fact, source, "not given", describe(test), test, path=file)


def _values(rule: PamRule, argument: str) -> list[str]:
    """What the argument is set to; a word without a value counts as "true"."""
    found = [word.strip("[]").partition("=") for word in rule.arguments]
    return [value if equals else "true" for word, equals, value in found if word == argument]


def _judge(test: PamTest, fact: str, text: str, source: str, name: str) -> Decision:
    try:
        holds = (
            satisfies(test, int(text), "int")
            if test.operator in _NUMERIC
            else satisfies(test, text, "string")
        )
    except ValueError:
        return decided(Outcome.UNKNOWN, f"{fact} is {text!r} ({source}), which is no number.")
    return verdict(holds, fact, source, text, describe(test), test, path=f"/etc/pam.d/{name}")


def _modules(test: PamTest) -> str:
    return " or ".join(test.modules)


def _at(rule: PamRule) -> str:
    return f"{rule.file}:{rule.line}"
