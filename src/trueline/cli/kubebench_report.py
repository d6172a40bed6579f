"""Makes an assessment of a kube-bench run, so that trueline's reports and waivers work on it."""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from trueline.assess import TOOL, coverage, totals, with_policy
from trueline.cli.kubebench_run import Judged
from trueline.cli.output import write_reports
from trueline.cli.policies import policy_of_files
from trueline.kubebench.controls import Controls
from trueline.kubebench.convert import to_benchmark, to_results
from trueline.kubebench.results import Run
from trueline.model.policy import Applied
from trueline.model.results import (
    ASSESSMENT_SCHEMA,
    Assessment,
    BenchmarkHead,
    Outcome,
    Result,
    SectionHead,
    Target,
)


def policy_of(file: str) -> Applied:
    """The policy of a file, or none. Raises ContentError for a broken one."""
    return policy_of_files((file,) if file else ()).applied


def assessment_of(judged: Judged, policy: Applied, node: str, *, pinned: bool) -> Assessment:
    """The run as an assessment of today, waivers applied; `pinned`: its benchmark was named."""
    target = Target(
        name=node,
        roles=tuple(dict.fromkeys(each.type for each in judged.controls)),
        kubernetes=judged.detected if judged.detected[:1].isdigit() else None,
        collected_at=judged.snapshot.started_at if judged.snapshot else _now(),
    )
    head = msgspec.structs.replace(_head(judged.controls, judged.benchmark), pinned=pinned)
    return _composed(to_results(judged.run), head, target, policy, judged.notices)


def assessment_of_report(run: Run, name: str, policy: Applied) -> Assessment:
    """A recorded run as an assessment."""
    results = to_results(run)
    sections = tuple(
        SectionHead(number=group.id, title=group.text, target=each.type)
        for each in run.controls
        for group in each.groups
    )
    version = next((each.version for each in run.controls if each.version), name)
    head = BenchmarkHead(
        id=version,
        title=f"kube-bench report {name}",
        version=version,
        digest=_digest(sections),
        pinned=True,
        sections=sections,
    )
    roles = tuple(dict.fromkeys(each.type for each in run.controls))
    return _composed(results, head, Target(name="", roles=roles), policy, run.notices)


def write(assessment: Assessment, files: Sequence[str]) -> None:
    """Writes a report for each file."""
    if files:
        write_reports([assessment], None, files)


def required_failures(assessment: Assessment) -> int:
    """How many results failed that no waiver covers."""
    wanted = ("required", "expired")
    return sum(one.outcome is Outcome.FAIL and one.disposition in wanted for one in assessment.results)


def node_name(judged: Judged) -> str:
    """The node by its pod's environment, the snapshot, or this machine."""
    named = os.environ.get("KUBE_BENCH_NODE_NAME") or os.environ.get("NODE_NAME")
    if judged.snapshot and judged.snapshot.node:
        return judged.snapshot.node.hostname
    return named or os.uname().nodename


def _composed(
    results: Sequence[Result], head: BenchmarkHead, target: Target, policy: Applied, notices: Sequence[str]
) -> Assessment:
    today = datetime.now(UTC).date()
    document = Assessment(
        schema=ASSESSMENT_SCHEMA,
        tool=TOOL,
        benchmark=head,
        target=target,
        results=tuple(results),
        counts=totals(results),
        coverage=coverage(results),
        notices=tuple(notices),
    )
    return with_policy(document, policy, on=today)


def _head(controls: Sequence[Controls], name: str) -> BenchmarkHead:
    benchmark = to_benchmark(controls, name)
    return BenchmarkHead(
        id=benchmark.id,
        title=benchmark.title,
        version=benchmark.version,
        digest=_digest(controls),
        sections=tuple(
            SectionHead(number=one.number, title=one.title, target=one.target) for one in benchmark.sections
        ),
    )


def _digest(content: object) -> str:
    return f"sha256:{hashlib.sha256(msgspec.json.encode(content, order='deterministic')).hexdigest()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
