"""The running machine: kernel parameters of a network namespace of its own, where no others are touched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harden.machine import needs_root

pytestmark = needs_root
_KEY = "net.ipv4.conf.all.accept_redirects"
_WORK = f"""
from trueline.collect.access import Root
from trueline.harden.change import Machine
from trueline.harden.files import ChangeFailed, Files
from trueline.harden.programs import Programs
from trueline.model.plan import ParameterChange, Step
from trueline.harden import change

root = Root("/")
machine = Machine(Files(root), Programs(root))
machine.set_parameter("{_KEY}", "1")
one = ParameterChange(key="{_KEY}", before="1", after="0")
step = Step(id="s001", title="x", operations=(), changes=(one,), recommendations=())
assert machine.where(one) == "before"
change.make(machine, step, one, None, "x")
assert machine.where(one) == "after", machine.parameter("{_KEY}")
change.take_back(machine, one, None, None, "x")
assert machine.where(one) == "before"
machine.set_parameter("{_KEY}", "0")
assert machine.where(ParameterChange(key="{_KEY}", before="1", after="1")) == "elsewhere"
try:
    machine.parameter("net.ipv4.no_such_thing")
except ChangeFailed as error:
    assert "no_such_thing" in error.message
else:
    raise AssertionError
print("well")
"""


def test_a_running_parameter_is_set_and_given_back():
    here = Path("/proc/sys/" + _KEY.replace(".", "/"))
    before = here.read_text()
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-c", _WORK],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    if "unshare" in done.stderr:
        pytest.skip(f"SKIPPED: no namespace of its own can be made here: {done.stderr}")
    assert done.stdout == "well\n", done.stderr
    assert here.read_text() == before


def test_a_tree_that_does_not_run_has_no_running_parameters(tmp_path):
    from trueline.collect.access import Root
    from trueline.harden.change import Machine
    from trueline.harden.files import ChangeFailed, Files
    from trueline.harden.programs import Programs

    root = Root(str(tmp_path))
    with pytest.raises(ChangeFailed, match="does not run"):
        Machine(Files(root), Programs(root)).set_parameter(_KEY, "1")
