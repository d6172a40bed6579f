"""A plan as script and playbook, run on copies of the machine, gives what applying it gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.harden.machine import build, hardener, plan, tree, without_times
from trueline.report import plan_playbook, plan_script
from trueline.report.plan_parts import parts

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


def test_the_script_sets_no_mode_through_a_link(tmp_path):
    root = build(tmp_path / "machine")
    made = plan(root)
    path, _ = parts(made).access[0]
    secret = root / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    place = root / path.lstrip("/")
    place.rename(root / "moved")
    place.symlink_to(secret)
    before = without_times(tree(root))
    done = subprocess.run(
        ["/bin/bash", "-s", str(root)],
        input=plan_script.render(made),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, without_times(tree(root))) == (1, before)
    assert f"{path} is gone since the plan was made, or a link" in done.stderr


def test_the_playbook_follows_no_link_to_set_a_mode(tmp_path):
    (play,) = yaml.safe_load(plan_playbook.render(plan(build(tmp_path / "machine"))).replace("!unsafe", ""))
    (task,) = (one for one in play["tasks"] if one["name"] == "Set modes and owners")
    assert task["ansible.builtin.file"]["follow"] is False
