"""Searches are called by name with arguments that are checked; what they need is known beforehand."""

from typing import get_args

import pytest

from tests.evaluate.kube.kube_kit import cluster
from trueline.content.load import load_rules
from trueline.evaluate.kube import FINDS, Index, needs, search
from trueline.model.cluster import ResourceName

WRONG = [
    ("no-such-search", {}),
    ("grants", {}),
    ("grants", {"verbs": ("get",)}),
    ("grants", {"verbs": (), "resources": ("secrets",)}),
    ("grants", {"verbs": ("get",), "resources": ("secrets",), "named": ("yes",)}),
    ("cluster-admin", {"verbs": ("get",)}),
    ("admitted", {"control": ("no-such-control",)}),
    ("running", {}),
]


@pytest.mark.parametrize(("find", "given"), WRONG)
def test_wrong_calls_are_errors(find, given):
    with pytest.raises(ValueError, match=find):
        search(find, given, Index(cluster()))
    with pytest.raises(ValueError, match=find):
        needs(find, given)


def test_needs_are_lists_that_collectors_know():
    assert all(set(spec.needs) <= set(get_args(ResourceName)) and spec.needs for spec in FINDS.values())


def kube_tests():
    for rule in load_rules().values():
        parts = [rule.test, *((rule.test.all or ()) if rule.test else ())]
        yield from ((rule.id, part.kube) for part in parts if part and part.kube)
        if rule.show:
            yield rule.id, rule.show


@pytest.mark.parametrize(
    ("name", "test"), [pytest.param(*one, id=f"{one[0]}-{n}") for n, one in enumerate(kube_tests())]
)
def test_the_rules_call_them_right(name, test):
    found = search(test.find, test.given, Index(cluster()))
    assert found.findings == ()
    assert found.undecided or test == load_rules()[name].show
    assert needs(test.find, test.given)


def test_every_search_is_used_or_shown_by_a_rule():
    assert set(FINDS) == {test.find for _, test in kube_tests()}


def test_a_cluster_that_lists_nothing_passes_no_rule():
    for name, test in kube_tests():
        if load_rules()[name].test:
            assert search(test.find, test.given, Index(cluster())).undecided, name


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.34", (1, 34)),
        ("v1.34.2", (1, 34)),
        ("1.9+", (1, 9)),
        ("v1.30.4-eks-abc", (1, 30)),
        ("what", (1, 20)),
    ],
)
def test_the_version_that_is_given_goes_before_the_cluster_s_own(version, expected):
    assert Index(cluster(version="v1.20.3"), version=version).version == expected
