"""What rules make of a cloud's answer, and what recommendations make of it where the provider owns them."""

import pytest

from tests.clouds import EKS, GKE
from trueline.content.load import load_components, load_platform, load_rules
from trueline.evaluate.cloud import judge_cloud
from trueline.evaluate.context import Context
from trueline.evaluate.outcomes import evaluate
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.cloud import CloudDump
from trueline.model.cloudtest import CloudTest
from trueline.model.results import Outcome


def dump(data, kind="eks-cluster", source="eks.json"):
    return CloudDump(kind=kind, data=data, source=source)


def judge(data, path, type_="bool", **given):
    given = given or {"equals": "true"}
    return judge_cloud(CloudTest(kind="eks-cluster", path=path, type=type_, **given), [dump(data)])


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(True, "pass"), ("true", "pass"), (False, "fail"), (None, "unknown"), ("maybe", "error"), ([], "error")],
)
def test_a_value_is_read_as_its_type(value, outcome):
    assert judge({"a": {"b": value}}, "a.b").outcome.value == outcome


@pytest.mark.parametrize("data", [{}, {"a": None}, {"a": {}}])
@pytest.mark.parametrize("absent", ["pass", "fail", "unknown", "notapplicable"])
def test_a_missing_value_means_what_the_rule_says(data, absent):
    assert judge(data, "a.b", equals="true", absent=absent).outcome.value == absent


@pytest.mark.parametrize("data", [{"a": 7}, {"a": []}, {"a": "text"}, [], "text", None])
def test_another_shape_is_an_error_and_says_where(data):
    decision = judge(data, "a.b")
    assert decision.outcome is Outcome.ERROR
    assert "eks.json: a.b" in decision.reason


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ([{"on": True}, {"on": True}], "pass"),
        ([{"on": True}, {"on": False}], "fail"),
        ([{"on": True}, {}], "unknown"),
        ([{"on": False}, {}], "fail"),
        ([{"on": True}, None], "unknown"),
        ([], "unknown"),
        ([7], "error"),
        ({}, "error"),
    ],
)
def test_all_members_must_hold(members, outcome):
    assert judge({"pools": members}, "pools[*].on").outcome.value == outcome


def test_evidence_names_file_and_place():
    (evidence,) = judge({"pools": [{"on": False}]}, "pools[*].on").evidence
    assert (evidence.fact, evidence.source) == ("pools[*].on", "eks.json: pools[0].on")
    assert (evidence.observed, evidence.expected) == ("false", "true")


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ([{"on": True, "types": ["a", "b"]}], "pass"),
        ([{"on": True, "types": ["a"]}, {"on": True, "types": ["b"]}], "pass"),
        ([{"on": True, "types": ["a"]}, {"on": False, "types": ["b"]}], "fail"),
        ([{"on": "true", "types": ["a", "b"]}], "pass"),
        ([{"on": False, "types": ["a", "b"]}], "unknown"),
        ([{"on": True, "types": [1, 2]}], "error"),
        ([{"on": True, "types": []}], "fail"),
    ],
)
def test_lists_of_the_chosen_members_are_one_list(entries, outcome):
    found = judge({"logs": entries}, "logs[on=true].types", "list", has=("a", "b"))
    assert found.outcome.value == outcome


def test_every_dump_of_the_kind_counts_and_only_those():
    test = CloudTest(kind="eks-cluster", path="a", type="bool", equals="true")
    good, bad, other = dump({"a": True}), dump({"a": False}), dump({"a": False}, "gke-cluster")
    assert judge_cloud(test, [good, other]).outcome is Outcome.PASS
    assert judge_cloud(test, [good, bad]).outcome is Outcome.FAIL
    assert judge_cloud(test, [other]).outcome is Outcome.NOTAPPLICABLE


@pytest.mark.parametrize("path", ["", "a..b", "a[", "a[x]", "a[*].", "a b", "a[*][*]", ".a"])
def test_a_path_is_checked_when_it_is_read(path):
    with pytest.raises(ValueError, match="no path"):
        CloudTest(kind="eks-cluster", path=path, type="bool", equals="true")


def result(*rules, owner="operator", cloud=()):
    entry = Recommendation(
        number="1", rules={rule: {} for rule in rules}, scored=True, automated=True, owner=owner
    )
    section = Section(number="1", title="t", target="managedservices", recommendations=(entry,))
    benchmark = Benchmark(id="b", title="b", version="1", sections=(section,))
    context = Context(None, None, load_components(), load_platform("eks"), "1.33", cloud=tuple(cloud))
    return evaluate(benchmark, load_rules(), context)[0]


PRIVATE, LOGS = "managed-endpoint-private", "managed-audit-logs-enabled"


@pytest.mark.parametrize("rule", [PRIVATE, LOGS])
@pytest.mark.parametrize("owner", ["operator", "provider"])
def test_a15_without_an_answer_a_person_has_to_look(rule, owner):
    for cloud in ((), (dump({"masterAuth": {}}, "aks-cluster"),) if rule == LOGS else ()):
        given = result(rule, owner=owner, cloud=cloud)
        assert given.outcome is Outcome.NOTCHECKED
        assert load_rules()[rule].look_at in given.reason
        assert given.disposition == ("provider-owned" if owner == "provider" else "required")
        assert not given.evidence


@pytest.mark.parametrize("owner", ["operator", "provider"])
@pytest.mark.parametrize(("public", "outcome"), [(True, Outcome.FAIL), (False, Outcome.PASS)])
def test_a15_an_answer_decides_also_what_the_provider_owns(owner, public, outcome):
    access = {"endpointPrivateAccess": True, "endpointPublicAccess": public}
    given = result(PRIVATE, owner=owner, cloud=[dump({"cluster": {"resourcesVpcConfig": access}})])
    assert given.outcome is outcome
    assert given.disposition == "required"
    assert given.evidence[1].source == "eks.json: cluster.resourcesVpcConfig.endpointPublicAccess"


def test_an_answer_that_tells_half_never_passes():
    given = result(
        "managed-flow-logs-on",
        cloud=[dump(GKE | {"networkConfig": {"enableIntraNodeVisibility": True}}, "gke-cluster")],
    )
    assert given.outcome is Outcome.NOTCHECKED
    assert given.reason == load_rules()["managed-flow-logs-on"].look_at
    assert given.evidence[0].observed == "true"


def test_a_failure_says_what_to_change():
    given = result(LOGS, cloud=[dump(EKS)])
    assert given.outcome is Outcome.FAIL
    assert "includes api, audit" in given.reason
    assert given.remediation == load_rules()[LOGS].remediation
