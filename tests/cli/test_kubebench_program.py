"""The program kube-bench comes with an extra, so that trueline alone never shadows a real one."""

import subprocess
import sys
import tomllib
import venv
from importlib import import_module
from pathlib import Path

import pytest

from trueline import __version__
from trueline.cli.kubebench_install import needed

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packages" / "kube-bench"


def project(path):
    return tomllib.loads((path / "pyproject.toml").read_text())["project"]


def test_program_is_the_command():
    assert list(project(ROOT)["scripts"]) == ["trueline"]
    (target,) = project(PACKAGE)["scripts"].items()
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


def test_extra_takes_the_distribution_of_the_same_version():
    assert project(ROOT)["optional-dependencies"]["kube-bench"] == [f"{project(PACKAGE)['name']}>=0.1.0"]
    assert project(PACKAGE)["version"] == __version__


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Both wheels, built without a network."""
    folder = tmp_path_factory.mktemp("wheels")
    for path in (ROOT, PACKAGE):
        words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(path)]
        done = subprocess.run([sys.executable, *words], capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
    return folder


def environment(folder):
    """A virtual environment that has what trueline needs, but not trueline; and its programs' folder."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for distribution in needed("trueline"):
        for top in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            source = Path(str(distribution.locate_file(top)))
            if source.exists() and not (site / top).exists():
                (site / top).symlink_to(source)
    return folder / "bin"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("wanted", "there"), [("trueline[kube-bench]", True), ("trueline", False)])
def test_extra_installs_the_program(wheels, tmp_path, wanted, there):
    programs = environment(tmp_path / "environment")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "--disable-pip-version-check"]
    if subprocess.run([*pip[:3], "--version"], capture_output=True, check=False).returncode:
        pytest.skip("SKIPPED FOR WANT OF PIP: nothing can be installed")
    done = subprocess.run(
        [*pip, "install", "--no-index", "--find-links", str(wheels), wanted],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (programs / "kube-bench").exists() is there
    assert (programs / "trueline").exists()
    words = [programs / "kube-bench"] if there else [programs / "trueline", "kube-bench"]
    found = subprocess.run([*words, "version"], capture_output=True, check=False, text=True, cwd=tmp_path)
    assert (found.returncode, found.stdout) == (0, f"{__version__}\n"), found.stderr
