"""What the formats for people share: results in order of target and section, and numbers in words."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from trueline.model.results import (
    Assessment,
    BenchmarkHead,
    Counts,
    NodeHead,
    Outcome,
    ProfileHead,
    Result,
    Score,
    SectionHead,
)
from trueline.report.tally import for_hosts

SEVERITIES = ("critical", "high", "medium", "low", "info")
_SET_ASIDE = ("waived", "provider-owned")


class Group(NamedTuple):
    """The results of one section on one target; `parents` are headings above it, outermost first."""

    head: SectionHead
    parents: tuple[SectionHead, ...]
    results: tuple[Result, ...]


class Part(NamedTuple):
    """One target (master, node ...) with its sections."""

    target: str
    groups: tuple[Group, ...]

    @property
    def results(self) -> list[Result]:
        """All results of this target in order."""
        return [result for group in self.groups for result in group.results]


def parts(assessment: Assessment) -> list[Part]:
    """Results by target and section, both in the order in which they first appear."""
    tree: dict[str, dict[str, list[Result]]] = {}
    for result in assessment.results:
        tree.setdefault(result.target, {}).setdefault(result.section, []).append(result)
    heads = {head.number: head for head in assessment.benchmark.sections}
    return [
        Part(target, tuple(_group(number, target, heads, found) for number, found in sections.items()))
        for target, sections in tree.items()
    ]


def _group(number: str, target: str, heads: dict[str, SectionHead], results: Iterable[Result]) -> Group:
    pieces = number.split(".")
    above = (".".join(pieces[:count]) for count in range(1, len(pieces)))
    parents = tuple(heads[name] for name in above if name in heads)
    head = heads.get(number) or SectionHead(number=number, title="", target=target)
    return Group(head, parents, tuple(results))


def needs_action(result: Result) -> bool:
    """Whether somebody has to do something: it failed or is open, and policy did not set it aside."""
    return result.state in ("FAIL", "WARN") and result.disposition not in _SET_ASIDE


def set_aside(result: Result) -> str:
    """What policy made of a result, in words; empty where it made nothing of it."""
    by = f" by {result.waiver}" if result.waiver else ""
    match result.disposition:
        case "waived":
            return f"waived{by}"
        case "expired":
            return f"waiver {result.waiver} has expired" if result.waiver else "its waiver has expired"
        case "provider-owned":
            return f"provider-owned{by}" if by else "owned by the provider of the platform"
        case _:
            return ""


def remedy(result: Result) -> str:
    """What to do about a result; nothing that failed is without an answer."""
    if result.remediation.strip() or result.outcome is not Outcome.FAIL:
        return result.remediation
    wanted = [f"{one.fact} in {one.source}: {one.expected}" for one in result.evidence]
    return "\n".join(["Bring what was found to what is expected.", *wanted])


def urgency(result: Result) -> tuple[bool, int]:
    """A key for sorting: FAIL before all else, then the gravest first."""
    return (result.state != "FAIL", SEVERITIES.index(result.severity))


def node_groups(nodes: Iterable[NodeHead]) -> dict[str, list[str]]:
    """Names of a fleet's nodes with results, by the roles that they have together."""
    found: dict[str, list[str]] = {}
    for head in nodes:
        if not head.missing:
            found.setdefault(", ".join(head.roles) or "no role known", []).append(head.name)
    return dict(sorted(found.items()))


def percent(score: Score) -> str:
    """ "71.4%"; "n/a" where nothing counts."""
    return share(score.percent)


def share(value: float | None) -> str:
    """ "71.4%" of a percentage, rounded down so that 100% means all; "n/a" for None."""
    return "n/a" if value is None else f"{math.floor(value * 10 + 1e-9) / 10:.1f}%"


def score_words(score: Score) -> str:
    """The score as a phrase."""
    if not score.maximum:
        return "n/a (no scored and automated check was decided)"
    return f"{percent(score)} ({score.passed} of {score.maximum} scored and automated checks passed)"


def coverage_words(assessment: Assessment) -> str:
    """How many of the checks that apply were decided by facts, as a phrase."""
    coverage = assessment.coverage
    return (
        f"evaluated {coverage.evaluated} of {coverage.applicable} applicable checks "
        f"({coverage.total} in the benchmark)"
        f"{f', {coverage.not_inspectable} not inspectable' if coverage.not_inspectable else ''}"
    )


def states(counts: Counts) -> dict[str, int]:
    """Counts by the words that people see, in the order of kube-bench's summaries."""
    return {"PASS": counts.passed, "FAIL": counts.failed, "WARN": counts.warn, "INFO": counts.info}


