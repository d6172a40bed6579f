"""Fixes of packages, units, scheduled jobs and options of sudo."""

from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.base import Host
from trueline.evaluate.linux.fix import Fix, chosen, left
from trueline.model.facts import Absent, Unavailable
from trueline.model.hosttest import PackageTest, ScheduleTest, ServiceTest, SudoTest
from trueline.model.linux_access import Sudo
from trueline.model.linux_system import Packages, Units
from trueline.model.operation import AddLine, PackageState, UnitState, WriteFile
from trueline.model.plan import Action
from trueline.model.rule import Leaf

_LOG = "/var/log/sudo.log"
_FILTERS = {"ufw.service", "nftables.service", "iptables.service", "ip6tables.service", "firewalld.service"}


def fix_package(test: PackageTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """Removal of what is there and nothing else needs; what is missing comes from the site's sources."""
    packages = host.linux.packages
    assert isinstance(packages, Packages)  # else there would be no fault
    if test.installed:
        tool = "apt-get" if packages.manager == "dpkg" else "yum"
        return left(f"Software comes from the site's sources: {tool} install {test.names[0]}.")
    names = fault.path.split()
    return Fix(
        operations=tuple(PackageState(name=one, installed=False, manager=packages.manager) for one in names),
        risks=(f"{', '.join(names)} is gone; to have it back, its package must still be on offer.",),
    )


def fix_service(test: ServiceTest, fault: Fault, _: tuple[Leaf, ...], host: Host) -> Fix:
    """Masks a unit that should not run, enables one that should; packet filters are never switched on."""
    units = host.linux.units
    assert isinstance(units, Units)  # else there would be no fault
    name = fault.path
    unit = units.units.get(name)
    if test.enabled and name in _FILTERS:
        return left("A packet filter without the site's rules cuts the machine off.")
    if unit is None:
        return left(f"{name} is not installed." if test.enabled else f"{name} runs, but has no unit file.")
    if test.enabled:
        if unit.file is None and unit.state != "masked":
            return left(f"{name} has no unit file.")
        return Fix(
            operations=(UnitState(unit=name, state="enabled"),), actions=(Action(kind="start", unit=name),)
        )
    if unit.file is not None and unit.file.startswith("/etc/systemd/system/"):
        return left(f"{unit.file} is this site's own unit; a person has to see what needs it.")
    return Fix(
        operations=(UnitState(unit=name, state="masked"),),
        actions=(Action(kind="stop", unit=name),),
        risks=(f"What {name} does stops, and nothing can start it until it is unmasked.",),
    )


def fix_schedule(test: ScheduleTest, _: Fault, __: tuple[Leaf, ...], host: Host) -> Fix:
    """The timer of the package, else a job of cron, where the program is there."""
    units, packages = host.linux.units, host.linux.packages
    known = units.units if isinstance(units, Units) else {}
    timer = next((one for one in test.timers if one in known and known[one].file), None)
    if timer:
        return Fix(
            operations=(UnitState(unit=timer, state="enabled"),), actions=(Action(kind="start", unit=timer),)
        )
    installed = () if isinstance(packages, Absent | Unavailable) else packages.installed
    if "aide" not in test.command or not any(one.name == "aide" for one in installed):
        return left("The program that the job would run is not installed.")
    job = "5 4 * * * root /usr/sbin/aide --check\n"
    return Fix(operations=(WriteFile(path="/etc/cron.d/trueline-aide", content=job, mode="0600"),))


def fix_sudo(test: SudoTest, fault: Fault, beside: tuple[Leaf, ...], host: Host) -> Fix:
    """A Defaults line for an option that nobody sets; a line that says otherwise is somebody's decision."""
    sudo = host.linux.sudo
    assert isinstance(sudo, Sudo)  # else there would be no fault
    if fault.observed != "not set":
        return left(f"{fault.source} sets sudo's {test.option}; a person has to see what for.")
    same = [one for one in beside if isinstance(one, SudoTest) and one.option == test.option]
    value = _LOG if test.option == "logfile" else chosen(test, same)
    if value is None:
        return left(f"Which value sudo's {test.option} should have is the site's to say.")
    drop_ins = any(file.startswith("/etc/sudoers.d/") for file in sudo.files)
    file = "/etc/sudoers.d/trueline" if drop_ins else "/etc/sudoers"
    word = (
        test.option
        if value == "true"
        else f"!{test.option}"
        if value == "false"
        else f"{test.option}={value}"
    )
    return Fix(operations=(AddLine(file=file, syntax="sudoers", line=f"Defaults {word}"),))
