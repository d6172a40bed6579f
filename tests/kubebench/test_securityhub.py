"""Findings are sent in requests that the service's own model accepts."""

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.kubebench.folder import write_controls
from trueline.cli.kubebench import call
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


class Service(BaseHTTPRequestHandler):
    """Takes all findings, over HTTP."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, body["Findings"]))
        answer = json.dumps({"FailedCount": 0, "SuccessCount": len(body["Findings"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing on the terminal."""


@contextmanager
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.got = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_command_sends_what_failed(tmp_path, capsys, monkeypatch):
    controls = write_controls(tmp_path / "cfg")
    with (controls / "tests-1" / "config.yaml").open("w") as file:
        file.write(
            f"AWS_ACCOUNT: '{TARGET.account}'\nAWS_REGION: nowhere\nCLUSTER_ARN: {TARGET.cluster_arn}\n"
        )
    words = [
        "run",
        "-D",
        str(controls),
        "--benchmark",
        "tests-1",
        "-s",
        "node,policies",
        "--root",
        str(tmp_path),
    ]
    with service() as server:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_SECURITYHUB": f"http://127.0.0.1:{server.server_address[1]}",
            "NO_PROXY": "127.0.0.1",
            "PATH": os.environ["PATH"],
        }.items():
            monkeypatch.setenv(name, value)
        # A variable goes before config.yaml, and the manifest's name of the node counts.
        assert call([*words, "--asff"], {"KUBE_BENCH_AWS_REGION": "eu-west-1", "NODE_NAME": "n7"}) == 0
    assert capsys.readouterr().out == ""
    ((path, found),) = server.got
    assert path == "/findings/import"
    assert [one["Title"].split()[0] for one in found] == ["4.1.1", "4.1.2", "5.1.1"]
    assert all("eu-west-1" in one["ProductArn"] and one["Id"].endswith("+n7") for one in found)
