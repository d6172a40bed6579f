"""Every fault that any case of any Linux rule shows is mended by operations, or stays for a reason."""

from collections import Counter

import pytest

from trueline.content.cases import expand
from trueline.content.load import load_cases, load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.decision import Fault
from trueline.evaluate.linux.fix import Fix, chosen, needed
from trueline.evaluate.linux.fixes import fix
from trueline.evaluate.outcomes import judge
from trueline.model.hosttest import ConfigTest, PamTest
from trueline.model.results import Outcome
from trueline.model.rule import bind


def faults() -> list[tuple[str, Fault, Fix]]:
    """Each fault of each failing case, with its fix."""
    rules, components, platform = load_rules(), load_components(), load_platform("kubeadm")
    found = []
    for name, cases in load_cases().items():
        for case in cases:
            if case.outcome != "fail" or "linux" not in case.node:
                continue
            rule = bind(rules[name], case.given)
            node, cluster, version = expand(case)
            context = Context(node, cluster, components, platform, version, 20000)
            decision = judge(rule, context)
            wrong = decision.faults if decision.outcome is Outcome.FAIL else ()
            beside = tuple(needed(rule.test))
            found += [(name, fault, fix(fault, beside, context.host)) for fault in wrong]
    return found


@pytest.fixture(scope="module")
def mended():
    return faults()


def test_each_fault_is_mended_or_has_a_reason_to_stay(mended):
    assert len(mended) > 400
    for name, fault, found in mended:
        ways = (found.operations, found.reboot, found.actions)
        assert bool(found.left) != any(ways), (name, fault, found)
        if found.left:
            assert found.left.endswith(".") or found.left.endswith(":"), (name, found.left)


def test_most_rules_have_operations(mended):
    rules = Counter(name for name, _, found in mended if found.operations)
    assert len(rules) > 200


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("partition-tmp", "layout of the disk"),
        ("sshd-user-access", "site's to say"),
        ("iptables-default-deny", "cuts the machine off"),
        ("banner-motd", "site's own"),
        ("rsyslog-installed", "site's sources"),
        ("files-without-owner", "the"),
        ("uid-unique", "person"),
    ],
)
def test_what_no_program_may_decide_stays(mended, rule, words):
    texts = [found.left for name, _, found in mended if name == rule]
    assert texts
    assert all(words in text for text in texts)


def bounds(*pairs):
    return [PamTest(services=("x",), type="auth", modules=("m",), argument="a", **{op: v}) for op, v in pairs]


@pytest.mark.parametrize(
    ("predicates", "value"),
    [
        ([("at_least", "1"), ("at_most", "3")], "3"),
        ([("at_most", "5"), ("at_least", "1")], "5"),
        ([("at_least", "14")], "14"),
        ([("equals", "0"), ("at_most", "9")], "0"),
        ([("one_of", ("8192", "16384"))], "8192"),
        ([("matches", ".")], None),
        ([("at_least", "9"), ("at_most", "3")], None),
    ],
)
def test_a_value_fulfils_all_that_is_asked_of_it(predicates, value):
    first, *beside = bounds(*predicates)
    assert chosen(first, beside) == value


def test_of_alternatives_the_first_counts():
    rule = load_rules()["faillock-unlock-time"]
    leaves = list(needed(bind(rule, {}).test))
    assert {leaf.operator for leaf in leaves} == {"at_least"}
    assert not any(isinstance(leaf, ConfigTest) for leaf in leaves)
