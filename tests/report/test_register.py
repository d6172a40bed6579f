"""Each report shows what a policy made of results; none hides the outcome."""

import json

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.report.sample import ENTRIES, RICH, assessment, result
from trueline.model.register import Entry, Review
from trueline.policy.findings import findings
from trueline.report import FORMATS
from trueline.report.findings import to_markdown

WAIVED = assessment(
    [
        result(
            "1.1.12", "The data directory", "master", "1.1", "fail", disposition="waived", waiver="W-2026-004"
        )
    ],
    entries=ENTRIES[:1],
)
FOR_PEOPLE = ("text", "markdown", "github", "sarif", "oscal")


def shown(name, document=WAIVED):
    options = {"account": "1", "region": "r"} if name == "asff" else {}
    return FORMATS[name](document, **options)


@pytest.mark.parametrize(
    "name",
    ["text", "json", "csv", "markdown", "html", "junit", "sarif", "oscal", "policyreport", "asff", "xccdf"],
)
def test_w31_the_excepted_check_is_in_each_report_with_its_entry(name):
    found = shown(name)
    assert "1.1.12" in found
    assert "W-2026-004" in found


def test_w31_its_outcome_stays():
    assert "[FAIL] 1.1.12" in shown("text")
    assert "(outcome: fail)" in shown("text")
    assert json.loads(shown("json"))["results"][0]["outcome"] == "fail"


@pytest.mark.parametrize(
    ("disposition", "said"),
    [
        ("waived", "waived by W-2026-004 until 2026-03-31"),
        ("expired", "waiver W-2026-004 expired on 2026-03-31"),
        ("provider-owned", "provider-owned by W-2026-004 until 2026-03-31"),
        ("informational", "informational by W-2026-004 until 2026-03-31"),
    ],
)
def test_w31_each_surface_says_it_in_the_same_words(disposition, said):
    kept = msgspec.structs.replace(WAIVED.results[0], disposition=disposition)
    document = msgspec.structs.replace(WAIVED, results=(kept,))
    assert said in shown("text", document)
    assert said in to_markdown(findings(document))
    assert disposition == "informational" or said in shown("sarif", document)


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_w27_w30_owner_and_end_are_told(name):
    found = shown(name)
    assert "storage" in found
    assert "2026-03-31" in found


@pytest.mark.parametrize("name", ["markdown", "sarif", "oscal", "json"])
def test_w36_the_link_to_evidence_is_in_the_report(name):
    assert "https://tickets.example.net/4711" in shown(name)


def test_w30_the_end_is_a_metric():
    families = {one.name: one for one in text_string_to_metric_families(shown("prometheus"))}
    (sample,) = families["trueline_exception_expiry_timestamp_seconds"].samples
    assert sample.value == 1775001600  # 2026-04-01, as the last day counts
    assert (sample.labels["entry"], sample.labels["owner"]) == ("W-2026-004", "storage")
    (state,) = families["trueline_policy_entries"].samples
    assert state.labels["state"] == "matched"


def test_w29_a_risk_has_the_deadline_of_its_exception():
    (risk,) = json.loads(shown("oscal"))["assessment-results"]["results"][0]["risks"]
    assert (risk["deadline"], risk["status"]) == ("2026-04-01T00:00:00Z", "deviation-approved")


@pytest.mark.parametrize("name", ["text", "markdown", "github"])
def test_w33_entries_that_do_nothing_are_told(name):
    found = shown(name, RICH)
    assert "invalid-check" in found
    assert "expired" in found
    assert "\n[FAIL] 0.0" not in found


@pytest.mark.parametrize("state", ["valid", "lapsed"])
@pytest.mark.parametrize("name", ["text", "markdown"])
def test_w21_a_review_shows(name, state):
    review = Review(
        reviewer="ann",
        reviewed_on="2026-01-02",
        outcome="pass",
        note="seen",
        valid_until="2026-02-03",
        state=state,
    )
    found = shown(
        name, assessment([result("1", "t", "master", "1.1", "notchecked", review=review)], entries=ENTRIES)
    )
    words = {"valid": "holds until 2026-02-03", "lapsed": "lapsed on 2026-02-03"}[state]
    assert f"ann judged it pass on 2026-01-02, which {words}: seen" in found


def test_w16_owner_priority_and_decision_stand_with_what_is_to_be_done():
    assert "  Owner: control-plane; priority critical; investigate\n" in shown("text", RICH)


def test_w39_the_digest_of_the_register_is_told():
    for name in ("text", "markdown", "json", "sarif", "oscal"):
        assert "sha256:feedface" in shown(name, RICH)


def test_w40_the_classes_are_counted():
    assert "Classes: required 13, waived 1, expired 1, provider-owned 1, informational 1" in shown(
        "text", RICH
    )


def test_an_end_that_is_no_day_is_no_metric():
    odd = Entry(id="E", check="1", benchmark="b", kind="required", state="matched")
    found = shown("prometheus", assessment([], entries=(odd,)))
    assert "trueline_exception_expiry" not in found
    assert "trueline_policy_entries" in found
