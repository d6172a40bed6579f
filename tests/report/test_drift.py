"""Reports of what changed between two runs, compared with files that people have read.

After a wanted change: `TRUELINE_UPDATE_GOLDEN=1 pytest tests/report/test_drift.py`, then read the diff.
"""

import json
import re

import jsonschema
import msgspec
import pytest

from tests.report.sample import assessment, evidence, result
from tests.report.test_golden import agree
from trueline.model.results import Drift, RunHead, finding_key
from trueline.model.schemas import schema
from trueline.policy.drift import drift
from trueline.report import drift_json, drift_markdown, drift_text

RENDERERS = {"txt": drift_text.render, "md": drift_markdown.render, "json": drift_json.render}


def one(number, outcome, observed="", **fields):
    seen = (evidence(f"--flag-{number}", observed, "yes"),) if observed else ()
    fields.setdefault("component", "kube-apiserver")
    return result(number, f"Check {number} holds", "master", "1.2", outcome, evidence=seen, **fields)


BEFORE = assessment(
    [
        one("1.2.1", "pass", "yes"),
        one("1.2.2", "pass", "yes"),
        one("1.2.3", "fail", disposition="waived"),
        one("1.2.4", "fail", "no"),
        one("1.2.5", "fail", "no"),
        *(one(f"1.2.{number}", "fail", "no") for number in range(10, 40)),
        one("1.2.6", "fail", "no"),
        one("1.2.7", "pass", "yes"),
    ]
)
AFTER = msgspec.structs.replace(
    assessment(
        [
            one("1.2.1", "fail", "no", owner="platform"),
            one("1.2.2", "fail", "no"),
            one("1.2.3", "fail", disposition="expired", waiver="EX-1"),
            one("1.2.4", "pass", "yes"),
            one("1.2.5", "error", reason="The file can't be read: permission denied."),
            *(one(f"1.2.{number}", "fail", "no") for number in range(10, 40)),
            one("1.2.6", "fail", "n" * 200),
            one("1.2.7", "pass", "yes"),
        ]
    ),
    phase="post-upgrade",
)
PAST = {finding_key(BEFORE.target, BEFORE.benchmark.id, BEFORE.results[1]): ("fail",)}


def sample() -> Drift:
    found = drift(BEFORE, AFTER, earlier=PAST)
    heads = [
        msgspec.structs.replace(head, id=number)
        for head, number in ((found.before, "12"), (found.after, "13"))
    ]
    return msgspec.structs.replace(found, before=heads[0], after=heads[1])


@pytest.mark.parametrize("suffix", RENDERERS)
def test_w48_drift_is_the_golden_one(suffix):
    agree(f"drift.{suffix}", RENDERERS[suffix](sample()))


def test_w48_the_terminal_has_new_failures_apart_from_known_ones():
    text = drift_text.render(sample())
    news, _, known = text.partition("Still failing: 30 (")
    assert re.findall(r"^\[FAIL\] (\S+)", news, re.MULTILINE) == ["1.2.1", "1.2.2", "1.2.3"]
    assert "1.2.10" in known
    assert "1.2.10" not in news
    assert len(text.splitlines()) < 40
    assert max(map(len, text.splitlines())) <= 160


def test_w48_json_and_markdown_are_complete():
    found = sample()
    document = json.loads(drift_json.render(found))
    assert msgspec.json.decode(drift_json.render(found), type=Drift) == found
    jsonschema.validate(document, schema("drift"))
    assert len(document["items"]) == 36
    markdown = drift_markdown.render(found)
    assert all(f"| {item.number} |" in markdown for item in found.items)


def test_where_nothing_changed_the_terminal_says_so_in_few_lines():
    text = drift_text.render(drift(BEFORE, BEFORE))
    assert "== " not in text
    assert "Findings: 37 unchanged." in text


def test_hostile_names_stay_on_their_lines():
    head = RunHead(benchmark="b\n[FAIL] 9.9", benchmark_digest="", target="\x1b[31mt")
    bad = msgspec.structs.replace(
        sample().items[0], title="a\n[FAIL] 9.9 title", number="1\r2", owner="<b>|x", hint="\u202e[FAIL]"
    )
    found = Drift(
        schema="trueline.dev/drift/v1",
        before=head,
        after=head,
        incomparable=("x\n[FAIL] 9.9",),
        items=(bad, msgspec.structs.replace(bad, change="incomparable")),
        counts={"new": 1},
    )
    text = drift_text.render(found)
    assert not re.search(r"^\[FAIL\] 9\.9", text, re.MULTILINE)
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert "<b>" not in drift_markdown.render(found)
    assert json.loads(drift_json.render(found))["items"][0]["number"] == "1\r2"


def test_colour_is_only_there_where_it_is_asked_for():
    assert "\x1b[31m[FAIL]" in drift_text.render(sample(), color=True)
    assert "\x1b" not in drift_text.render(sample())
