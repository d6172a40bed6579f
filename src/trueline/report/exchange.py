"""What the formats for other programs share: keys that stay the same between runs, times, clean text."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from trueline.model.results import Assessment, Result
from trueline.policy.keys import keyed
from trueline.report.safe import visible, visible_lines
from trueline.report.xml import moment

SITE: Final = "https://trueline.dev"
NO_TIME: Final = moment()
_FILE = re.compile(r"(?:metadata of )?(/.*[^/\s].*)", re.DOTALL)
_LINE = re.compile(r"argument of process \d+ \((/.*), line (\d{1,9})\)", re.DOTALL)
_NOT_IN_TOKENS = re.compile(r"[^A-Za-z0-9._-]+")


class Finding(NamedTuple):
    """A result and its key, by which it is found in other runs; all that can be seen of it."""

    key: str
    result: Result


def findings(assessment: Assessment) -> Iterator[Finding]:
    """All results in order, each with a key of its own."""
    taken: set[str] = set()
    for key, result in keyed(assessment):
        shown = visible(key)
        while shown in taken:  # two that differ only in what can't be seen
            shown += "'"
        taken.add(shown)
        yield Finding(shown, result)


def identity(assessment: Assessment) -> dict[str, str]:
    """What was examined, when, how and by what, by names that stay; what is not known is left out."""
    target = assessment.target
    found = {
        "node": target.name if target.kind == "node" else "",
        "machine_id": target.machine_id,
        "cluster": target.cluster,
        "cluster_name": target.cluster_name,
        "cluster_uid": target.cluster_uid,
        "kubernetes": target.kubernetes or "",
        "mode": target.mode,
        "started_at": target.collected_at,
        "finished_at": target.finished_at,
        "benchmark_digest": assessment.benchmark.digest,
        "tool": f"{assessment.tool.name} {assessment.tool.version}",
    }
    return {name: value for name, value in found.items() if value}


def ending(assessment: Assessment) -> str:
    """When the last fact was read, else the `instant`."""
    found = moment(assessment.target.finished_at)
    if not assessment.target.finished_at or found == NO_TIME:
        return instant(assessment)
    return found if found.endswith("Z") else f"{found}Z"


def instant(assessment: Assessment) -> str:
    """When the facts were read, else the day they were judged, as RFC 3339; `NO_TIME` if neither is known."""
    found = moment(assessment.target.collected_at, assessment.assessed_on)
    return found if found.endswith("Z") else f"{found}Z"


def seconds(assessment: Assessment) -> int:
    """The `instant` in seconds since 1970."""
    return int(datetime.fromisoformat(instant(assessment)).timestamp())


def block(text: str) -> str:
    """Text whose lines are kept and whose characters can all be seen."""
    return "\n".join(visible_lines(text.strip("\r\n")))


def words(*texts: str, otherwise: str = "none") -> str:
    """The first text with something to see in it, on one line without blanks around it."""
    return next((shown for text in texts if (shown := visible(text).strip())), otherwise)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what was longer ends with three dots."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def token(text: str) -> str:
    """The text with all but letters, digits, dots, underscores and hyphens replaced by a hyphen."""
    return _NOT_IN_TOKENS.sub("-", text).strip("-")


def file_of(result: Result) -> str:
    """The first file that the evidence was read from; "" where it comes from elsewhere."""
    return place_of(result)[0]


def place_of(result: Result) -> tuple[str, int]:
    """The same with the line that the evidence names, else the first."""
    for one in result.evidence:
        if found := _LINE.fullmatch(one.source):
            return visible(found[1]), int(found[2]) or 1
        if found := _FILE.fullmatch(one.source):
            return visible(found[1]), 1
    return "", 1


def observed(result: Result) -> list[str]:
    """A line per fact."""
    return [
        f"{words(one.fact)}: found {words(one.observed)}, expected {words(one.expected)} "
        f"({words(one.source)})"
        for one in result.evidence
    ]


def document(content: Any) -> str:
    """Indented JSON; its texts must be clean."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
