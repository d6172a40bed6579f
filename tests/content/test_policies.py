"""Policy files: whatever is wrong in one is an error with field, file, line and a hint."""

import json
import os
from datetime import date

import pytest

from tests.policies import entry, text
from trueline.cli.policies import policy_of_files
from trueline.content.policies import load_policies, refusal
from trueline.errors import ContentError
from trueline.model.policy import Defect
from trueline.model.schemas import schema_text

ON = date(2026, 6, 1)
NOTE = dict.fromkeys(
    ("check", "benchmark", "observed", "recommended", "source", "rollback", "owner"), "something"
)
DECISION = {"check": "1.2.5", "benchmark": "cis-1.12", "decision": "accept"}
REVIEW = {
    "check": "1.2.5",
    "benchmark": "cis-1.12",
    "reviewer": "ann",
    "note": "it is as it should be",
    "date": "2026-05-01",
    "outcome": "pass",
    "valid_until": "2026-10-01",
}


def refused(tmp_path, content, on=ON):
    file = tmp_path / "policy.yaml"
    file.write_text(content)
    with pytest.raises(ContentError) as caught:
        policy_of_files([str(file)], on=on)
    assert str(caught.value).startswith(str(file))
    return caught.value


@pytest.mark.parametrize(
    "field",
    [
        "check",
        "benchmark",
        "recommendation",
        "observed",
        "reason",
        "compensating_control",
        "owner",
        "expires",
        "review_trigger",
        "id",
        "class",
    ],
)
def test_w27_w14_each_of_the_fields_is_needed(tmp_path, field):
    error = refused(tmp_path, text(entry(**{field: None})))
    assert f"missing required field `{field}`" in str(error)
    assert error.line == 3
    if field != "class":
        assert "length >= 1" in str(refused(tmp_path, text(entry(**{field: ""})))) or field in (
            "expires",
            "review_trigger",
        )


@pytest.mark.parametrize(
    ("changes", "words", "hint"),
    [
        ({"expires": "someday"}, "date", "2026-06-30"),
        ({"expires": "2027-01-02"}, "more than 365 days after 2026-01-01", "maximum_days"),
        ({"expires": "2025-12-31"}, "before created", "Mend"),
        ({"created": None, "expires": "2027-06-02"}, "more than 365 days after 2026-06-01", "maximum_days"),
        ({"review_trigger": "the leak is mended"}, "review_trigger", "kubernetes-version"),
        ({"review_trigger": []}, "length >= 1", "kubernetes-version"),
        ({"review_trigger": {"kind": "moon", "value": "full"}}, "moon", "cluster-recreated"),
        ({"review_trigger": {"kind": "date", "value": "soon"}}, "'soon' is not a day", "docs/policy.md"),
        ({"review_trigger": {"kind": "kubernetes-version", "value": "x"}}, "not a version", "docs/policy.md"),
        ({"review_trigger": {"kind": "cluster-recreated", "value": ">=1"}}, "without >=", "docs/policy.md"),
        ({"class": "waived"}, "'waived'", "accepted-exception"),
        ({"class": "provider-owned"}, "`evidence`", "Link the evidence"),
        ({"class": "provider-owned", "evidence": []}, "length >= 1", "Link the evidence"),
        ({"class": "provider-owned", "evidence": [{"url": "https://x"}]}, "`date`", "schema policy"),
        ({"class": "provider-owned", "evidence": [{"url": "here", "date": "2026-01-01"}]}, "url", "scheme"),
        ({"class": "alternative-evidence", "objective": "o", "source": "s"}, "`sample`", "schema policy"),
        ({"reason": "   \t"}, "reason is blank", "Write what it is"),
        ({"colour": "red"}, "colour", "schema policy"),
        ({"ownr": "red"}, "ownr", "Did you mean owner"),
    ],
)
def test_w28_w34_w36_w37_what_is_wrong_is_named(tmp_path, changes, words, hint):
    error = refused(tmp_path, text(entry(**changes)))
    assert words in str(error)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"decisions": [{**DECISION, "decision": "ignore"}]}, "'ignore'"),
        ({"decisions": [{"benchmark": "b", "decision": "accept"}]}, "`check`"),
        ({"decisions": [{"check": "1", "decision": "accept"}]}, "`benchmark`"),
        ({"remediations": [{**NOTE, "source": ""}]}, "length >= 1"),
        ({"remediations": [{name: NOTE[name] for name in NOTE if name != "source"}]}, "`source`"),
        ({"remediations": [{name: NOTE[name] for name in NOTE if name != "rollback"}]}, "`rollback`"),
        ({"reviews": [{**REVIEW, "outcome": "maybe"}]}, "'maybe'"),
        ({"reviews": [{name: REVIEW[name] for name in REVIEW if name != "reviewer"}]}, "`reviewer`"),
        ({"reviews": [{**REVIEW, "valid_until": "2026-04-01"}]}, "before date"),
        ({"reviews": [{**REVIEW, "valid_until": "2028-04-01"}]}, "more than 365 days"),
        ({"owners": {"kubelet": ""}}, "length >= 1"),
        ({"priorities": {"kubelet": "soon"}}, "'soon'"),
        ({"settings": {"maximum_days": 0}}, ">= 1"),
        ({"settings": {"gate": {"unowned": "maybe"}}}, "'maybe'"),
    ],
)
def test_w13_w14_w21_w24_other_entries_are_as_strict(tmp_path, fields, words):
    assert words in str(refused(tmp_path, json.dumps(fields, indent=1)))


