"""Which one of several programs does a job: services that exclude each other, and firewalls."""

from collections.abc import Iterable

from trueline.evaluate.decision import Decision, Fault, all_of, any_of, decided
from trueline.evaluate.linux.base import BOOT, NOW, Host, cannot, place, unread, verdict
from trueline.evaluate.linux.software import there, unit_starts
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import FirewallTest, OneServiceTest
from trueline.model.linux_system import Units
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import Leaf

_FIREWALLS = {
    "ufw": ("ufw.service",),
    "nftables": ("nftables.service",),
    "iptables": ("netfilter-persistent.service", "iptables.service"),
    "firewalld": ("firewalld.service",),
}
_RUN_ONCE = {name for program, names in _FIREWALLS.items() if program != "firewalld" for name in names}
_DIRECTORIES = "systemd's unit directories"


def judge_one_service(test: OneServiceTest, host: Host) -> Decision:
    """One of the services and no other, now and after the next boot."""
    names = {member.split()[0]: tuple(member.split()) for member in test.units}
    return all_of(
        _exactly_one({name: _state(name, units, when, host) for name, units in names.items()}, when, test)
        for when in (NOW, BOOT)
    )


def judge_use(test: FirewallTest, host: Host) -> Decision:
    """Whether a firewall program is in use, or exactly one of several is."""
    if test.find == "single":
        return all_of(
            _exactly_one({name: _firewall(name, when, host) for name in test.programs}, when, test)
            for when in (NOW, BOOT)
        )
    if test.program == "any":
        return decided(Outcome.PASS, "Any firewall will do.")
    return any_of(_firewall(test.program, when, host) for when in (BOOT, NOW))


def _firewall(program: str, when: str, host: Host) -> Decision:
    """A pass if it is in use; ufw's unit runs even where ufw itself was switched off."""
    state = _state(program, _FIREWALLS[program], when, host)
    if program != "ufw" or state.outcome is Outcome.FAIL:
        return state
    return all_of((state, _ufw_switched_on(host)))


def _ufw_switched_on(host: Host) -> Decision:
    config = host.config("ufw")
    fact = "ENABLED of ufw"
    if isinstance(config, Unavailable):
        return cannot(f"{fact}: {config.reason}")
    entries = [one for one in config.entries if one.key == "ENABLED"]
    if config.unread:
        return cannot(f"{fact}: {unread(config.unread)}")
    value = entries[-1].value if entries else "not set"
    source = place(entries[-1]) if entries else "/etc/ufw/ufw.conf"
    return verdict(value.lower() == "yes", fact, source, value, "yes")


def _state(name: str, names: Iterable[str], when: str, host: Host) -> Decision:
    """A pass if the service runs, or starts at the next boot; of several names the first that exists."""
    units = host.linux.units
    fact = f"{name} {when}"
    if isinstance(units, Absent):
        return cannot("systemd is not installed, so how services start is not known.")
    if isinstance(units, Unavailable):
        return cannot(f"{fact}: {units.reason}")
    found = there(names, units)
    if not found and units.unread:
        return cannot(f"{fact}: {unread(units.unread)}")
    if not found:
        return verdict(False, fact, _DIRECTORIES, "not installed", "in use")
    return _at_boot(found[0], fact, units) if when == BOOT else _running(found[0], fact, units)


def _at_boot(name: str, fact: str, units: Units) -> Decision:
    unit = units.units[name]
    observed = f"{name} {unit.state}" + (" until the next boot only" if unit.runtime else "")
    return verdict(unit_starts(unit), fact, unit.file or _DIRECTORIES, observed, "in use")


def _running(name: str, fact: str, units: Units) -> Decision:
    if isinstance(units.active, Unavailable):
        return cannot(f"{fact}: {units.active.reason}")
    runs = name in units.active
    seen = "target" if name in _RUN_ONCE else name.rpartition(".")[2]
    if not runs and seen not in units.active_kinds:  # what ran once and ended has no control group
        return cannot(f"{fact}: whether {name} is active could not be seen.")
    return verdict(runs, fact, "systemd", f"{name} {'runs' if runs else 'does not run'}", "in use")


def _blamed(state: Decision, test: Leaf) -> Decision:
    return Decision(
        outcome=state.outcome, reasons=state.reasons, evidence=state.evidence, faults=(Fault(test=test),)
    )


def _exactly_one(states: dict[str, Decision], when: str, test: Leaf) -> Decision:
    used = [name for name, state in states.items() if state.outcome is Outcome.PASS]
    unclear = [state for state in states.values() if state.outcome not in {Outcome.PASS, Outcome.FAIL}]
    fact = f"{', '.join(states)} {when}"
    if unclear and len(used) < 2:
        return cannot(f"Which of {fact} is in use: {unclear[0].reason}", test)
    observed = " and ".join(used) or "none"
    if len(states) == 1:  # what was seen of the one says all
        return next(iter(states.values())) if used else _blamed(next(iter(states.values())), test)
    parts = tuple(part for state in states.values() for part in state.evidence)
    found = verdict(len(used) == 1, fact, "systemd", observed, "exactly one in use", test)
    evidence = tuple(
        Evidence(fact=one.fact, source=one.source, observed=one.observed, expected="exactly one in use")
        for one in parts
    )
    return Decision(
        outcome=found.outcome,
        reasons=found.reasons,
        evidence=(*found.evidence, *evidence),
        faults=found.faults,
    )
