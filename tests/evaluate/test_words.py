"""How a rule is checked is told for every rule, names what is read, and says what it must be."""

import pytest

from trueline.content.load import load_components, load_platform, load_rules
from trueline.evaluate.kube import FINDS
from trueline.evaluate.words import SEARCHES, how_checked
from trueline.model.rule import bind

RULES = load_rules()


def told(rule: str, **given: str) -> str:
    return how_checked([bind(RULES[rule], given)], load_components(), load_platform("kubeadm"))


@pytest.mark.parametrize("rule", RULES)
def test_d8_each_rule_says_how_it_is_checked(rule: str) -> None:
    words = told(rule)
    assert words.strip()
    assert all("{" + name + "}" not in words for name in RULES[rule].parameters), words


def test_each_search_of_the_api_has_words() -> None:
    assert set(SEARCHES) == set(FINDS)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (
            "etcd-peer-auto-tls-disabled",
            ["--peer-auto-tls", "peer-transport-security.auto-tls", "is false"],
        ),
        ("ip-forwarding-disabled", ["net.ipv4.ip_forward is 0", "/proc/sys"]),
        ("sshd-client-alive", ["ClientAliveInterval", "at least 1", "at most 900"]),
        ("access-etc-motd", ["/etc/motd belongs to root:root", "no bit outside 644"]),
        ("partition-var", ["/var is a file system of its own", "fstab"]),
        ("ip6tables-loopback", ["Applies only where a firewall program"]),
    ],
)
def test_it_names_what_is_read_and_what_it_must_be(rule: str, parts: list[str]) -> None:
    words = told(rule)
    for part in parts:
        assert part in words, words


def test_what_a_person_decides_says_what_to_look_at() -> None:
    manual = next(rule for rule in RULES.values() if rule.test is None)
    assert told(manual.id) == manual.look_at


def test_parameters_of_the_recommendation_are_told() -> None:
    assert "at most 42" in told("password-max-days", days="42")
