"""An entry comes into a policy file, and a number changes there, without anything else being touched."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.policies import entry
from trueline.content.policy_text import Edit, edited, policy_in, with_waiver
from trueline.content.yaml_files import parse_yaml
from trueline.errors import ContentError
from trueline.model.policy import Policy

FILE = Path("policy.yaml")
NEW = entry(id="NEW", reason="the vendor mends it with the release of the next quarter: naïve, but true")
BLOCK = """\
# ours
owners: {kubelet: nodes}

waivers:
  # why A
  - id: A
    class: accepted-exception
    check: 1.2.5  # ünï
    benchmark: cis-1.12
    recommendation: r
    observed: not set
    compensating_control: the network of the nodes is closed to users
    owner: platform
    expires: 2026-06-30
    review_trigger: {kind: date, value: 2026-06-01}
    reason: |
      first line

      second line

# severities follow
severities:
  apiserver-profiling-disabled: low
"""


def ids(text):
    return [one.id for one in parse_yaml(FILE, text, Policy).waivers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["NEW"]),
        ("# nothing yet\n", ["NEW"]),
        ("owners: {a: b}", ["NEW"]),
        ("owners: {a: b}\n", ["NEW"]),
        ("waivers: []\nowners: {a: b}\n", ["NEW"]),
        ("waivers: []  # none\n", ["NEW"]),
        (BLOCK, ["A", "NEW"]),
        (
            BLOCK.replace("  - id", "- id").replace("\n    ", "\n  ").replace("\n      ", "\n    "),
            ["A", "NEW"],
        ),
        (BLOCK.partition("\n# severities")[0], ["A", "NEW"]),
    ],
)
def test_an_entry_is_added_and_all_else_stays(text, expected):
    new = with_waiver(FILE, text, NEW)
    assert ids(new) == expected
    before = [line for line in text.splitlines() if "waivers: []" not in line]
    left = iter(new.splitlines())
    assert all(line in left for line in before)  # each of them, in the same order
    after = parse_yaml(FILE, new, Policy)
    old = policy_in(FILE, text)
    assert (after.owners, after.severities, after.waivers[:-1]) == (old.owners, old.severities, old.waivers)


@pytest.mark.parametrize("text", ["{owners: {a: b}}", '{"waivers": []}', f"waivers: [{entry()}]\n"])
def test_what_has_no_lines_is_refused(text):
    with pytest.raises(ContentError, match="in one line with brackets"):
        with_waiver(FILE, text, NEW)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_any_text_of_an_entry_is_read_back_as_it_was(reason):
    new = with_waiver(FILE, BLOCK, {**NEW, "reason": reason})
    assert yaml.safe_load(new)["waivers"][1]["reason"] == reason


def test_values_change_in_their_place():
    edit = Edit(values={"benchmark": "cis-2.0", "check": "1.10"}, added={"meaning": "12"}, comment="look")
    new = edited(FILE, BLOCK, {("waivers", 0): edit})
    assert "    check: '1.10'  # ünï\n    benchmark: cis-2.0\n    meaning: '12'\n" in new
    assert "  # why A\n  # look\n  - id: A\n" in new
    (one,) = parse_yaml(FILE, new, Policy).waivers
    assert (one.check, one.benchmark, one.meaning) == ("1.10", "cis-2.0", "12")
    assert len(new.splitlines()) == len(BLOCK.splitlines()) + 2


def test_values_of_an_entry_in_brackets_change_too():
    text = "decisions:\n  - {check: 1.2.5, benchmark: cis-1.12, decision: accept}  # x\n"
    new = edited(FILE, text, {("decisions", 0): Edit(values={"benchmark": "cis-2.0", "check": "1.2.4"})})
    assert new == "decisions:\n  - {check: 1.2.4, benchmark: cis-2.0, decision: accept}  # x\n"


def test_a_recorded_meaning_is_not_written_twice():
    text = BLOCK.replace("    owner: platform\n", "    owner: platform\n    meaning: abc\n")
    new = edited(FILE, text, {("waivers", 0): Edit(values={"check": "1"}, added={"meaning": "def"})})
    assert new.count("meaning:") == 1
