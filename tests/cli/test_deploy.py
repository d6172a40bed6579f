"""`trueline deploy lint`, as it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "deploy"


def lint(*words):
    return subprocess.run(
        [sys.executable, "-m", "trueline", "deploy", "lint", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_shipped_manifests_have_no_error():
    done = lint(SHIPPED)
    assert (done.returncode, done.stderr.splitlines()[-1][:9]) == (0, "0 errors,")


@pytest.mark.parametrize("content", ["", "# nothing\n", "kind: Namespace\nmetadata: {name: audit}\n"])
def test_where_there_is_no_job_nothing_is_called_right(tmp_path, content):
    (tmp_path / "job.yaml").write_text(content)
    done = lint(tmp_path / "job.yaml")
    assert done.returncode == 2
    assert "there is no Job" in done.stderr
    assert lint(tmp_path).returncode == 2


def test_a_privileged_job_is_an_error(tmp_path):
    text = (SHIPPED / "job-node.yaml").read_text()
    assert "privileged: false" in text or "allowPrivilegeEscalation: false" in text
    bad = tmp_path / "job.yaml"
    bad.write_text(text.replace("allowPrivilegeEscalation: false", "privileged: true"))
    done = lint(bad)
    assert done.returncode == 1, done.stdout
