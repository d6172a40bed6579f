"""The formats for other programs: what maps to what, and whether their own validators take it."""

import json
import os
import re
import uuid
from pathlib import Path

import jsonschema
import msgspec
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from tests.report.exchange import CLUSTER_POLICY_REPORT, DEFECTDOJO_KEYS, DEFECTDOJO_LENGTHS, SARIF
from tests.report.sample import CLEAN, EMPTY, HOST, RICH, assessment, evidence, large, result
from trueline.errors import UsageError
from trueline.model.results import Outcome, Target
from trueline.policy.drift import drift
from trueline.report import FORMATS
from trueline.report.exchange import cut, findings, seconds
from trueline.report.github import LIMIT

SAMPLES = {"rich": RICH, "host": HOST, "clean": CLEAN, "empty": EMPTY, "large": large(600)}
AWS = {"account": "123456789012", "region": "eu-west-1"}
every_sample = pytest.mark.parametrize("sample", SAMPLES)


def one(number: str, outcome: str, **fields):
    return result(number, f"title of {number}", "node", "4.2", outcome, **fields)


def of(name: str, *results, **options):
    return json.loads(FORMATS[name](assessment(list(results)), **options))


def run_of(name: str, *results) -> dict:
    (run,) = of(name, *results)["runs"]
    return run


# Keys


def test_a_key_is_cluster_node_benchmark_target_and_number_whatever_the_outcome_and_the_day():
    before = assessment([one("4.2.1", "fail"), one("4.2.2", "pass")])
    later = msgspec.structs.replace(
        assessment([one("4.2.1", "pass", disposition="waived")]),
        target=Target(name="cp-1.example.net", cluster_name="prod-eu-1", collected_at="2027-01-01T00:00:00Z"),
        assessed_on="2027-01-01",
    )
    assert [found.key for found in findings(before)] == [
        "prod-eu-1/cp-1.example.net/cis-1.12/node/4.2.1",
        "prod-eu-1/cp-1.example.net/cis-1.12/node/4.2.2",
    ]
    assert next(findings(later)).key == next(findings(before)).key


def test_no_two_findings_share_a_key():
    keys = [found.key for found in findings(large(2000))]
    assert len(set(keys)) == len(keys) == 2000


def test_all_formats_carry_the_same_key():
    key, only = "prod-eu-1/cp-1.example.net/cis-1.12/node/4.2.1", one("4.2.1", "fail")
    assert run_of("sarif", only)["results"][0]["partialFingerprints"] == {"finding/v1": key}
    assert of("defectdojo", only)["findings"][0]["unique_id_from_tool"] == key
    assert of("policyreport", only)["results"][0]["properties"]["finding"] == key
    assert of("asff", only, **AWS)[0]["Id"] == f"trueline/{key}"


def test_a_cut_text_is_as_long_as_it_may_be():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abc..."


# SARIF


@every_sample
@pytest.mark.parametrize("name", ["sarif", "sarif-github"])
def test_sarif_has_the_published_shape(name, sample):
    content = json.loads(FORMATS[name](SAMPLES[sample]))
    jsonschema.validate(content, SARIF)
    (run,) = content["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert all((one["level"] == "none") == (one["kind"] != "fail") for one in run["results"])


@pytest.mark.parametrize("name", ["sarif", "sarif-github"])
def test_sarif_is_valid_by_the_schema_of_oasis(name):
    path = os.environ.get("TRUELINE_SARIF_SCHEMA")
    if not path:
        pytest.skip("TRUELINE_SARIF_SCHEMA names no copy of sarif-schema-2.1.0.json")
    schema = json.loads(Path(path).read_text("utf-8"))
    for sample in SAMPLES.values():
        jsonschema.validate(json.loads(FORMATS[name](sample)), schema)


@pytest.mark.parametrize("name", ["sarif", "sarif-github"])
@pytest.mark.parametrize("sample", [RICH, CLEAN, EMPTY], ids=["rich", "clean", "empty"])
def test_sarif_is_valid_by_an_independent_model(name, sample):
    sarif = pytest.importorskip("sarif_pydantic", reason="sarif-pydantic is not installed")
    document = json.loads(FORMATS[name](sample))
    read = sarif.Sarif.model_validate(document)
    assert len(read.runs[0].results or []) == len(document["runs"][0]["results"])
    broken = json.loads(FORMATS["sarif"](RICH))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValueError, match="level"):
        sarif.Sarif.model_validate(broken)


