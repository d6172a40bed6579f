"""Findings are sent in requests that the service's own model accepts."""

import pytest

from trueline.errors import AccessError
from trueline.kubebench import asff
from trueline.kubebench.results import CheckResult, ControlsResult, Counts, Run, group_result
from trueline.kubebench.securityhub import hub, publish

stub = pytest.importorskip("botocore.stub", reason="SKIPPED FOR WANT OF BOTOCORE")
pytest.importorskip("boto3", reason="SKIPPED FOR WANT OF BOTO3")

TARGET = asff.AwsTarget(
    account="123456789012",
    region="eu-west-1",
    cluster_arn="arn:aws:eks:eu-west-1:123456789012:cluster/one",
    node="n1",
)


def findings(count):
    checks = [
        CheckResult(
            id=f"1.1.{n}", text="t", state="FAIL", remediation="r", reason="x", actual="y", expected="z"
        )
        for n in range(count)
    ]
    group = group_result("1.1", "G", checks)
    controls = ControlsResult(id="1", version="v", text="T", type="node", groups=(group,), counts=Counts())
    return asff.findings(Run(controls=(controls,)), TARGET, "2026-01-02T03:04:05Z")


@pytest.fixture
def client(monkeypatch):
    """A client whose requests are checked against the service's model and answered on the spot."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    made = hub("eu-west-1")
    with stub.Stubber(made) as stubber:
        made.stubber = stubber
        yield made


def expect(client, found, failed=()):
    answer = {
        "FailedCount": len(failed),
        "SuccessCount": len(found) - len(failed),
        "FailedFindings": list(failed),
    }
    client.stubber.add_response("batch_import_findings", answer, {"Findings": list(found)})


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_b7_batches(client, count):
    found = findings(count)
    for start in range(0, count, 100):
        expect(client, found[start : start + 100])
    assert publish(found, client) == count
    client.stubber.assert_no_pending_responses()


def test_refused_findings_are_an_error_after_all_were_sent(client):
    found = findings(150)
    expect(client, found[:100], [{"Id": found[0]["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": "odd"}])
    expect(client, found[100:])
    with pytest.raises(AccessError, match=r"1 of 150 .* odd"):
        publish(found, client)
    client.stubber.assert_no_pending_responses()


def test_service_that_refuses(client):
    client.stubber.add_client_error("batch_import_findings", "AccessDeniedException", "no")
    with pytest.raises(AccessError, match="AccessDenied"):
        publish(findings(1), client)
