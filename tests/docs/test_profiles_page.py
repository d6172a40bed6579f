"""The profile that docs/profiles.md shows works as the page says."""

import re
from pathlib import Path

from trueline.cli.profiles import chain_of, check_profile
from trueline.content.load import load_benchmark
from trueline.model.results import Outcome
from trueline.policy.profiles import tailor

PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"


def test_the_shown_profile_is_sound_and_does_what_it_says(tmp_path):
    blocks = re.findall(r"(?m)(?:^ {4}.*\n)+", PAGE.read_text(encoding="utf-8"))
    (shown,) = [block for block in blocks if "extends:" in block]
    own = tmp_path / "own.yaml"
    own.write_text(re.sub(r"(?m)^ {4}", "", shown), encoding="utf-8")
    chain, benchmark = chain_of(str(own)), load_benchmark("rke-cis-1.4")
    check_profile(chain, benchmark)
    tailored = tailor([one.profile for one in chain], benchmark)
    assert tailored.left_out["master", "1.2.1"].reason.startswith("The scheduler is being profiled")
    assert tailored.left_out["master", "1.6.8"].outcome is Outcome.NOTSELECTED
    assert ("master", "1.1.36") not in tailored.left_out
