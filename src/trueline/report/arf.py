"""ARF 1.1: the XCCDF results with the asset that they are about, as SCAP tools store and exchange them."""

import re
from typing import Final
from xml.etree import ElementTree as ET

from trueline.model.results import Assessment
from trueline.report.xccdf import SITE, Checklist
from trueline.report.xml import child, document, element_of

_SPACES: Final = {
    "xmlns:arf": "http://scap.nist.gov/schema/asset-reporting-format/1.1",
    "xmlns:core": "http://scap.nist.gov/schema/reporting-core/1.1",
    "xmlns:ai": "http://scap.nist.gov/schema/asset-identification/1.1",
    "xmlns:arfvocab": "http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#",
}
_HOSTNAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def render(assessment: Assessment) -> str:
    """One asset, the benchmark as what was requested of it, and one report."""
    checklist = Checklist(assessment)
    root = element_of("arf:asset-report-collection")
    root.attrib |= _SPACES
    relations = child(root, "core:relationships")
    for kind, to in (("createdFor", "request"), ("isAbout", "asset")):
        relation = child(relations, "core:relationship", type=f"arfvocab:{kind}", subject="report")
        child(relation, "core:ref", to)
    request = child(child(root, "arf:report-requests"), "arf:report-request", id="request")
    child(request, "arf:content").append(checklist.benchmark())
    _asset(child(child(root, "arf:assets"), "arf:asset", id="asset"), assessment.target.name)
    report = child(child(root, "arf:reports"), "arf:report", id="report")
    child(report, "arf:content").append(checklist.test_result())
    return document(root)


def _asset(parent: ET.Element, name: str) -> None:
    """Names that are no host's, such as a cluster's address, are kept as an identifier of ours."""
    device = child(parent, "ai:computing-device")
    if not _HOSTNAME.fullmatch(name):
        child(device, "ai:synthetic-id", resource=f"{SITE}/target", id=name or "unknown")
        return
    if "." in name:
        child(device, "ai:fqdn", name)
    child(device, "ai:hostname", name)
