"""Debian's and Ubuntu's benchmarks have the items, levels and profiles of the published tables."""

import csv
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from trueline.assess import Content, Selection, assess
from trueline.content.load import load_benchmark, load_components, load_editions, load_platform, load_rules
from trueline.content.profiles import load_chain
from trueline.evaluate.systems import choose_linux_benchmark
from trueline.model.benchmark import Recommendation
from trueline.model.facts import SNAPSHOT_SCHEMA, NodeFacts, Snapshot, Tool
from trueline.policy.profiles import tailor

TABLE = Path(__file__).parents[3] / "shared" / "facts" / "linux_benchmarks.csv"
TABLES = {
    "cis-debian-12": ("cis-debian12", 310),
    "cis-debian-13": ("cis-debian13", 343),
    "cis-ubuntu-24.04": ("cis-ubuntu2404", 312),
}
MACHINES = [(machine, level) for machine in ("server", "workstation") for level in (1, 2)]


@cache
def published(benchmark: str) -> list[dict[str, str]]:
    if not TABLE.exists():
        pytest.skip(f"the published table {TABLE} is not here")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["benchmark"] == TABLES[benchmark][0]]


def shipped(benchmark: str) -> list[Recommendation]:
    return [entry for _, entry in load_benchmark(benchmark).recommendations()]


def selected(benchmark: str, profile: str) -> set[str]:
    chain = [one.profile for one in load_chain(profile)]
    left_out = tailor(chain, load_benchmark(benchmark)).left_out
    return {entry.number for entry in shipped(benchmark)} - {number for _, number in left_out}


@pytest.mark.parametrize("benchmark", TABLES)
def test_each_item_is_shipped_as_it_stands_in_the_table(benchmark: str) -> None:
    wanted = [
        (row["id"], row["level"], row["level_server"], row["level_workstation"], row["automated"])
        for row in published(benchmark)
    ]
    assert wanted == [
        (
            entry.number,
            str(entry.level),
            str(entry.level_for("server") or ""),
            str(entry.level_for("workstation") or ""),
            str(entry.automated).lower(),
        )
        for entry in shipped(benchmark)
    ]
    assert len(wanted) == TABLES[benchmark][1]


@pytest.mark.parametrize("benchmark", TABLES)
def test_what_is_automated_is_scored(benchmark: str) -> None:
    assert all(entry.scored is entry.automated for entry in shipped(benchmark))


@pytest.mark.parametrize("benchmark", TABLES)
@pytest.mark.parametrize(("machine", "level"), MACHINES)
def test_a_machine_profile_selects_exactly_the_items_of_its_levels(
    benchmark: str, machine: str, level: int
) -> None:
    names = {f"l{one}_{machine}" for one in range(1, level + 1)}
    wanted = {row["id"] for row in published(benchmark) if names & set(row["levels_field"].split("|"))}
    assert selected(benchmark, f"{machine}-{level}") == wanted


@pytest.mark.parametrize("benchmark", TABLES)
def test_the_levels_of_a_machine_add_up_to_all_that_is_for_it(benchmark: str) -> None:
    for machine in ("server", "workstation"):
        first, second = (selected(benchmark, f"{machine}-{level}") for level in (1, 2))
        assert first < second <= {entry.number for entry in shipped(benchmark)}


def test_a_result_has_the_level_of_the_machine() -> None:
    chain = [one.profile for one in load_chain("workstation-2")]
    tailored = tailor(chain, load_benchmark("cis-debian-12"))
    levels = {entry.number: entry.level for _, entry in tailored.benchmark.recommendations()}
    plain = {entry.number: entry.level for entry in shipped("cis-debian-12")}
    assert (plain["2.1.1"], levels["2.1.1"]) == (1, 2)  # autofs
    assert (plain["5.1.8"], levels["5.1.8"]) == (1, 1)  # forwarding of sshd
    assert (
        tailored.left_out[("host", "1.7.1")].reason == "The benchmark does not ask for it on a workstation."
    )


