"""`trueline fleet` as a user runs it, on files as they come from nodes."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys

import msgspec
import pytest

from tests.fleets import CONTROL_PLANE, node, result
from tests.node_tree import NodeTree, judged
from trueline.cli.gather import example
from trueline.collect.snapshot import write_snapshot
from trueline.model.cluster import Meta, Node
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot, Tool

TRUELINE = [sys.executable, "-m", "trueline"]
KUBE_BENCH = {
    "Controls": [
        {
            "id": "4",
            "version": "cis-1.7",
            "text": "Worker",
            "node_type": "node",
            "tests": [
                {
                    "section": "4.1",
                    "desc": "Files",
                    "results": [
                        {
                            "test_number": "4.1.1",
                            "test_desc": "The unit's mode",
                            "status": "PASS",
                            "scored": True,
                            "actual_value": "600",
                        }
                    ],
                }
            ],
        }
    ]
}
TEXT = """[INFO] 4 Worker Node Security Configuration
[INFO] 4.1 Worker Node Configuration Files
[PASS] 4.1.1 Mode of the unit (Automated)
[FAIL] 4.1.2 Owner of the unit (Automated)

== Remediations node ==
4.1.2 chown root:root

== Summary node ==
1 checks PASS
1 checks FAIL
0 checks WARN
0 checks INFO
"""


def run(*words, **given):
    return subprocess.run(
        [*TRUELINE, "fleet", *map(str, words)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "200"},
        **given,
    )


def save(folder, assessment, name=None):
    file = folder / f"{name or assessment.target.name}.json"
    file.write_bytes(msgspec.json.encode(assessment))
    return file


def assessed(*words):
    done = run(*words, "--format", "json")
    return json.loads(done.stdout), done


@pytest.fixture
def nodes(tmp_path):
    folder = tmp_path / "nodes"
    folder.mkdir()
    save(folder, node("cp-1", {"master 1.1.1": "pass", "node 4.2.1": "pass"}, roles=CONTROL_PLANE))
    save(folder, node("w-1", {"master 1.1.1": "notapplicable", "node 4.2.1": "fail"}, roles=("node",)))
    return folder


def test_a_directory_of_reports_becomes_one_of_the_cluster(nodes):
    document, done = assessed(nodes, "--name", "prod")
    assert done.returncode == 1, done.stderr
    assert (document["target"]["kind"], document["target"]["name"]) == ("cluster", "prod")
    assert [head["name"] for head in document["nodes"]] == ["cp-1", "w-1"]
    failed = document["results"][1]
    assert failed["spread"] == {"nodes": {"fail": ["w-1"], "pass": ["cp-1"]}}
    assert failed["evidence"][0]["observed"] == "fail"


def test_w20_text_and_markdown_name_the_nodes_that_differ(nodes):
    words = "mixed: fail on 1 of 2: w-1; pass on 1 of 2: cp-1"
    assert f"[FAIL] 4.2.1 Title of 4.2.1 ({words})" in run(nodes).stdout
    assert words in run(nodes, "--format", "markdown").stdout


def test_expected_nodes_that_gave_nothing_are_named_and_nothing_passes_without_them(nodes, tmp_path):
    expected = tmp_path / "expected.txt"
    expected.write_text("cp-1 control-plane\nw-1\nw-2\n")
    document, done = assessed(nodes, "--expect-nodes", expected)
    assert done.returncode == 3 or document["results"][0]["outcome"] == "pass"
    assert [head["name"] for head in document["nodes"] if head["missing"]] == ["w-2"]
    assert document["results"][1]["spread"]["missing"] == ["w-2"]
    (nodes / "w-1.json").unlink()
    document, done = assessed(nodes, "--expect-nodes", expected)
    assert done.returncode == 3
    assert document["results"][1]["outcome"] == "error"


def test_a_node_whose_results_are_not_those_it_counts_gave_none(nodes):
    whole = node("w-1", {"master 1.1.1": "notapplicable", "node 4.2.1": "fail"}, roles=("node",))
    turned = node("w-1", {"master 1.1.1": "notapplicable", "node 4.2.1": "pass"}, roles=("node",))
    for results in (turned.results, whole.results[:1], ()):
        save(nodes, msgspec.structs.replace(whole, results=results))
        document, done = assessed(nodes)
        assert done.returncode == 3
        assert document["results"][1]["spread"]["missing"] == ["w-1"]
        assert "not those that it counts" in done.stderr


def cluster_snapshot(*names):
    return Snapshot(
        schema=SNAPSHOT_SCHEMA,
        tool=Tool(name="trueline", version="0"),
        started_at="2026-03-04T05:06:07Z",
        finished_at="2026-03-04T05:06:09Z",
        cluster=msgspec.structs.replace(
            example().cluster,
            name="prod",
            uid="u-1",
            nodes=tuple(Node(metadata=Meta(name=name)) for name in names),
        ),
    )


def test_the_clusters_own_list_says_which_nodes_are_missing(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    tree = NodeTree(tmp_path / "tree")
    tree.component("kubelet", "--read-only-port=0")
    save(folder, judged(tree.snapshot()))
    write_snapshot(str(folder / "cluster.json.gz"), cluster_snapshot("node-1", "w-2"))
    document, done = assessed(folder, "--nodes-from-cluster")
    assert document["benchmark"]["id"] == "cis-1.12", done.stderr
    assert (document["target"]["name"], document["target"]["cluster_uid"]) == ("prod", "u-1")
    found = {one["number"]: one for one in document["results"]}
    assert found["4.2.1"]["spread"]["missing"] == ["w-2"]
    assert found["5.1.1"]["outcome"] in ("pass", "fail")


def test_without_a_list_nodes_from_cluster_is_refused(nodes):
    done = run(nodes, "--nodes-from-cluster")
    assert done.returncode == 2
    assert "no snapshot among the files" in done.stderr


def test_w8_snapshots_are_judged_and_node_and_cluster_come_together(tmp_path):
    tree = NodeTree(tmp_path / "tree")
    tree.component("kube-apiserver", "--profiling=true")
    whole = msgspec.structs.replace(
        tree.snapshot(cluster_snapshot("node-1").cluster), started_at="2026-03-04T05:06:07Z"
    )
    file = tmp_path / "node-1.json.gz"
    write_snapshot(str(file), whole)
    document, done = assessed(file, "--benchmark", "cis-1.12")
    found = {one["number"]: one for one in document["results"]}
    assert found["1.2.15"]["outcome"] == "fail", done.stderr
    assert found["5.1.1"]["outcome"] in ("pass", "fail")
    assert not any(head["missing"] for head in document["nodes"])


def test_outputs_of_kube_bench_are_nodes_named_as_their_files(tmp_path):
    (tmp_path / "w-1.json").write_text(json.dumps(KUBE_BENCH))
    (tmp_path / "w-2.json.gz").write_bytes(gzip.compress(json.dumps(KUBE_BENCH).encode()))
    document, done = assessed(tmp_path)
    assert done.returncode == 0, done.stderr
    assert document["benchmark"]["id"] == "cis-1.7"
    assert document["results"][0]["spread"] == {"nodes": {"pass": ["w-1", "w-2"]}}


def test_text_of_kube_bench_is_read_too(tmp_path):
    for name in ("w-1.log", "w-2.log"):
        (tmp_path / name).write_text(TEXT)
    document, done = assessed(tmp_path, "--benchmark", "cis-1.7")
    assert done.returncode == 1, done.stderr
    assert document["benchmark"]["id"] == "cis-1.7"
    assert document["results"][1]["spread"] == {"nodes": {"fail": ["w-1", "w-2"]}}


def test_reports_of_different_programs_are_no_fleet(tmp_path):
    (tmp_path / "w-1.log").write_text(TEXT)
    save(tmp_path, node("w-2", {"node 4.1.1": "pass"}))
    done = run(tmp_path, "--benchmark", "cis-1.12")
    assert done.returncode == 2
    assert "different" in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b'{"schema": "trueline.dev/assessment/v1", "tool": {"na', "cut off"),
        (b'{"schema": "trueline.dev/snapshot/v1", "started_at": 1', "not complete JSON"),
        (b'{"schema": "trueline.dev/assessment/v1"}', "not a valid document"),
        (
            b"Error from server: container is waiting to start: ImagePullBackOff\n",
            "no check in it",
        ),
        (b"\x1f\x8b\x08\x00", "broken or cut off"),
    ],
)
def test_w9_a_broken_file_is_a_missing_node_with_its_cause(nodes, content, words):
    (nodes / "w-2.json").write_bytes(content)
    document, done = assessed(nodes)
    assert words in done.stderr
    (missing,) = [head for head in document["nodes"] if head["missing"]]
    assert missing["name"] == "w-2"
    assert words in missing["reason"]
    assert document["results"][0]["outcome"] == "error"


def test_w9_where_nothing_can_be_read_nothing_was_assessed(tmp_path):
    file = tmp_path / "w-1.json"
    file.write_text("")
    done = run(file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "empty" in done.stderr
    assert run(tmp_path / "none.json").returncode == 2
    (tmp_path / "nothing").mkdir()
    assert "there is no file of a node" in run(tmp_path / "nothing").stderr


def test_c4_what_is_not_scored_can_be_left_out(tmp_path):
    save(
        tmp_path,
        node("a", [result("4.2.1", "node", "pass"), result("4.2.2", "node", "fail", scored=False)]),
    )
    done = run(tmp_path, "--unscored=false", "--format", "rancher-csv")
    assert [row["ID"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["4.2.1"]


def test_a_file_per_node_has_the_inspectors_rows(nodes, tmp_path):
    done = run(nodes, "--format", "inspector-csv", "-o", tmp_path / "cis-{node}.csv")
    assert done.returncode == 1, done.stderr
    assert {file.name for file in tmp_path.glob("cis-*.csv")} == {"cis-cp-1.csv", "cis-w-1.csv"}
    with (tmp_path / "cis-w-1.csv").open(newline="") as file:
        assert [(row["Node Name"], row["Result"]) for row in csv.DictReader(file)] == [("w-1", "fail")]


def test_names_of_nodes_lead_nowhere_else(tmp_path):
    save(tmp_path, node("../../evil", {"node 4.2.1": "pass"}), "evil")
    folder = tmp_path / "out"
    folder.mkdir()
    done = run(tmp_path / "evil.json", "--format", "inspector-csv", "-o", folder / "cis-{node}.csv")
    assert done.returncode == 0, done.stderr
    assert [file.name for file in folder.iterdir()] == ["cis-_.._evil.csv"]


def test_suffixes_choose_the_formats(nodes, tmp_path):
    for suffix in ("rancher.csv", "rancher-keys.csv", "rancher.json", "inspector.csv", "md", "html"):
        done = run(nodes, "-o", tmp_path / f"all.{suffix}")
        assert done.returncode == 1, done.stderr
        assert (tmp_path / f"all.{suffix}").stat().st_size
