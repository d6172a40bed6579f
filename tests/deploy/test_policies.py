"""The Job without any access to a node judges what the API server says, and asks it to list and no more."""

import json
import subprocess
import sys

from tests.collect.apiserver import serve
from tests.deploy.manifests import container
from trueline.collect.kuberesources import RESOURCES


def test_an_empty_root_and_a_cluster_are_enough(tmp_path):
    (tmp_path / "host").mkdir()
    words = [word for word in container("job-policies")["args"] if word != "--in-cluster"]
    words = [f"--root={tmp_path / 'host'}" if word.startswith("--root=") else word for word in words]
    with serve() as server:
        given = [*words, "--kubeconfig", str(server.kubeconfig(tmp_path))]
        done = subprocess.run(
            [sys.executable, "-m", "trueline", *given], capture_output=True, check=False, text=True
        )
    report = json.loads(done.stdout)
    assert {result["target"] for result in report["results"]} == {"policies"}
    assert not [result["number"] for result in report["results"] if result["outcome"] == "error"], done.stderr
    # W10: read-only verbs; what is asked for is what the ClusterRole lists, and the version
    assert {method for method, _ in server.asked} == {"GET"}
    assert {path.partition("?")[0] for _, path in server.asked} <= {one.path for one in RESOURCES} | {
        "/version"
    }
