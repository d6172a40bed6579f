"""A job summary for GitHub Actions: append it to `$GITHUB_STEP_SUMMARY`."""

from collections.abc import Iterator
from typing import Final

from trueline.model.results import Assessment, Result
from trueline.report import outline, register
from trueline.report.markdown import table, text
from trueline.report.safe import prose

# GitHub refuses a step's summary of more than 1 MiB as a whole.
LIMIT: Final = 900_000


def render(assessment: Assessment) -> str:
    """Totals, then what failed, what could not be decided, expired and valid waivers; the rest as counts."""
    lines: list[str] = []
    size = 0
    for line in _lines(assessment):
        size += len(line.encode()) + 1
        if size > LIMIT:
            lines += ["", "*This summary was cut; the other reports have the rest.*"]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(assessment: Assessment) -> Iterator[str]:
    yield f"## {text(outline.benchmark_name(assessment.benchmark))}: {text(assessment.target.name)}"
    yield ""
    yield from (f"> {text(prose(notice))}\n" for notice in assessment.notices)
    yield f"**Score:** {outline.score_words(assessment.counts.score)}; {outline.coverage_words(assessment)}."
    yield ""
    counts = outline.states(assessment.counts.total)
    yield from table(counts, [[str(number) for number in counts.values()]])
    results = assessment.results
    expired = [one for one in results if one.disposition == "expired"]
    open_ones = sorted((one for one in results if outline.needs_action(one)), key=outline.urgency)
    yield from _section("Failed", [one for one in open_ones if one.state == "FAIL"])
    yield from _section("Waivers that have expired", expired)
    yield from _section("For a person to look at", [one for one in open_ones if one.state == "WARN"])
    yield from _section("Set aside by policy", [one for one in results if _aside(one)])
    if entries := register.remarkable(assessment):
        yield from (f"### Entries of the policy to look at ({len(entries)})", "")
        rows = [(one.id, one.check, one.expires, one.owner, register.remarks(one)) for one in entries]
        columns = ("Entry", "Check", "Ends", "Owner", "State")
        yield from table(columns, [tuple(map(text, row)) for row in rows])
    if unseen := outline.unseen(assessment):
        yield from ("### What this run could not see", "")
        yield from (f"- {text(prose(sentence))}" for sentence in unseen)
        yield ""
    about = "; ".join(f"{label}: {value}" for label, value in outline.run(assessment).items())
    yield f"<sub>{text(prose(f'{about}. {assessment.scope}'))}</sub>"


def _aside(result: Result) -> bool:
    return bool(outline.set_aside(result)) and not outline.needs_action(result)


def _section(title: str, results: list[Result]) -> Iterator[str]:
    if not results:
        return
    yield from (f"### {title} ({len(results)})", "")
    yield from table(("Number", "Title", "Severity", "Outcome", "Reason"), map(_row, results))


def _row(result: Result) -> tuple[str, ...]:
    aside = outline.set_aside(result)
    reason = "; ".join(part for part in (prose(result.reason).rstrip("."), aside) if part)
    return (text(result.number), text(result.title), result.severity, result.outcome.value, text(reason))
