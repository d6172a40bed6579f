"""Shipped profiles hold what the published tables say; a user's own extends them and is checked."""

import csv
from pathlib import Path

import pytest

from trueline.content.load import load_benchmark
from trueline.content.profiles import load_chain, load_profiles, profile_ids
from trueline.errors import ContentError, UsageError
from trueline.policy.profiles import pinned, tailor

FACTS = Path(__file__).parents[3] / "shared" / "facts"
PAIRS = [name.removesuffix("-hardened") for name in profile_ids() if name.endswith("-hardened")]
ALONE = ["k3s-cis-1.9", "k3s-cis-1.11", "rke2-cis-1.9"]


def table(name):
    path = FACTS / name
    if not path.is_file():
        pytest.skip(f"SKIPPED FOR WANT OF THE TABLES OF FACTS: {path} is not there")
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def left_out(name):
    """Outcome and reason of what a profile leaves out, by number."""
    profiles = [one.profile for one in load_chain(name)]
    found = tailor(profiles, load_benchmark(pinned(profiles))).left_out
    return {number: (one.outcome.value, one.reason) for (_, number), one in found.items()}


def numbers(name, outcome):
    return sorted(number for number, (found, _) in left_out(name).items() if found == outcome)


def rke_1_4(state):
    return sorted(row["id"] for row in table("rke_cis_1_4.csv") if row["state"] == state)


def test_c7_rke_1_4_permissive_is_hardened_with_the_published_skips():
    skipped, inapplicable = rke_1_4("skipped"), rke_1_4("not-applicable")
    assert (len(skipped), len(inapplicable)) == (15, 19)
    assert numbers("RKE-CIS-1.4-Permissive", "notselected") == skipped
    assert numbers("RKE-CIS-1.4-Permissive", "notapplicable") == inapplicable
    assert numbers("RKE-CIS-1.4-Hardened", "notselected") == []
    assert numbers("RKE-CIS-1.4-Hardened", "notapplicable") == inapplicable


@pytest.mark.parametrize("benchmark", PAIRS)
def test_c7_each_permissive_profile_extends_the_hardened_one_which_skips_nothing(benchmark):
    chain = load_chain(f"{benchmark}-permissive")
    assert [one.profile.id for one in chain] == [f"{benchmark}-hardened", f"{benchmark}-permissive"]
    assert chain[0].profile.benchmark == benchmark
    assert numbers(f"{benchmark}-hardened", "notselected") == []
    hardened = numbers(f"{benchmark}-hardened", "notapplicable")
    assert hardened == numbers(f"{benchmark}-permissive", "notapplicable")


@pytest.mark.parametrize("benchmark", [name for name in PAIRS if name != "rke-cis-1.4"] + ALONE)
def test_later_profiles_leave_out_what_the_tables_skip(benchmark):
    rows = table("kubernetes_checks.csv") + table("kubernetes_checks_extra.csv")
    published = {r["id"] for r in rows if r["benchmark"] == benchmark and r["check_type"] == "skip"}
    name = f"{benchmark}-profile" if benchmark in ALONE else f"{benchmark}-permissive"
    assert set(left_out(name)) == published


def test_profiles_that_rancher_ships_are_found_by_its_names():
    known = {row["benchmark"] for row in table("kubernetes_benchmarks.csv")}
    for row in table("rancher_profiles.csv"):
        benchmark = row["benchmark"].removesuffix("-hardened").removesuffix("-permissive")
        if row["status"] == "current" and benchmark in known:
            profiles = [one.profile for one in load_chain(row["profiles"])]
            assert pinned(profiles) == benchmark


@pytest.mark.parametrize(
    "name", [*(f"{one}-permissive" for one in PAIRS), *(f"{one}-profile" for one in ALONE)]
)
def test_c8_each_entry_has_a_reason(name):
    for outcome, reason in left_out(name).values():
        assert outcome in ("notapplicable", "notselected")
        assert len(reason.split()) > 4


def test_c8_counts_hold_without_the_tables():
    found = [outcome for outcome, _ in left_out("rke-cis-1.4-permissive").values()]
    assert (found.count("notselected"), found.count("notapplicable")) == (15, 19)
    assert len(load_benchmark("rke-cis-1.4").recommendations()) == 116