def test_level_1_leaves_out_what_is_level_2_on_that_machine() -> None:
    node = NodeFacts(hostname="n", os_release={"ID": "debian", "VERSION_ID": "12"})
    now = "2026-11-21T00:00:00Z"
    tool = Tool(name="test", version="1")
    snapshot = Snapshot(schema=SNAPSHOT_SCHEMA, tool=tool, started_at=now, finished_at=now, node=node)
    content = Content(load_components(), load_rules(), load_platform("kubeadm"))
    profiles = tuple(one.profile for one in load_chain("workstation-2"))
    selection = Selection(profiles=profiles, level=1)
    found = assess(
        load_benchmark("cis-debian-12"), snapshot, content, on=date(2026, 11, 21), selection=selection
    )
    left = {one.number for one in found.results if one.outcome.value != "notselected"}
    assert left == selected("cis-debian-12", "workstation-1")


def test_a_benchmark_without_kinds_of_machines_is_whole_on_each() -> None:
    numbers = {entry.number for entry in shipped("cis-aliyun-linux-2-1.0.0")}
    assert selected("cis-aliyun-linux-2-1.0.0", "workstation-2") == numbers
    assert selected("cis-aliyun-linux-2-1.0.0", "workstation-1") == selected(
        "cis-aliyun-linux-2-1.0.0", "level-1"
    )


@pytest.mark.parametrize("benchmark", TABLES)
def test_few_scored_items_are_left_to_a_person(benchmark: str) -> None:
    rules = load_rules()
    scored = [entry for entry in shipped(benchmark) if entry.scored]
    by_hand = [entry.number for entry in scored if any(rules[name].test is None for name in entry.rules)]
    assert len(by_hand) / len(scored) < 0.02, by_hand


@pytest.mark.parametrize(
    ("system", "version", "benchmark"),
    [
        ("debian", "12", "cis-debian-12"),
        ("debian", "13", "cis-debian-13"),
        ("ubuntu", "24.04", "cis-ubuntu-24.04"),
    ],
)
def test_the_benchmark_is_chosen_by_os_release(system: str, version: str, benchmark: str) -> None:
    found = choose_linux_benchmark({"ID": system, "VERSION_ID": version}, load_editions())
    assert found is not None
    assert found[0].id == benchmark


@pytest.mark.parametrize(("system", "version"), [("ubuntu", "22.04"), ("debian", "1"), ("mint", "24.04")])
def test_another_system_is_not_taken_for_one_of_these(system: str, version: str) -> None:
    assert choose_linux_benchmark({"ID": system, "VERSION_ID": version}, load_editions()) is None


@pytest.mark.parametrize(
    ("profile", "benchmark", "forwarding"),
    [
        ("kubernetes-node-debian-12", "cis-debian-12", {"3.3.1"}),
        (
            "kubernetes-node-debian-13",
            "cis-debian-13",
            {"3.3.1.1", "3.3.1.2", "3.3.1.3", "3.3.2.1", "3.3.2.2"},
        ),
        ("kubernetes-node-ubuntu-24.04", "cis-ubuntu-24.04", {"3.3.1"}),
    ],
)
def test_d13_a_node_of_a_cluster_is_excepted_from_what_conflicts(
    profile: str, benchmark: str, forwarding: set[str]
) -> None:
    chain = [one.profile for one in load_chain(profile)]
    left_out = {number: one for (_, number), one in tailor(chain, load_benchmark(benchmark)).left_out.items()}
    firewall = {entry.number for entry in shipped(benchmark) if entry.number.startswith("4.")}
    assert forwarding | firewall <= set(left_out)
    assert Counter(one.outcome.value for one in left_out.values()) == {"notapplicable": len(left_out)}
    assert all("forward" in left_out[number].reason for number in forwarding)
    assert len(set(left_out) - firewall - forwarding) == 3  # overlay, squashfs, sctp
