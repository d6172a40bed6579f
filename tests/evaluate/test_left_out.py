"""What a profile leaves out is never evaluated: no fact is touched for it."""

import pytest

from trueline.content.load import load_benchmark, load_components, load_platform, load_rules
from trueline.content.profiles import load_chain
from trueline.evaluate.outcomes import evaluate
from trueline.model.profile import Profile
from trueline.model.results import Outcome
from trueline.policy.profiles import tailor


class Touched(Exception):
    """A fact was looked at."""


class Untouchable:
    """In place of the context: content is given out, any look at facts is seen."""

    CONTENT = {"components": load_components(), "platform": load_platform("rke")}

    def __getattribute__(self, name):
        content = object.__getattribute__(self, "CONTENT")
        if name in content:
            return content[name]
        raise Touched(name)


def judged(benchmark, profiles):
    tailored = tailor(profiles, benchmark)
    return evaluate(tailored.benchmark, load_rules(), Untouchable(), tailored.left_out)


@pytest.mark.parametrize("words", ["not_applicable", "skipped"])
def test_c9_what_is_left_out_touches_no_fact(words):
    benchmark = load_benchmark("rke-cis-1.4")
    results = judged(benchmark, [Profile(id="none", title="None", **{words: {"all": "not here"}})])
    assert len(results) == len(benchmark.recommendations())
    wanted = Outcome.NOTAPPLICABLE if words == "not_applicable" else Outcome.NOTSELECTED
    for result in results:
        assert (result.outcome, result.reason, result.disposition) == (wanted, "not here", "informational")
        assert (result.state, result.evidence, result.remediation) == ("INFO", (), "")
        assert result.title


def test_c9_a_recommendation_that_stays_does_touch_facts():
    benchmark = load_benchmark("rke-cis-1.4")
    with pytest.raises(Touched):
        judged(benchmark, [Profile(id="one", title="One", deselect=("all",), select=("1.1.2",))])


def test_c9_the_permissive_profile_leaves_its_34_tests_alone():
    benchmark = load_benchmark("rke-cis-1.4")
    profiles = [one.profile for one in load_chain("RKE-CIS-1.4-Permissive")]
    out = tailor(profiles, benchmark).left_out
    rest = tuple(
        entry.number
        for section, entry in benchmark.recommendations()
        if (section.target, entry.number) not in out
    )
    results = judged(benchmark, [*profiles, Profile(id="rest", title="Rest", deselect=rest)])
    published = [one for one in results if one.number not in rest]
    assert len(published) == 34
    assert all(one.reason == out[one.target, one.number].reason for one in published)
