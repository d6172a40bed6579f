"""What each format promises, on the hand-made assessment."""

import csv
import io
import re
import subprocess
import sys

import msgspec
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt

from tests.report.sample import HOST, RICH, assessment, evidence, large, result
from trueline.model.results import Coverage
from trueline.report import FORMATS, SUFFIXES, format_of
from trueline.report.csv_ import COLUMNS
from trueline.report.tally import COUNTERS


def one(number: str, outcome: str, **fields):
    return result(number, f"title of {number}", "node", "4.2", outcome, **fields)


def text_of(*results, **fields) -> list[str]:
    return FORMATS["text"](assessment(list(results), **fields)).splitlines()


# Registry


def test_registry_imports_nothing_before_it_is_asked():
    code = (
        "import sys, trueline.report as r; list(r.FORMATS); late = 'jinja2', 'csv', 'trueline.report.html'; "
        "sys.exit(any(name in sys.modules for name in late))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_html_alone_imports_its_template_engine():
    code = "import sys, trueline.report.html; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_suffix_names_a_format():
    assert set(SUFFIXES.values()) == set(FORMATS)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.json", "json"),
        ("/x.y/r.HTML", "html"),
        ("r.md", "markdown"),
        ("r.xml", "junit"),
        ("r.sarif", "sarif"),
        ("node.1.github.sarif", "sarif-github"),
        ("r.oscal.json", "oscal"),
        ("r", None),
        (".csv", None),
        ("r.XCCDF.xml", "xccdf"),
        ("1.2/node.arf.xml", "arf"),
        ("1.2.summary.csv", "csv-summary"),
        ("r.other.xml", "junit"),
    ],
)
def test_format_of_a_path(path, name):
    assert format_of(path) == name


# Text


def test_text_counts_are_those_of_the_assessment():
    lines = text_of(
        one("4.2.1", "pass"), one("4.2.2", "fail"), one("4.2.3", "notchecked"), one("4.2.4", "notapplicable")
    )
    at = lines.index("== Summary total ==")
    assert lines[at + 1 : at + 5] == ["1 checks PASS", "1 checks FAIL", "1 checks WARN", "1 checks INFO"]


def test_text_lists_what_needs_action_and_nothing_else():
    lines = text_of(
        one("4.2.1", "pass", remediation="not needed"),
        one("4.2.2", "fail", remediation="Set it."),
        one("4.2.3", "error", reason="no access", remediation="not shown"),
        one("4.2.4", "fail", remediation="not needed", disposition="waived", waiver="W1"),
        one("4.2.5", "notchecked", remediation="Look at it."),
        one("4.2.6", "fail", remediation="Late.", disposition="expired", waiver="W2"),
    )
    at = lines.index("== Remediations node ==")
    assert lines[at + 1 : lines.index("", at)] == [
        "4.2.2 Set it.",
        "4.2.5 Look at it.",
        "4.2.6 Late.",
        "4.2.3 could not be decided: no access",
    ]
    assert "4.2.4 waived by W1 (outcome: fail)" in lines
    assert "4.2.6 waiver W2 has expired (outcome: fail)" in lines


def test_text_says_a_missing_fact_once_for_all_that_it_concerns():
    lines = text_of(
        one("4.2.1", "error", reason="no access"),
        one("4.2.2", "unknown", reason="no cluster"),
        one("4.2.3", "error", reason="no access"),
    )
    assert "4.2.1, 4.2.3 could not be decided: no access" in lines
    assert "4.2.2 could not be decided: no cluster" in lines


def test_text_says_once_where_changes_last():
    lines = text_of(
        one("4.2.1", "fail", remediation="Set a.\nIn the config map.", lasting="In the config map."),
        one("4.2.2", "fail", remediation="Set b.\nIn the config map.", lasting="In the config map."),
    )
    assert [line for line in lines if "config map" in line] == ["  - In the config map."]
    assert "To make 4.2.1, 4.2.2 last:" in lines


def test_text_has_no_remediations_where_nothing_needs_action():
    assert not [line for line in text_of(one("4.2.1", "pass")) if line.startswith("== Remediations")]


def test_text_keeps_commands_whole_and_wraps_prose():
    command = "    kubectl " + "--with-a-long-option=value " * 8
    lines = text_of(one("4.2.2", "fail", remediation="word " * 60 + "\n\n" + command))
    assert "  " + command.rstrip() in lines
    assert all(len(line) <= 100 for line in lines if "word" in line)


