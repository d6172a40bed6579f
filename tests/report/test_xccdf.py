"""XCCDF and ARF: what they say, and that openscap's scanner accepts them whatever the text in them."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from tests.report.sample import CLEAN, EMPTY, HOST, RICH, assessment, large, result
from tests.report.test_hostile import assessments
from trueline.model.results import ProfileHead, Target
from trueline.report import FORMATS

OSCAP = shutil.which("oscap")
X = {
    "x": "http://checklists.nist.gov/xccdf/1.2",
    "ai": "http://scap.nist.gov/schema/asset-identification/1.1",
}
GIVEN = {"rich": RICH, "host": HOST, "clean": CLEAN, "empty": EMPTY}
CASES = settings(max_examples=100, deadline=None)

needs_oscap = pytest.mark.skipif(
    OSCAP is None, reason="oscap (openscap-scanner) is not installed: nothing else judged XCCDF and ARF"
)


def xccdf(*results, **fields) -> ET.Element:
    return ET.fromstring(FORMATS["xccdf"](assessment(list(results), **fields)))


def one(number: str, outcome: str, **fields):
    return result(number, f"title of {number}", "host", "1.1", outcome, **fields)


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.iterfind(path, X)]


# What is said


@pytest.mark.parametrize(
    ("outcome", "scored", "said", "role"),
    [
        ("pass", True, "pass", "full"),
        ("fail", True, "fail", "full"),
        ("error", True, "error", "full"),
        ("unknown", True, "unknown", "full"),
        ("notapplicable", True, "notapplicable", "full"),
        ("notselected", True, "notselected", "full"),
        ("fail", False, "informational", "unscored"),
        ("pass", False, "informational", "unscored"),
        ("error", False, "notchecked", "unscored"),
    ],
)
def test_result_is_the_one_that_counts_and_the_outcome_is_told(outcome, scored, said, role):
    root = xccdf(one("1.1.1", outcome, scored=scored, reason="because"))
    found = root.find(".//x:rule-result", X)
    assert (found.findtext("x:result", namespaces=X), found.get("role")) == (said, role)
    messages = texts(found, "x:message")
    assert messages[0] == "because"
    assert (f"Not scored; the outcome is {outcome}." in messages) is (said != outcome)


@pytest.mark.parametrize("given_one", GIVEN.values(), ids=GIVEN)
def test_results_are_those_that_the_counters_count(given_one):
    root = ET.fromstring(FORMATS["xccdf"](given_one))
    said = texts(root, ".//x:rule-result/x:result")
    tally = given_one.counts.tally
    assert len(said) == tally.total
    assert [said.count(name) for name in ("pass", "fail", "error", "unknown", "informational")] == [
        *(tally.passed, tally.failed, tally.error, tally.unknown, tally.informational)
    ]
    for score in root.iterfind(".//x:score", X):
        if "flat" in score.get("system"):
            assert (float(score.text), float(score.get("maximum"))) == (tally.passed, tally.scored)


def test_default_score_is_the_mean_of_groups():
    rows = [
        result("1.1.1", "t", "host", "1.1", "pass"),
        result("1.1.2", "t", "host", "1.1", "fail"),
        result("2.1.1", "t", "host", "2.1", "pass"),
        result("2.1.2", "t", "host", "2.1", "notchecked"),
        result("3.1.1", "t", "host", "3.1", "pass", scored=False),
    ]
    root = xccdf(*rows)
    scores = {score.get("system"): score.text for score in root.iterfind(".//x:score", X)}
    assert float(scores["urn:xccdf:scoring:default"]) == 75
    assert float(scores["urn:xccdf:scoring:flat"]) == 2


def test_a_waiver_is_named_and_leaves_the_result():
    root = xccdf(one("1.1.1", "fail", disposition="waived", waiver="W-7"))
    found = root.find(".//x:rule-result", X)
    assert found.findtext("x:result", namespaces=X) == "fail"
    noted = found.find("x:metadata/{https://trueline.dev/xccdf}disposition", X)
    assert (noted.text, noted.get("waiver")) == ("waived", "W-7")
    assert "Policy: waived by W-7." in texts(found, "x:message")


def profile_of(root: ET.Element) -> tuple[str, list[str]]:
    """The title of the profile that was followed, and the numbers that it selects."""
    id_ = root.find(".//x:TestResult/x:profile", X).get("idref")
    followed = next(profile for profile in root.iterfind("x:Profile", X) if profile.get("id") == id_)
    chosen = [entry.get("idref").split("_")[3] for entry in followed.iterfind("x:select", X)]
    return followed.findtext("x:title", namespaces=X), chosen


LEVELS = (one("1.1.1", "pass"), one("1.1.2", "fail", level=2), one("1.1.3", "fail"))


def test_level_1_is_a_profile_that_leaves_out_level_2():
    root = xccdf(LEVELS[0], one("1.1.2", "notselected", level=2), LEVELS[2])
    assert profile_of(root) == ("Level 1", ["1.1.1", "1.1.3"])
    assert texts(root, "x:Profile/x:title") == ["Level 1", "Level 2"]


def test_level_2_is_level_1_and_more():
    assert profile_of(xccdf(*LEVELS)) == ("Level 2", ["1.1.1", "1.1.2", "1.1.3"])


def test_any_other_selection_is_a_profile_of_its_own():
    root = xccdf(one("1.1.1", "notselected"), *LEVELS[1:])
    assert profile_of(root) == ("What this run selected", ["1.1.2", "1.1.3"])


def test_a_profile_of_the_run_keeps_its_name():
    head = ProfileHead(id="level-1", title="Shop", digest="sha256:0")
    root = xccdf(LEVELS[0], one("1.1.2", "notselected", level=2), profile=head)
    assert profile_of(root) == ("Shop", ["1.1.1"])
    ids = [profile.get("id") for profile in root.iterfind("x:Profile", X)]
    assert len(ids) == len(set(ids)) == 3


def test_groups_are_the_sections_and_stand_in_each_other():
    root = ET.fromstring(FORMATS["xccdf"](HOST))
    inner = root.find("x:Group/x:Group/x:Group", X)
    assert inner.findtext("x:title", namespaces=X) == "1.1.1 Kinds that nobody needs"
    assert [rule.get("id") for rule in inner.iterfind("x:Rule", X)] == [
        "xccdf_dev.trueline_rule_1.1.1.1_host"
    ]


def test_d7_what_failed_has_a_text_that_says_what_to_do():
    for format_, path in (("xccdf", ".//x:Rule"), ("arf", ".//x:Rule")):
        root = ET.fromstring(FORMATS[format_](HOST))
        failed = [one.number for one in HOST.results if one.outcome == "fail"]
        fixed = [
            rule.find("x:check/x:check-content-ref", X).get("name")
            for rule in root.iterfind(path, X)
            if "".join(text for fix in rule.iterfind("x:fixtext", X) for text in fix.itertext()).strip()
        ]
        assert failed
        assert set(failed) <= set(fixed)


@pytest.mark.parametrize(
    ("collected", "assessed", "end"),
    [
        ("2026-03-04T05:06:07Z", "2026-03-05", "2026-03-04T05:06:07Z"),
        ("2026-03-04T05:06:07.5+02:00", "", "2026-03-04T03:06:07Z"),
        ("yesterday", "2026-03-05", "2026-03-05T00:00:00"),
        ("0001-01-01T00:00:00+14:00", "", "1970-01-01T00:00:00Z"),
    ],
)
def test_times_are_those_of_xml_schema(collected, assessed, end):
    root = xccdf(LEVELS[0], target=Target(name="a", collected_at=collected), assessed_on=assessed)
    assert root.find("x:TestResult", X).get("end-time") == end


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("web-7.example.net", ["fqdn", "hostname"]),
        ("web-7", ["hostname"]),
        ("https://api.example:6443", ["synthetic-id"]),
        ("", ["synthetic-id"]),
        ("a..b", ["synthetic-id"]),
    ],
)
def test_arf_names_its_asset(name, tags):
    root = ET.fromstring(FORMATS["arf"](assessment([LEVELS[0]], target=Target(name=name))))
    device = root.find(".//ai:computing-device", X)
    assert [child.tag.partition("}")[2] for child in device] == tags


# Whatever the text


@CASES
@given(assessments())
def test_any_text_gives_well_formed_xml_whose_references_resolve(given_one):
    for name in ("xccdf", "arf"):
        root = ET.fromstring(FORMATS[name](given_one).encode())
        ids = [element.get("id") for element in root.iter() if "}" in element.tag and element.get("id")]
        own = [id_ for id_ in ids if re.match(r"xccdf_dev\.trueline_(rule|group|profile)_[\w.-]+$", id_)]
        assert len(own) == len(set(own))
        rules = {rule.get("id") for rule in root.iterfind(".//x:Rule", X)}
        said = [found.get("idref") for found in root.iterfind(".//x:rule-result", X)]
        assert len(said) == len(given_one.results)
        assert set(said) == rules
        assert {entry.get("idref") for entry in root.iterfind(".//x:select", X)} <= rules


# As openscap sees it


def oscap(*arguments: str | Path) -> tuple[int, str, str]:
    done = subprocess.run([OSCAP, *arguments], capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout, done.stderr


def saved(directory: Path, name: str, given_one) -> Path:
    path = directory / f"report.{name}.xml"
    path.write_text(FORMATS[name](given_one), encoding="utf-8")
    return path


@needs_oscap
@pytest.mark.parametrize("given_one", [*GIVEN.values(), large(300)], ids=[*GIVEN, "large"])
def test_d14_oscap_takes_xccdf(tmp_path, given_one):
    path = saved(tmp_path, "xccdf", given_one)
    assert oscap("xccdf", "validate", "--skip-schematron", path) == (0, "", "")
    status, rules, _ = oscap("xccdf", "validate", path)
    assert "Error:" not in rules
    assert status == (0 if "Warning:" in rules else 2)  # 1.3.7 ends with 2 where its schematron is silent
    status, told, problems = oscap("info", path)
    assert (status, problems) == (0, "")
    assert "Checklist version: 1.2" in told


@needs_oscap
@pytest.mark.parametrize("given_one", GIVEN.values(), ids=GIVEN)
def test_d14_oscap_takes_arf(tmp_path, given_one):
    path = saved(tmp_path, "arf", given_one)
    assert oscap("ds", "rds-validate", path) == (0, "", "")
    status, told, problems = oscap("info", path)
    assert (status, problems) == (0, "")
    assert "ARF report: report" in told


@needs_oscap
@pytest.mark.parametrize("name", ["xccdf", "arf"])
def test_d14_oscap_reports_what_was_found(tmp_path, name):
    status, page, problems = oscap("xccdf", "generate", "report", saved(tmp_path, name, HOST))
    assert (status, problems) == (0, "")
    assert "The file system squashfs can't be mounted" in page
    assert "squashfs: observed loaded; expected blocked and not loaded" in page
    assert "install squashfs /bin/false" in page


@needs_oscap
@settings(max_examples=25, deadline=None)
@given(given_one=assessments())
def test_d14_oscap_takes_any_text(tmp_path_factory, given_one):
    directory = tmp_path_factory.getbasetemp()
    xml = saved(directory, "xccdf", given_one)
    assert oscap("xccdf", "validate", "--skip-schematron", xml) == (0, "", "")
    assert "Error:" not in oscap("xccdf", "validate", xml)[1]
    assert oscap("ds", "rds-validate", saved(directory, "arf", given_one)) == (0, "", "")
