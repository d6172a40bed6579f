"""Whatever means nothing in a profile is named, with the place where it stands."""

import pytest

from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.profile import Profile
from trueline.model.rule import Rule
from trueline.policy.misfits import misfits

RULES = {
    name: Rule(
        id=name, title=name, why="w", severity="low", component="c", look_at="l", parameters={"days": "30"}
    )
    for name in ("log-kept", "log-written", "elsewhere-used")
}
BENCHMARK = Benchmark(
    id="b-1",
    title="B",
    version="1",
    sections=(
        Section(
            number="1",
            title="s",
            target="master",
            recommendations=(
                Recommendation(number="1.1", rules={"log-kept": {}}),
                Recommendation(number="1.2.1", rules={"log-written": {}}),
            ),
        ),
    ),
)


def found(*chain, benchmark=BENCHMARK):
    profiles = [Profile(id=f"p{index}", title="P", **fields) for index, fields in enumerate(chain)]
    return [(one.place, one.message, one.hint) for one in misfits(profiles, benchmark, RULES)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"skipped": {"1.1": "r", "1.2": "r"}, "select": ("log-written",), "deselect": ("all",)},
        {"not_applicable": {"log-kept": "r"}, "parameters": {"log-kept": {"days": "7"}}},
        {"severities": {"elsewhere-used": "high"}, "deselect": ("elsewhere-used",)},
    ],
)
def test_what_means_something_is_no_misfit(fields):
    assert found(fields) == []


@pytest.mark.parametrize("field", ["not_applicable", "skipped", "select", "deselect"])
@pytest.mark.parametrize("word", ["1.3", "1.2.2", "log-keept", "", "All"])
def test_an_unknown_word_is_named(field, word):
    value = {word: "r"} if field in ("not_applicable", "skipped") else (word,)
    ((place, message, hint),) = found({field: value})
    assert place == (field, word)
    assert message == f"b-1 has no recommendation, section or rule {word!r}"
    assert "benchmarks show b-1" in hint


def test_near_words_are_offered():
    ((_, _, hint),) = found({"select": ("log-keept",)})
    assert hint.startswith("Did you mean log-kept?")


def test_a_rule_that_the_pinned_benchmark_does_not_use_is_unknown_there():
    ((place, _, _),) = found({"benchmark": "b-1", "deselect": ("elsewhere-used",)})
    assert place == ("deselect", "elsewhere-used")
    assert found({"benchmark": "b-1"}, {"deselect": ("elsewhere-used",)}) != []


def test_without_a_benchmark_numbers_are_not_looked_at_but_rules_are():
    assert found({"skipped": {"9.9": "r"}, "severities": {"no-rule": "low"}}, benchmark=None) == [
        (("severities", "no-rule"), "there is no rule 'no-rule'", "`trueline rules list` names all rules.")
    ]


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(reason):
    ((place, message, _),) = found({"not_applicable": {"1.1": reason}})
    assert (place, message) == (("not_applicable", "1.1"), "1.1 has no reason")


def test_a_word_can_stand_in_one_list_only():
    ((place, message, _),) = found({"skipped": {"1.1": "r"}, "select": ("1.1",)})
    assert (place, message) == (("select", "1.1"), "1.1 stands in skipped, too")


def test_what_is_not_applicable_below_can_not_be_selected():
    ((place, message, _),) = found({"not_applicable": {"1.1": "no such file"}}, {"select": ("1.1",)})
    assert (place, message) == (("select", "1.1"), "1.1 can't be selected: no such file")
    assert found({"not_applicable": {"1.1": "no such file"}}, {"select": ("1",)}) == []


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"log-kept": {"day": "7"}}, ("parameters", "log-kept", "day")),
        ({"log-keptt": {"days": "7"}}, ("parameters", "log-keptt")),
    ],
)
def test_an_unknown_parameter_is_named(parameters, place):
    ((where, _, hint),) = found({"parameters": parameters})
    assert where == place
    assert "days" in hint or "log-kept" in hint


def test_profiles_of_two_benchmarks_do_not_mix():
    ((place, message, _),) = found({"benchmark": "b-2"}, {"benchmark": "b-1"})
    assert place == ("benchmark",)
    assert message == "it is for b-1, but extends p0, which is for b-2"


def test_only_the_last_profile_is_looked_at():
    assert found({"skipped": {"9.9": "r"}}, {}) == []
