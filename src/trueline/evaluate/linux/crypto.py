"""The system-wide cryptographic policy of RHEL and its rebuilds: what it allows whom."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from trueline.evaluate.decision import Decision, all_of
from trueline.evaluate.linux.base import Host, cannot, place, unread, verdict
from trueline.model.facts import Unavailable
from trueline.model.hosttest import CryptoPolicyTest
from trueline.model.linux_system import Config, Entry

_NAME = "crypto-policy-current"


def judge_crypto_policy(test: CryptoPolicyTest, host: Host) -> Decision:
    """A property of the policy in force, for everybody or for each of the scopes."""
    config = host.config(_NAME)
    if isinstance(config, Unavailable):
        return cannot(f"The cryptographic policy: {config.reason}", test)
    if config.unread:
        return cannot(f"The cryptographic policy: {unread(config.unread)}", test)
    if not config.files:
        return cannot(
            "update-crypto-policies left no policy in force, so what is allowed is not known.", test
        )
    return all_of(_judge(test, scope, config) for scope in test.scopes or ("",))


def _judge(test: CryptoPolicyTest, scope: str, config: Config) -> Decision:
    fact = f"{test.property} for {scope.split(maxsplit=1)[0]}" if scope else f"{test.property} of the policy"
    wanted = f"without {', '.join(test.without)}" if test.without else test.equals
    entry = _found(test.property, scope, config)
    if entry is None:
        return verdict(False, fact, config.files[0], "not set", wanted, test)
    bad = list(_matching(entry.value.split(), test.without))
    holds = not bad if test.without else entry.value == test.equals
    observed = ", ".join(bad) or entry.value or "empty"
    return verdict(holds, fact, place(entry), observed, wanted, test)


def _found(name: str, scope: str, config: Config) -> Entry | None:
    """The value of the narrowest scope that has one of its own, at last the one for everybody."""
    for key in (*(f"{name}@{one}" for one in scope.split()), name):
        found = [entry for entry in config.entries if entry.key.lower() == key]
        if found:
            return found[-1]
    return None


def _matching(words: list[str], patterns: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if any(fnmatchcase(word.upper(), pattern.upper()) for pattern in patterns):
            yield word
