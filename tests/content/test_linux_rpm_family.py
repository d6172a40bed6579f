"""The benchmarks of RHEL 9, AlmaLinux 9 and Alibaba Cloud Linux 3 have the items of the published tables."""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from trueline.collect.linux.paths import FILES, PATTERNS
from trueline.content.load import load_benchmark, load_editions, load_rules
from trueline.content.profiles import load_chain
from trueline.evaluate.systems import borrowed, choose_linux_benchmark, fits, misfit
from trueline.model.benchmark import Recommendation
from trueline.model.rule import Test, bind
from trueline.policy.profiles import tailor

TABLE = Path(__file__).parents[3] / "shared" / "facts" / "linux_benchmarks.csv"
TABLES = {
    "cis-rhel-9": ("cis-rhel9", 300),
    "cis-almalinux-9": ("cis-almalinux9", 300),
    "cis-alibaba-linux-3": ("cis-alinux3", 260),
}
OF_MACHINES = ["cis-rhel-9", "cis-almalinux-9"]
FORWARDING = {"3.3.1", "3.2.1"}


@cache
def published(benchmark: str) -> list[dict[str, str]]:
    if not TABLE.exists():
        pytest.skip(f"the published table {TABLE} is not here")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["benchmark"] == TABLES[benchmark][0]]


def shipped(benchmark: str) -> list[Recommendation]:
    return [entry for _, entry in load_benchmark(benchmark).recommendations()]


def left_out(benchmark: str, profile: str) -> dict[str, str]:
    chain = [one.profile for one in load_chain(profile)]
    found = tailor(chain, load_benchmark(benchmark)).left_out
    return {number: one.reason for (_, number), one in found.items()}


@pytest.mark.parametrize("benchmark", TABLES)
def test_each_item_is_shipped_as_it_stands_in_the_table(benchmark: str) -> None:
    wanted = [
        (row["id"], row["level"], row["automated"], row["automated"])  # scored is what is automated
        for row in published(benchmark)
    ]
    assert wanted == [
        (entry.number, str(entry.level), str(entry.automated).lower(), str(entry.scored).lower())
        for entry in shipped(benchmark)
    ]
    assert len(wanted) == TABLES[benchmark][1]


@pytest.mark.parametrize("benchmark", OF_MACHINES)
def test_levels_of_servers_and_workstations_are_those_of_the_table(benchmark: str) -> None:
    assert [(row["level_server"], row["level_workstation"]) for row in published(benchmark)] == [
        (str(entry.level_for("server") or ""), str(entry.level_for("workstation") or ""))
        for entry in shipped(benchmark)
    ]


@pytest.mark.parametrize("benchmark", OF_MACHINES)
@pytest.mark.parametrize("machine", ["server", "workstation"])
@pytest.mark.parametrize("level", [1, 2])
def test_a_machine_profile_selects_exactly_the_items_of_its_levels(
    benchmark: str, machine: str, level: int
) -> None:
    names = {f"l{one}_{machine}" for one in range(1, level + 1)}
    wanted = {row["id"] for row in published(benchmark) if names & set(row["levels_field"].split("|"))}
    without = left_out(benchmark, f"{machine}-{level}")
    assert {entry.number for entry in shipped(benchmark)} - set(without) == wanted


@pytest.mark.parametrize("benchmark", TABLES)
def test_most_scored_items_are_decided_by_facts(benchmark: str) -> None:
    rules = load_rules()
    scored = [entry for entry in shipped(benchmark) if entry.scored and entry.automated]
    by_hand = [entry.number for entry in scored if any(rules[name].test is None for name in entry.rules)]
    assert len(by_hand) / len(scored) < 0.04, by_hand


@pytest.mark.parametrize("benchmark", TABLES)
def test_what_the_table_is_not_sure_of_is_marked_or_left_to_a_person(benchmark: str) -> None:
    rules = load_rules()
    rows = {row["id"]: row for row in published(benchmark)}
    for entry in shipped(benchmark):
        decided = all(rules[name].test for name in entry.rules)
        if rows[entry.number]["confidence"] == "low" and decided:
            assert entry.uncertain, entry.number
        if rows[entry.number]["note_key"] == "not-a-benchmark-item":
            assert not decided, entry.number


def leaves(test: Test | None) -> Iterator[Test]:
    if test is not None:
        yield test
        for part in (*(test.all or ()), *(test.any or ()), *((test.not_,) if test.not_ else ())):
            yield from leaves(part)


@pytest.mark.parametrize("benchmark", [one.id for one in load_editions() if one.systems])
def test_each_file_that_a_benchmark_asks_for_is_collected(benchmark: str) -> None:
    rules = load_rules()
    for _, entry in load_benchmark(benchmark).recommendations():
        for name, given in entry.rules.items():
            bound = bind(rules[name], given)
            for leaf in (*leaves(bound.test), *leaves(bound.applies)):
                path = leaf.file.path if leaf.file else leaf.files.path if leaf.files else ""
                assert not path or path in {*FILES, *PATTERNS}, f"{entry.number}: {path}"


