"""Arbitrary text in any field never breaks a format."""

import csv
import io
import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from tests.report.page import Page
from tests.report.sample import assessment
from trueline.model.register import PolicyHead
from trueline.model.results import BenchmarkHead, Coverage, Evidence, Outcome, Result, SectionHead, Target
from trueline.report import FORMATS
from trueline.report.csv_ import COLUMNS
from trueline.report.safe import visible
from trueline.report.tally import for_hosts

NASTY = st.sampled_from(
    [
        *(
            "<script>",
            "</style>",
            "</details>",
            "-->",
            "]]>",
            "&amp;",
            "{{ 1 }}",
            "{% if %}",
            '"',
            "'",
            "<b>",
        ),
        *("|", "`", "```", "\\", "\\|", "*", "_", "[x](y)", "![x](y)", "#", "> ", "- ", "    ", "$x$", "~~"),
        *(
            "=1",
            "+",
            "-",
            "@",
            "\t",
            "\r",
            "\n",
            "\r\n",
            "\x00",
            "\x1b[31m",
            "\x85",
            "\u2028",
            "\u202e",
            "\ufeff",
        ),
        *("[PASS] 1.1.1 x", "\n[FAIL] 9.9 y", "== Summary total ==", "\n== Summary x ==", "\ud800", "\uffff"),
        *("\U0001f680", "\u5b57", "\u05d0", "https://evil.example/", "javascript:x", "\n\n", " "),
    ]
)
TEXT = st.one_of(st.lists(NASTY, max_size=5).map("".join), st.text(st.characters(), max_size=20))
EVIDENCE = st.builds(Evidence, fact=TEXT, source=TEXT, observed=TEXT, expected=TEXT)
RESULTS = st.lists(
    st.builds(
        Result,
        number=TEXT,
        title=TEXT,
        target=TEXT,
        section=TEXT,
        level=st.integers(0, 2),
        scored=st.booleans(),
        automated=st.booleans(),
        rules=st.lists(TEXT, max_size=2).map(tuple),
        outcome=st.sampled_from(Outcome),
        reason=TEXT,
        evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
        remediation=TEXT,
        why=TEXT,
        audit=TEXT,
        impact=TEXT,
        references=st.lists(TEXT, max_size=2).map(tuple),
        component=TEXT,
        waiver=TEXT,
        disposition=st.sampled_from(["required", "waived", "expired", "provider-owned", "informational"]),
        severity=st.sampled_from(["critical", "high", "medium", "low", "info"]),
    ),
    max_size=4,
)


@st.composite
def assessments(draw):
    results = draw(RESULTS)
    heads = tuple(
        SectionHead(number=one.section, title=draw(TEXT), target=one.target)
        for one in results
        if draw(st.booleans())
    )
    return assessment(
        results,
        benchmark=BenchmarkHead(
            id=draw(TEXT), title=draw(TEXT), version=draw(TEXT), digest=draw(TEXT), sections=heads
        ),
        target=Target(name=draw(TEXT), roles=(draw(TEXT),), kubernetes=draw(TEXT), collected_at=draw(TEXT)),
        coverage=Coverage(total=1, applicable=1, evaluated=1, unavailable={draw(TEXT): (draw(TEXT),)}),
        notices=(draw(TEXT),),
        policy=PolicyHead(files=(draw(TEXT),), digest=draw(TEXT)),
    )


CASES = settings(max_examples=100, deadline=None)


@CASES
@given(assessments())
def test_html_has_only_its_own_tags(given_one):
    content = FORMATS["html"](given_one)
    page = Page.of(content)
    assert page.open == []
    assert not {name for name in page.attributes if name.startswith("on")} | (
        {"style", "src"} & page.attributes
    )
    assert all(address.startswith("#") for address in page.addresses)
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert page.tags.count("details") == len(given_one.results)
    assert page.tags.count("tr") == _rows_expected(given_one)
    content.encode()


def _rows_expected(given_one) -> int:
    sections = len({(one.target, one.section) for one in given_one.results})
    evidence = sum(len(one.evidence) + 1 for one in given_one.results if one.evidence)
    tallies = len(given_one.counts.section_tallies) + 2 if for_hosts(given_one) else 0
    return evidence + (sections + 1 if sections else 0) + tallies


@CASES
@given(assessments())
def test_csv_reads_back_with_no_formula(given_one):
    rows = list(csv.reader(io.StringIO(FORMATS["csv"](given_one), newline=""), strict=True))
    assert len(rows) == len(given_one.results) + 1
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert not [
        cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    titles = [row[1].removeprefix("'") for row in rows[1:]]
    assert titles == [visible(one.title).rstrip() for one in given_one.results] or any(
        one.title.startswith("'") for one in given_one.results
    )


@CASES
@given(assessments())
def test_text_has_one_line_per_result_and_none_is_forged(given_one):
    content = FORMATS["text"](given_one)
    lines = content.split("\n")
    assert lines == [*content.splitlines(), ""]
    stated = Counter(line for line in lines if line.startswith(("[PASS]", "[FAIL]", "[WARN]", "[INFO]")))
    expected = Counter(
        f"[{one.state}] " + f"{visible(one.number)} {visible(one.title)}".rstrip()
        for one in given_one.results
    )
    assert expected <= stated
    headings = stated - expected
    assert headings.total() <= 3 * len(given_one.results)
    assert all(line.startswith("[INFO]") for line in headings)
    assert lines.count("== Summary total ==") == 1 + sum(
        name == "total" for name in {one.target for one in given_one.results}
    )
    content.encode()


@CASES
@given(assessments())
def test_junit_parses_with_a_case_per_result(given_one):
    suites = JUnitXml.fromstring(FORMATS["junit"](given_one).encode())
    outs = [case.system_out for suite in suites for case in suite]
    assert len(outs) == suites.tests == len(given_one.results)
    titles = sorted(json.loads(out)["title"] for out in outs)
    assert titles == sorted(one.title for one in given_one.results)


@CASES
@given(assessments())
def test_markdown_rows_keep_their_columns_and_nothing_is_markup(given_one):
    content = FORMATS["markdown"](given_one)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_inline", "link_open", "image", "code_inline", "s_open"} & set(inline)
    kinds = [token.type for token in tokens]
    action = [one for one in given_one.results if one.state in ("FAIL", "WARN")]
    action = [one for one in action if one.disposition not in ("waived", "provider-owned")]
    assert kinds.count("html_block") == 2 * len(action)
    assert kinds.count("fence") == sum(bool(one.remediation) for one in action)
    sections = len({(one.target, one.section) for one in given_one.results})
    left_out = any(one.outcome.value in ("notapplicable", "notselected") for one in given_one.results)
    evidence = sum(bool(one.evidence) for one in action)
    assert kinds.count("table_open") == 3 + sections + evidence + left_out
    _tables_are_even(tokens)
    content.encode()


def _tables_are_even(tokens) -> None:
    """markdown-it drops cells that are too many, so the number of bars is counted in the source as well."""
    columns = cells = 0
    for token in tokens:
        columns = 0 if token.type == "thead_open" else columns + (token.type == "th_open")
        cells = 0 if token.type == "tr_open" else cells + (token.type == "td_open")
        if token.type == "tr_close" and cells:
            assert cells == columns


@CASES
@given(assessments())
def test_json_is_utf8_and_keeps_the_number_of_results(given_one):
    document = json.loads(FORMATS["json"](given_one).encode())
    assert len(document["results"]) == len(given_one.results)
