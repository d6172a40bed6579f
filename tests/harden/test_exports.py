"""A plan as script and playbook, run on copies of the machine, gives what applying it gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harden.machine import build, hardener, plan, tree, without_times
from trueline.report import plan_playbook, plan_script

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root applies a plan")
LEFTOVERS = ("/etc/passwd-", "/etc/shadow-", "/etc/.pwd.lock")


@pytest.fixture
def copies(tmp_path):
    """The same machine twice, and what its plan is."""
    root = build(tmp_path / "machine")
    other = tmp_path / "other"
    subprocess.run(["/bin/cp", "-a", str(root), str(other)], check=True)
    made = plan(root)
    hardener(root).apply(made)
    return root, other, made


def seen(root: Path) -> dict[str, tuple]:
    """The tree without times, and without what the programs that change accounts leave behind."""
    return {path: facts for path, facts in without_times(tree(root)).items() if path not in LEFTOVERS}


def test_the_script_gives_the_tree_that_applying_gives(copies):
    root, other, made = copies
    script = plan_script.render(made)
    for _ in range(2):
        done = subprocess.run(
            ["/bin/bash", "-s", str(other)],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert seen(other) == seen(root)


def test_the_playbook_gives_the_tree_that_applying_gives(copies, tmp_path):
    program = Path(sys.executable).parent / "ansible-playbook"
    if not program.exists():
        pytest.skip("ansible-playbook is not installed")
    root, other, made = copies
    file = tmp_path / "plan.yml"
    file.write_text(plan_playbook.render(made))
    done = subprocess.run(
        [
            str(program), "-i", "localhost,", "-c", "local", "-e", f"trueline_root={other}",
            "-e", "ansible_become=false", "-e", f"ansible_python_interpreter={sys.executable}", str(file),
        ],
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path / "ansible")},
        capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert seen(other) == seen(root)
