"""Policies for tests: an exception with all its fields, as a struct and as YAML."""

import json
from datetime import UTC, date, datetime, timedelta

import msgspec

from trueline.assess import TOOL, coverage, totals, with_policy
from trueline.model.policy import Applied, Policy
from trueline.model.results import (
    ASSESSMENT_SCHEMA,
    Assessment,
    BenchmarkHead,
    Evidence,
    Outcome,
    Result,
    Target,
)

TODAY = datetime.now(UTC).date()
ON = date(2026, 6, 1)
FIELDS = {
    "id": "EXC-1",
    "class": "accepted-exception",
    "check": "1.2.5",
    "benchmark": "cis-1.12",
    "scope": {"clusters": ["prod-*"]},
    "recommendation": "kubelet certificates are verified",
    "observed": "not set",
    "reason": "kubelets get new certificates with the image of the next quarter",
    "compensating_control": "the node network admits the control plane alone, by its firewall",
    "owner": "platform",
    "approver": "head of platform",
    "created": "2026-01-01",
    "expires": "2026-06-30",
    "review_trigger": {"kind": "kubernetes-version", "value": ">=1.38"},
}
PROOF = [{"url": "https://provider.example/soc2", "date": "2026-01-01"}]


def entry(**changes):
    """An entry of the register; a field that is None is left out."""
    return {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}


def live(**changes):
    """An entry that holds by the real clock."""
    days = {"created": str(TODAY), "expires": str(TODAY + timedelta(days=90))}
    return entry(**{**days, "scope": None, **changes})


def policy(*waivers, **fields):
    """A policy with these entries."""
    return msgspec.convert({"waivers": list(waivers), **fields}, Policy, strict=False)


def text(*waivers, **fields):
    """A policy file; JSON is YAML."""
    return json.dumps({"waivers": list(waivers), **fields}, indent=1)


def result(number="1.2.5", outcome="fail", rule="verified", **fields):
    """A result that is required."""
    return Result(
        **{
            "number": number,
            "title": "t",
            "target": "master",
            "section": "1.2",
            "level": 1,
            "scored": True,
            "automated": True,
            "rules": (rule,),
            "outcome": Outcome(outcome),
            "reason": "r",
            "disposition": "required",
            "component": "kube-apiserver",
            "evidence": (
                Evidence(fact="kube-apiserver/ca", source="/a:3", observed="not set", expected="set"),
            ),
            **fields,
        }
    )


HEAD = BenchmarkHead(id="cis-1.12", title="CIS", version="1.12.0", digest="sha256:aa", pinned=True)
TARGET = Target(
    name="cp-1",
    roles=("master", "controlplane", "etcd", "node"),
    platform="kubeadm",
    kubernetes="v1.36.2",
    cluster_name="prod-eu",
    cluster_uid="uid-1",
)


def assessment(*results, benchmark=HEAD, target=TARGET, **fields):
    """An assessment to which no policy has been applied."""
    document = Assessment(
        schema=ASSESSMENT_SCHEMA,
        tool=TOOL,
        benchmark=benchmark,
        target=target,
        results=results,
        counts=totals(results),
        coverage=coverage(results),
        **fields,
    )
    return with_policy(document, Applied(), on=ON)
