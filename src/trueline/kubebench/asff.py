"""Turns a run into findings of the AWS Security Finding Format."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trueline.errors import UsageError
from trueline.kubebench.config import Config
from trueline.kubebench.results import CheckResult, ControlsResult, GroupResult, Run
from trueline.model.base import Model

BATCH = 100
_TYPE = "Software and Configuration Checks/Industry and Regulatory Standards/CIS Kubernetes Benchmark"
_LIMITS = {"title": 256, "description": 1024, "remediation": 511, "value": 1023}
_CLUSTER_ARN = ":cluster/"


class AwsTarget(Model, frozen=True, kw_only=True):
    """Whose findings they are."""

    account: str
    region: str
    cluster_arn: str
    node: str = ""


def aws_target(config: Config, environ: Mapping[str, str], *, strict_compat: bool = False) -> AwsTarget:
    """The target by KUBE_BENCH_* variables, else by config.yaml. Raises UsageError if it is incomplete.

    The node's name is also taken from NODE_NAME, which is what the published manifest sets; not with
    `strict_compat`.
    """

    def setting(name: str) -> str:
        return environ.get(f"KUBE_BENCH_{name}", "") or config.text(name)

    required = {name: setting(name) for name in ("AWS_ACCOUNT", "AWS_REGION", "CLUSTER_ARN")}
    if missing := [name for name, value in required.items() if not value]:
        raise UsageError(
            f"no value for {', '.join(missing)}",
            hint=f"Set {missing[0]} in config.yaml, or KUBE_BENCH_{missing[0]} in the environment.",
        )
    return AwsTarget(
        account=required["AWS_ACCOUNT"],
        region=required["AWS_REGION"],
        cluster_arn=required["CLUSTER_ARN"],
        node=setting("NODE_NAME") or ("" if strict_compat else environ.get("NODE_NAME", "")),
    )


def findings(run: Run, target: AwsTarget, at: str, *, strict_compat: bool = False) -> list[dict[str, Any]]:
    """One finding for each check that is FAIL or WARN; `at` is the RFC 3339 time they are created."""
    return [
        _finding(check, group, controls, target, at, strict_compat)
        for controls in run.controls
        for group in controls.groups
        for check in group.checks
        if check.state in ("FAIL", "WARN")
    ]


def batches(
    found: Sequence[dict[str, Any]], *, strict_compat: bool = False
) -> Iterator[Sequence[dict[str, Any]]]:
    """What is sent in one call each: at most as many as the API takes; strictly, all of them every time."""
    for start in range(0, len(found), BATCH):
        yield found if strict_compat else found[start : start + BATCH]


def _finding(
    check: CheckResult,
    group: GroupResult,
    controls: ControlsResult,
    target: AwsTarget,
    at: str,
    strict: bool,
) -> dict[str, Any]:
    product = f"arn:aws:securityhub:{target.region}::product/aqua-security/kube-bench"
    node = f"+{target.node}" if target.node else ""
    text = check.text[: _LIMITS["description"]]
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": f"{product}{target.account}EKSnodeID+{check.id}+{target.cluster_arn}{node}",
        "ProductArn": product,
        "GeneratorId": f"{product}/cis-kubernetes-benchmark/{controls.version}/{check.id}",
        "AwsAccountId": target.account,
        "Types": [_TYPE],
        "CreatedAt": at,
        "UpdatedAt": at,
        "Severity": {"Label": "HIGH"},
        "Confidence": 100,
        "Title": f"{check.id} {check.text}"[: _LIMITS["title"]],
        "Description": text,
        "Remediation": {"Recommendation": {"Text": check.remediation[: _LIMITS["remediation"]]}},
        "ProductFields": {
            "Reason": check.reason[: _LIMITS["value"]],
            "Actual result": check.actual[: _LIMITS["value"]],
            "Expected result": check.expected[: _LIMITS["value"]],
            "Section": f"{controls.id} {controls.text}",
            "Subsection": f"{group.id} {group.text}",
        },
        "Resources": [{"Id": target.cluster_arn, "Type": _TYPE if strict else _resource(target)}],
    }
    if not strict:
        finding["Compliance"] = {"Status": "FAILED" if check.state == "FAIL" else "WARNING"}
    return finding


def _resource(target: AwsTarget) -> str:
    arn = target.cluster_arn
    return "AwsEksCluster" if arn.startswith("arn:") and ":eks:" in arn and _CLUSTER_ARN in arn else "Other"
