"""The documentation is true: links lead somewhere, commands exist, schemas are current."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from trueline.cli.main import COMMANDS
from trueline.model.schemas import DOCUMENTS, schema_text

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SCHEMAS = ROOT / "src" / "trueline" / "schemas"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


def commands(page):
    """Words behind `trueline` in code: in backticks, behind a prompt, or at the start of an indented line."""
    return re.findall(r"(?m)(?:`|^\$ (?:sudo )?|^ {4})trueline ([a-z][a-z-]+)", page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page):
    for command in commands(page):
        assert command in COMMANDS, f"{page.name} names `trueline {command}`"


def test_make_targets_of_the_readme_exist():
    targets = re.findall(r"^    make ([a-z]+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemas_are_current(name):
    shipped = SCHEMAS / f"{name}.json"
    assert shipped.exists(), "run `make schemas`"
    assert shipped.read_text() == schema_text(name), "run `make schemas`"


def test_python_m_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "trueline", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("trueline ")
