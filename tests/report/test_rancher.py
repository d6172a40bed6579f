"""Rancher's formats: one state for all nodes, and lists of nodes that hold together."""

import base64
import csv
import gzip
import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.sample import FLEET, HOST, RICH, result, spread
from trueline.model.results import Outcome
from trueline.report import FORMATS
from trueline.report.rancher import STATES, Verdict, checks, kind_of, verdict
from trueline.report.rancher_csv import WORDS

KINDS = list(STATES)
SAMPLES = {"one node": RICH, "fleet": FLEET, "host": HOST}
every_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
LEGACY = [
    "ID",
    "Description",
    "Remediation",
    "State of Test",
    "Node type",
    "Nodes",
    "Passed_Nodes",
    "Failed_Nodes",
]


def rows(name, assessment):
    return list(csv.DictReader(io.StringIO(FORMATS[name](assessment), newline="")))


def names(cell):
    return [name for name in cell.lstrip("'").split(",") if name]


@pytest.mark.parametrize(
    ("kinds", "missing", "expected"),
    [
        ({"a": "PASS", "b": "PASS"}, [], Verdict("pass", "pass", ())),
        ({"a": "FAIL", "b": "FAIL"}, [], Verdict("fail", "fail", ())),
        ({"a": "SKIP", "b": "SKIP"}, [], Verdict("skip", "skip", ())),
        ({"a": "WARN", "b": "WARN"}, [], Verdict("warn", "warn", ())),
        ({"a": "NA", "b": "NA"}, [], Verdict("notApplicable", "notApplicable", ())),
        ({"a": "NA"}, ["b"], Verdict("notApplicable", "notApplicable", ())),
        ({"a": "PASS", "b": "FAIL", "c": "WARN"}, [], Verdict("mixed", "fail", ("b", "c"))),
        ({"a": "PASS", "b": "NA"}, [], Verdict("mixed", "fail", ("b",))),
        ({"a": "PASS"}, ["b"], Verdict("mixed", "fail", ("b",))),
        ({"a": "FAIL"}, ["b"], Verdict("mixed", "fail", ("b",))),
        ({"a": "WARN"}, ["b"], Verdict("mixed", "warn", ("b",))),
        ({"a": "SKIP"}, ["b"], Verdict("mixed", "fail", ("b",))),
        ({"a": "PASS", "b": "FAIL"}, ["c"], Verdict("mixed", "fail", ("b",))),
        ({}, [], Verdict("mixed", "fail", ())),
        ({}, ["a"], Verdict("mixed", "fail", ())),
    ],
)
def test_c14_many_nodes_have_one_state(kinds, missing, expected):
    assert verdict(kinds, missing) == expected


@pytest.mark.parametrize(
    ("outcome", "fields", "kind"),
    [
        ("pass", {}, "PASS"),
        ("fail", {}, "FAIL"),
        ("fail", {"scored": False}, "WARN"),
        ("fail", {"automated": False}, "WARN"),
        ("fail", {"disposition": "waived"}, "SKIP"),
        ("fail", {"disposition": "expired"}, "FAIL"),
        ("notchecked", {"disposition": "provider-owned"}, "NA"),
        ("error", {}, "WARN"),
        ("unknown", {}, "WARN"),
        ("notchecked", {}, "WARN"),
        ("notselected", {}, "SKIP"),
        ("notapplicable", {}, "NA"),
        ("informational", {}, "NA"),
    ],
)
def test_c3_each_outcome_has_one_of_ranchers_kinds(outcome, fields, kind):
    assert kind_of(result("1", "t", "node", "1", outcome, **fields), Outcome(outcome)) == kind


@every_sample
def test_c1_the_columns_are_those_of_the_report(sample):
    header = next(csv.reader(io.StringIO(FORMATS["rancher-csv"](sample), newline="")))
    assert header == LEGACY
    assert {row["State of Test"] for row in rows("rancher-csv", sample)} <= set(WORDS.values())


def test_the_later_header_has_the_keys_of_a_check_and_always_the_nodes():
    whole = json.loads(FORMATS["rancher-json"](FLEET))
    keys = {key for group in whole["results"] for check in group["checks"] for key in check}
    header = next(csv.reader(io.StringIO(FORMATS["rancher-csv-keys"](FLEET), newline="")))
    assert set(header) == keys - {"actual_value_per_node"}
    first = rows("rancher-csv-keys", FLEET)[0]
    assert (first["state"], first["nodes"]) == ("fail", "")