def benchmark_name(benchmark: BenchmarkHead) -> str:
    """Title, version and id; the version once, as some titles end with it."""
    named = benchmark.title.split()[-1:] == [benchmark.version]
    return f"{benchmark.title}{'' if named else ' ' + benchmark.version} ({benchmark.id})"


def left_out(results: Iterable[Result]) -> dict[str, list[str]]:
    """Numbers of what does not apply or was not selected, by reason."""
    numbers: dict[str, list[str]] = {}
    for result in results:
        if result.outcome in {Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}:
            numbers.setdefault(result.reason or result.outcome.value, []).append(result.number)
    return numbers


def profile_name(profile: ProfileHead | None) -> str:
    """Title and id, and those that it extends; "" without a profile."""
    if profile is None:
        return ""
    below = f", extends {', '.join(profile.extends)}" if profile.extends else ""
    return f"{profile.title} ({profile.id}{below})"


_MODES = {
    "host": "host (on the node itself)",
    "container": "container (in a container on the node)",
    "job": "job (in a pod on the node)",
    "managed": "managed (through APIs only; nothing of a node was seen)",
    "recorded": "recorded (from a copy of the node's files)",
}


def run(assessment: Assessment) -> dict[str, str]:
    """What was examined, when, how and by what; what is not known is left out."""
    target = assessment.target
    name = target.cluster_name
    server = target.cluster
    found = {
        "Cluster": f"{name} ({server})" if name and server and name != server else name or server,
        "Cluster UID": target.cluster_uid,
        "Machine ID": f"{target.machine_id} (SHA-256)" if target.machine_id else "",
        "Kubernetes": target.kubernetes or ("" if for_hosts(assessment) else "version not known"),
        "Collected": " to ".join(dict.fromkeys(filter(None, (target.collected_at, target.finished_at)))),
        "Mode": _MODES.get(target.mode, ""),
        "Digest": assessment.benchmark.digest,
        "Tool": f"{assessment.tool.name} {assessment.tool.version}",
    }
    return {label: value for label, value in found.items() if value.strip()}


def seen(assessment: Assessment) -> str:
    """The sources of evidence that were read, in one line; "" where none are known."""
    return ", ".join(source.name for source in assessment.sources if source.available)


def unseen(assessment: Assessment) -> list[str]:
    """What the run could not see, in sentences, each with the numbers that it concerns."""
    return [
        f"{reason} ({', '.join(numbers)})" if numbers else reason for reason, numbers in missing(assessment)
    ]


def missing(assessment: Assessment) -> list[tuple[str, tuple[str, ...]]]:
    """Sources that could not be read and why, then other reasons why checks lack facts; each with numbers."""
    sources = [source for source in assessment.sources if not source.available]
    known = {number for source in sources for number in source.numbers}
    found = [(f"{source.name}: {source.reason}", source.numbers) for source in sources]
    for reason, numbers in assessment.coverage.unavailable.items():
        if rest := tuple(number for number in numbers if number not in known):
            found.append((reason, rest))
    return found


def headers(assessment: Assessment) -> dict[str, str]:
    """What was examined, by what and when: labels and values, those without a value left out."""
    benchmark, target = assessment.benchmark, assessment.target
    about = run(assessment)
    found = {
        "Benchmark": benchmark_name(benchmark),
        "Limited to": ", ".join(benchmark.only),
        "Chosen because": benchmark.chosen_because,
        "Profile": profile_name(assessment.profile),
        "Target": f"{target.name} ({target.kind}{': ' if target.roles else ''}{', '.join(target.roles)})",
        "Cluster": about.get("Cluster", ""),
        "Cluster UID": about.get("Cluster UID", ""),
        "Machine ID": about.get("Machine ID", ""),
        "Kubernetes": about.get("Kubernetes", ""),
        "Platform": f"{target.platform}{': ' if target.platform_because else ''}{target.platform_because}",
        "System": target.operating_system,
        "Collected": about.get("Collected", ""),
        "Mode": about.get("Mode", ""),
        "Assessed on": assessment.assessed_on,
        "Policy": ", ".join(assessment.policy.files) if assessment.policy else "",
        "Policy digest": assessment.policy.digest if assessment.policy else "",
        "Digest": benchmark.digest,
        "Profile digest": assessment.profile.digest if assessment.profile else "",
        "Tool": f"{assessment.tool.name} {assessment.tool.version}",
    }
    return {label: value for label, value in found.items() if value.strip()}
