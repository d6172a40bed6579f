"""Links that enable and mask units, as systemctl makes them, on trees that the collector reads again."""

import pytest

from tests.harden.machine import needs_root
from trueline.collect.access import Root
from trueline.collect.linux.reader import Reader
from trueline.collect.linux.unitfiles import collect_units
from trueline.collect.programs import Programs
from trueline.harden.edit_lines import CannotEdit
from trueline.harden.units import links_of
from trueline.model.operation import UnitState

pytestmark = needs_root
OWN = "/etc/systemd/system"
SERVICE = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "usr/lib/systemd/system"
    folder.mkdir(parents=True)
    (tmp_path / OWN.lstrip("/")).mkdir(parents=True)
    (tmp_path / "usr/lib/systemd/systemd").write_text("")
    (folder / "multi-user.target").write_text("[Unit]\n")
    (folder / "cron.service").write_text(SERVICE + "Alias=crond.service\n")
    (folder / "auditd.service").write_text(SERVICE + "RequiredBy=a.target b.target\nAlso=cron.service\n")
    (folder / "static.service").write_text("[Service]\nExecStart=/bin/x\n")
    return tmp_path


def units(root):
    return collect_units(Reader(Root(str(root))), Programs(allowed=False))


def links(root, name: str, state: str):
    return links_of(UnitState(unit=name, state=state), units(root), Root(str(root)))


def make(root, made) -> None:
    for path, target in made.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        if target:
            place.symlink_to(target)


def test_a_unit_is_enabled_by_what_its_install_section_says(root):
    file = "/usr/lib/systemd/system/cron.service"
    made = links(root, "cron.service", "enabled")
    assert made == {
        f"{OWN}/multi-user.target.wants/cron.service": file,
        f"{OWN}/crond.service": file,
    }
    make(root, made)
    assert units(root).units["cron.service"].state == "enabled"


def test_requirements_and_other_units_are_enabled_too(root):
    made = links(root, "auditd.service", "enabled")
    assert f"{OWN}/a.target.requires/auditd.service" in made
    assert f"{OWN}/b.target.requires/auditd.service" in made
    assert f"{OWN}/multi-user.target.wants/cron.service" in made


def test_masking_takes_away_what_enabling_made(root):
    make(root, links(root, "cron.service", "enabled"))
    made = links(root, "cron.service", "masked")
    assert made[f"{OWN}/cron.service"] == "/dev/null"
    assert made[f"{OWN}/multi-user.target.wants/cron.service"] is None
    assert made[f"{OWN}/crond.service"] is None
    make(root, made)
    unit = units(root).units["cron.service"]
    assert unit.state == "masked"
    assert unit.wanted_by == ()


def test_a_masked_unit_is_enabled_again(root):
    make(root, links(root, "cron.service", "masked"))
    make(root, links(root, "cron.service", "enabled"))
    assert units(root).units["cron.service"].state == "enabled"


@pytest.mark.parametrize("name", ["static.service", "nowhere.service"])
def test_what_nothing_would_start_can_t_be_enabled(root, name):
    with pytest.raises(CannotEdit):
        links(root, name, "enabled")
