"""Writes reports: to standard output or to files, in the format that was named or that the suffix says."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from trueline.errors import UsageError
from trueline.model.results import Assessment
from trueline.report import FORMATS, format_of

STANDARD_OUTPUT = "-"


def write_reports(assessments: Sequence[Assessment], format_: str | None, outputs: Sequence[str]) -> None:
    """One report per assessment and output. An explicit format goes before the suffix; `-` is text."""
    for output in outputs or (STANDARD_OUTPUT,):
        name = format_ or (_by_suffix(output) if output != STANDARD_OUTPUT else "text")
        if output == STANDARD_OUTPUT:
            _print(assessments, name)
        else:
            _save(assessments, name, output)


def _by_suffix(output: str) -> str:
    found = format_of(output)
    if found is None:
        raise UsageError(
            f"the suffix of {output} names no format",
            hint=f"Name one with --format: {', '.join(FORMATS)}.",
        )
    return found


def _print(assessments: Sequence[Assessment], name: str) -> None:
    for text in _rendered(assessments, name, color=use_color()):
        click.echo(text, nl=not text.endswith("\n"))


def _save(assessments: Sequence[Assessment], name: str, output: str) -> None:
    several = len(assessments) > 1 and "{benchmark}" in output
    if len(assessments) > 1 and not several and name != "json":
        raise UsageError(
            f"{output} can hold only one of {len(assessments)} benchmarks as {name}",
            hint="Put {benchmark} into the file name, or use --format json.",
        )
    groups = [[one] for one in assessments] if several else [list(assessments)]
    for group in groups:
        path = Path(output.replace("{benchmark}", group[0].benchmark.id))
        try:
            path.write_text("".join(_rendered(group, name, color=False)), encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{path} can't be written: {error.strerror}", hint="Name another file with -o."
            ) from None
        click.echo(f"Report written to {path}", err=True)


def _rendered(assessments: Sequence[Assessment], name: str, *, color: bool) -> list[str]:
    if name == "json" and len(assessments) > 1:
        return ["[\n" + ",\n".join(FORMATS[name](one).rstrip() for one in assessments) + "\n]\n"]
    options = _options(name, color=color)
    return [FORMATS[name](one, **options) for one in assessments]


def _options(name: str, *, color: bool) -> dict[str, Any]:
    if name == "asff":
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
        return {"account": os.environ.get("AWS_ACCOUNT_ID", ""), "region": region}
    return {"color": True} if color and name == "text" else {}


def use_color() -> bool:
    """Colour goes to a terminal only, and not where NO_COLOR is set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
