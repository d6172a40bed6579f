"""Prometheus' text format, for the textfile collector of the node exporter (`*.prom`)."""

from collections.abc import Iterable, Iterator

from trueline.model.register import Entry
from trueline.model.results import Assessment, Outcome, Result
from trueline.report import outline, register
from trueline.report.exchange import NO_TIME, identity, instant, seconds
from trueline.report.safe import visible

Labels = dict[str, str]
_STATES = ("PASS", "FAIL", "WARN", "INFO")


def render(assessment: Assessment) -> str:
    """Gauges of our own, then those that dashboards for Rancher's scans read."""
    scope = f"# {visible(assessment.scope)}"
    return "\n".join((scope, *_own(assessment), *_rancher(assessment))) + "\n"


def _own(assessment: Assessment) -> Iterator[str]:
    about = _about(assessment)
    run = {name: visible(value) for name, value in identity(assessment).items()}
    yield from _metric("trueline_run_info", "What was examined, and how.", [({**about, **run}, 1)])
    unseen = [source for source in assessment.sources if not source.available]
    yield from _metric("trueline_sources_unavailable", "What the run could not see.", [(about, len(unseen))])
    yield from _metric(
        "trueline_checks_not_inspectable",
        "Checks that facts could not decide.",
        [(about, assessment.coverage.not_inspectable)],
    )
    yield from _metric(
        "trueline_check_status",
        "The state of each recommendation, and what policy makes of it.",
        ((_check(about, result), 1) for result in assessment.results),
    )
    counts = outline.states(assessment.counts.total)
    yield from _metric(
        "trueline_checks",
        "How many recommendations are in which state.",
        (({**about, "state": state}, counts[state]) for state in _STATES),
    )
    yield from _policy(about, assessment)
    coverage = assessment.coverage
    yield from _metric(
        "trueline_checks_evaluated", "Checks that facts decided.", [(about, coverage.evaluated)]
    )
    yield from _metric("trueline_checks_applicable", "Checks that apply.", [(about, coverage.applicable)])
    score = assessment.counts.score
    if score.maximum:
        ratio = score.passed / score.maximum
        yield from _metric(
            "trueline_score_ratio", "Passed checks of those that are scored and automated.", [(about, ratio)]
        )
    if instant(assessment) != NO_TIME:
        yield from _metric(
            "trueline_last_run_timestamp_seconds", "When the facts were read.", [(about, seconds(assessment))]
        )


def _policy(about: Labels, assessment: Assessment) -> Iterator[str]:
    """When exceptions end, and how many results are of which class."""
    ends = [(entry, ending) for entry in assessment.entries if (ending := register.end(entry))]
    if ends:
        yield from _metric(
            "trueline_exception_expiry_timestamp_seconds",
            "When an exception ends.",
            [(_exception(about, entry), int(ending.timestamp())) for entry, ending in ends],
        )
    if assessment.entries:
        yield from _metric(
            "trueline_policy_entries",
            "The entries of the policy, and what became of them.",
            [(_exception(about, entry), 1) for entry in assessment.entries],
        )
    if assessment.policy:
        yield from _metric(
            "trueline_checks_by_class",
            "How many recommendations are of which class.",
            [({**about, "class": name}, count) for name, count in assessment.counts.dispositions.items()],
        )
        yield from _metric(
            "trueline_checks_for_a_person",
            "Checks that a person must look at, by whether one did.",
            [({**about, "review": name}, count) for name, count in assessment.counts.reviews.items()],
        )


def _exception(about: Labels, entry: Entry) -> Labels:
    return {
        **about,
        "entry": visible(entry.id),
        "check": visible(entry.check),
        "class": entry.kind,
        "owner": visible(entry.owner),
        "state": entry.state,
    }


def _rancher(assessment: Assessment) -> Iterator[str]:
    profile = assessment.profile.id if assessment.profile else assessment.benchmark.id
    labels = {
        "scan_name": "manual",
        "scan_profile_name": visible(profile),
        "cluster_name": visible(assessment.target.cluster),
    }
    kinds = [_kind(result) for result in assessment.results]
    yield from _metric("cis_scan_num_tests_total", "All tests.", [(labels, len(kinds))])
    for kind in ("pass", "fail", "warn", "skipped", "na"):
        yield from _metric(f"cis_scan_num_tests_{kind}", f"Tests: {kind}.", [(labels, kinds.count(kind))])


def _kind(result: Result) -> str:
    """Rancher's words; what is set aside counts as skipped, there as here."""
    if result.outcome is Outcome.NOTAPPLICABLE:
        return "na"
    if result.outcome is Outcome.PASS:
        return "pass"
    return result.state.lower() if outline.needs_action(result) else "skipped"


def _about(assessment: Assessment) -> Labels:
    target = assessment.target
    cluster, node = visible(target.cluster), visible(target.name) if target.kind == "node" else ""
    return {"cluster": cluster, "node": node, "benchmark": visible(assessment.benchmark.id)}


def _check(about: Labels, result: Result) -> Labels:
    return {
        **about,
        "check": visible(result.number),
        "section": visible(result.section),
        "scored": str(result.scored).lower(),
        "state": result.state,
        "disposition": result.disposition,
    }


def _metric(name: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    """Help, type and samples; a scrape with the same labels twice is refused as a whole."""
    yield from (f"# HELP {name} {help_text}", f"# TYPE {name} gauge")
    yield from dict.fromkeys(f"{name}{{{_labels(labels)}}} {value}" for labels, value in samples)


def _labels(labels: Labels) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
