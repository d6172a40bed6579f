"""Benchmarks of operating systems have the items, levels and scoring of the published tables."""

import csv
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from trueline.assess import Content, Selection, assess
from trueline.content.load import load_benchmark, load_components, load_editions, load_platform, load_rules
from trueline.content.profiles import load_profiles
from trueline.evaluate.linux.words import audit
from trueline.evaluate.systems import choose_linux_benchmark
from trueline.model.benchmark import Benchmark, Recommendation
from trueline.model.facts import SNAPSHOT_SCHEMA, NodeFacts, Snapshot, Tool
from trueline.model.results import Assessment
from trueline.model.rule import ProcessTest, Rule, bind
from trueline.model.rule import Test as RuleTest

FACTS = Path(__file__).parents[3] / "shared" / "facts"
ALIYUN = "cis-aliyun-linux-2-1.0.0"


@cache
def published() -> dict[str, dict[str, str]]:
    path = FACTS / "aliyun_linux2.csv"
    if not path.exists():
        pytest.skip(f"the published table {path} is not here")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def shipped() -> dict[str, dict[str, str]]:
    return {
        entry.number: {
            "level": str(entry.level),
            "scored": str(entry.scored).lower(),
            "automated": str(entry.automated).lower(),
        }
        for _, entry in load_benchmark(ALIYUN).recommendations()
    }


def audited(
    system: str = "alinux", version: str = "2.1903", *, edition: str = ALIYUN, **selection: object
) -> Assessment:
    """A node of which nothing but its name was read."""
    node = NodeFacts(hostname="n", os_release={"ID": system, "VERSION_ID": version})
    now = "2026-11-21T00:00:00Z"
    tool = Tool(name="test", version="1")
    snapshot = Snapshot(schema=SNAPSHOT_SCHEMA, tool=tool, started_at=now, finished_at=now, node=node)
    content = Content(load_components(), load_rules(), load_platform("kubeadm"))
    chosen = Selection(**selection)  # type: ignore[arg-type]
    return assess(load_benchmark(edition), snapshot, content, on=date(2026, 11, 21), selection=chosen)


def test_each_item_of_the_table_is_shipped_as_it_stands_there() -> None:
    wanted = {
        number: {name: row[name] for name in ("level", "scored", "automated")}
        for number, row in published().items()
    }
    assert shipped() == wanted


