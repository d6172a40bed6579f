"""The profile that docs/profiles.md shows works as the page says."""

import re
from pathlib import Path

from trueline.cli.profiles import chain_of, check_profile
from trueline.content.load import load_benchmark
from trueline.model.results import Outcome
from trueline.policy.profiles import tailor

PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"


def shown(folder, name):
    """The profile of that id on the page, as a file."""
    blocks = re.findall(r"(?m)(?:^ {4}.*\n)+", PAGE.read_text(encoding="utf-8"))
    (block,) = [block for block in blocks if f"id: {name}\n" in block]
    own = folder / "own.yaml"
    own.write_text(re.sub(r"(?m)^ {4}", "", block), encoding="utf-8")
    return str(own)


def test_the_shown_profile_of_nodes_is_sound_and_does_what_it_says(tmp_path):
    chain = chain_of(shown(tmp_path, "our-nodes"))
    benchmark = load_benchmark("cis-debian-12")
    check_profile(chain, benchmark)
    left_out = tailor([one.profile for one in chain], benchmark).left_out
    assert left_out["host", "3.3.1"].outcome is Outcome.NOTAPPLICABLE  # forwarding
    assert left_out["host", "5.1.8"].outcome is Outcome.NOTSELECTED  # level 2 on servers
    assert ("host", "2.1.1") not in left_out


def test_the_shown_profile_is_sound_and_does_what_it_says(tmp_path):
    chain, benchmark = chain_of(shown(tmp_path, "web-shop")), load_benchmark("rke-cis-1.4")
    check_profile(chain, benchmark)
    tailored = tailor([one.profile for one in chain], benchmark)
    assert tailored.left_out["master", "1.2.1"].reason.startswith("The scheduler is being profiled")
    assert tailored.left_out["master", "1.6.8"].outcome is Outcome.NOTSELECTED
    assert ("master", "1.1.36") not in tailored.left_out
