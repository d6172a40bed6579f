"""Arbitrary text in any field never breaks a format for other programs."""

import json
import re

import jsonschema
import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from tests.report.exchange import CLUSTER_POLICY_REPORT, DEFECTDOJO_KEYS, DEFECTDOJO_LENGTHS, SARIF
from tests.report.test_hostile import CASES, assessments
from trueline.report import FORMATS
from trueline.report.safe import visible

TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
VALUE = re.compile(r"\S(.*\S)?")


def texts(tree):
    """All strings in a document."""
    if isinstance(tree, str):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from texts(child)


def decoded(name, given_one, **options):
    """The document, in which each line of each text can be seen."""
    content = json.loads(FORMATS[name](given_one, **options).encode())
    assert all(visible(line) == line for text in texts(content) for line in text.split("\n"))
    return content


@CASES
@given(assessments())
def test_sarif_keeps_its_shape(given_one):
    content = decoded("sarif", given_one)
    jsonschema.validate(content, SARIF)
    (run,) = content["runs"]
    assert len(run["results"]) == len(given_one.results)
    keys = {row["partialFingerprints"]["finding/v1"] for row in run["results"]}
    assert len(keys) == len(given_one.results)
    assert all(".." not in uri.split("/") for uri in _uris(run))


@CASES
@given(assessments())
def test_each_alert_for_github_has_a_file(given_one):
    content = decoded("sarif-github", given_one)
    jsonschema.validate(content, SARIF)
    (run,) = content["runs"]
    failed = [one for one in given_one.results if one.state == "FAIL"]
    assert len(run["results"]) == len(list(_uris(run))) == len(failed)


def _uris(run):
    for row in run["results"]:
        for location in row["locations"]:
            if "physicalLocation" in location:
                yield location["physicalLocation"]["artifactLocation"]["uri"]


@CASES
@given(assessments())
def test_oscal_keeps_its_rules_for_names_values_and_ids(given_one):
    content = decoded("oscal", given_one)
    (found,) = content["assessment-results"]["results"]
    _check(content)
    names = [row["uuid"] for row in found.get("observations", ())]
    assert len(set(names)) == len(names) == len(given_one.results)


def _check(tree):
    """What OSCAL demands of all of its objects."""
    if isinstance(tree, dict):
        assert all(value not in ("", []) for value in tree.values())
        for name in ("control-id", "target-id"):
            assert TOKEN.fullmatch(tree.get(name, "x"))
        if "ns" in tree:
            assert TOKEN.fullmatch(tree["name"])
            assert VALUE.fullmatch(tree["value"])
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        _check(child)


@CASES
@given(assessments())
def test_oscal_is_accepted_by_compliance_trestle(given_one):
    reason = "compliance-trestle is not installed: pip install -e '.[validators]'"
    module = pytest.importorskip("trestle.oscal.assessment_results", reason=reason)
    module.AssessmentResults.parse_obj(decoded("oscal", given_one)["assessment-results"])


@CASES
@given(assessments())
def test_defectdojo_knows_each_key_and_length(given_one):
    for found in decoded("defectdojo", given_one)["findings"]:
        assert {"title", "severity", "description"} <= set(found) <= DEFECTDOJO_KEYS
        assert all(found[key] for key in ("title", "severity", "description"))
        assert all(len(found.get(key, "")) <= limit for key, limit in DEFECTDOJO_LENGTHS.items())
        tokens = MarkdownIt("commonmark").parse(found["description"])
        inline = {child.type for token in tokens for child in token.children or ()}
        assert not {"html_inline", "link_open", "image", "code_inline"} & inline
        assert not {"html_block", "heading_open"} & {token.type for token in tokens}


@CASES
@given(assessments())
def test_policy_report_keeps_its_shape(given_one):
    report = decoded("policyreport", given_one)
    jsonschema.validate(report, CLUSTER_POLICY_REPORT)
    assert len(report["results"]) == len(given_one.results)


@CASES
@given(assessments())
def test_prometheus_reads_labels_as_they_are_and_no_sample_twice(given_one):
    content = FORMATS["prometheus"](given_one)
    assert content.endswith("\n")
    assert content.split("\n") == [*content.splitlines(), ""]
    families = {one.name: one.samples for one in text_string_to_metric_families(content)}
    checks = [sample.labels for sample in families["trueline_check_status"]]
    assert {labels["check"] for labels in checks} == {visible(one.number) for one in given_one.results}
    assert len({tuple(labels.values()) for labels in checks}) == len(checks)


@CASES
@given(assessments())
def test_asff_has_text_wherever_it_must(given_one):
    found = decoded("asff", given_one, account="123456789012", region="eu-west-1")
    assert all(text.strip() for text in texts(found))
    assert len({row["Id"] for row in found}) == len(found)


@CASES
@given(assessments())
def test_job_summary_rows_keep_their_columns_and_nothing_is_markup(given_one):
    content = FORMATS["github"](given_one)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content)
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {child.type for child in inline}
    assert not {"link_open", "image", "code_inline", "s_open"} & kinds
    tags = [child.content for child in inline if child.type == "html_inline"]
    assert tags == ["<sub>", "</sub>"]
    assert not {"fence", "code_block", "html_block"} & {token.type for token in tokens}
    rows = [line for line in content.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {5, 6}
    content.encode()


@CASES
@given(assessments())
def test_annotations_are_one_command_per_line(given_one):
    content = FORMATS["github-annotations"](given_one)
    lines = content.split("\n")
    assert lines == [*content.splitlines(), ""]
    command = re.compile(r"::(error|warning|notice) title=(?:[^:,%]|%(?:25|3A|2C))+::(?:[^%]|%(?:25|0A|0D))*")
    assert all(command.fullmatch(line) for line in lines[:-1])
    failed = [one for one in given_one.results if one.state == "FAIL"]
    aside = [one for one in failed if one.disposition in ("waived", "provider-owned")]
    assert len([line for line in lines if line.startswith("::error")]) == len(failed) - len(aside)
    content.encode()
