"""The inspector's CSV: thirteen columns whose totals can be counted again."""

import csv
import io
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.sample import FLEET, HOST, MANIFEST, RICH, assessment, result
from trueline.content.load import load_benchmark
from trueline.model.results import BenchmarkHead, Outcome
from trueline.report.inspector_csv import documents, render, schema

COLUMNS = (
    "Date,Result Schema,Node Name,Total Fail,Total Warn,Total Pass,Section Id,Section Description,"
    "Test Id,Test Description,Scored,Test Remediation,Result"
)
every_sample = pytest.mark.parametrize("sample", [RICH, FLEET, HOST], ids=["one node", "fleet", "host"])


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@every_sample
def test_a8_the_columns_are_the_thirteen_in_their_order(sample):
    assert render(sample).split("\r\n")[0] == COLUMNS


@pytest.mark.parametrize(
    ("benchmark", "name"),
    [
        ("cis-1.6", "cis-kubernetes-1.6"),
        ("cis-1.12", "cis-kubernetes-1.12"),
        ("ack-1.0", "cis-kubernetes-ack-1.0"),
    ],
)
def test_a9_the_schema_is_the_resolved_name(benchmark, name):
    assert load_benchmark(benchmark).id == benchmark
    assert schema(benchmark) == name
    assert not any(row["Result Schema"].endswith("auto") for row in rows(render(RICH)))


@every_sample
def test_a10_totals_are_those_of_the_rows(sample):
    for name, text in documents(sample).items():
        counted = Counter(row["Result"] for row in rows(text))
        for row in rows(text):
            assert row["Node Name"] == name
            assert [row[f"Total {word}"] for word in ("Fail", "Warn", "Pass")] == [
                str(counted[word]) for word in ("fail", "warn", "pass")
            ]


@given(st.lists(st.tuples(st.sampled_from(list(Outcome)), st.booleans(), st.booleans()), max_size=20))
def test_a11_what_is_not_scored_never_fails_and_words_are_three(given_results):
    made = assessment(
        [
            result(f"1.{index}", "t", "node", "1", outcome.value, scored=scored, automated=automated)
            for index, (outcome, scored, automated) in enumerate(given_results)
        ]
    )
    found = rows(render(made))
    assert {row["Scored"] for row in found} <= {"Scored", "Not scored"}
    assert {row["Result"] for row in found} <= {"fail", "warn", "pass"}
    assert not any(row["Result"] == "fail" and row["Scored"] == "Not scored" for row in found)
    failed = [
        index for index, (outcome, scored, _) in enumerate(given_results) if outcome == "fail" and scored
    ]
    assert [row["Test Id"] for row in found if row["Result"] == "fail"] == [f"1.{index}" for index in failed]


@every_sample
def test_a12_no_cell_about_section_test_and_remediation_is_empty(sample):
    for row in rows(render(sample)):
        for column in (
            "Section Id",
            "Section Description",
            "Test Id",
            "Test Description",
            "Test Remediation",
        ):
            assert row[column].strip(), (row["Test Id"], column)


def test_a12_not_even_for_a_check_without_anything():
    bare = assessment(
        [result("1.1", "", "node", "", "notchecked")],
        benchmark=BenchmarkHead(id="x", title="", version="", digest=""),
    )
    (row,) = rows(render(bare))
    assert all(row[column].strip() for column in COLUMNS.split(",") if column != "Date")


def test_a13_lines_of_a_remediation_survive():
    (row,) = [row for row in rows(render(FLEET)) if (row["Test Id"], row["Node Name"]) == ("1.2.15", "cp-2")]
    assert row["Test Remediation"] == f"Set --profiling=false.\n\n    vi {MANIFEST}"


def test_what_does_not_apply_is_left_out():
    assert "4.2.3" not in {row["Test Id"] for row in rows(render(FLEET))}


def test_each_node_has_a_document_with_its_own_time_and_results():
    found = documents(FLEET)
    assert set(found) == {"cp-1", "cp-2", *(f"worker-{number}" for number in range(1, 8)), "prod-eu-1"}
    of_one = {row["Test Id"]: row["Result"] for row in rows(found["cp-1"])}
    of_two = {row["Test Id"]: row["Result"] for row in rows(found["cp-2"])}
    assert (of_one["1.2.15"], of_two["1.2.15"]) == ("pass", "fail")
    assert {row["Date"] for row in rows(found["cp-2"])} == {"2026-03-04T05:06:08Z"}


def test_a15_a_worker_has_no_rows_of_the_control_plane():
    for name, text in documents(FLEET).items():
        if name.startswith("worker"):
            assert {row["Section Id"] for row in rows(text)} == {"4.2"}


def test_a15_what_can_not_be_inspected_is_no_failure():
    hidden = [result("1.1.1", "t", "master", "1.1", "error", reason="Not mounted.")]
    assert [row["Result"] for row in rows(render(assessment(hidden)))] == ["warn"]
    assert rows(render(msgspec.structs.replace(RICH, results=()))) == []
