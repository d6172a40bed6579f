"""The findings register on paper, and messages that are sent only where there is news."""

import json
import subprocess
import sys

import msgspec
import pytest

from tests.policy.test_findings import THREE, kubelet_file
from tests.report.sample import RICH, result
from tests.report.sample import assessment as bare
from tests.report.test_golden import agree
from trueline.assess import coverage
from trueline.model.results import DRIFT_SCHEMA, Drift, DriftItem, RunHead, finding_key
from trueline.policy.findings import findings
from trueline.report.findings import to_json, to_markdown
from trueline.report.notification import slack, webhook


def assessment(results):
    """One whose coverage is that of its results."""
    return bare(results, coverage=coverage(results))


@pytest.mark.parametrize("name", ["owned", "rich"])
def test_w23_the_register_is_the_golden_one(name):
    register = findings({"owned": assessment([*THREE, kubelet_file()]), "rich": RICH}[name])
    agree(f"{name}.findings.md", to_markdown(register))
    agree(f"{name}.findings.json", to_json(register))


def test_names_in_the_table_are_no_markup():
    row = result("1 | 2", "a | b\n| x | <b>", "master", "1", "fail", component="`c`", owner="|o|")
    text = to_markdown(findings(assessment([row])))
    (line,) = [line for line in text.splitlines() if line.startswith("| 1")]
    assert line.replace("\\|", "").count("|") == 6


def with_drift(base, *changes):
    """The assessment with what became of its first results since the last run."""
    head = RunHead(benchmark=base.benchmark.id, benchmark_digest="", target=base.target.name)
    items = tuple(
        DriftItem(
            key=finding_key(base.target, base.benchmark.id, one), number=one.number, target=one.target,
            title=one.title, change=change, before="pass", after=one.outcome.value,
        )
        for one, change in zip(base.results, changes, strict=False)
    )  # fmt: skip
    return msgspec.structs.replace(
        base, drift=Drift(schema=DRIFT_SCHEMA, before=head, after=head, items=items)
    )


BASE = assessment(THREE)


def test_w53_an_identical_run_sends_nothing():
    again = with_drift(BASE, "unchanged", "unchanged", "unchanged")
    assert webhook(again) == slack(again) == ""


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        (("new", "unchanged", "unchanged"), ["1.2.1"]),
        (("unchanged", "regressed", "newly-expired"), ["1.2.2", "1.2.15"]),
        (("changed", "incomparable", "resolved"), []),
    ],
)
def test_w53_only_news_is_sent(changes, sent):
    text = webhook(with_drift(BASE, *changes))
    assert [one["check"] for one in json.loads(text)["findings"]] == sent if sent else text == ""


def test_w53_the_first_run_sends_what_fails_and_what_policy_set_aside_is_never_sent():
    waived = msgspec.structs.replace(THREE[0], disposition="waived")
    sent = json.loads(webhook(assessment([waived, *THREE[1:]])))["findings"]
    assert [one["check"] for one in sent] == ["1.2.2", "1.2.15"]


def test_w53_a_run_that_could_not_read_all_is_news_once():
    broken = assessment([result("1.1.1", "a", "master", "1", "error", reason="/etc is not mounted"), *THREE])
    text = webhook(with_drift(broken, "incomparable", "unchanged", "unchanged", "unchanged"))
    assert "/etc is not mounted" in json.loads(text)["incomplete"]
    known = with_drift(broken, "unchanged", "unchanged", "unchanged", "unchanged")
    first = msgspec.structs.replace(known.drift.items[0], before="error")
    known = msgspec.structs.replace(
        known, drift=msgspec.structs.replace(known.drift, items=(first, *known.drift.items[1:]))
    )
    assert webhook(known) == ""


def test_w54_the_payload_has_what_a_ticket_needs():
    payload = json.loads(webhook(with_drift(BASE, "new")))
    (one,) = payload["findings"]
    assert payload["benchmark_version"]
    assert payload["benchmark_digest"]
    assert one["key"] == finding_key(BASE.target, BASE.benchmark.id, THREE[0])
    assert one["labels"] == ["component:kube-apiserver", f"benchmark:{BASE.benchmark.id}"]
    assert (one["component"], one["owner"], one["change"]) == ("kube-apiserver", "platform", "new")
    assert one["remediation"].startswith("Set anonymous-auth.")


def test_slack_texts_are_no_markup_and_short_enough():
    many = [
        msgspec.structs.replace(THREE[0], number=f"1.{count}", title="<!channel> & co", reason="x" * 4000)
        for count in range(60)
    ]
    message = json.loads(slack(assessment(many)))
    texts = [block["text"]["text"] for block in message["blocks"]]
    assert all(len(text) <= 3000 for text in texts)
    assert len(texts) < 50  # what Slack takes
    assert not any("<!channel>" in text for text in texts)
    assert any("and 40 more" in text for text in texts)


def test_w53_a_message_of_an_earlier_run_is_not_left_to_be_sent_again(tmp_path):
    file, news = tmp_path / "run.json", tmp_path / "news.json"
    news.write_text("an earlier message")
    again = with_drift(BASE, "unchanged", "unchanged", "unchanged")
    file.write_bytes(msgspec.json.encode(again))
    done = subprocess.run(
        [sys.executable, "-m", "trueline", "findings", file, "--format", "webhook", "-o", news],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, news.read_text()) == (0, ""), done.stderr
