"""Packages, units, scheduled jobs."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from trueline.evaluate.decision import Decision, all_of, any_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, Host, cannot, some, unread, verdict
from trueline.evaluate.linux.dpkg import older
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import PackageTest, ScheduleTest, ServiceTest
from trueline.model.linux_system import CronJob, Package, Unit, Units
from trueline.model.results import Outcome

_STARTS = {"enabled", "generated"}


def judge_package(test: PackageTest, host: Host) -> Decision:
    """Against the package manager's own list; names may be shell patterns."""
    packages = host.linux.packages
    if isinstance(packages, Absent):
        return cannot("No package manager's database was found.", test)
    if isinstance(packages, Unavailable):
        return cannot(f"Packages: {packages.reason}", test)
    listed = [one for one in packages.installed if any(fnmatchcase(one.name, name) for name in test.names)]
    found = [f"{one.name} {one.version}" for one in listed]
    if listed and test.at_least:
        return _new_enough(test, listed, packages.manager)
    expected = "one of them installed" if test.installed else "not installed"
    expected = "installed" if test.installed and len(test.names) == 1 else expected
    observed = f"installed ({some(found)})" if found else "not installed"
    names = [one.split()[0] for one in found]
    return verdict(
        bool(found) is test.installed,
        " or ".join(test.names),
        f"{packages.manager}'s database",
        observed,
        expected,
        test,
        path=" ".join(dict.fromkeys(names)),
    )


def _new_enough(test: PackageTest, listed: list[Package], manager: str) -> Decision:
    """Versions of each installed package; those of rpm have another order."""
    if manager != "dpkg":
        return decided(Outcome.UNKNOWN, f"Versions of {manager} can't be compared with {test.at_least}.")
    return all_of(
        verdict(
            not older(one.version, test.at_least),
            one.name,
            f"{manager}'s database",
            one.version,
            f"{test.at_least} or newer",
            test,
            path=one.name,
        )
        for one in listed
    )


def judge_service(test: ServiceTest, host: Host) -> Decision:
    """Whether units start at boot, and whether they run now."""
    units = host.linux.units
    if isinstance(units, Absent):
        return cannot("systemd is not installed, so how services start is not known.", test)
    if isinstance(units, Unavailable):
        return cannot(f"Units: {units.reason}", test)
    found = there(test.units, units)
    if not found:
        return _none(test, units)
    if test.enabled:
        return all_of(_parts(test, found[0], units))
    return all_of(part for name in found for part in _parts(test, name, units))


def there(names: Iterable[str], units: Units) -> list[str]:
    """Those of the units that exist, aliases by the name of what they lead to."""
    return list(dict.fromkeys(_real(name, units) for name in names if name in units.units))


def _real(name: str, units: Units) -> str:
    """The unit that an alias leads to."""
    target = units.units[name].alias_of
    return target if target and target in units.units else name


def _none(test: ServiceTest, units: Units) -> Decision:
    fact = " or ".join(test.units)
    active = () if isinstance(units.active, Unavailable) else units.active
    running = [name for name in test.units if name in active]
    if units.unread and not running:
        return cannot(f"{fact}: {unread(units.unread)}", test)
    observed = "running" if running else "not installed"
    expected = "enabled" if test.enabled else "not enabled"
    holds = not test.enabled and not running
    return verdict(holds, fact, "systemd's unit directories", observed, expected, test, path=test.units[0])


def _parts(test: ServiceTest, name: str, units: Units) -> Iterator[Decision]:
    unit = units.units[name]
    starts = unit_starts(unit)
    wanted = "enabled" if test.enabled else "not enabled"
    source = unit.file or "systemd's unit directories"
    fact = f"{name} {BOOT}"
    later = "until the next boot only" if unit.runtime else ""
    observed = " ".join(part for part in (unit.state, later) if part)
    if not test.enabled and unit.state == "masked" and unit.runtime:
        starts = bool(unit.wanted_by)
    yield verdict(starts is test.enabled, fact, source, observed, wanted, test, path=name)
    yield _running(test, name, units)


def unit_starts(unit: Unit) -> bool:
    """Whether it starts at boot; what is enabled below /run only is forgotten by then."""
    if unit.state in _STARTS:
        return not unit.runtime and (unit.state == "enabled" or bool(unit.wanted_by))
    return unit.state in {"static", "indirect", "linked"} and bool(unit.wanted_by)


def _running(test: ServiceTest, name: str, units: Units) -> Decision:
    fact = f"{name} {NOW}"
    if isinstance(units.active, Unavailable):
        return cannot(f"{fact}: {units.active.reason}", test, path=name)
    runs = name in units.active
    if not runs and name.rpartition(".")[2] not in units.active_kinds:
        return cannot(f"{fact}: whether it is active could not be seen.", test, path=name)
    words = {True: "running", False: "not running"}
    return verdict(runs is test.enabled, fact, "systemd", words[runs], words[test.enabled], test, path=name)


def judge_schedule(test: ScheduleTest, host: Host) -> Decision:
    """A job of cron that can run, or a timer that starts at boot and is active."""
    return any_of((_job(test, host), *(_timer(test, name, host) for name in test.timers)))


def _job(test: ScheduleTest, host: Host) -> Decision:
    cron = host.linux.cron
    fact = f"a job of cron that {test.words}"
    found = [job for job in cron.jobs if job.runnable and _matches(test, job)]
    if found:
        first = found[0]
        source = f"{first.file}:{first.line}" if first.line else first.file
        return verdict(True, fact, source, f"{first.schedule}", "a schedule")
    if cron.unread:
        return cannot(f"{fact}: {unread(cron.unread)}", test)
    return verdict(False, fact, "crontabs and cron's directories", "none", "a schedule", test)


def _matches(test: ScheduleTest, job: CronJob) -> bool:
    return any(re.search(test.command, text) for text in (job.command, *job.mentions))


def _timer(test: ScheduleTest, name: str, host: Host) -> Decision:
    units = host.linux.units
    if isinstance(units, Unavailable):
        return cannot(f"{name}: {units.reason}", test)
    if isinstance(units, Absent) or name not in units.units:
        return decided(Outcome.FAIL, f"There is no {name}.")
    return all_of(_parts(ServiceTest(units=(name,), enabled=True), name, units))
