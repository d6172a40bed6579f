"""Reports: one module per format, each a pure function from an assessment to text."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import PurePath
from typing import Any

from trueline.model.results import Assessment

Renderer = Callable[..., str]


def _late(module: str) -> Renderer:
    """A renderer whose module is imported when it is called, so that a list of formats costs nothing."""

    def render(assessment: Assessment, **options: Any) -> str:
        renderer: Renderer = import_module(f"trueline.report.{module}").render
        return renderer(assessment, **options)

    return render


# Each is called with an assessment; "text" also takes `color` and `width`, "asff" needs an `account` and a
# `region`.
FORMATS: Mapping[str, Renderer] = {
    "text": _late("text"),
    "json": _late("json_"),
    "csv": _late("csv_"),
    "markdown": _late("markdown"),
    "junit": _late("junit"),
    "html": _late("html"),
    "csv-summary": _late("csv_summary"),
    "xccdf": _late("xccdf"),
    "arf": _late("arf"),
    "sarif": _late("sarif"),
    "sarif-github": _late("sarif_github"),
    "oscal": _late("oscal"),
    "defectdojo": _late("defectdojo"),
    "policyreport": _late("policyreport"),
    "prometheus": _late("prometheus"),
    "asff": _late("asff"),
    "github": _late("github"),
    "github-annotations": _late("github_annotations"),
    "rancher-csv": _late("rancher_csv"),
    "rancher-csv-keys": _late("rancher_csv_keys"),
    "rancher-json": _late("rancher_json"),
    "inspector-csv": _late("inspector_csv"),
}

SUFFIXES: Mapping[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".xml": "junit",
    ".html": "html",
    ".htm": "html",
    ".summary.csv": "csv-summary",
    ".xccdf.xml": "xccdf",
    ".arf.xml": "arf",
    ".sarif": "sarif",
    ".sarif.json": "sarif",
    ".github.sarif": "sarif-github",
    ".oscal.json": "oscal",
    ".defectdojo.json": "defectdojo",
    ".policyreport.json": "policyreport",
    ".prom": "prometheus",
    ".asff.json": "asff",
    ".summary.md": "github",
    ".annotations.txt": "github-annotations",
    ".rancher.csv": "rancher-csv",
    ".rancher-keys.csv": "rancher-csv-keys",
    ".rancher.json": "rancher-json",
    ".inspector.csv": "inspector-csv",
}


def format_of(path: str) -> str | None:
    """The name of the format that a file's suffix asks for; None where it asks for none."""
    pieces = PurePath(path.lower()).suffixes
    return SUFFIXES.get("".join(pieces[-2:])) or SUFFIXES.get("".join(pieces[-1:]))
