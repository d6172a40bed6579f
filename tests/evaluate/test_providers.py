"""What a provider runs gets a verdict only where it can be seen; else the provider is to be asked."""

import pytest

from trueline.content.load import load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.outcomes import evaluate
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import NodeFacts, Process, Unavailable
from trueline.model.results import Outcome

TESTED, LOOKED_AT = "apiserver-profiling-disabled", "apiserver-request-timeout-appropriate"
KUBELET = "kubelet-anonymous-auth-disabled"


def process(component, *arguments, pid=7):
    return Process(
        pid=pid, component=component, executable=f"/usr/bin/{component}", uid=0, arguments=arguments
    )


def result(node, *rules, owner="provider", cluster=None, **fields):
    entry = Recommendation(
        number="1", rules={rule: {} for rule in rules}, scored=True, automated=True, owner=owner, **fields
    )
    section = Section(number="1", title="t", target="master", recommendations=(entry,))
    benchmark = Benchmark(id="b", title="b", version="1", sections=(section,))
    context = Context(node, cluster, load_components(), load_platform("kubeadm"), "1.30")
    return evaluate(benchmark, load_rules(), context)[0]


WORKER = NodeFacts(hostname="n", processes=(process("kubelet"),))
CONTROL_PLANE = NodeFacts(hostname="n", processes=(process("kube-apiserver", "--profiling=false"),))
LOOSE = NodeFacts(hostname="n", processes=(process("kube-apiserver"),))
BLIND = NodeFacts(hostname="n", processes=Unavailable(kind="denied", reason="/proc is closed"))


@pytest.mark.parametrize("rule", [TESTED, LOOKED_AT])
@pytest.mark.parametrize("node", [WORKER, None])
def test_a15_what_the_provider_hides_is_neither_pass_nor_fail(node, rule):
    given = result(node, rule, cluster=ClusterFacts(version="v1.30.0"))
    assert given.outcome is Outcome.NOTCHECKED
    assert given.disposition == "provider-owned"
    assert not given.evidence
    assert "Ask the provider" in given.reason
    assert "provider's answer" in given.remediation


def test_a15_the_reason_says_what_to_ask_for():
    rules = load_rules()
    assert rules[TESTED].title in result(WORKER, TESTED).reason
    assert rules[LOOKED_AT].look_at in result(WORKER, LOOKED_AT).reason


@pytest.mark.parametrize(
    ("node", "outcome"),
    [(CONTROL_PLANE, Outcome.PASS), (LOOSE, Outcome.FAIL), (BLIND, Outcome.ERROR)],
)
def test_a15_a_dedicated_control_plane_is_judged(node, outcome):
    given = result(node, TESTED)
    assert given.outcome is outcome
    assert given.disposition == "required"


def test_one_visible_component_is_enough_to_judge():
    given = result(WORKER, TESTED, KUBELET)
    assert given.outcome is Outcome.FAIL
    assert given.disposition == "required"


def test_what_is_the_operators_own_is_never_the_providers():
    given = result(WORKER, TESTED, owner="operator")
    assert given.outcome is Outcome.NOTAPPLICABLE
    assert given.disposition == "required"


def test_the_severity_of_the_document_goes_before_that_of_the_rule():
    assert result(LOOSE, TESTED).severity == load_rules()[TESTED].severity == "medium"
    assert result(LOOSE, TESTED, severity="low").severity == "low"
