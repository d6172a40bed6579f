"""The bash script of a plan: run on a real tree it gives what the plan promises, and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.report.plans import EXPECTED, build, plan, rewritten, step, tree
from trueline.model.operation import SetAccount, WriteFile
from trueline.model.plan import FileChange, FileState
from trueline.report.plan_script import render


def run(script, root):
    return subprocess.run(
        ["/bin/bash", "-s", str(root)], input=script, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.fixture
def root(tmp_path):
    build(tmp_path / "root")
    return tmp_path / "root"


def test_the_tree_is_what_the_plan_says_and_a_second_run_changes_nothing(root):
    script = render(plan())
    assert run(script, root).returncode == 0
    assert tree(root) == EXPECTED
    assert run(script, root).returncode == 0
    assert tree(root) == EXPECTED


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [("etc/ssh/sshd_config", "other\n", "was changed"), ("etc/crontab", None, "is gone")],
)
def test_a_machine_that_changed_since_stays_as_it_is(root, path, text, said):
    if text is None:
        (root / path).unlink()
    else:
        (root / path).write_text(text)
    before = tree(root)
    done = run(render(plan()), root)
    assert done.returncode == 1
    assert said in done.stderr
    assert tree(root) == before


def test_names_and_contents_are_data(root):
    path = "/etc/a b'$(touch pwned)"
    odd = rewritten(path, None, "x\nTRUELINE_END_OF_FILE\ntouch pwned\n")
    hostile = msgspec.structs.replace(
        plan(), steps=(step("1", "t\ntouch pwned", WriteFile(path="/x", content=""), odd),)
    )
    assert run(render(hostile), root).returncode == 0
    assert (root / path[1:]).read_text() == odd.text
    assert not [*root.rglob("pwned"), *Path.cwd().glob("pwned")]


def test_what_the_plan_keeps_to_itself_is_named_or_a_command():
    shadow = FileChange(
        path="/etc/shadow",
        before=FileState(kind="file", mode="0640", digest="a"),
        after=FileState(kind="file", mode="0640", digest="b"),
    )
    aged = step("5", "Ages", SetAccount(account="joe", field="maximum", value="365"), shadow)
    kept = step("6", "A file with a secret", WriteFile(path="/x", content=""), shadow)
    script = render(msgspec.structs.replace(plan(), steps=(aged, kept)))
    assert 'chage ${root:+--root "$root"} --maxdays 365 joe' in script
    assert "# Not in here: A file with a secret (/etc/shadow)" in script


def test_shellcheck_has_nothing_to_say(tmp_path):
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if not program:
        pytest.skip("shellcheck is not installed")
    file = tmp_path / "plan.sh"
    file.write_text(render(plan()))
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
