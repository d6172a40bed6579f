"""What is odd in a policy is said before it is used."""

from datetime import date

import pytest

from tests.policies import ON, PROOF, entry, policy
from trueline.cli.policies import catalog_of
from trueline.policy.problems import critical, defects, misnomers
from trueline.policy.wording import weak

CATALOG = catalog_of(["cis-1.12"])


def said(*waivers, on=ON, **fields):
    whole = policy(*waivers, **fields)
    found = [*defects(whole, whole.rules, on), *misnomers(whole, CATALOG)]
    return [one for one in found if "meaning" not in one.message]


def messages(*waivers, **fields):
    return [one.message for one in said(*waivers, **fields)]


def test_a_sound_entry_needs_no_word():
    assert messages(entry(check="1.2.5", approver="x", expires="2026-07-20")) == []


@pytest.mark.parametrize(
    "text",
    [
        "someday",
        "internal network",
        "cannot check",
        "N/A",
        "we will do it someday",
        "it is on the internal network",
        "we cannot check this",
        "low risk, accepted",
    ],
)
def test_w32_weak_text_is_flagged(text):
    assert list(weak("The reason", text))
    assert any("The reason" in message for message in messages(entry(reason=text)))
    assert any("control" in message for message in messages(entry(compensating_control=text)))


@pytest.mark.parametrize(
    "text",
    [
        "kubelets get new certificates with the image of the next quarter",
        "The legacy job of the billing team needs anonymous health checks until it moves to v2 in May",
        "Only the operators' internal network 10.2.0.0/16 reaches port 10257, by rule fw-118",
    ],
)
def test_w32_words_that_tell_something_are_fine(text):
    assert not list(weak("The reason", text))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": None}, "no scope"),
        ({"scope": {"clusters": ["*"]}}, "names every cluster"),
        ({"check": "1.2"}, "a section of cis-1.12"),
        ({"check": "file-permissions-strict"}, "has no recommendation or rule"),
        ({"check": "9.9.9"}, "has no recommendation or rule '9.9.9'"),
        ({"benchmark": "cis-1.99"}, "there is no benchmark 'cis-1.99'"),
        ({"expires": "2026-05-31"}, "expired on 2026-05-31"),
        ({"expires": "2026-06-10"}, "expires in 9 days"),
    ],
)
def test_w33_what_is_over_broad_unknown_or_outdated_is_said(changes, words):
    found = said(entry(**changes))
    assert any(words in one.message for one in found)
    assert all(one.hint and not one.fatal for one in found)


def test_w33_a_rule_of_many_recommendations_is_over_broad():
    linux = catalog_of(["cis-debian-12"])
    (benchmark,) = linux.benchmarks.values()
    uses = [rule for _, one in benchmark.recommendations() for rule in one.rules]
    broad = max(uses, key=uses.count)
    whole = policy(entry(check=broad, benchmark="cis-debian-12"))
    found = [one.message for one in misnomers(whole, linux)]
    assert any("over-broad" in one for one in found) is (uses.count(broad) > 3)


def test_near_words_are_proposed():
    (found,) = said(entry(check="apiserver-profiling-disable", expires="2026-07-20"))
    assert "apiserver-profiling-disabled" in found.hint


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"owners": {"kube-apisrver": "a"}}, "no component 'kube-apisrver'"),
        ({"severities": {"no-such-rule": "low"}}, "no rule 'no-such-rule'"),
        ({"priorities": {"no-such-rule": "low"}}, "no rule, component or number"),
    ],
)
def test_words_of_maps_that_mean_nothing_are_said(fields, words):
    assert any(words in one for one in messages(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"owners": {"kube-*": "a", "*": "b", "provider": "c", "rbac": "d"}},
        {"severities": {"apiserver-profiling-disabled": "low"}},
        {"priorities": {"apiserver-profiling-disabled": "low", "kubelet": "high", "1.2.5": "low"}},
    ],
)
def test_words_of_maps_that_mean_something_are_fine(fields):
    assert messages(**fields) == []


