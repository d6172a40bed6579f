"""--profile and `trueline benchmarks profiles` as a user meets them."""

import json

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from tests.node_tree import NodeTree
from trueline.cli.benchmarks import benchmarks
from trueline.cli.main import cli
from trueline.cli.scan import scan
from trueline.content.profiles import profile_ids
from trueline.errors import ContentError, UsageError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    tree = NodeTree(tmp_path_factory.mktemp("profiles") / "node")
    tree.component("kube-apiserver", "--profiling=false", "--audit-log-path=/a", "--audit-log-maxage=40")
    return tree.root


def audit(root, *words):
    done = CliRunner().invoke(
        scan, ["--root", str(root), "--format", "json", "--no-progress", *words], catch_exceptions=False
    )
    document = json.loads(done.stdout)
    return document, {result["number"]: result for result in document["results"]}


def own(folder, text, base="rke-cis-1.4-permissive"):
    path = folder / "own.yaml"
    path.write_text(f"id: own\ntitle: Our own\nextends: {base}\n{text}", encoding="utf-8")
    return str(path)


def test_c7_a_profile_implies_its_benchmark_and_is_named_in_the_report(root):
    document, results = audit(root, "--profile", "RKE-CIS-1.4-Permissive")
    assert document["benchmark"]["id"] == "rke-cis-1.4"
    assert "RKE-CIS-1.4-Permissive" in document["benchmark"]["chosen_because"]
    assert document["profile"]["id"] == "rke-cis-1.4-permissive"
    assert document["profile"]["extends"] == ["rke-cis-1.4-hardened"]
    assert len(results) == 116


def test_c7_hardened_judges_what_permissive_skips(root):
    _, permissive = audit(root, "--profile", "RKE-CIS-1.4-Permissive")
    _, hardened = audit(root, "--profile", "RKE-CIS-1.4-Hardened")
    assert (permissive["1.1.36"]["outcome"], hardened["1.1.36"]["outcome"]) == ("notselected", "fail")
    assert {n for n in hardened if hardened[n]["outcome"] == "notselected"} == set()


@pytest.mark.parametrize("format_", ["text", "markdown", "csv", "json", "html", "junit"])
def test_c8_the_reason_is_in_every_report(root, format_):
    done = CliRunner().invoke(
        scan,
        [
            *("--root", str(root), "--profile", "RKE-CIS-1.4-Permissive"),
            *("--only", "1.4.1", "--only", "1.2.2", "--format", format_, "--no-progress"),
        ],
        catch_exceptions=False,
        env={"COLUMNS": "300"},
    )
    words = " ".join(done.stdout.split())
    assert "no pod manifest describes them" in words
    assert "from other hosts, which the loopback address would shut out" in words


def test_c10_a_file_of_ones_own_skips_more_and_changes_what_it_names(root, tmp_path):
    path = own(
        tmp_path,
        "skipped:\n  1.1.8: Profiled in tests.\n"
        "select: [1.1.36]\ndeselect: [1.6]\n"
        "parameters:\n  apiserver-audit-log-maxage-sufficient: {days: 90}\n"
        "severities:\n  apiserver-profiling-disabled: info\n  apiserver-audit-log-path-set: critical\n",
    )
    _, plain = audit(root, "--profile", "RKE-CIS-1.4-Permissive")
    document, ours = audit(root, "--profile", path)
    assert document["profile"]["extends"] == ["rke-cis-1.4-permissive", "rke-cis-1.4-hardened"]
    assert (ours["1.1.8"]["outcome"], ours["1.1.8"]["reason"]) == ("notselected", "Profiled in tests.")
    assert ours["1.1.36"]["outcome"] == "fail"
    assert ours["1.6.1"]["reason"] == "Profile own leaves it out."
    assert (plain["1.1.16"]["outcome"], ours["1.1.16"]["outcome"]) == ("pass", "fail")
    assert "90" in ours["1.1.16"]["title"]
    assert ours["1.1.15"]["severity"] == "critical"
    unchanged = (
        set(plain) - {"1.1.8", "1.1.36", "1.1.16", "1.1.15"} - {n for n in plain if n.startswith("1.6.")}
    )
    assert {n: ours[n] for n in unchanged} == {n: plain[n] for n in unchanged}


def test_the_same_profile_serves_any_benchmark_where_it_names_none(root, tmp_path):
    path = own(tmp_path, "deselect: [apiserver-profiling-disabled]\n", base="level-1")
    for benchmark, number in (("cis-1.12", "1.2.15"), ("cis-1.6", "1.2.21")):
        document, results = audit(root, "--profile", path, "--benchmark", benchmark)
        assert document["benchmark"]["id"] == benchmark
        assert results[number]["outcome"] == "notselected"


