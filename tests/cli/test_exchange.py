"""Formats for other programs, asked for on the command line."""

import json
from importlib.resources import files

import pytest

from tests.cli.test_scan import run

SNAPSHOT = files("trueline") / "examples" / "kubeadm-1.36-control-plane.json.gz"
SCAN = ("scan", "--snapshot", SNAPSHOT, "--benchmark", "cis-1.12", "--only", "1.1", "--no-progress")


def test_suffixes_choose_the_formats(tmp_path):
    names = ("a.sarif", "a.github.sarif", "a.oscal.json", "a.prom", "a.summary.md", "a.annotations.txt")
    done = run(*SCAN, *(word for name in names for word in ("-o", tmp_path / name)))
    assert done.returncode in (0, 1, 3), done.stderr
    found = {name: (tmp_path / name).read_text("utf-8") for name in names}
    assert json.loads(found["a.sarif"])["version"] == "2.1.0"
    assert len(found["a.github.sarif"]) < len(found["a.sarif"])
    assert "assessment-results" in json.loads(found["a.oscal.json"])
    assert found["a.prom"].count("# HELP trueline_check_status") == 1
    assert found["a.summary.md"].startswith("## ")
    assert found["a.annotations.txt"].startswith("::")


@pytest.mark.parametrize("region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_asff_is_for_the_account_of_the_environment(region):
    account = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "", region: "eu-west-1"}
    done = run(*SCAN, "--format", "asff", env=account)
    found = json.loads(done.stdout)
    assert {row["AwsAccountId"] for row in found} == {"123456789012"}
    assert all(row["ProductArn"].startswith("arn:aws:securityhub:eu-west-1:") for row in found)


def test_asff_for_nobody_is_a_usage_error():
    none = {"AWS_ACCOUNT_ID": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    done = run(*SCAN, "--format", "asff", env=none)
    assert (done.returncode, done.stdout) == (2, "")
    assert "AWS_ACCOUNT_ID" in done.stderr