@pytest.mark.parametrize("benchmark", TABLES)
def test_d8_what_a_person_looks_at_is_named(benchmark: str) -> None:
    for entry in shipped(benchmark):
        if "host-review" in entry.rules:
            assert entry.rules["host-review"]["what"], entry.number
            assert entry.title or len(entry.rules) > 1, entry.number


@pytest.mark.parametrize(
    ("system", "version", "benchmark"),
    [
        ("rhel", "9.4", "cis-rhel-9"),
        ("rhel", "9", "cis-rhel-9"),
        ("almalinux", "9.5", "cis-almalinux-9"),
        ("alinux", "3", "cis-alibaba-linux-3"),
        ("alinux", "3.2104", "cis-alibaba-linux-3"),
        ("alinux", "2.1903", "cis-aliyun-linux-2-1.0.0"),
        ("rhel", "90", None),
        ("rhel", "8.10", None),
        ("almalinux", "8.9", None),
    ],
)
def test_the_benchmark_is_chosen_by_os_release(system: str, version: str, benchmark: str | None) -> None:
    found = choose_linux_benchmark({"ID": system, "VERSION_ID": version}, load_editions())
    assert (found[0].id if found else None) == benchmark


@pytest.mark.parametrize(("system", "version"), [("rocky", "9.4"), ("centos", "9"), ("ol", "9.5")])
def test_what_is_built_like_rhel_is_judged_as_such_and_says_so(system: str, version: str) -> None:
    os_release = {"ID": system, "VERSION_ID": version, "ID_LIKE": "rhel fedora"}
    found = choose_linux_benchmark(os_release, load_editions())
    assert found
    assert found[0].id == "cis-rhel-9"
    assert not fits(os_release, found[0])
    assert misfit(os_release, found[0]) == ""
    assert f"No benchmark ships for {system} {version}" in borrowed(os_release, found[0])


@pytest.mark.parametrize(("system", "version"), [("rocky", "8.9"), ("fedora", "41"), ("eurolinux", "9")])
def test_likeness_that_os_release_claims_is_not_enough(system: str, version: str) -> None:
    os_release = {"ID": system, "VERSION_ID": version, "ID_LIKE": "rhel centos fedora"}
    assert choose_linux_benchmark(os_release, load_editions()) is None
    edition = next(one for one in load_editions() if one.id == "cis-rhel-9")
    assert system in misfit(os_release, edition)
    assert not borrowed(os_release, edition)


def test_a_system_with_a_document_of_its_own_borrows_none() -> None:
    for os_release in ({"ID": "rhel", "VERSION_ID": "9.4"}, {"ID": "almalinux", "VERSION_ID": "9.4"}):
        assert not any(borrowed(os_release, edition) for edition in load_editions())


@pytest.mark.parametrize("benchmark", TABLES)
def test_d13_a_node_of_a_cluster_is_excepted_from_what_conflicts_with_reasons(benchmark: str) -> None:
    profile = f"kubernetes-node-{benchmark.removeprefix('cis-')}"
    reasons = left_out(benchmark, profile)
    assert FORWARDING & set(reasons)
    assert all(len(reason.split()) > 5 for reason in reasons.values())
    rules = {number for number in reasons if not number.startswith(("3.4", "4."))}
    assert len(rules) <= 3  # the firewall aside, little conflicts


@pytest.mark.parametrize("benchmark", TABLES)
def test_d13_storage_of_containers_is_ignored_and_everything_else_is_judged(benchmark: str) -> None:
    chain = [one.profile for one in load_chain(f"kubernetes-node-{benchmark.removeprefix('cis-')}")]
    tailored = tailor(chain, load_benchmark(benchmark))
    walks = {
        name: given
        for _, entry in tailored.benchmark.recommendations()
        for name, given in entry.rules.items()
        if name.startswith(("world-writable", "files-without"))
    }
    assert len(walks) == 4
    assert all(given == {"containers": "ignore"} for given in walks.values())


@pytest.mark.parametrize("benchmark", TABLES)
def test_the_page_about_benchmarks_counts_what_is_shipped(benchmark: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {benchmark} "))
    _, _, items, scored, decided, *_ = (cell.strip() for cell in row.split("|"))
    rules = load_rules()
    entries = shipped(benchmark)
    of_score = [entry for entry in entries if entry.scored and entry.automated]
    by_facts = [entry for entry in of_score if all(rules[name].test for name in entry.rules)]
    assert [int(items), int(scored), int(decided)] == [len(entries), len(of_score), len(by_facts)]
