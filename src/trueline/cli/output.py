"""Writes reports: to standard output or to files, in the format that was named or that the suffix says."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from trueline.errors import UsageError
from trueline.model.results import Assessment
from trueline.report import FORMATS, format_of

STANDARD_OUTPUT = "-"
_TOGETHER = ("text", "markdown", "json")


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


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Standard output, flushed at the end; UsageError where it is closed or what it leads to is full.

    Characters that its encoding lacks are written as escapes. A reader that left is no error of the call, so
    BrokenPipeError goes on.
    """
    hint = "Name a file with -o."
    if sys.stdout is None:  # as Python finds it where the caller closed the descriptor
        raise UsageError("standard output is closed", hint=hint)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_standard_output()
        raise UsageError(f"standard output can't be written: {error.strerror}", hint=hint) from None


def _drop_standard_output() -> None:
    """What could not be written must not be tried again when Python closes the stream at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def save_text(path: str | Path, text: str) -> None:
    """Writes a file that the caller named; raises UsageError where that fails."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}", hint="Name another file with -o."
        ) from None


def put(text: str, output: str | None) -> None:
    """Text to a file, and a word about it; to standard output where no file, or `-`, is named."""
    if output in (None, STANDARD_OUTPUT):
        with standard_output() as stream:
            stream.write(text)
        return
    save_text(output, text)
    click.echo(f"Written to {output}", err=True)


def _print(assessments: Sequence[Assessment], name: str) -> None:
    with standard_output() as stream:
        for text in _rendered(assessments, name, color=use_color()):
            stream.write(text if text.endswith("\n") else f"{text}\n")


def _save(assessments: Sequence[Assessment], name: str, output: str) -> None:
    """Formats that hold one document get one file per benchmark: the first as named, others beside it."""
    groups = [list(assessments)] if name in _TOGETHER else [[one] for one in assessments]
    for number, group in enumerate(groups):
        path = _path(output, group[0].benchmark.id, first=number == 0)
        save_text(path, "".join(_rendered(group, name, color=False)))
        click.echo(f"Report written to {path}", err=True)


def _path(output: str, benchmark: str, *, first: bool) -> Path:
    """report.html, then report.cis-debian-12.html; or with the id wherever {benchmark} stands."""
    path = Path(output.replace("{benchmark}", benchmark))
    return (
        path if first or "{benchmark}" in output else path.with_name(f"{path.stem}.{benchmark}{path.suffix}")
    )


def _rendered(assessments: Sequence[Assessment], name: str, *, color: bool) -> list[str]:
    if name == "json":
        first, *further = assessments
        return [FORMATS[name](msgspec.structs.replace(first, further=tuple(further)))]
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
