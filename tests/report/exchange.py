"""What readers of the exchange formats accept, written down from their published schemas and sources."""

# dojo/tools/generic/json_parser.py of DefectDojo refuses a finding with any other key.
DEFECTDOJO_KEYS = {
    *(
        "title",
        "severity",
        "description",
        "date",
        "cwe",
        "cve",
        "cvssv3",
        "cvssv3_score",
        "mitigation",
        "impact",
    ),
    *("steps_to_reproduce", "severity_justification", "references", "active", "verified", "false_p"),
    *("out_of_scope", "risk_accepted", "under_review", "is_mitigated", "thread_id", "mitigated", "line"),
    *("numerical_severity", "param", "payload", "file_path", "component_name", "component_version"),
    *("static_finding", "dynamic_finding", "scanner_confidence", "unique_id_from_tool", "vuln_id_from_tool"),
    *("sast_source_object", "sast_sink_object", "sast_source_line", "sast_source_file_path", "service"),
    *("nb_occurences", "publish_date", "planned_remediation_date", "planned_remediation_version"),
    *("effort_for_fixing", "tags", "endpoints", "files"),
}
DEFECTDOJO_LENGTHS = {
    "title": 511,
    "unique_id_from_tool": 500,
    "vuln_id_from_tool": 500,
    "component_name": 500,
    "component_version": 100,
    "service": 200,
    "file_path": 4000,
}

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_RESULT = {
    "type": "object",
    "required": ["policy"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("category", "message", "policy", "rule", "source"), _TEXT),
        "properties": {"type": "object", "additionalProperties": _TEXT},
        "result": {"enum": ["pass", "fail", "warn", "error", "skip"]},
        "scored": {"type": "boolean"},
        "severity": {"enum": ["high", "low", "medium"]},
        "timestamp": {
            "type": "object",
            "required": ["nanos", "seconds"],
            "additionalProperties": False,
            "properties": {"nanos": {"type": "integer"}, "seconds": {"type": "integer"}},
        },
    },
}
# The part of the definition of wgpolicyk8s.io/v1alpha2 that is used; it prunes what it doesn't know.
CLUSTER_POLICY_REPORT = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "wgpolicyk8s.io/v1alpha2"},
        "kind": {"const": "ClusterPolicyReport"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {
                    "type": "string",
                    "maxLength": 253,
                    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
                },
                "annotations": {"type": "object", "additionalProperties": _TEXT},
            },
        },
        "scope": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(("apiVersion", "kind", "name"), _TEXT),
        },
        "summary": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(("pass", "fail", "warn", "error", "skip"), _COUNT),
        },
        "results": {"type": "array", "items": _RESULT},
    },
}

_MESSAGE = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "minLength": 1}, "markdown": _TEXT},
}
_INDEX = {"type": "integer", "minimum": 0}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_BAG = {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True, "items": _TEXT}}}


def _closed(required: str, **properties) -> dict:
    return {
        "type": "object",
        "required": required.split(),
        "additionalProperties": False,
        "properties": properties,
    }


def _list(items: dict, **more) -> dict:
    return {"type": "array", "items": items, **more}


# The part of SARIF 2.1.0 that is used; like the whole, it refuses what it doesn't know.
_LOCATION = _closed(
    "logicalLocations",
    physicalLocation=_closed(
        "artifactLocation",
        artifactLocation=_closed("uri", uri={"type": "string", "pattern": r"^[A-Za-z0-9._~%/-]+$"}),
        region=_closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=_list(_closed("name", name=_TEXT, fullyQualifiedName=_TEXT, kind=_TEXT)),
)
_SARIF_RULE = _closed(
    "id",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_closed("level", level=_LEVEL),
    properties=_BAG,
)
_SARIF_RESULT = _closed(
    "message",
    ruleId=_TEXT,
    ruleIndex=_INDEX,
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
    suppressions=_list(
        _closed(
            "kind",
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=_TEXT,
        )
    ),
    properties=_BAG,
)
SARIF = _closed(
    "version runs",
    **{"$schema": _TEXT},
    version={"const": "2.1.0"},
    runs=_list(
        _closed(
            "tool",
            tool=_closed(
                "driver",
                driver=_closed(
                    "name",
                    name=_TEXT,
                    version=_TEXT,
                    informationUri=_TEXT,
                    rules=_list(_SARIF_RULE, uniqueItems=True),
                ),
            ),
            automationDetails=_closed("", id=_TEXT),
            invocations=_list(
                _closed(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    startTimeUtc=_TIME,
                    endTimeUtc=_TIME,
                    toolExecutionNotifications=_list(_closed("message", level=_LEVEL, message=_MESSAGE)),
                )
            ),
            results=_list(_SARIF_RESULT),
            properties=_BAG,
        ),
        minItems=1,
    ),
)
