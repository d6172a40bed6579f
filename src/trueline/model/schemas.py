"""The JSON Schemas of all documents, generated from the structs."""

from typing import Any

import msgspec

from trueline.model.benchmark import Benchmark
from trueline.model.facts import Snapshot
from trueline.model.gate import Baseline, Gate
from trueline.model.plan import Plan
from trueline.model.platform import Platform
from trueline.model.policy import Policy
from trueline.model.profile import Profile
from trueline.model.results import Assessment, Drift
from trueline.model.rule import CaseFile, RuleFile
from trueline.model.setting import Component

DOCUMENTS: dict[str, type] = {
    "snapshot": Snapshot,
    "assessment": Assessment,
    "policy": Policy,
    "baseline": Baseline,
    "gate": Gate,
    "drift": Drift,
    "hardening-plan": Plan,
    "benchmark": Benchmark,
    "profile": Profile,
    "rules": RuleFile,
    "cases": CaseFile,
    "settings": Component,
    "platform": Platform,
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of document; raises KeyError for an unknown one."""
    found = msgspec.json.schema(DOCUMENTS[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://trueline.dev/schemas/{name}.json",
        **found,
    }


def schema_text(name: str) -> str:
    """The schema as it is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema(name), order="sorted"), indent=2).decode() + "\n"
