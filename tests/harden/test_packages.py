"""Packages that need one another go in an order in which each can go."""

import pytest

from tests.harden.machine import NOW, build, needs_root
from trueline.collect.access import Root
from trueline.harden.apply import Hardener
from trueline.harden.files import ChangeFailed, Files
from trueline.harden.programs import Programs, Ran
from trueline.model.operation import PackageState
from trueline.model.plan import PackageChange, Step

NEEDS = {
    "telnet": {"inetutils-telnet"},
    "inetutils-telnet": {"netbase"},
    "loop-a": {"loop-b"},
    "loop-b": {"loop-a"},
}


class Database(Programs):
    """A package manager that lets no package go that another one needs."""

    def __init__(self, root, installed):
        super().__init__(root)
        self.installed = set(installed)
        self.removed = []

    def removable(self, manager, name):
        needed = [one for one in self.installed if name in NEEDS.get(one, ())]
        return Ran(
            command=f"dpkg --no-act --remove {name}", status=1 if needed else 0, output=f"{needed} need it"
        )

    def remove(self, manager, name):
        assert self.removable(manager, name).well
        self.installed.discard(name)
        self.removed.append(name)
        return Ran(command="", status=0)


def steps(*names):
    return tuple(
        Step(
            id=f"s{number}", title=name, recommendations=("2.2",),
            operations=(PackageState(name=name, installed=False, manager="dpkg"),),
            changes=(PackageChange(name=name, manager="dpkg", before="1", after=""),),
        )
        for number, name in enumerate(names)
    )  # fmt: skip


class Known(Hardener):
    """Its machine knows of packages what the database says."""

    def __init__(self, root, installed):
        place = Root(str(root))
        super().__init__(Files(place), Database(place, installed), NOW)
        self.machine.where = self.where

    def where(self, change):
        return "before" if change.name in self.machine.programs.installed else "after"


@needs_root
@pytest.mark.parametrize("names", [("inetutils-telnet", "telnet"), ("telnet", "inetutils-telnet")])
def test_a_package_goes_after_those_that_need_it(tmp_path, names):
    hardener = Known(build(tmp_path / "machine"), names)
    for step in hardener._in_order(steps(*names)):
        hardener.machine.programs.remove("dpkg", step.title)
    assert hardener.machine.programs.removed == ["telnet", "inetutils-telnet"]


@needs_root
def test_packages_that_nothing_lets_go_still_come_and_say_why(tmp_path):
    from trueline.harden.change import make

    hardener = Known(build(tmp_path / "machine"), ("loop-a", "loop-b"))
    (first, _) = hardener._in_order(steps("loop-a", "loop-b"))
    with pytest.raises(ChangeFailed, match="need it"):
        make(hardener.machine, first, first.changes[0], None, "")
    assert hardener.machine.programs.removed == []  # nothing was even marked for removal