def test_rke_1_4_has_the_published_recommendations():
    entries = {
        entry.number: (section.target, section.number, entry) for section, entry in _rke().recommendations()
    }
    rows = {row["id"]: row for row in table("rke_cis_1_4.csv")}
    assert list(entries) == list(rows)
    for number, (target, section, entry) in entries.items():
        row = rows[number]
        assert (target, section) == (row["target"], row["section"]), number
        assert entry.scored == (row["scored"] == "true"), number
        assert entry.automated == (row["check_type"] != "manual"), number
        if row["mode_expected"]:
            assert [given["mode"] for given in entry.rules.values()] == [row["mode_expected"]], number
        if row["uncertain"] == "true":
            assert entry.uncertain, number


def _rke():
    return load_benchmark("rke-cis-1.4")


@pytest.mark.parametrize("level", [1, 2])
def test_levels_are_profiles_for_any_benchmark(level):
    ((loaded),) = load_chain(f"level-{level}")
    assert (loaded.profile.level, loaded.profile.benchmark) == (level, "")
    benchmark = load_benchmark("cis-1.12")
    out = tailor([loaded.profile], benchmark).left_out
    above = {(s.target, e.number) for s, e in benchmark.recommendations() if e.level > level}
    assert set(out) == above
    assert bool(above) == (level == 1)


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_c10_a_users_file_extends_a_shipped_profile_by_its_alias(tmp_path):
    own = write(
        tmp_path,
        "own.yaml",
        """
id: shop
title: Web shop
extends: RKE-CIS-1.4-Permissive
skipped:
  1.2.1: The scheduler is profiled by the platform team until June.
  1.4.1: Our reason, which must not hide that it is not applicable.
  1.1.11: Our reason, which must not replace that of the profile.
""",
    )
    ours, base = left_out(own), left_out("rke-cis-1.4-permissive")
    assert ours.pop("1.2.1") == (
        "notselected",
        "The scheduler is profiled by the platform team until June.",
    )
    assert ours == base


def test_a_users_file_extends_another_one_beside_it_and_pins_by_alias(tmp_path):
    write(tmp_path, "base.yml", "id: base\ntitle: B\nbenchmark: cis-kubernetes-1.6\nlevel: 1\n")
    own = write(tmp_path, "own.yaml", "id: own\ntitle: O\nextends: ./base.yml\nlevel: 2\n")
    chain = load_chain(own)
    assert [one.profile.id for one in chain] == ["base", "own"]
    assert pinned([one.profile for one in chain]) == "cis-1.6"
    assert left_out(own) == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("id: a\ntitle: A\nextends: levl-1\n", 3, "there is no profile 'levl-1' to extend"),
        ("id: a\ntitle: A\nbenchmark: cis-9\n", 3, "there is no benchmark 'cis-9'"),
        ("id: a\ntitle: A\nextends: ./own.yaml\n", 3, "profile a extends itself by way of a"),
        ("id: a\ntitle: A\nskip:\n  1.1.1: r\n", 1, "unknown field `skip`"),
        ("id: a\ntitle: A\nlevel: 3\n", 3, "Invalid enum value"),
        ("id: a\ntitle: A\nseverities:\n  x: urgent\n", 3, "Invalid enum value"),
        ("id: a\ntitle: A\nskipped: [1.1.1]\n", 3, "Expected `object`"),
        ("id: a\ntitle: A\nskipped:\n  1.1.1: a\n  1.1.1: b\n", 5, "stands twice"),
        ("id: [a\n", None, "own.yaml"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path, text, line, message):
    own = write(tmp_path, "own.yaml", text)
    with pytest.raises(ContentError) as caught:
        load_chain(own)
    assert message in caught.value.message
    if line:
        assert caught.value.line == line


def test_two_files_that_extend_each_other_are_refused(tmp_path):
    write(tmp_path, "b.yaml", "id: b\ntitle: B\nextends: ./a.yaml\n")
    first = write(tmp_path, "a.yaml", "id: a\ntitle: A\nextends: ./b.yaml\n")
    with pytest.raises(ContentError, match="profile a extends itself by way of b"):
        load_chain(first)


def test_an_unknown_name_is_answered_with_near_ones():
    with pytest.raises(UsageError) as caught:
        load_chain("RKE-CIS-1.4-Permisive")
    assert "RKE-CIS-1.4-Permissive" in caught.value.hint


def test_names_and_aliases_are_those_of_one_profile_each():
    names = [name for id_, one in load_profiles().items() for name in (id_, *one.profile.aliases)]
    assert len(names) == len(set(names))
