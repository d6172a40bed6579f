"""Turns assessments into rows of the history, and rows back into what they say of runs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from trueline.errors import HistoryError
from trueline.model.base import Model
from trueline.model.results import Assessment, Outcome, RunHead
from trueline.policy.gate import run_head
from trueline.policy.keys import keyed
from trueline.store.digests import BROKEN, seal_of, storable

T = TypeVar("T")


class Record(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A run in the history. `at` is when facts were read, in UTC; `decided` how many results they decided.

    `assessment`, `snapshot` and `policies` (pairs of name and digest) name the documents.
    """

    run: RunHead
    at: str
    saved_at: str
    kind: str
    cluster_uid: str
    profile_digest: str
    passed: int
    failed: int
    warn: int
    score_passed: int
    score_maximum: int
    decided: int
    assessment: str
    snapshot: str = ""
    policies: tuple[tuple[str, str], ...] = ()
    digest: str = ""

    @property
    def id(self) -> int:
        """Its number in the history."""
        return int(self.run.id)

    @property
    def percent(self) -> float | None:
        """The score; None where nothing counts."""
        return 100.0 * self.score_passed / self.score_maximum if self.score_maximum else None


class Found(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A result that a search found, and its run."""

    run: str
    at: str
    cluster: str
    node: str
    benchmark: str
    phase: str
    number: str
    outcome: str
    component: str
    title: str
    key: str


def moment(assessment: Assessment, saved_at: str) -> str:
    """When facts were read, else the day they were judged, else when it was saved; UTC, to the second."""
    for text in (assessment.target.collected_at, assessment.assessed_on, saved_at):
        if found := utc(text):
            return found
    return "1970-01-01T00:00:00Z"


def utc(text: str) -> str:
    """An ISO 8601 day or time in UTC, to the second; "" where it is none."""
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return ""


def row_of(assessment: Assessment, saved_at: str) -> dict[str, Any]:
    """What a row of RUNS says of an assessment, without its place in the chain and its documents."""
    head, target, counts = run_head(assessment), assessment.target, assessment.counts
    decided = sum(one.outcome in (Outcome.PASS, Outcome.FAIL) for one in assessment.results)
    row = {
        "at": moment(assessment, saved_at),
        "saved_at": saved_at,
        "benchmark": head.benchmark,
        "benchmark_digest": head.benchmark_digest,
        "kind": target.kind,
        "target": head.target,
        "cluster": head.cluster,
        "cluster_uid": target.cluster_uid,
        "profile": head.profile,
        "profile_digest": assessment.profile.digest if assessment.profile else "",
        "phase": head.phase,
        "collected_at": head.collected_at,
        "assessed_on": head.assessed_on,
        "tool": head.tool,
        "nodes": head.nodes,
        "results": head.results,
        "passed": counts.total.passed,
        "failed": counts.total.failed,
        "warn": counts.total.warn,
        "score_passed": counts.score.passed,
        "score_maximum": counts.score.maximum,
        "decided": decided,
    }
    return {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}


def findings_of(assessment: Assessment, run: int) -> Iterator[dict[str, Any]]:
    """The rows of FINDINGS for a run."""
    node = storable(assessment.target.name)
    for position, (key, result) in enumerate(keyed(assessment)):
        yield {
            "run": run,
            "position": position,
            "key": storable(key),
            "number": storable(result.number),
            "outcome": result.outcome.value,
            "node": node,
            "component": storable(result.component),
            "title": storable(result.title),
        }


def findings_seal(rows: list[dict[str, Any]]) -> str:
    """The digest of a run's rows in FINDINGS."""
    return seal_of([[value for name, value in row.items() if name != "run"] for row in rows])


def run_seal(row: Mapping[str, Any]) -> str:
    """The digest of a row of RUNS."""
    return seal_of([[str(name), row[name]] for name in sorted(row) if name != "digest"])


def removed_seal(row: Mapping[str, Any]) -> str:
    """The digest of a row of REMOVED."""
    return seal_of([[str(name), row[name]] for name in sorted(row) if name != "seal"])


def record_of(row: Mapping[str, Any]) -> Record:
    """The run that a row tells of. Raises HistoryError where a value is none that a run has."""
    head = {name: row[name] for name in RunHead.__struct_fields__ if name != "id"}
    own = {name: row[name] for name in Record.__struct_fields__ if name not in ("run", "policies")}
    policies = policies_of(row["policies"])
    return _converted({"run": {**head, "id": str(row["id"])}, "policies": policies, **own}, Record)


def found_of(row: Mapping[str, Any]) -> Found:
    """The result that a row tells of. Raises HistoryError where a value is none that a result has."""
    return _converted({name: row[name] for name in Found.__struct_fields__} | {"run": str(row["run"])}, Found)


def _converted(values: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise HistoryError(f"a row of the history was altered: {error}", hint=BROKEN) from None


def policies_of(text: str) -> tuple[tuple[str, str], ...]:
    """Names and digests of the policy's files, as a row has them."""
    try:
        return msgspec.json.decode(text, type=tuple[tuple[str, str], ...])
    except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
        return ()