def test_level_1_leaves_out_the_same_as_the_option(root):
    _, by_profile = audit(root, "--benchmark", "cis-1.12", "--profile", "level-1")
    _, by_option = audit(root, "--benchmark", "cis-1.12", "--level", "1")
    outcomes = {number: (one["outcome"], one["reason"]) for number, one in by_profile.items()}
    assert outcomes == {number: (one["outcome"], one["reason"]) for number, one in by_option.items()}


def test_a_profile_of_another_benchmark_is_refused(root):
    with pytest.raises(UsageError, match=r"is for rke-cis-1\.4, not for cis-1\.12") as caught:
        audit(root, "--profile", "RKE-CIS-1.4-Hardened", "--benchmark", "cis-1.12")
    assert "Leave --benchmark out" in caught.value.hint
    document, _ = audit(root, "--profile", "RKE-CIS-1.4-Hardened", "--benchmark", "RKE-CIS-1.4")
    assert document["benchmark"]["id"] == "rke-cis-1.4"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("skipped:\n  1.1.99: r\n", 5, "has no recommendation, section or rule '1.1.99'"),
        ("skipped:\n  1.1.8: ''\n", 5, "1.1.8 has no reason"),
        (
            "select:\n  - 1.1.36\n  - nothing-such\n",
            6,
            "has no recommendation, section or rule 'nothing-such'",
        ),
        ("select: [1.4.1]\n", 4, "1.4.1 can't be selected"),
        ("severities:\n  nothing-such: low\n", 5, "there is no rule 'nothing-such'"),
        ("parameters:\n  etcd-data-dir-mode:\n    mod: 700\n", 6, "has no parameter mod"),
        ("parameters:\n  etcd-data-dir-mode:\n    mode: rwx\n", 6, "'rwx' is no file mode"),
        (
            "parameters:\n  apiserver-audit-log-maxage-sufficient:\n    days: many\n",
            6,
            "'many' is not a whole number",
        ),
        ("benchmark: cis-1.6\n", 4, "it is for cis-1.6, but extends rke-cis-1.4-hardened"),
    ],
)
def test_tailoring_that_means_nothing_is_refused_with_its_line(root, tmp_path, text, line, message):
    path = own(tmp_path, text)
    with pytest.raises(ContentError) as caught:
        audit(root, "--profile", path)
    assert message in caught.value.message
    assert (caught.value.file, caught.value.line) == (path, line)


def test_mistakes_are_found_before_anything_is_read(tmp_path):
    with pytest.raises(ContentError):
        audit(tmp_path / "no such root", "--profile", own(tmp_path, "skipped:\n  1.1.99: r\n"))


def test_all_profiles_are_listed_with_their_counts():
    done = CliRunner().invoke(benchmarks, ["profiles", "--format", "json"], catch_exceptions=False)
    listed = {one["id"]: one for one in json.loads(done.stdout)}
    assert list(listed) == profile_ids()
    permissive, level = listed["rke-cis-1.4-permissive"], listed["level-1"]
    assert (permissive["benchmark"], permissive["not_applicable"], permissive["skipped"]) == (
        "rke-cis-1.4",
        19,
        15,
    )
    assert (level["benchmark"], level["not_applicable"], level["skipped"]) == ("", None, None)
    text = CliRunner().invoke(benchmarks, ["profiles"], catch_exceptions=False).stdout
    row = next(line for line in text.splitlines() if line.startswith("rke-cis-1.4-permissive"))
    assert row.split()[-4:] == ["rke-cis-1.4", "19", "15", "RKE-CIS-1.4-Permissive"]


def test_one_profile_is_shown_with_its_reasons(tmp_path):
    done = CliRunner().invoke(
        benchmarks,
        ["profiles", own(tmp_path, "skipped:\n  1.1.8: Profiled in tests.\n")],
        catch_exceptions=False,
    )
    assert done.stdout.startswith("own: Our own, for rke-cis-1.4, extends rke-cis-1.4-permissive, ")
    assert "1.1.8    notselected    Profiled in tests." in done.stdout
    assert len(done.stdout.splitlines()) == 1 + 15 + 19 + 1


def test_the_shell_completes_names_and_files():
    shell = ShellComplete(cli, {}, "trueline", "_TRUELINE_COMPLETE")
    names = {one.value for one in shell.get_completions(["scan", "--profile"], "RKE-CIS-1.4")}
    assert names == {"RKE-CIS-1.4-Permissive", "RKE-CIS-1.4-Hardened"}
    (file,) = shell.get_completions(["scan", "--profile"], "./own")
    assert (file.type, file.value) == ("file", "./own")