def test_a_file_without_content_is_called_so(tmp_path):
    assert "there is nothing in it" in str(refused(tmp_path, "# later\n"))


def test_bad_syntax_has_a_hint_about_syntax(tmp_path):
    assert "YAML syntax" in refused(tmp_path, "owners:\n\tkubelet: platform\n").hint


def test_w28_how_far_an_end_may_be_is_configurable(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(text(entry(expires="2027-06-01"), settings={"maximum_days": 600}))
    assert policy_of_files([str(file)], on=ON).applied.policy.waivers[0].expires == date(2027, 6, 1)


def test_w28_the_settings_of_one_file_hold_for_all(tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(text(entry()))
    two.write_text(json.dumps({"settings": {"maximum_days": 30}}))
    with pytest.raises(ContentError, match="more than 30 days"):
        policy_of_files([str(one), str(two)], on=ON)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"waivers": [entry()]}, "waiver EXC-1 is already an entry"),
        ({"owners": {"kubelet": "a"}}, "owners of kubelet"),
        ({"decisions": [DECISION]}, "the decision for 1.2.5 of cis-1.12"),
        ({"reviews": [REVIEW]}, "the review for 1.2.5 of cis-1.12"),
        ({"settings": {}}, "settings is already"),
    ],
)
def test_w39_what_stands_twice_is_refused_with_file_and_line(tmp_path, fields, words):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for file in (one, two):
        file.write_text(json.dumps(fields, indent=1))
    with pytest.raises(ContentError) as caught:
        load_policies([one, two])
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{two}:")
    assert str(one) in str(caught.value)


def test_w39_twice_in_one_file(tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(text(entry(), entry(check="1.2.6")))
    with pytest.raises(ContentError, match="EXC-1 is already an entry"):
        load_policies([file])


def test_w39_the_same_check_in_two_scopes_is_no_duplicate(tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(text(decisions=[DECISION, {**DECISION, "scope": {"clusters": ["a"]}}]))
    assert len(load_policies([file]).applied.policy.decisions) == 2


def test_w39_the_digest_is_of_the_bytes_of_all_files(tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(text(entry()))
    two.write_text("owners: {kubelet: nodes}\n")
    first = load_policies([one, two]).applied.head
    moved = tmp_path / "moved.yaml"
    one.rename(moved)
    assert load_policies([two, moved]).applied.head.digest == first.digest
    moved.write_text(moved.read_text() + "# reviewed\n")
    assert load_policies([moved, two]).applied.head.digest != first.digest


def test_an_alias_of_a_benchmark_is_its_id(tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(text(entry(benchmark="cis-kubernetes-1.12"), decisions=[DECISION]))
    policy = load_policies([file]).applied.policy
    assert [policy.waivers[0].benchmark, policy.decisions[0].benchmark] == ["cis-1.12", "cis-1.12"]


def test_no_files_are_no_policy():
    assert load_policies([]).applied.head is None


def test_what_is_no_regular_file_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ContentError, match="not a file"):
        load_policies([fifo])


def test_a_refusal_names_the_line_of_a_list_entry(tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(text(entry(), entry(id="EXC-2")))
    (loaded,) = load_policies([file]).files
    error = refusal(loaded, Defect(place=("waivers", "1", "check"), message="m", hint="h"))
    assert file.read_text().splitlines()[error.line - 1].strip() == '"check": "1.2.5",'


def test_the_schema_names_the_fields_of_each_class():
    found = json.loads(schema_text("policy"))["$defs"]
    nine = {
        "check",
        "benchmark",
        "recommendation",
        "observed",
        "reason",
        "compensating_control",
        "owner",
        "expires",
        "review_trigger",
    }
    for name in ("Accepted", "ProviderOwned", "AlternativeEvidence", "Informational"):
        assert nine <= set(found[name]["required"])
    assert "evidence" in found["ProviderOwned"]["required"]
    assert {"objective", "source", "sample"} <= set(found["AlternativeEvidence"]["required"])
