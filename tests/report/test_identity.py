"""Each report says what was examined, how, what of it was not seen, and what no benchmark covers."""

import csv
import io
import json

import msgspec
import pytest

from tests.report.sample import RICH
from trueline.model.source import Source
from trueline.report import FORMATS

OPTIONS = {"asff": {"account": "123456789012", "region": "eu-west-1"}}
# Their columns or keys are those of other products, which have no place for it.
FIXED = {"rancher-csv", "rancher-csv-keys", "rancher-json", "inspector-csv"}
OPEN = [name for name in FORMATS if name not in FIXED]
UNSEEN = Source(
    name="files below /etc/cni/net.d",
    available=False,
    reason="is not mounted below the root",
    numbers=("1.1.9",),
)
ASSESSMENT = msgspec.structs.replace(RICH, sources=(UNSEEN,))
TARGET = RICH.target


def rendered(name, assessment=ASSESSMENT):
    return FORMATS[name](assessment, **OPTIONS.get(name, {}))


def plain(text):
    """Without escapes, markup and line breaks, so that a sentence can be found."""
    return "".join(text.replace("&#39;", "'").replace("\\'", "'").replace("\\", "").split())


@pytest.mark.parametrize("name", OPEN)
def test_w3_the_head_ties_the_evidence_to_cluster_node_time_and_mode(name):
    content = plain(rendered(name))
    known = (TARGET.name, TARGET.cluster_name, TARGET.cluster_uid, TARGET.machine_id, TARGET.kubernetes)
    for value in (*known, TARGET.mode, TARGET.finished_at.removesuffix("Z")):
        assert plain(value) in content, value
    begun = TARGET.collected_at.removesuffix("Z")
    assert plain(begun) in content


@pytest.mark.parametrize("name", OPEN)
def test_w1_each_report_names_its_benchmark_by_digest_and_the_tool(name):
    content = plain(rendered(name))
    assert plain(RICH.benchmark.id) in content
    assert plain(RICH.benchmark.digest) in content
    assert plain(RICH.tool.version) in content


@pytest.mark.parametrize("name", OPEN)
def test_w60_each_report_says_that_a_benchmark_is_not_all_of_security(name):
    assert plain("it does not say that the system is secure") in plain(rendered(name))
    assert plain("lie outside of it") in plain(rendered(name))


@pytest.mark.parametrize(
    "name", [name for name in OPEN if name not in ("csv", "csv-summary", "asff", "html")]
)
def test_w60_each_report_says_what_this_run_could_not_see(name):
    content = plain(rendered(name))
    if name == "json":
        (source,) = json.loads(rendered(name))["sources"]
        assert source == {**msgspec.to_builtins(UNSEEN), "numbers": ["1.1.9"]}
    elif name == "prometheus":
        assert "trueline_sources_unavailable{" in rendered(name)
    else:
        assert plain("files below /etc/cni/net.d") in content
        assert plain("is not mounted below the root") in content


def test_the_scope_of_a_document_is_shown_as_it_is_and_can_do_no_harm():
    hostile = msgspec.structs.replace(ASSESSMENT, scope="<b>x</b>\n[PASS] 9.9.9 forged\x1b[31m")
    for name in OPEN:
        content = rendered(name, hostile)
        assert "\x1b[31m" not in content
        assert name != "text" or "\n[PASS] 9.9.9" not in content
    assert "<b>x</b>" not in rendered("html", hostile)


def test_w11_a_figure_of_coverage_stands_beside_each_percentage():
    for name in ("text", "markdown", "html", "github", "junit", "sarif", "policyreport"):
        assert plain("evaluated") in plain(rendered(name)), name


def test_csv_has_the_scope_in_each_row():
    rows = list(csv.DictReader(io.StringIO(rendered("csv"))))
    assert {row["scope"] for row in rows} == {RICH.scope}
    assert {row["mode"] for row in rows} == {"job"}


@pytest.mark.parametrize("name", ["text", "markdown", "json"])
def test_w4_each_source_is_listed_as_read_or_not(name):
    read = Source(name="processes of the node", available=True)
    content = plain(rendered(name, msgspec.structs.replace(RICH, sources=(read, UNSEEN))))
    assert plain(read.name) in content
    assert plain(UNSEEN.name) in content
    assert content.index(plain(read.name)) < content.index(plain(UNSEEN.reason))
