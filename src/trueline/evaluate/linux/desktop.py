"""dconf's settings of the desktop, and whether users can change them."""

from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.linux.base import Host, cannot, place, unread, verdict
from trueline.evaluate.values import describe, parse, satisfies
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import DconfTest
from trueline.model.linux_access import Dconf
from trueline.model.linux_system import Entry
from trueline.model.results import Outcome

_PLACE = "/etc/dconf/db/"
_GREETER = "/org/gnome/login-screen/"


def judge_dconf(test: DconfTest, host: Host) -> Decision:
    """What each system database says of the key; the last of its files counts."""
    dconf = host.linux.dconf
    if isinstance(dconf, Absent):
        return verdict(False, test.key, _PLACE, "no database", describe(test), test)
    if isinstance(dconf, Unavailable):
        return cannot(f"{test.key}: {dconf.reason}", test)
    last = {_database(one): one for one in dconf.keys if f"/{one.section}/{one.key}" == test.key}
    decision = _judged(test, last, dconf)
    if dconf.unread and decision.outcome is not Outcome.UNKNOWN:
        return cannot(f"{test.key}: {unread(dconf.unread)}", test)
    return decision


def _judged(test: DconfTest, last: dict[str, Entry], dconf: Dconf) -> Decision:
    if not last:
        return verdict(False, test.key, _PLACE, "not set", describe(test), test)
    read = _read_by(test, dconf)
    last = {name: one for name, one in last.items() if name in read}
    if not last:
        return verdict(False, test.key, _PLACE, "set where no profile reads it", describe(test), test)
    decision = all_of(part for name, one in last.items() for part in _parts(test, name, one, dconf))
    old = [name for name in last if name in dconf.stale]
    if decision.outcome is Outcome.PASS and old:
        return cannot(
            f"{test.key}: the database {_PLACE}{old[0]} is missing or older than its files, so that what "
            "they say is not in force; `dconf update` makes it anew.",
            test,
        )
    return decision


def _read_by(test: DconfTest, dconf: Dconf) -> set[str]:
    """The databases that users, or for its own keys the log-in screen, read."""
    profile = dconf.greeter if test.key.startswith(_GREETER) else dconf.profile
    return {line.partition(":")[2].strip() for line in profile if line.startswith("system-db:")}


def _parts(test: DconfTest, name: str, one: Entry, dconf: Dconf) -> list[Decision]:
    parts = [_value(test, one)]
    if test.locked:
        locks = [lock for lock in dconf.locks if lock.database == name and lock.key == test.key]
        source = f"{locks[0].file}:{locks[0].line}" if locks else f"{_PLACE}{name}.d/locks"
        observed = "locked" if locks else "users can change it"
        parts.append(verdict(bool(locks), f"lock of {test.key}", source, observed, "locked", test))
    return parts


def _value(test: DconfTest, one: Entry) -> Decision:
    text = one.value.split()[-1] if test.type == "int" and one.value.split() else one.value
    try:
        holds = satisfies(test, parse(test.type, text.strip("'\"")), test.type)
    except ValueError as error:
        return decided(Outcome.UNKNOWN, f"{test.key} ({place(one)}): {error}.")
    return verdict(holds, test.key, place(one), one.value or "empty", describe(test), test, path=one.file)


def _database(one: Entry) -> str:
    """ "local" of /etc/dconf/db/local.d/00-screen."""
    return one.file.removeprefix(_PLACE).partition("/")[0].removesuffix(".d")
