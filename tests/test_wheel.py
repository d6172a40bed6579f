"""What is built for others holds all that the program needs, and nothing else."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src"
LEFT_OUT = {".pyc"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with a wheel and a source distribution, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    words = ["--wheel", "--sdist", "--no-isolation", "--outdir", str(folder), str(PROJECT)]
    done = subprocess.run(
        [sys.executable, "-m", "build", *words], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("trueline-*-py3-none-any.whl")
    return path


def of_package(names):
    return {name for name in names if Path(name).suffix not in LEFT_OUT}


def test_the_wheel_holds_the_package_and_its_data(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = of_package(
        str(path.relative_to(SOURCE)) for path in SOURCE.glob("trueline/**/*") if path.is_file()
    )
    assert names == ours
    kinds = {"trueline/py.typed", "trueline/schemas/snapshot.json", "trueline/report/templates/report.html"}
    assert kinds <= names
    for folder in ("benchmarks", "rules", "cases", "settings", "platforms", "profiles"):
        assert any(name.startswith(f"trueline/content/data/{folder}/") for name in names), folder
    assert any(name.startswith("trueline/examples/") for name in names)


def test_the_source_distribution_holds_what_builds_and_tests_it(built):
    (path,) = built.glob("trueline-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"pyproject.toml", "LICENSE", "README.md", "Dockerfile", "src/trueline/py.typed"}
    assert expected | {"tests/test_wheel.py", "deploy/rbac.yaml", "docs/deploy.md"} <= names


def test_the_wheel_alone_scans(wheel, tmp_path):
    """As installed: from the unpacked wheel, with none of the source tree in sight."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); import trueline; print(trueline.__file__, "
    start += "file=sys.stderr); from trueline.cli.main import main; main()"
    words = [
        "scan",
        "--snapshot",
        str(tmp_path / "site/trueline/examples/kubeadm-1.36-control-plane.json.gz"),
    ]
    save = ["--save", "--store", str(tmp_path / "history.db")]
    done = subprocess.run(
        [sys.executable, "-c", start, str(tmp_path / "site"), *words, "--benchmark", "cis-1.12", *save],
        capture_output=True,
        check=False,
        text=True,
        cwd=tmp_path,
    )
    assert str(tmp_path / "site") in done.stderr
    assert done.returncode == 1, done.stderr
    assert "1.2.15" in done.stdout
    assert "Saved as run 1" in done.stderr  # the migrations are in the wheel


def test_the_image_is_built_of_files_that_are_let_in():
    ignore = (PROJECT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert {word for line in copied for word in line.split()} == let_in
    assert all((PROJECT / name).exists() for name in let_in)
    assert "*" in ignore


def test_the_image_needs_no_root_and_names_no_architecture():
    text = (PROJECT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["65532:65532"]
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert not re.search(r"amd64|x86_64|arm64|aarch64", code)
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
