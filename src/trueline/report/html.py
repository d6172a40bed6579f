"""One HTML file that holds everything: no network, no foreign script, readable in print and on a phone."""

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from trueline.model.results import Assessment, Counts, Result, Score
from trueline.report import html_workflow, outline, tally
from trueline.report.safe import prose, visible, visible_lines

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_FIRST = 8  # how many failures the overview names
_TITLE = ("Benchmark", "Chosen because")  # said in the title
_ABOUT = ("Policy", "Policy digest", "Digest", "Profile digest", "Tool")  # said at the end


class Row(NamedTuple):
    """A result with the id of its element."""

    id: str
    result: Result
    aside: str


class Section(NamedTuple):
    """A section of one target with its rows; counts and score are those of the assessment, if it has them."""

    id: str
    number: str
    title: str
    target: str
    counts: Counts | None
    score: Score | None
    rows: tuple[Row, ...]


def render(assessment: Assessment) -> str:
    """The page; all text of unknown origin is escaped, and what can't be seen is made visible."""
    from markupsafe import Markup

    style, script = resource("report.css"), resource("report.js")
    sections = _sections(assessment)
    headers = outline.headers(assessment)
    page = environment().get_template("report.html")
    return page.render(
        assessment=assessment,
        policy=content_security_policy(style, script),
        style=Markup(style),  # noqa: S704  package data, no text from outside
        script=Markup(script),  # noqa: S704
        benchmark=headers["Benchmark"],
        facts={label: value for label, value in headers.items() if label not in _ABOUT + _TITLE},
        about={label: value for label, value in headers.items() if label in _ABOUT},
        sections=sections,
        first=_first(sections),
        choices=_choices(assessment.results),
        tally=_tally(assessment, sections),
        work=html_workflow.parts(assessment, _anchors(sections)),
        scope=assessment.scope,
        coverage=outline.coverage_words(assessment),
        missing=outline.missing(assessment),
        seen=outline.seen(assessment),
    )


def _anchors(found: Iterable[Section]) -> dict[str, str]:
    return {html_workflow.anchor(row.result): row.id for section in found for row in section.rows}


def environment() -> "Environment":
    """What templates are rendered by: all text is escaped, an unknown name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("trueline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "percent": outline.percent,
        "states": outline.states,
        "block": _block,
        "prose": prose,
        "remedy": outline.remedy,
    }
    return made


def _shown(value: Any) -> Any:
    """What each expression of the template passes through before it is escaped."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _block(text: str) -> "Markup":
    """Text whose lines are kept."""
    from markupsafe import Markup, escape

    return Markup("\n").join(escape(line) for line in visible_lines(text.strip("\r\n")))


def resource(name: str) -> str:
    """A file of the package that pages hold, such as its style."""
    return files("trueline.report").joinpath("templates", name).read_text("utf-8")


def content_security_policy(style: str, script: str) -> str:
    """Nothing is allowed but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _sections(assessment: Assessment) -> list[Section]:
    found: list[Section] = []
    count = 0
    for part in outline.parts(assessment):
        for head, _, results in part.groups:
            rows = tuple(
                Row(f"r{index}", result, outline.set_aside(result))
                for index, result in enumerate(results, count + 1)
            )
            count += len(rows)
            found.append(
                Section(
                    id=f"s{len(found) + 1}",
                    number=head.number,
                    title=head.title,
                    target=part.target,
                    counts=assessment.counts.sections.get(head.number),
                    score=assessment.counts.section_scores.get(head.number),
                    rows=rows,
                )
            )
    return found


def _tally(assessment: Assessment, found: Iterable[Section]) -> dict[str, Any] | None:
    """CIS-CAT's counters, in total and by section; None where they tell readers nothing new."""
    if not tally.for_hosts(assessment):
        return None
    total = assessment.counts.tally
    rows = [tally.Row("", "Total", 0, total), *tally.sections(assessment)]
    return {
        "anchors": {section.number: section.id for section in found},
        "counters": tally.counters(total),
        "columns": (*tally.TESTS, *tally.SCORING),
        "rows": [
            (row, (*tally.tests(row.tally), row.tally.passed, row.tally.scored, tally.percent(row.tally)))
            for row in rows
        ],
    }


def _first(sections: Iterable[Section]) -> list[Row]:
    """The failures to look at first."""
    rows = (row for section in sections for row in section.rows)
    failed = [row for row in rows if row.result.state == "FAIL" and outline.needs_action(row.result)]
    return sorted(failed, key=lambda row: outline.urgency(row.result))[:_FIRST]


def _choices(results: Iterable[Result]) -> dict[str, list[str]]:
    """What the filters offer: the values that occur."""
    held = list(results)
    return {
        "target": list(dict.fromkeys(result.target for result in held)),
        "level": sorted({str(result.level) for result in held}),
        "severity": [name for name in outline.SEVERITIES if any(result.severity == name for result in held)],
    }
