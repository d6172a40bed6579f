"""Workflow commands of GitHub Actions: annotations at the run, by printing them."""

from collections.abc import Iterator
from typing import Final

from trueline.model.results import Assessment, Result
from trueline.report import outline
from trueline.report.exchange import block, words

# GitHub shows so many of each kind per step, and drops the others without a word.
SHOWN: Final = 10


def render(assessment: Assessment) -> str:
    """An error per failure, the gravest first; a warning per undecided check; a notice with the score."""
    open_ones = sorted((one for one in assessment.results if outline.needs_action(one)), key=outline.urgency)
    failed = [one for one in open_ones if one.state == "FAIL"]
    undecided = [one for one in open_ones if one.outcome.value in ("error", "unknown")]
    title = f"{assessment.benchmark.id} on {assessment.target.name}"
    score = f"{outline.score_words(assessment.counts.score)}; {outline.coverage_words(assessment)}"
    about = "; ".join(f"{label}: {value}" for label, value in outline.run(assessment).items())
    said = "\n".join((f"{score}.", about, *outline.unseen(assessment), assessment.scope))
    lines = [*_commands("error", failed), *_commands("warning", undecided), _command("notice", title, said)]
    return "\n".join(lines) + "\n"


def _commands(kind: str, results: list[Result]) -> Iterator[str]:
    shown = results if len(results) <= SHOWN else results[: SHOWN - 1]
    for result in shown:
        yield _command(kind, f"{result.number} {result.title}", _message(result))
    if rest := results[len(shown) :]:
        numbers = ", ".join(result.number for result in rest)
        yield _command(kind, f"{len(rest)} more", f"Also {numbers}")


def _message(result: Result) -> str:
    parts = (result.reason, outline.set_aside(result), outline.remedy(result))
    return "\n".join(part for part in map(block, parts) if part.strip()) or result.outcome.value


def _command(kind: str, title: str, message: str) -> str:
    name = _escaped(words(title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={name}::{_escaped(block(message))}"


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