CRITICAL = {"check": "1.2.1", "approver": None}


@pytest.mark.parametrize(
    ("changes", "fields", "refused"),
    [
        ({}, {}, True),
        ({"approver": "  "}, {}, True),
        ({"approver": "ciso"}, {}, False),
        ({"class": "informational"}, {}, True),
        ({"class": "provider-owned", "evidence": PROOF}, {}, False),
        ({"check": "1.2.15"}, {}, False),
        ({"check": "1.2.15"}, {"severities": {"apiserver-profiling-disabled": "critical"}}, True),
        ({"check": "1.2.15"}, {"priorities": {"kube-apiserver": "critical"}}, True),
        ({}, {"priorities": {"1.2.1": "low"}}, False),
    ],
)
def test_w38_what_is_critical_needs_an_approver(changes, fields, refused):
    whole = policy(entry(**{**CRITICAL, **changes}), **fields)
    assert [one.fatal for one in critical(whole, whole, CATALOG)] == [True] * refused


def test_w38_lowering_what_is_critical_is_said():
    (found,) = said(severities={"apiserver-anonymous-auth-disabled": "low"})
    assert "needs no approver any more" in found.message
    assert not found.fatal


def test_w35_lint_gives_the_meaning_to_record_and_notes_another():
    (one,) = CATALOG.benchmarks["cis-1.12"].recommendations()[30:31]
    now = CATALOG.meaning(one[1])
    whole = policy(entry(check=one[1].number), entry(id="B", check=one[1].number, meaning="0" * 16))
    found = [defect for defect in misnomers(whole, CATALOG) if "meaning" in defect.message]
    assert found[0].hint == f"Add `meaning: {now}`."
    assert found[1].place == ("waivers", "1", "meaning")
    assert not list(misnomers(policy(entry(check=one[1].number, meaning=now)), CATALOG))


def test_reviews_that_lapsed_are_said():
    review = {"check": "1.2.5", "benchmark": "cis-1.12", "reviewer": "ann", "note": "n", "outcome": "pass"}
    found = messages(reviews=[{**review, "date": "2026-01-01", "valid_until": "2026-05-31"}])
    assert found == ["the review of 1.2.5 lapsed on 2026-05-31"]


def test_the_day_decides_what_is_outdated():
    assert not any("expired" in one for one in messages(entry(), on=date(2026, 6, 30)))
    assert any("expired" in one for one in messages(entry(), on=date(2026, 7, 1)))


# W18: what must be mended first, by the rules that decide it.
PRIORITIES = {
    "apiserver-anonymous-auth-disabled": "critical",
    "apiserver-authorization-not-always-allow": "critical",
    "apiserver-authorization-has-rbac": "critical",
    "apiserver-client-ca-set": "critical",
    "etcd-server-certificate-set": "critical",
    "etcd-client-certificates-required": "critical",
    "etcd-peer-certificate-set": "critical",
    "etcd-data-dir-mode": "critical",
    "etcd-data-dir-owner": "critical",
    "kubelet-anonymous-auth-disabled": "high",
    "kubelet-read-only-port-disabled": "high",
    "scheduler-bind-address-local": "medium",
    "scheduler-profiling-disabled": "medium",
    "controller-manager-bind-address-local": "medium",
    "controller-manager-profiling-disabled": "medium",
}


@pytest.mark.parametrize(("rule", "priority"), PRIORITIES.items())
def test_w18_default_priorities(rule, priority):
    from tests.policies import HEAD, TARGET, result
    from trueline.policy.apply import apply_policy
    from trueline.policy.triggers import Run

    given = result(rule=rule, severity=CATALOG.rules[rule].severity, component=CATALOG.rules[rule].component)
    judged = apply_policy([given], policy(), Run(benchmark=HEAD, target=TARGET, on=ON))
    assert judged.results[0].priority == priority


def test_w15_each_rule_has_a_component():
    assert all(rule.component for rule in CATALOG.rules.values())