def test_text_is_one_line_per_result_whatever_its_length():
    lines = FORMATS["text"](RICH, width=40).splitlines()
    for found in RICH.results:
        assert len([line for line in lines if line.startswith(f"[{found.state}] {found.number} ")]) == 1


def test_only_colored_text_has_escape_sequences():
    plain, colored = FORMATS["text"](RICH), FORMATS["text"](RICH, color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain
    assert "\x1b[31m[FAIL] \x1b[0m1.2.15 " in colored
    assert "\x1b[31m== Summary total ==\x1b[0m" in colored


@pytest.mark.parametrize("title", ["CIS Kubernetes Benchmark", "CIS Kubernetes Benchmark 1.12.0"])
def test_the_version_of_the_benchmark_is_said_once(title):
    head = msgspec.structs.replace(RICH.benchmark, title=title)
    lines = text_of(one("4.2.1", "pass"), benchmark=head)
    assert lines[0] == "Benchmark:      CIS Kubernetes Benchmark 1.12.0 (cis-1.12)"


def test_a_score_just_below_all_is_not_shown_as_all():
    rows = [one(f"4.2.{index}", "pass") for index in range(2999)]
    lines = text_of(*rows, one("4.2.3000", "fail"))
    assert "Score: 99.9% (2999 of 3000 scored and automated checks passed)" in lines


def test_text_names_what_could_not_be_read():
    lines = text_of(
        one("4.2.1", "error", reason="denied"),
        coverage=Coverage(
            total=1, applicable=1, evaluated=0, unavailable={"denied\nhere": ("4.2.1", "4.2.9")}
        ),
    )
    at = lines.index("Could not be read:")
    assert lines[at + 1 : at + 3] == ["  - denied", "    here (4.2.1, 4.2.9)"]
    assert "Coverage: evaluated 0 of 1 applicable checks (1 in the benchmark)" in lines


def test_text_counts_as_cis_cat_does_for_hosts_alone():
    lines = FORMATS["text"](HOST).splitlines()
    at = lines.index("== Benchmark counters ==")
    shown = {
        label.rstrip(":"): value.strip()
        for label, _, value in (line.partition(": ") for line in lines[at + 1 : at + 12])
    }
    assert list(shown.values()) == ["8", "4", "1", "2", "1", "0", "1", "1", "1", "1", "1 of 4, 25.0%"]
    assert "== Benchmark counters ==" not in FORMATS["text"](RICH)


def test_text_has_columns_of_scores_per_section():
    lines = FORMATS["text"](HOST).splitlines()
    at = lines.index("== Benchmark scores ==")
    rows = [line.split(maxsplit=8) for line in lines[at + 1 : lines.index("", at)]]
    assert rows[0] == ["Pass", "Fail", "Error", "Unkn.", "Man.", "Score", "Max", "Percent", "Section"]
    assert rows[1] == ["1", "1", "0", "0", "1", "1", "2", "50.0%", "1 First steps"]
    assert rows[-1] == ["1", "2", "1", "0", "2", "1", "4", "25.0%", "Total"]
    assert [row[8].split()[0] for row in rows[1:]] == ["1", "1.1", "1.1.1", "3", "Total"]


def test_only_kubernetes_reports_miss_its_version():
    assert "Kubernetes:" not in FORMATS["text"](HOST)
    target = msgspec.structs.replace(RICH.target, kubernetes=None)
    assert "Kubernetes:     version not known" in text_of(one("4.2.1", "pass"), target=target)


# CSV


def rows_of(*results) -> list[dict[str, str]]:
    content = FORMATS["csv"](assessment(list(results)))
    return list(csv.DictReader(io.StringIO(content, newline="")))


def test_csv_row_holds_the_result():
    row = rows_of(
        one(
            "4.2.2",
            "fail",
            scored=False,
            rules=("a-rule", "another"),
            remediation="first\nsecond",
            evidence=(evidence("mode", "0644", "0600", "/a"), evidence("owner", "root\nx", "root", "/a")),
        )
    )[0]
    assert tuple(row) == COLUMNS
    assert (row["state"], row["outcome"], row["scored"], row["automated"]) == (
        "WARN",
        "fail",
        "false",
        "true",
    )
    assert row["rules"] == "a-rule; another"
    assert (row["facts"], row["observed"], row["source"]) == ("mode\nowner", "0644\nroot\\nx", "/a\n/a")
    assert row["remediation"] == "first\nsecond"
    assert (row["target_name"], row["benchmark"]) == ("cp-1.example.net", "cis-1.12")


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1"])
def test_csv_has_no_formula(reason):
    assert rows_of(one("1", "pass", reason=reason))[0]["reason"].startswith("'")


def test_csv_lines_end_as_rfc_4180_says():
    content = FORMATS["csv"](assessment([one("1", "pass"), one("2", "pass")]))
    assert content.count("\r\n") == 3
    assert content.endswith("\r\n")


@pytest.mark.parametrize("given", [HOST, RICH], ids=["host", "kubernetes"])
def test_csv_summary_has_the_ten_counters_per_section_and_in_total(given):
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv-summary"](given), newline="")))
    assert [row["section"] for row in rows] == [*given.counts.section_tallies, "total"]
    tallies = [*given.counts.section_tallies.values(), given.counts.tally]
    for row, tally in zip(rows, tallies, strict=True):
        assert [row[name] for name in COUNTERS] == [str(getattr(tally, name)) for name in COUNTERS]
        assert (row["score"], row["maximum"]) == (str(tally.passed), str(tally.scored))
        assert row["percent"] == (f"{tally.percent:.2f}" if tally.scored else "")


def test_csv_summary_has_no_formula():
    rows = [result("=1.1", "t", "host", "=1", "pass")]
    assert FORMATS["csv-summary"](assessment(rows)).splitlines()[1].startswith("'=1,")


# JUnit


def junit_cases(*results):
    suites = JUnitXml.fromstring(FORMATS["junit"](assessment(list(results))).encode())
    return suites, [case for suite in suites for case in suite]


@pytest.mark.parametrize(
    ("outcome", "fields", "kind"),
    [
        ("pass", {}, None),
        ("fail", {}, Failure),
        ("fail", {"scored": False}, Skipped),
        ("fail", {"disposition": "waived", "waiver": "W1"}, Skipped),
        ("fail", {"disposition": "expired", "waiver": "W1"}, Failure),
        ("error", {}, Error),
        ("unknown", {}, Skipped),
        ("notchecked", {}, Skipped),
        ("notapplicable", {}, Skipped),
        ("informational", {}, Skipped),
    ],
)
def test_junit_says_what_became_of_a_check(outcome, fields, kind):
    suites, cases = junit_cases(one("4.2.1", outcome, reason="because", **fields))
    assert [type(entry) for entry in cases[0].result] == ([kind] if kind else [])
    assert all(entry.message for entry in cases[0].result)
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (
        1,
        int(kind is Failure),
        int(kind is Error),
        int(kind is Skipped),
    )


def test_junit_has_a_suite_per_target_with_counts_that_add_up():
    suites = JUnitXml.fromstring(FORMATS["junit"](RICH).encode())
    assert [suite.name for suite in suites] == ["master", "etcd", "controlplane", "node", "policies"]
    assert suites.tests == len(RICH.results) == sum(suite.tests for suite in suites)
    for suite in suites:
        assert suite.tests == len(list(suite))
        assert suite.failures == sum(isinstance(entry, Failure) for case in suite for entry in case.result)
        assert {entry.name: entry.value for entry in suite.properties()}["kubernetes"] == "1.34.2"


# Markdown


def test_markdown_holds_no_markup_of_others():
    tokens = MarkdownIt("commonmark").enable("table").parse(FORMATS["markdown"](RICH))
    html = [token.content for token in tokens if token.type == "html_block"]
    html += [
        child.content for token in tokens for child in token.children or () if child.type == "html_inline"
    ]
    tags = {tag for content in html for tag in re.findall(r"</?\w+", content)}
    assert tags == {"<details", "</details", "<summary", "</summary", "<b", "</b"}
    assert not [
        child for token in tokens for child in token.children or () if child.type in ("link_open", "image")
    ]


def test_markdown_lists_failures_by_severity_before_all_else():
    content = FORMATS["markdown"](
        assessment(
            [
                one("4.2.1", "error", severity="critical"),
                one("4.2.2", "fail", severity="low"),
                one("4.2.3", "fail", severity="high"),
                one("4.2.4", "fail", severity="critical", disposition="waived"),
            ]
        )
    )
    assert re.findall(r"<b>\w+</b> (\S+)", content) == ["4.2.3", "4.2.2", "4.2.1"]


# All


# These sum up, or never say the same twice, or need options.
OTHERS = {"csv-summary", "prometheus", "github-annotations", "asff"}


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in OTHERS])
def test_many_results_render(name):
    assert FORMATS[name](large(5000)).count("1.2.15") >= 294
