"""Rancher's report as JSON, as `spec.reportJSON` of a ClusterScanReport holds it."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from trueline.model.results import Assessment, Outcome, Result
from trueline.report.exchange import block, document, observed, words
from trueline.report.rancher import COUNTED, NODE_TYPES, Check, checks
from trueline.report.safe import visible


def render(assessment: Assessment) -> str:
    """Groups and checks by their numbers as text; what was found on nodes is packed, as Rancher has it."""
    found = list(checks(assessment))
    counts = Counter(check.verdict.counted for check in found)
    groups = _groups(found)
    titles = {head.number: head.title for head in assessment.benchmark.sections}
    return document(
        {
            "version": words(assessment.benchmark.id),
            "total": len(found),
            **{state: counts[state] for state in COUNTED},
            "nodes": _nodes(assessment),
            "results": [
                {
                    "id": visible(number),
                    "description": visible(titles.get(number, "")),
                    "checks": [check_of(check) for check in groups[number]],
                }
                for number in sorted(groups)
            ],
            "actual_value_map_data": _packed(
                [
                    {
                        "id": visible(number),
                        "description": visible(titles.get(number, "")),
                        "actual_value_checks": [_actual(check, assessment) for check in groups[number]],
                    }
                    for number in sorted(groups)
                ]
            ),
        }
    )


def check_of(check: Check) -> dict[str, Any]:
    """A check as the report has it; `nodes` only where not all of them say the same."""
    result, reached = check.result, check.verdict
    found: dict[str, Any] = {
        "id": visible(result.number),
        "description": visible(result.title),
        "remediation": block(check.remediation),
        "state": reached.state,
        "node_type": [check.node_type],
    }
    if reached.state == "mixed" and reached.nodes:
        found["nodes"] = [visible(name) for name in reached.nodes]
    return {
        **found,
        "audit": visible(result.evidence[0].source) if result.evidence else "",
        "audit_config": "",
        "test_info": [block(result.reason)] if result.reason else [],
        "commands": None,
        "config_commands": None,
        "actual_value_per_node": None,
        "expected_result": "; ".join(visible(one.expected) for one in result.evidence),
        "test_type": _type(result),
        "scored": result.scored,
    }


def _type(result: Result) -> str:
    if result.outcome in {Outcome.NOTAPPLICABLE, Outcome.NOTSELECTED}:
        return "skip"
    return "" if result.automated else "manual"


def _groups(found: Iterable[Check]) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = {}
    for check in found:
        groups.setdefault(check.result.section, []).append(check)
    return {number: sorted(group, key=lambda one: one.result.number) for number, group in groups.items()}


def _nodes(assessment: Assessment) -> dict[str, list[str]]:
    """Names by type of node; of a single target its own, by the roles that it has."""
    target = assessment.target
    listed = [(head.name, head.roles) for head in assessment.nodes]
    if not listed and target.kind == "node":
        listed = [(target.name, target.roles)]
    return {
        kind: [visible(name) for name, roles in listed if role in roles] for role, kind in NODE_TYPES.items()
    }


def _actual(check: Check, assessment: Assessment) -> dict[str, Any]:
    """What was found: of a fleet on the node whose evidence was kept."""
    result = check.result
    spread = result.spread
    name = assessment.target.name
    if spread is not None:
        name = spread.nodes.get(result.outcome, ("",))[0]
    values = {visible(name): "\n".join(observed(result))} if name and result.evidence else {}
    return {
        "id": visible(result.number),
        "description": visible(result.title),
        "actual_value_node_map": values,
    }


def _packed(content: Any) -> str:
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(raw, mtime=0)).decode()
