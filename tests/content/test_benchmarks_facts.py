"""The shipped benchmarks have the numbers, levels and scoring of the published tables."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from trueline.content.load import load_benchmark
from trueline.model.benchmark import Recommendation

FACTS = Path(__file__).parents[3] / "shared" / "facts"
TABLES = {
    "cis-1.6": "kubernetes_checks.csv",
    "cis-1.20": "kubernetes_checks.csv",
    "cis-1.12": "kubernetes_checks.csv",
    "cis-2.0": "kubernetes_checks_newer.csv",
}
TOTALS = {"cis-1.6": 122, "cis-1.20": 123, "cis-1.12": 131, "cis-2.0": 131}

each_benchmark = pytest.mark.parametrize("name", TABLES)


def table(name: str) -> list[dict[str, str]]:
    path = FACTS / name
    if not path.is_file():
        pytest.skip(f"the tables of facts are not here: {path}")
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def published(name: str) -> list[dict[str, str]]:
    return [row for row in table(TABLES[name]) if row["benchmark"] == name]


def shipped(name: str) -> dict[tuple[str, str, str], Recommendation]:
    return {
        (section.target, section.number, entry.number): entry
        for section, entry in load_benchmark(name).recommendations()
    }


@each_benchmark
def test_has_exactly_the_published_numbers_in_their_order(name: str) -> None:
    ours = defaultdict(list)
    for target, section, number in shipped(name):
        ours[target].append((section, number))
    theirs = defaultdict(list)
    for row in published(name):
        theirs[row["target_file"]].append((row["section_id"], row["id"]))
    assert ours == theirs


@each_benchmark
def test_scoring_and_automation_are_the_published_ones(name: str) -> None:
    ours = {key: (entry.scored, entry.automated) for key, entry in shipped(name).items()}
    assert ours == {
        (row["target_file"], row["section_id"], row["id"]): (
            row["scored"] == "true",
            row["automation"] == "Automated",
        )
        for row in published(name)
    }


@each_benchmark
def test_levels_are_the_published_ones(name: str) -> None:
    """The table knows some versions; for the others the level that most of these give to the same topic."""
    levels = table("kubernetes_levels.csv")
    own = {row["id"]: int(row["level"]) for row in levels if row["benchmark"] == name}
    by_topic: dict[str, Counter[int]] = defaultdict(Counter)
    for row in levels:
        by_topic[row["topic"]][int(row["level"])] += 1
    entries = {number: entry for (_, _, number), entry in shipped(name).items()}
    for row in published(name):
        if row["id"] in own:
            assert entries[row["id"]].level == own[row["id"]], row["id"]
        elif counts := by_topic.get(row["topic"]):
            assert entries[row["id"]].level == counts.most_common(1)[0][0], row["id"]
        else:
            assert entries[row["id"]].level in (1, 2), row["id"]


@each_benchmark
def test_modes_are_the_published_ones(name: str) -> None:
    entries = {number: entry for (_, _, number), entry in shipped(name).items()}
    modes = {
        row["id"]: row["expectation"].partition(":")[2]
        for row in published(name)
        if row["expectation"].startswith("bitmask:")
    }
    assert len(modes) == 16
    for number, mode in modes.items():
        assert [given["mode"] for given in entries[number].rules.values()] == [mode.split()[0]], number


@pytest.mark.parametrize(("name", "total"), TOTALS.items())
def test_counts_hold_without_the_tables(name: str, total: int) -> None:
    assert len(shipped(name)) == total


@pytest.mark.parametrize(
    ("alias", "name"),
    [("cis-kubernetes-1.6", "cis-1.6"), ("cis-kubernetes-2.0", "cis-2.0"), ("cis-1.12.0", "cis-1.12")],
)
def test_is_found_by_names_of_other_tools(alias: str, name: str) -> None:
    assert load_benchmark(alias).id == name
