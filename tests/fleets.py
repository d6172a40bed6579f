"""Makes documents of nodes, for tests of fleets."""

from trueline.assess import coverage, totals
from trueline.model.facts import Tool
from trueline.model.results import (
    Assessment,
    BenchmarkHead,
    Evidence,
    Outcome,
    Result,
    SectionHead,
    Target,
)

CONTROL_PLANE = ("master", "controlplane", "etcd", "node")
SECTIONS = {"master": "1.1", "etcd": "2", "controlplane": "3.2", "node": "4.2", "policies": "5.1"}
HEAD = BenchmarkHead(
    id="cis-1.12",
    title="CIS Kubernetes Benchmark",
    version="1.12.0",
    digest="sha256:aa",
    sections=tuple(
        SectionHead(number=number, title=target, target=target) for target, number in SECTIONS.items()
    ),
)


def result(number, target, outcome, **fields) -> Result:
    """A scored, automated result; its reason and evidence name its outcome."""
    defaults = {
        "title": f"Title of {number}",
        "level": 1,
        "scored": True,
        "automated": True,
        "disposition": "required",
        "reason": f"It is {outcome}.",
        "evidence": (Evidence(fact="x", source="/etc/x", observed=outcome, expected="y"),),
        "remediation": "" if outcome == "pass" else f"Mend {number}.",
    }
    return Result(
        number=number,
        target=target,
        section=SECTIONS.get(target, "9"),
        rules=(),
        outcome=Outcome(outcome),
        **{**defaults, **fields},
    )


def node(name, outcomes, **fields) -> Assessment:
    """A node's assessment. `outcomes` map "target number" to an outcome, or are results."""
    given = outcomes.items() if isinstance(outcomes, dict) else ()
    results = tuple(
        result(number, target, outcome) for place, outcome in given for target, number in [place.split()]
    ) or tuple(outcomes)
    about = {
        "roles": fields.pop("roles", tuple(dict.fromkeys(one.target for one in results))),
        "kind": fields.pop("kind", "node"),
        "machine_id": fields.pop("machine_id", f"id of {name}"),
        "collected_at": fields.pop("collected_at", "2026-03-04T05:06:07Z"),
        "finished_at": "2026-03-04T05:06:09Z",
        "kubernetes": fields.pop("kubernetes", "v1.34.2"),
        "cluster_uid": fields.pop("cluster_uid", ""),
        "cluster_name": fields.pop("cluster_name", ""),
        "mode": fields.pop("mode", "job"),
    }
    defaults = {
        "schema": "trueline.dev/assessment/v1",
        "tool": Tool(name="trueline", version="0.1.0"),
        "benchmark": HEAD,
        "assessed_on": "2026-03-05",
    }
    return Assessment(
        target=Target(name=name, **about),
        results=results,
        counts=totals(results),
        coverage=coverage(results),
        **{**defaults, **fields},
    )
