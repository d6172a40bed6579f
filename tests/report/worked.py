"""An assessment with the work around it: a policy's entries, owners, drift, earlier runs; and a fleet."""

import msgspec

from tests.report.sample import assessment, result
from trueline.assess import coverage
from trueline.model.register import Entry, Review
from trueline.model.results import (
    DRIFT_SCHEMA,
    Counts,
    Drift,
    DriftItem,
    NodeHead,
    RunHead,
    Spread,
    TrendPoint,
    finding_key,
)

CP, PLATFORM = "kube-apiserver", {"owner": "platform"}
RESULTS = [
    result("1.2.1", "No anonymous requests", "master", "1.2", "fail", component=CP, **PLATFORM),
    result("1.2.2", "No token file", "master", "1.2", "fail", disposition="waived", waiver="W-1", **PLATFORM),
    result("1.2.15", "Profiling", "master", "1.2", "fail", disposition="expired", waiver="W-0", **PLATFORM),
    result("1.2.16", "An audit log", "master", "1.2", "pass"),
    result("4.2.6", "Kernel defaults", "node", "4.2", "fail", decision="remediate"),
    result(
        "5.1.1", "Few hold cluster-admin", "policies", "5.1", "notchecked", owner="iam", automated=False,
        review=Review(
            reviewer="kim", reviewed_on="2026-02-01", outcome="pass", note="three people",
            valid_until="2026-08-01",
        ),
    ),
]  # fmt: skip
ENTRIES = (
    Entry(
        id="W-1", check="1.2.2", benchmark="cis-1.12", kind="accepted-exception", state="matched",
        numbers=("1.2.2",), owner="platform", approver="ciso", expires="2026-06-30",
        reason="The old CI still logs in so.", compensating_control="Only from 10.0.0.0/8.",
        links=("https://example.net/t/1", "javascript:alert(1)"), remarks=("It expires in 20 days.",),
    ),
    Entry(
        id="W-0", check="1.2.15", benchmark="cis-1.12", kind="accepted-exception", state="expired",
        numbers=("1.2.15",), owner="platform", expires="2026-01-31", reason="Profiling of a slow list.",
    ),
    Entry(id="W-9", check="9.9.9", benchmark="cis-1.12", kind="accepted-exception", state="invalid-check"),
)  # fmt: skip


def _drift(base):
    changes = ("new", "unchanged", "newly-expired", "resolved", "regressed", "unchanged")
    items = tuple(
        DriftItem(
            key=finding_key(base.target, base.benchmark.id, one), number=one.number, target=one.target,
            title=one.title, change=change, before="fail" if change == "resolved" else "pass",
            after=one.outcome.value, hint="The template may still hold it." if change == "regressed" else "",
        )
        for one, change in zip(base.results, changes, strict=True)
    )  # fmt: skip
    head = RunHead(
        benchmark="cis-1.12", benchmark_digest="", target="cp-1", collected_at="2026-03-01T10:00:00Z"
    )
    return Drift(schema=DRIFT_SCHEMA, before=head, after=head, items=items)


def worked():
    """One node, with everything."""
    base = assessment(RESULTS, coverage=coverage(RESULTS))
    trend = tuple(
        TrendPoint(
            at=f"2026-02-{day:02}T08:00:00Z", passed=3, failed=6 - day // 8, warn=1, percent=10.0 + 2 * day
        )
        for day in range(1, 28, 4)
    )
    return msgspec.structs.replace(base, entries=ENTRIES, drift=_drift(base), trend=trend)


def fleet(count):
    """So many nodes, every third of which fails, and one that is missing."""
    names = tuple(f"worker-{number:03}.example.net" for number in range(count))
    failed, passed = names[::3], tuple(name for name in names if name not in names[::3])
    spread = Spread(nodes={"pass": passed, "fail": failed}, missing=("lost-1",))
    same = Spread(nodes={"pass": names})
    found = [
        result("4.2.1", "No anonymous requests", "node", "4.2", "fail", spread=spread),
        result("4.2.2", "Webhook decides", "node", "4.2", "pass", spread=same),
    ]
    nodes = (
        *(
            NodeHead(name=name, roles=("node",), counts=Counts(total=2, passed=1, failed=int(name in failed)))
            for name in names
        ),
        NodeHead(name="lost-1", missing=True, reason="no report of it came"),
    )
    return msgspec.structs.replace(assessment(found, coverage=coverage(found)), nodes=nodes)
