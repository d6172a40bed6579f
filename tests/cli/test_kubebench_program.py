"""The program kube-bench comes with a distribution of its own, so that trueline never shadows a real one."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

from trueline import __version__

ROOT = Path(__file__).parents[2]


def scripts(path):
    return tomllib.loads(path.read_text())["project"]["scripts"]


def test_program_is_the_command():
    assert list(scripts(ROOT / "pyproject.toml")) == ["trueline"]
    (target,) = scripts(ROOT / "packages" / "kube-bench" / "pyproject.toml").items()
    module, _, function = target[1].partition(":")
    assert target[0] == "kube-bench"
    assert callable(getattr(import_module(module), function))
    code = (
        f"import sys; sys.argv = ['kube-bench', *sys.argv[1:]]; from {module} import {function}; {function}()"
    )
    for words, status, out in ((["version"], 0, f"{__version__}\n"), (["--nope"], 2, "")):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (status, out)
