"""Parameters of rules."""

import msgspec
import pytest

from trueline.model.rule import Rule, bind

RULE = msgspec.convert(
    {
        "id": "demo-mode",
        "title": "Mode is {mode}",
        "why": "Because {mode}.",
        "severity": "low",
        "component": "kubelet",
        "parameters": {"mode": "600", "wanted": "a,b"},
        "test": {
            "all": [
                {"file": {"name": "admin", "mode_at_most": "$mode"}},
                {"not": {"setting": {"name": "kubelet/x", "has": ["$wanted", "c"]}}},
            ]
        },
    },
    Rule,
)


def test_parameters_go_into_texts_and_tests():
    bound = bind(RULE, {"mode": "644"})
    assert bound.title == "Mode is 644"
    assert bound.why == "Because 644."
    assert bound.test.all[0].file.mode_at_most == "644"
    assert bound.test.all[1].not_.setting.has == ("a", "b", "c")


def test_own_values_hold_where_none_is_given():
    assert bind(RULE, {}).test.all[0].file.mode_at_most == "600"


def test_unknown_parameters_are_refused():
    with pytest.raises(ValueError, match="owner"):
        bind(RULE, {"owner": "root"})