def test_each_item_of_debian_is_shipped_with_its_level_and_automation() -> None:
    path = FACTS / "linux_benchmarks.csv"
    if not path.exists():
        pytest.skip(f"the published table {path} is not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["benchmark"] == "cis-debian12"]
    entries = [entry for _, entry in load_benchmark("cis-debian-12").recommendations()]
    assert [(row["id"], row["level"], row["automated"]) for row in rows] == [
        (entry.number, str(entry.level), str(entry.automated).lower()) for entry in entries
    ]
    assert len(entries) == 310


def test_d1_each_item_has_one_level_and_one_scoring_flag() -> None:
    levels = Counter((row["level"], row["scored"]) for row in shipped().values())
    assert sum(levels.values()) == 204
    assert levels == {("1", "true"): 148, ("1", "false"): 21, ("2", "true"): 32, ("2", "false"): 3}


def test_totals_are_computed_and_so_add_up() -> None:
    """Totals published elsewhere don't: groups of 145 and 21 against 168."""
    levels = Counter(row["level"] for row in shipped().values())
    assert levels["1"] + levels["2"] == len(shipped())


def test_d9_what_the_vendor_leaves_out_says_why() -> None:
    entries = [entry for _, entry in load_benchmark(ALIYUN).recommendations()]
    left_out = {entry.number for entry in entries if entry.excluded_because}
    covered = {entry.number for entry in entries if entry.reinforced}
    assert len(left_out) == 17
    assert not left_out & covered
    ways = {True: covered, False: set(shipped()) - covered}
    reasons = {"", "out-of-scope-level-2", "out-of-scope-not-scored"}
    for number, row in published().items():
        assert number in ways[row["reinforced"] == "true"]
        assert (number in left_out) is (row["exclusion_reason_key"] not in reasons)


@pytest.mark.parametrize("edition", [one.id for one in load_editions() if one.systems])
def test_d8_each_item_has_a_reason_an_audit_and_a_remedy(edition) -> None:
    rules = load_rules()
    for _, entry in load_benchmark(edition).recommendations():
        for name in entry.rules:
            assert rules[name].why, name
            test = bind(rules[name], {}).test
            assert audit(test) if test else rules[name].look_at, name


@pytest.mark.parametrize("edition", [one.id for one in load_editions() if one.systems])
def test_d8_each_result_carries_its_documentation(edition: str) -> None:
    system, _, version = load_benchmark(edition).systems[0].partition(" ")
    results = audited(system, version, edition=edition).results
    for one in results:
        assert one.level, one.number
        assert one.title, one.number
        assert one.why, one.number
        assert one.audit, one.number
        assert one.remediation or one.outcome.value == "notchecked", one.number
    assert any(one.impact for one in results)


def test_d2_level_1_leaves_level_2_unselected() -> None:
    results = audited(level=1).results
    assert {one.outcome.value for one in results if one.level == 2} == {"notselected"}
    assert "notselected" not in {one.outcome.value for one in results if one.level == 1}


@pytest.mark.parametrize("edition", [one.id for one in load_editions() if one.systems])
def test_d5_unscored_items_never_move_the_score(edition: str) -> None:
    """Each item's rules are replaced by one that holds or doesn't, then judged by the whole chain."""
    benchmark = load_benchmark(edition)
    held = sum(entry.scored for _, entry in benchmark.recommendations())

    def run(unscored: str, scored: str = "holds") -> Assessment:
        def chosen(entry: Recommendation) -> Recommendation:
            return replace(entry, rules={scored if entry.scored else unscored: {}})

        sections = tuple(
            replace(section, recommendations=tuple(map(chosen, section.recommendations)))
            for section in benchmark.sections
        )
        return judged(replace(benchmark, sections=sections), {"holds": plain(True), "fails": plain(False)})

    good, bad = run("holds"), run("fails")
    assert good.results != bad.results or held == len(good.results)
    assert good.counts.score == bad.counts.score
    assert good.counts.tally == bad.counts.tally
    assert (good.counts.tally.scored, good.counts.tally.passed) == (held, held)
    worse = run("holds", "fails").counts
    assert (worse.tally.passed, worse.tally.failed) == (0, held)


def plain(holds: bool) -> Rule:
    """A rule that holds, or fails, on a node on which nothing of Kubernetes runs."""
    test = RuleTest(process=ProcessTest(name="kubelet", running=not holds))
    return Rule(id="plain", title="-", why="-", severity="low", component="-", test=test)


def judged(benchmark: Benchmark, rules: dict[str, Rule]) -> Assessment:
    system, _, version = benchmark.systems[0].partition(" ")
    release = {"ID": system, "VERSION_ID": version}
    node = NodeFacts(hostname="n", os_release=release, processes=())
    now = "2026-11-21T00:00:00Z"
    tool = Tool(name="test", version="1")
    snapshot = Snapshot(schema=SNAPSHOT_SCHEMA, tool=tool, started_at=now, finished_at=now, node=node)
    content = Content(load_components(), rules, load_platform("kubeadm"))
    return assess(benchmark, snapshot, content, on=date(2026, 11, 21))


def test_nothing_is_known_of_a_machine_that_was_not_read() -> None:
    assert {one.outcome.value for one in audited().results} == {"error", "notchecked"}


def test_d7_each_item_that_is_not_known_says_what_to_make_visible() -> None:
    assert all(one.remediation for one in audited().results if one.outcome.value == "error")


@pytest.mark.parametrize(("system", "version"), [("debian", "12"), ("alinux", "3"), ("alinux", "21")])
def test_d11_another_system_makes_every_item_not_applicable(system: str, version: str) -> None:
    results = audited(system, version).results
    assert {one.outcome.value for one in results} == {"notapplicable"}
    assert all(f"this is {system} {version}" in one.reason for one in results)


def test_the_benchmark_is_chosen_by_os_release() -> None:
    found = choose_linux_benchmark({"ID": "alinux", "VERSION_ID": "2.1903"}, load_editions())
    assert found is not None
    assert found[0].id == ALIYUN
    debian = choose_linux_benchmark({"ID": "debian", "VERSION_ID": "12"}, load_editions())
    assert debian is not None
    assert debian[0].id == "cis-debian-12"
    assert choose_linux_benchmark({"ID": "gentoo", "VERSION_ID": "2"}, load_editions()) is None
    assert choose_linux_benchmark({}, load_editions()) is None


def test_d13_a_node_of_a_cluster_is_excepted_from_what_conflicts() -> None:
    loaded = load_profiles()["kubernetes-node"]
    results = {one.number: one for one in audited(profiles=(loaded.profile,)).results}
    left_out = {number for number, one in results.items() if one.outcome.value == "notapplicable"}
    assert {"3.1.1", "3.5.1.1", "3.5.2.1"} <= left_out
    assert len(left_out) < 15
    assert "forward" in results["3.1.1"].reason
    assert results["6.1.11"].outcome.value == "error"  # still judged, without the storage of containers
