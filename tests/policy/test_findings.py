"""The findings register: what is in it, what belongs together, who has to mend what, and what is missing."""

import msgspec
import pytest

from tests.report.sample import assessment, evidence, result
from trueline.model.findings import NO_OWNER, Finding, Note
from trueline.model.register import Entry, Review
from trueline.model.results import DRIFT_SCHEMA, Drift, DriftItem, Outcome, RunHead, Spread, finding_key
from trueline.policy.findings import findings

LASTING = "Make the change under apiServer.extraArgs.\nThe kubelet starts the pod anew."


def server(number, title, observed, expected, **fields):
    return result(
        number, title, "master", "1.2", "fail", component="kube-apiserver", reason=f"{title}: {observed}.",
        evidence=(evidence(title, observed, expected),), remediation=f"Set {title}.\n{LASTING}",
        lasting=LASTING, **{"owner": "platform", **fields},
    )  # fmt: skip


def kubelet_file(**fields):
    return result(
        "4.1.1", "Mode of the unit", "node", "4.1", "fail", component="kubelet", reason="mode 644",
        evidence=(evidence("/lib/kubelet.service", "mode 644", "mode 600", "/lib/kubelet.service"),),
        **fields,
    )  # fmt: skip


THREE = [
    server("1.2.1", "anonymous-auth", "true", "false", severity="critical", priority="critical"),
    server("1.2.2", "token-auth-file", "/t", "not set", priority="high"),
    server("1.2.15", "profiling", "true", "false", priority="low", decision="remediate"),
]


def test_w14_a_row_without_check_or_benchmark_is_refused():
    row = findings(assessment(THREE)).findings[0]
    for field in ("number", "benchmark"):
        with pytest.raises(ValueError, match="number of its check"):
            msgspec.structs.replace(row, **{field: ""})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            msgspec.json.encode(row).replace(b'"number":"1.2.1"', b'"number":""'), type=Finding
        )


def test_w16_what_nobody_owns_is_listed_as_such():
    found = findings(assessment([*THREE, kubelet_file()]))
    assert found.unowned == ("4.1.1",)
    assert [queue.owner for queue in found.queues] == ["platform", NO_OWNER]


def test_w19_three_failures_of_the_api_server_are_one_group_with_three_members():
    found = findings(assessment([*THREE, kubelet_file(owner="nodes")]))
    assert [(group.component, group.numbers) for group in found.groups] == [
        ("kube-apiserver", ("1.2.1", "1.2.2", "1.2.15")),
        ("kubelet", ("4.1.1",)),
    ]
    assert found.groups[0].priority == "critical"


def test_w19_nodes_that_differ_are_one_finding_with_both():
    spread = Spread(nodes={"pass": ("a",), "fail": ("b", "c")}, missing=("d",))
    found = findings(assessment([kubelet_file(spread=spread)]))
    assert (found.findings[0].failed, found.findings[0].missing) == (("b", "c"), ("d",))
    assert found.groups[0].nodes == ("b", "c")


def test_w24_a_note_says_what_was_seen_what_to_do_where_it_lasts_and_the_way_back():
    (queue,) = findings(assessment(THREE)).queues
    note = queue.notes[0]
    assert (note.number, note.benchmark, note.owner) == ("1.2.1", assessment(THREE).benchmark.id, "platform")
    assert note.observed == "anonymous-auth: true"
    assert note.recommended == "anonymous-auth: false"
    assert note.source == "Make the change under apiServer.extraArgs."
    assert "anonymous-auth to true" in note.rollback
    assert [one.number for one in queue.notes] == ["1.2.1", "1.2.2", "1.2.15"]  # the most urgent first


@pytest.mark.parametrize("field", ["source", "rollback"])
def test_w24_a_note_without_source_or_way_back_is_refused(field):
    note = findings(assessment(THREE)).queues[0].notes[0]
    with pytest.raises(ValueError, match=field):
        msgspec.structs.replace(note, **{field: " "})
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(note), field: ""}, Note)


def test_each_finding_of_the_library_has_a_source_and_a_way_back():
    bare = result("5.1.1", "Roles", "policies", "5.1", "fail", component="rbac", reason="role x is too wide")
    (queue,) = findings(assessment([bare])).queues
    assert "manifest, chart or operator" in queue.notes[0].source
    assert queue.notes[0].rollback


def test_an_exception_stays_in_the_register_and_leaves_the_queue():
    entry = Entry(
        id="W-1",
        check="1.2.1",
        benchmark="b",
        kind="accepted-exception",
        state="matched",
        expires="2027-01-31",
    )
    waived = msgspec.structs.replace(THREE[0], disposition="waived", waiver="W-1", decision="accept")
    found = findings(msgspec.structs.replace(assessment([waived, *THREE[1:]]), entries=(entry,)))
    row = found.findings[0]
    assert (row.outcome, row.disposition, row.waiver, row.expires) == (
        Outcome.FAIL,
        "waived",
        "W-1",
        "2027-01-31",
    )
    assert "1.2.1" not in [note.number for queue in found.queues for note in queue.notes]


def test_w26_a_finding_that_came_back_says_so():
    base = assessment(THREE)
    key = finding_key(base.target, base.benchmark.id, THREE[0])
    item = DriftItem(
        key=key, number="1.2.1", target="master", title="", change="regressed", before="pass", after="fail",
        hint="The template may still hold it.",
    )  # fmt: skip
    head = RunHead(benchmark=base.benchmark.id, benchmark_digest="", target="")
    drift = Drift(schema=DRIFT_SCHEMA, before=head, after=head, items=(item,))
    row = findings(msgspec.structs.replace(base, drift=drift)).findings[0]
    assert (row.change, row.hint) == ("regressed", "The template may still hold it.")


MANUAL = result("3.1.1", "People", "controlplane", "3.1", "notchecked", automated=False, owner="iam")
REVIEW = Review(reviewer="kim", reviewed_on="2026-01-01", outcome="pass", note="", valid_until="2027-01-01")


@pytest.mark.parametrize(
    ("one", "gaps"),
    [
        (THREE[0], ["Nobody decided what to do."]),
        (THREE[2], []),
        (msgspec.structs.replace(THREE[2], owner=""), ["Nobody owns it."]),
        (msgspec.structs.replace(THREE[0], decision="accept"), ["It was accepted, but no exception holds."]),
        (msgspec.structs.replace(THREE[0], decision="accept", disposition="waived"), []),
        (msgspec.structs.replace(THREE[0], outcome=Outcome.ERROR), ["It was not inspected."]),
        (MANUAL, ["No valid review of a person is recorded."]),
        (msgspec.structs.replace(MANUAL, review=REVIEW), []),
        (
            msgspec.structs.replace(MANUAL, review=msgspec.structs.replace(REVIEW, state="lapsed")),
            ["No valid review of a person is recorded."],
        ),
    ],
)
def test_w59_a_missing_step_is_a_gap(one, gaps):
    assert list(findings(assessment([one])).findings[0].gaps) == gaps


def test_what_passed_or_does_not_apply_is_no_finding():
    fine = [result("1", "a", "master", "1", "pass"), result("2", "b", "master", "1", "notapplicable")]
    assert findings(assessment(fine)).findings == ()