def test_the_later_rows_have_the_worst_first():
    order = ["fail", "mixed", "warn", "pass", "skip", "notApplicable"]
    found = [order.index(row["state"]) for row in rows("rancher-csv-keys", RICH)]
    assert found == sorted(found)
    failed = [row["id"] for row in rows("rancher-csv-keys", RICH) if row["state"] == "fail"]
    assert failed.index("1.2.15") < failed.index("1.2.16")


@every_sample
def test_c6_passed_and_failed_nodes_divide_those_that_ran_it(sample):
    for row in rows("rancher-csv", sample):
        ran, passed, failed = (names(row[key]) for key in ("Nodes", "Passed_Nodes", "Failed_Nodes"))
        assert sorted(passed + failed) == sorted(ran)
        assert len(set(ran)) == len(ran)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(list(Outcome)), max_size=6),
    st.lists(st.sampled_from("xyz"), unique=True),
)
def test_c6_holds_for_any_spread(said, missing):
    by = {}
    for name, outcome in said.items():
        by.setdefault(outcome.value, []).append(name)
    one = result("1", "t", "node", "1", "fail", spread=spread(missing, **by))
    (check,) = checks(msgspec.structs.replace(FLEET, results=(one,)))
    assert sorted(check.passed + check.failed) == sorted(check.ran)
    assert set(check.ran) <= set(said)
    assert not set(check.ran) & set(missing)
    if missing:
        assert check.verdict.state != "pass"


@every_sample
def test_c11_csv_and_json_agree(sample):
    whole = json.loads(FORMATS["rancher-json"](sample))
    listed = {check["id"]: check for group in whole["results"] for check in group["checks"]}
    legacy = {row["ID"].lstrip("'"): row for row in rows("rancher-csv", sample)}
    later = {row["id"].lstrip("'"): row for row in rows("rancher-csv-keys", sample)}
    assert set(listed) == set(legacy) == set(later)
    for number, check in listed.items():
        assert WORDS[check["state"]] == legacy[number]["State of Test"]
        assert check["state"] == later[number]["state"]
        assert names(later[number]["nodes"]) == check.get("nodes", [])
    assert whole["total"] == len(rows("rancher-csv", sample))
    assert whole["total"] == sum(whole[key] for key in ("pass", "fail", "skip", "warn", "notApplicable"))


def test_c2_the_report_names_its_benchmark():
    assert json.loads(FORMATS["rancher-json"](FLEET))["version"] == "cis-1.12"


def test_c8_what_is_skipped_or_does_not_apply_says_why():
    for sample in (RICH, FLEET, HOST):
        for row in rows("rancher-csv", sample):
            if row["State of Test"] in ("skipped", "not applicable"):
                assert row["Remediation"], row["ID"]


def test_the_report_has_ranchers_keys_and_names_nodes_by_type():
    whole = json.loads(FORMATS["rancher-json"](FLEET))
    assert list(whole) == [
        *("version", "total", "pass", "fail", "skip", "warn", "notApplicable", "nodes", "results"),
        "actual_value_map_data",
    ]
    assert whole["nodes"]["master"] == ["cp-1", "cp-2"]
    assert "worker-8" in whole["nodes"]["node"]
    assert [group["id"] for group in whole["results"]] == sorted(group["id"] for group in whole["results"])
    assert {kind for group in whole["results"] for one in group["checks"] for kind in one["node_type"]} == {
        *("master", "etcd", "node")
    }


def test_nodes_stand_only_where_they_differ():
    whole = json.loads(FORMATS["rancher-json"](FLEET))
    listed = {check["id"]: check for group in whole["results"] for check in group["checks"]}
    assert listed["1.2.15"]["nodes"] == ["cp-2"]
    assert "nodes" not in listed["1.2.16"]
    assert listed["4.2.2"]["nodes"] == ["worker-8"]


def test_what_was_found_is_packed_as_rancher_unpacks_it():
    whole = json.loads(FORMATS["rancher-json"](RICH))
    unpacked = json.loads(gzip.decompress(base64.b64decode(whole["actual_value_map_data"])))
    found = {check["id"]: check for group in unpacked for check in group["actual_value_checks"]}
    assert found["1.1.12"]["actual_value_node_map"] == {
        "cp-1.example.net": "owner: found root:root, expected etcd:etcd (/var/lib/etcd)"
    }


@pytest.mark.parametrize("name", ["rancher-csv", "rancher-csv-keys", "inspector-csv"])
def test_no_cell_is_a_formula_and_none_hides_anything(name):
    for row in csv.reader(io.StringIO(FORMATS[name](RICH), newline="")):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@")), cell
            assert "\x1b" not in cell
            assert "\u202e" not in cell
