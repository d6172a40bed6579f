"""Whole reports of a hand-made assessment, compared with files that people have read.

After a wanted change: `TRUELINE_UPDATE_GOLDEN=1 pytest tests/report/test_golden.py`, then read the diff.
"""

import os
import re
from pathlib import Path

import msgspec
import pytest

from tests.report.sample import CLEAN, EMPTY, FLEET, HOST, RICH
from trueline.model.results import Assessment
from trueline.report import FORMATS

GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = {
    "text": "txt",
    "json": "json",
    "csv": "csv",
    "markdown": "md",
    "junit": "xml",
    "html": "html",
    "csv-summary": "summary.csv",
    "xccdf": "xccdf.xml",
    "arf": "arf.xml",
    "sarif": "sarif",
    "sarif-github": "github.sarif",
    "oscal": "oscal.json",
    "defectdojo": "defectdojo.json",
    "policyreport": "policyreport.json",
    "prometheus": "prom",
    "asff": "asff.json",
    "github": "summary.md",
    "github-annotations": "annotations.txt",
    "rancher-csv": "rancher.csv",
    "rancher-csv-keys": "rancher-keys.csv",
    "rancher-json": "rancher.json",
    "inspector-csv": "inspector.csv",
}
OPTIONS = {"asff": {"account": "123456789012", "region": "eu-west-1"}}
ASSESSMENTS = {"rich": RICH, "host": HOST, "clean": CLEAN, "empty": EMPTY, "fleet": FLEET}


def agree(name: str, content: str) -> None:
    path = GOLDEN / name
    if os.environ.get("TRUELINE_UPDATE_GOLDEN"):
        path.write_bytes(content.encode())
    assert content == path.read_bytes().decode()


def without_style(page: str) -> str:
    """The page without style and script, which have files of their own, and without their digests."""
    page = re.sub(r"<(style|script)>.*?</\1>", r"<\1>...</\1>", page, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/]+=", "sha256-...", page)


@pytest.mark.parametrize("assessment", ASSESSMENTS)
@pytest.mark.parametrize("format_name", FORMATS)
def test_report_is_the_golden_one(format_name, assessment):
    content = FORMATS[format_name](ASSESSMENTS[assessment], **OPTIONS.get(format_name, {}))
    agree(
        f"{assessment}.{SUFFIXES[format_name]}", without_style(content) if format_name == "html" else content
    )


def test_colored_text_is_the_golden_one():
    agree("rich.ansi.txt", FORMATS["text"](RICH, color=True))


def test_narrow_text_is_the_golden_one():
    agree("rich.narrow.txt", FORMATS["text"](RICH, width=60))


def test_json_reads_back_as_the_same_assessment():
    assert msgspec.json.decode(FORMATS["json"](RICH).encode(), type=Assessment) == RICH
