"""Messages for a webhook or a chat: only where a run brings news, and with what a reader needs to act."""

import json
from typing import Any, NamedTuple

from trueline.model.results import Assessment, Outcome, Result, finding_key
from trueline.report.safe import prose, visible

_CHANGES = ("new", "regressed", "newly-expired")
_MOST = 20  # what a chat message lists; the webhook has all


class News(NamedTuple):
    """What happened since the last run: findings with their change, and why the run is incomplete."""

    findings: tuple[tuple[str, Result], ...]
    incomplete: str

    def __bool__(self) -> bool:
        return bool(self.findings or self.incomplete)


def news(assessment: Assessment) -> News:
    """New failures, those that came back, waivers that expired, and a run that could not read all.

    Without an earlier run all failures are new. What policy set aside is none.
    """
    found = tuple(
        (change, result)
        for result in assessment.results
        if (change := _change(assessment, result)) and result.disposition not in {"waived", "provider-owned"}
    )
    return News(found, _incomplete(assessment))


def _change(assessment: Assessment, result: Result) -> str:
    if assessment.drift is None:
        return "new" if result.outcome is Outcome.FAIL and result.disposition != "informational" else ""
    key = finding_key(assessment.target, assessment.benchmark.id, result)
    item = next((one for one in assessment.drift.items if one.key == key), None)
    failing = result.outcome is Outcome.FAIL and result.disposition != "informational"
    return item.change if item and item.change in _CHANGES and failing else ""


def _incomplete(assessment: Assessment) -> str:
    if not assessment.coverage.evaluated:
        return "nothing could be evaluated"
    required = [one for one in assessment.results if one.disposition in {"required", "expired"}]
    unread = [one for one in required if one.outcome in {Outcome.ERROR, Outcome.UNKNOWN}]
    if not unread or _known_before(assessment, unread):
        return ""
    return f"{len(unread)} required checks could not be read, {unread[0].number} first: {unread[0].reason}"


def _known_before(assessment: Assessment, unread: list[Result]) -> bool:
    """Whether the last run lacked the same: that is no news."""
    if assessment.drift is None:
        return False
    before = {item.key: item.before for item in assessment.drift.items}
    keys = (finding_key(assessment.target, assessment.benchmark.id, one) for one in unread)
    return all(before.get(key) in {"error", "unknown"} for key in keys)


def webhook(assessment: Assessment) -> str:
    """The JSON body for a webhook; "" where there is no news, and nothing is to be sent."""
    found = news(assessment)
    return _json({**_head(assessment), **_body(assessment, found)}) if found else ""


def slack(assessment: Assessment) -> str:
    """The JSON body for an incoming webhook of Slack and of those that take its form; "" without news."""
    found = news(assessment)
    if not found:
        return ""
    head = f"{assessment.benchmark.id} on {assessment.target.name}"
    lines = [
        f"• *{_plain(change)}* {_plain(result.number)} {_plain(result.title)} ({_plain(result.component)}, "
        f"{_plain(result.owner or 'no owner')}): {_plain(result.reason)}"
        for change, result in found.findings[:_MOST]
    ]
    if len(found.findings) > _MOST:
        lines.append(f"and {len(found.findings) - _MOST} more")
    if found.incomplete:
        lines.append(f"• *incomplete* {_plain(found.incomplete)}")
    title = f"trueline: {len(found.findings)} new findings" if found.findings else "trueline: incomplete run"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": title}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _plain(head)}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in _chunks(lines)),
    ]
    return _json({"text": f"{title}, {visible(head)}", "blocks": blocks})


def _head(assessment: Assessment) -> dict[str, Any]:
    return {
        "schema": "trueline.dev/notification/v1",
        "benchmark": assessment.benchmark.id,
        "benchmark_version": assessment.benchmark.version,
        "benchmark_digest": assessment.benchmark.digest,
        "target": visible(assessment.target.name),
        "cluster": visible(assessment.target.cluster_name or assessment.target.cluster),
        "collected_at": assessment.target.collected_at,
    }


def _body(assessment: Assessment, found: News) -> dict[str, Any]:
    return {
        "incomplete": visible(found.incomplete),
        "findings": [
            {
                "key": visible(finding_key(assessment.target, assessment.benchmark.id, result)),
                "check": result.number,
                "benchmark_version": assessment.benchmark.version,
                "title": visible(result.title),
                "change": change,
                "component": result.component,
                "owner": visible(result.owner),
                "severity": result.severity,
                "priority": result.priority,
                "reason": visible(result.reason),
                "remediation": prose(result.remediation),
                "labels": [f"component:{result.component}", f"benchmark:{assessment.benchmark.id}"],
            }
            for change, result in found.findings
        ],
    }


def _chunks(lines: list[str]) -> list[str]:
    """Texts of at most 3,000 characters, which is what a section of Slack's blocks holds."""
    texts = [""]
    for line in lines:
        cut = line[:2900]
        if len(texts[-1]) + len(cut) > 2900:
            texts.append("")
        texts[-1] += f"{cut}\n"
    return [text for text in texts if text]


def _plain(text: str) -> str:
    """Text without Slack's control sequences: <, > and & are what it escapes."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
