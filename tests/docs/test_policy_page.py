"""The policy that docs/policy.md shows is one, and the words of the page are those of the model."""

import re
import typing
from datetime import date
from pathlib import Path

import pytest

from trueline.cli.policies import policy_of_files
from trueline.model.policy import GateRules, TriggerKind
from trueline.model.register import Decision, EntryClass, EntryState

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
GATE = (Path(__file__).parents[2] / "docs" / "gate.md").read_text()


def test_the_file_can_be_used(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    policy = policy_of_files([str(file)], on=date(2026, 6, 1)).applied.policy
    assert (
        len(policy.waivers) == len(policy.reviews) == len(policy.decisions) == len(policy.remediations) == 1
    )
    assert policy.rules.gate.unowned == "fail"


@pytest.mark.parametrize("words", [EntryClass, EntryState, TriggerKind, Decision])
def test_all_words_are_described(words):
    for word in typing.get_args(words):
        assert f"`{word}`" in PAGE or not word


def test_all_options_of_the_gate_are_described():
    for name in GateRules.__struct_fields__:
        assert name in GATE
