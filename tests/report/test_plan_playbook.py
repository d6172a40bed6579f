"""The playbook and the user data of a plan, read and run by the programs that they are for."""

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

from tests.report.plans import EXPECTED, FILES, ODD, SSHD_AFTER, build, plan, tree
from trueline.model.plan import FileChange, FileState
from trueline.report import plan_cloudinit, plan_playbook

PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def program(name):
    found = shutil.which(name, path=PROGRAMS)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def play(tmp_path, *options):
    file = tmp_path / "plan.yml"
    file.write_text(plan_playbook.render(plan()))
    return subprocess.run(
        [program("ansible-playbook"), "-i", "localhost,", "-c", "local", *options, str(file)],
        env={
            **os.environ,
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": PROGRAMS,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=tmp_path,
    )


def below(root):
    return (
        "-e",
        f"trueline_root={root}",
        "-e",
        "ansible_become=false",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    )


def test_ansible_takes_it(tmp_path):
    done = play(tmp_path, "--syntax-check")
    assert done.returncode == 0, done.stderr


def test_ansible_lint_has_nothing_to_say(tmp_path):
    lint = program("ansible-lint")
    file = tmp_path / "plan.yml"
    file.write_text(plan_playbook.render(plan()))
    done = subprocess.run(
        [lint, "--offline", "--nocolor", "plan.yml"],
        cwd=tmp_path, env={**os.environ, "PATH": PROGRAMS, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tree_is_what_the_plan_says_and_a_second_run_changes_nothing(tmp_path):
    root = tmp_path / "root"
    build(root)
    first = play(tmp_path, *below(root))
    assert first.returncode == 0, first.stdout + first.stderr
    assert tree(root) == EXPECTED
    second = play(tmp_path, *below(root))
    assert second.returncode == 0
    assert "changed=0" in second.stdout
    assert tree(root) == EXPECTED


def test_a_machine_that_changed_since_stays_as_it_is(tmp_path):
    root = tmp_path / "root"
    build(root)
    (root / "etc/odd.conf").write_text("other\n")
    before = tree(root)
    done = play(tmp_path, *below(root))
    assert done.returncode != 0
    assert "was changed since the plan was made" in done.stdout
    assert tree(root) == before


def test_user_data_has_every_file_and_command():
    data = yaml.safe_load(plan_cloudinit.render(plan()))
    files = {
        one["path"]: (one["permissions"], base64.b64decode(one["content"]).decode())
        for one in data["write_files"]
    }
    assert files["/etc/ssh/sshd_config"] == ("0600", SSHD_AFTER)
    assert files["/etc/odd.conf"] == ("0644", ODD)
    assert ["rm", "-f", "--", "/etc/hosts.equiv"] in data["runcmd"]
    assert ["chmod", "--", "0600", "/etc/crontab"] in data["runcmd"]
    assert ["sysctl", "-q", "-w", "net.ipv4.conf.all.send_redirects=0"] in data["runcmd"]
    assert data["runcmd"][-1] == ["systemctl", "stop", "--", "avahi-daemon.service"]
    assert set(files) | {"/etc/crontab", "/etc/hosts.equiv"} >= set(FILES)


def test_cloud_init_takes_it(tmp_path):
    file = tmp_path / "user-data"
    file.write_text(plan_cloudinit.render(plan()))
    done = subprocess.run(
        [program("cloud-init"), "schema", "--config-file", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [".{{x}}", ".{%x%}", ".{#x#}"])
def test_templates_leave_names_alone(name):
    file = FileState(kind="file", mode="0666", uid=1000, gid=1000, digest="sha256:aa")
    closed = msgspec.structs.replace(file, mode="0644")
    made = plan()
    step = msgspec.structs.replace(
        made.steps[0], changes=(FileChange(path=f"/home/a/{name}", before=file, after=closed),)
    )
    text = plan_playbook.render(msgspec.structs.replace(made, steps=(step,)))
    assert f'path: !unsafe "/home/a/{name}"' in text