def test_sarif_says_what_became_of_a_result_since_the_run_before():
    before = assessment(
        [one("1", "pass"), one("2", "fail"), one("3", "fail"), one("4", "fail"), one("5", "pass")]
    )
    after = assessment(
        [one("1", "fail"), one("2", "fail"), one("3", "pass"), one("4", "error"), one("5", "pass")]
    )
    after = msgspec.structs.replace(after, drift=drift(before, after))
    for name, expected in {
        "sarif": ["new", "unchanged", "absent", "updated", "unchanged"],
        "sarif-github": ["new", "unchanged"],
    }.items():
        content = json.loads(FORMATS[name](after))
        jsonschema.validate(content, SARIF)
        assert [found["baselineState"] for found in content["runs"][0]["results"]] == expected


def test_sarif_says_nothing_of_a_run_that_it_can_not_be_compared_with():
    before, after = assessment([one("1", "pass")]), assessment([one("1", "fail")])
    after = msgspec.structs.replace(after, benchmark=msgspec.structs.replace(after.benchmark, id="cis-2.0"))
    after = msgspec.structs.replace(after, drift=drift(before, after))
    (run,) = json.loads(FORMATS["sarif"](after))["runs"]
    assert ["baselineState" in found for found in run["results"]] == [False]


@pytest.mark.parametrize(
    ("outcome", "fields", "kind", "level"),
    [
        ("fail", {"severity": "critical"}, "fail", "error"),
        ("fail", {"severity": "high"}, "fail", "error"),
        ("fail", {"severity": "medium"}, "fail", "warning"),
        ("fail", {"severity": "low"}, "fail", "note"),
        ("fail", {"severity": "critical", "scored": False}, "fail", "note"),
        ("fail", {"severity": "critical", "automated": False}, "fail", "note"),
        ("pass", {}, "pass", "none"),
        ("error", {}, "open", "none"),
        ("unknown", {}, "open", "none"),
        ("notchecked", {}, "review", "none"),
        ("informational", {}, "informational", "none"),
        ("notapplicable", {}, "notApplicable", "none"),
        ("notselected", {}, "notApplicable", "none"),
    ],
)
def test_sarif_says_what_became_of_a_check(outcome, fields, kind, level):
    (found,) = run_of("sarif", one("4.2.1", outcome, **fields))["results"]
    assert (found["kind"], found["level"]) == (kind, level)
    assert found["properties"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("outcome", "disposition", "status"),
    [
        ("fail", "waived", ["accepted"]),
        ("fail", "provider-owned", ["accepted"]),
        ("error", "waived", ["accepted"]),
        ("fail", "expired", ["rejected"]),
        ("fail", "required", []),
        ("pass", "waived", []),
        ("notapplicable", "provider-owned", []),
    ],
)
def test_sarif_suppresses_what_policy_set_aside(outcome, disposition, status):
    given = one("4.2.1", outcome, disposition=disposition, waiver="W1")
    (found,) = run_of("sarif", given)["results"]
    assert [entry["status"] for entry in found.get("suppressions", [])] == status
    assert found["properties"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("/etc/kubernetes/a b#c?.yaml", "etc/kubernetes/a%20b%23c%3F.yaml"),
        ("metadata of /var/lib/etcd", "var/lib/etcd"),
        ("//etc/x:y", "etc/x%3Ay"),
        ("/../../etc/passwd", "etc/passwd"),
        ("default in Kubernetes 1.36", None),
        ("/", None),
    ],
)
def test_sarif_names_the_file_below_the_root(source, uri):
    given = one("4.2.1", "fail", component="kubelet", evidence=(evidence("mode", "0644", "0600", source),))
    (found,) = run_of("sarif", given)["results"]
    (alert,) = run_of("sarif-github", given)["results"]
    physical = found["locations"][0].get("physicalLocation")
    assert (physical["artifactLocation"]["uri"] if physical else None) == uri
    assert alert["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (uri or "trueline/kubelet")


def test_github_gets_failures_only_each_in_a_file():
    failed = [row for row in RICH.results if row.state == "FAIL"]
    (run,) = json.loads(FORMATS["sarif-github"](RICH))["runs"]
    assert [row["partialFingerprints"]["finding/v1"].rpartition("/")[2] for row in run["results"]] == [
        row.number for row in failed
    ]
    assert all(row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for row in run["results"])
    assert len(run["tool"]["driver"]["rules"]) == len(failed)


# OSCAL


def oscal(sample) -> dict:
    return json.loads(FORMATS["oscal"](sample))["assessment-results"]


def nodes(tree):
    """All objects in a document."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(child)


@every_sample
def test_oscal_is_accepted_by_compliance_trestle(sample, tmp_path):
    reason = "compliance-trestle is not installed: pip install -e '.[validators]'"
    module = pytest.importorskip("trestle.oscal.assessment_results", reason=reason)
    path = tmp_path / "assessment-results.json"
    path.write_text(FORMATS["oscal"](SAMPLES[sample]), "utf-8")
    read = module.AssessmentResults.oscal_read(path)
    assert len(read.results[0].observations or ()) == len(SAMPLES[sample].results)


@every_sample
def test_oscal_ids_are_unique_and_all_references_resolve(sample):
    content = oscal(SAMPLES[sample])
    own = [node["uuid"] for node in nodes(content) if "uuid" in node]
    assert len(set(own)) == len(own)
    assert {uuid.UUID(name).version for name in own} == {5}
    meant = {
        node[key]
        for node in nodes(content)
        for key in ("observation-uuid", "risk-uuid", "subject-uuid")
        if key in node
    }
    assert meant <= set(own)
    assert content["import-ap"]["href"].removeprefix("#") in own
    assert not [node for node in nodes(content) for value in node.values() if value in ([], "")]


def test_oscal_ids_of_findings_stay_from_run_to_run():
    again = msgspec.structs.replace(
        RICH, target=msgspec.structs.replace(RICH.target, collected_at="2026-04-01T00:00:00Z")
    )
    first, second = oscal(RICH), oscal(again)
    assert first["uuid"] != second["uuid"]
    for part in ("findings", "observations", "risks"):
        ids = [[row["uuid"] for row in found["results"][0][part]] for found in (first, second)]
        assert ids[0] == ids[1]


def test_oscal_decides_nothing_that_facts_did_not_decide():
    outcomes = [outcome.value for outcome in Outcome]
    (found,) = oscal(assessment([one(f"4.2.{number}", outcome) for number, outcome in enumerate(outcomes)]))[
        "results"
    ]
    states = {
        outcomes[int(row["target"]["target-id"].rpartition(".")[2])]: row["target"]["status"]
        for row in found["findings"]
    }
    assert states == {
        "fail": {"state": "not-satisfied", "reason": "fail"},
        "pass": {"state": "satisfied", "reason": "pass"},
    }
    assert len(found["observations"]) == len(outcomes)


def test_oscal_risks_of_waived_failures_are_approved_deviations():
    (found,) = oscal(
        assessment(
            [
                one("1", "fail"),
                one("2", "fail", disposition="waived", waiver="W1"),
                one("3", "fail", disposition="expired", waiver="W2"),
                one("4", "pass"),
            ]
        )
    )["results"]
    assert [risk["status"] for risk in found["risks"]] == ["open", "deviation-approved", "open"]
    assert found["findings"][1]["target"]["status"]["state"] == "not-satisfied"


# DefectDojo


@every_sample
def test_defectdojo_knows_each_key_and_length(sample):
    for found in json.loads(FORMATS["defectdojo"](SAMPLES[sample]))["findings"]:
        assert set(found) <= DEFECTDOJO_KEYS
        assert all(len(found.get(key, "")) <= limit for key, limit in DEFECTDOJO_LENGTHS.items())
        assert found["severity"] in ("Critical", "High", "Medium", "Low", "Info")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])


def test_defectdojo_accepts_the_risk_of_a_waiver_and_leaves_manual_checks_out():
    found = of(
        "defectdojo",
        one("1", "fail", severity="critical"),
        one("2", "fail", severity="high", disposition="waived", waiver="W1"),
        one("3", "fail", disposition="expired", waiver="W2"),
        one("4", "fail", disposition="provider-owned"),
        one("5", "fail", severity="high", scored=False),
        one("6", "error", severity="high"),
        one("7", "notchecked"),
        one("8", "pass"),
    )["findings"]
    keys = ("severity", "active", "verified", "risk_accepted", "out_of_scope")
    assert {row["vuln_id_from_tool"][-1]: tuple(row[key] for key in keys) for row in found} == {
        "1": ("Critical", True, True, False, False),
        "2": ("High", False, True, True, False),
        "3": ("Medium", True, True, False, False),
        "4": ("Medium", False, True, False, True),
        "5": ("Info", True, True, False, False),
        "6": ("Info", True, False, False, False),
    }
    assert "waiver-expired" in found[2]["tags"]


# PolicyReport


@every_sample
def test_policy_report_is_what_its_definition_describes(sample):
    report = json.loads(FORMATS["policyreport"](SAMPLES[sample]))
    jsonschema.validate(report, CLUSTER_POLICY_REPORT)
    kinds = [found["result"] for found in report["results"]]
    assert report["summary"] == {kind: kinds.count(kind) for kind in report["summary"]}
    assert sum(report["summary"].values()) == len(SAMPLES[sample].results)


@pytest.mark.parametrize(
    ("outcome", "fields", "kind"),
    [
        ("pass", {}, "pass"),
        ("fail", {}, "fail"),
        ("fail", {"scored": False}, "warn"),
        ("fail", {"disposition": "waived", "waiver": "W1"}, "skip"),
        ("fail", {"disposition": "expired", "waiver": "W1"}, "fail"),
        ("error", {}, "error"),
        ("unknown", {}, "error"),
        ("error", {"disposition": "waived", "waiver": "W1"}, "skip"),
        ("notchecked", {}, "warn"),
        ("informational", {}, "skip"),
        ("notapplicable", {}, "skip"),
        ("notselected", {}, "skip"),
    ],
)
def test_policy_report_results(outcome, fields, kind):
    (found,) = of("policyreport", one("4.2.1", outcome, **fields))["results"]
    assert found["result"] == kind
    assert found["properties"]["outcome"] == outcome


def test_policy_report_of_a_long_benchmark_fits_into_etcd():
    long = "word " * 2000
    rows = [
        one(f"4.2.{n}", "fail", reason=long, remediation=long, evidence=(evidence("a", long, "b"),))
        for n in range(300)
    ]
    assert len(FORMATS["policyreport"](assessment(rows)).encode()) < 1_500_000


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("cp-1.example.net", "trueline-cis-1.12-cp-1.example.net"),
        ("https://[::1]:6443", r"trueline-cis-1.12-https-1-6443-[0-9a-f]{8}"),
        ("CP_1", r"trueline-cis-1.12-cp-1-[0-9a-f]{8}"),
        ("x" * 400, r"trueline-cis-1.12-x+-[0-9a-f]{8}"),
    ],
)
def test_policy_report_has_a_name_for_each_target(target, name):
    report = json.loads(FORMATS["policyreport"](assessment([], target=Target(name=target))))
    jsonschema.validate(report, CLUSTER_POLICY_REPORT)
    assert re.fullmatch(name, report["metadata"]["name"])


# Prometheus


def metrics(sample) -> dict[str, list]:
    families = text_string_to_metric_families(FORMATS["prometheus"](sample))
    return {family.name: family.samples for family in families}


@every_sample
def test_prometheus_reads_gauges_and_no_sample_twice(sample):
    families = list(text_string_to_metric_families(FORMATS["prometheus"](SAMPLES[sample])))
    assert {family.type for family in families} == {"gauge"}
    samples = [(one.name, *sorted(one.labels.items())) for family in families for one in family.samples]
    assert len(set(samples)) == len(samples)
    assert len({family.name for family in families}) == len(families)


def test_prometheus_values_are_those_of_the_assessment():
    found = metrics(RICH)
    about = {"cluster": "production-eu", "node": "cp-1.example.net", "benchmark": "cis-1.12"}
    assert {one.labels["check"]: one.labels["state"] for one in found["trueline_check_status"]} == {
        one.number: one.state for one in RICH.results
    }
    assert {one.labels["state"]: one.value for one in found["trueline_checks"]} == {
        "PASS": 4,
        "FAIL": 6,
        "WARN": 4,
        "INFO": 3,
    }
    (ratio,) = found["trueline_score_ratio"]
    assert (ratio.labels, ratio.value) == (about, 4 / 12)
    assert found["trueline_last_run_timestamp_seconds"][0].value == seconds(RICH) == 1772600767


def test_prometheus_has_ranchers_names_with_ranchers_labels():
    found = {name: samples[0] for name, samples in metrics(RICH).items() if name.startswith("cis_scan_")}
    assert {name.removeprefix("cis_scan_num_tests_"): one.value for name, one in found.items()} == {
        "total": 17,
        "pass": 4,
        "fail": 5,
        "warn": 4,
        "skipped": 3,
        "na": 1,
    }
    for sample in found.values():
        assert sample.labels == {
            "scan_name": "manual",
            "scan_profile_name": "shop",
            "cluster_name": "production-eu",
        }


def test_prometheus_says_nothing_of_a_score_and_a_time_that_nobody_knows():
    found = metrics(assessment([], target=Target(name="n"), assessed_on=""))
    assert "trueline_score_ratio" not in found
    assert "trueline_last_run_timestamp_seconds" not in found


# ASFF


@every_sample
def test_asff_is_what_security_hub_takes(sample):
    model = ServiceModel(Loader().load_service_model("securityhub", "service-2"))
    shape = model.operation_model("BatchImportFindings").input_shape
    found = json.loads(FORMATS["asff"](SAMPLES[sample], **AWS))
    report = ParamValidator().validate({"Findings": found}, shape)
    assert not report.has_errors() or not found, report.generate_report()
    for row in found:
        assert len(row["Title"]) <= 256
        assert len(row["Description"]) <= 1024
        assert len(row["Remediation"]["Recommendation"]["Text"]) <= 512
        assert all(len(value) <= 2048 for value in row["ProductFields"].values())
        assert len(json.dumps(row)) < 240_000


@pytest.mark.parametrize("options", [{}, {"account": "123456789012"}, {"region": "eu-west-1"}])
def test_asff_needs_to_know_whose_findings_they_are(options):
    with pytest.raises(UsageError, match="account and a region"):
        FORMATS["asff"](RICH, **options)


def test_asff_statuses():
    found = of(
        "asff",
        one("1", "fail", severity="critical"),
        one("2", "pass", severity="critical"),
        one("3", "error", severity="low"),
        one("4", "fail", disposition="waived", waiver="W1"),
        one("5", "fail", disposition="expired", waiver="W2"),
        one("6", "notapplicable"),
        one("7", "informational"),
        **AWS,
    )
    assert [
        (row["Severity"]["Label"], row["Compliance"]["Status"], row["Workflow"]["Status"]) for row in found
    ] == [
        ("CRITICAL", "FAILED", "NEW"),
        ("INFORMATIONAL", "PASSED", "RESOLVED"),
        ("LOW", "WARNING", "NEW"),
        ("MEDIUM", "FAILED", "SUPPRESSED"),
        ("MEDIUM", "FAILED", "NEW"),
        ("MEDIUM", "NOT_AVAILABLE", "NEW"),
    ]
    assert {row["ProductArn"] for row in found} == {
        "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default"
    }


# GitHub Actions


def test_job_summary_shows_the_gravest_first_and_what_policy_made_of_it():
    content = FORMATS["github"](
        assessment(
            [
                one("1", "fail", severity="low"),
                one("2", "fail", severity="critical"),
                one("3", "fail", disposition="waived", waiver="W1"),
                one("4", "fail", severity="high", disposition="expired", waiver="W2"),
                one("5", "notchecked"),
                one("6", "pass"),
            ]
        )
    )
    titles = [
        (part.split("\n")[0], re.findall(r"^\| (\d) ", part, re.MULTILINE)) for part in content.split("### ")
    ]
    assert titles[1:] == [
        ("Failed (3)", ["2", "4", "1"]),
        ("Waivers that have expired (1)", ["4"]),
        ("For a person to look at (1)", ["5"]),
        ("Set aside by policy (1)", ["3"]),
    ]
    tokens = MarkdownIt("commonmark").enable("table").parse(content)
    assert [token.type for token in tokens].count("table_open") == 5


def test_job_summary_is_never_more_than_github_takes():
    content = FORMATS["github"](assessment([one("1", "fail", reason="x" * 50_000)] * 100))
    assert len(content.encode()) < LIMIT + 100 < 1 << 20
    assert content.endswith("was cut; the other reports have the rest.*\n")


def test_annotations_are_commands_that_name_failures_first():
    lines = FORMATS["github-annotations"](
        assessment(
            [
                one("1", "fail", severity="low", remediation="Set a.\nThen b."),
                one("2", "fail", severity="critical", reason="50% of it, or: all"),
                one("3", "fail", disposition="waived"),
                one("4", "error", reason="no access"),
                one("5", "notchecked"),
                one("6", "fail", scored=False),
            ]
        )
    ).splitlines()
    assert lines[0].startswith("::error title=2 title of 2::50%25 of it, or: all")
    assert lines[1] == "::error title=1 title of 1::Set a.%0AThen b."
    assert lines[2] == "::warning title=4 title of 4::no access"
    assert lines[3].startswith("::notice title=cis-1.12 on cp-1.example.net::0.0%25 (0 of 4")
    assert len(lines) == 4


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 10), (300, 10)])
def test_annotations_name_all_failures_in_as_many_as_github_shows(count, shown):
    lines = FORMATS["github-annotations"](
        assessment([one(f"4.{number}", "fail") for number in range(count)])
    ).splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == shown
    assert all(re.search(rf"\b4\.{number}\b", "\n".join(errors)) for number in range(count))


@pytest.mark.parametrize("name", ["prometheus", "github-annotations", "asff"])
def test_many_results_render(name):
    assert FORMATS[name](large(5000), **(AWS if name == "asff" else {}))
