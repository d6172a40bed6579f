"""Which benchmark fits: by programs on PATH, and by the API server of a pod."""

import json
import os

import pytest

from tests.collect.apiserver import TOKEN, serve
from tests.collect.pki import pki
from trueline.collect.kubeversion import MOUNTED, ServerVersion, ask_pod, ask_program, search_path
from trueline.errors import UsageError
from trueline.kubebench.config import merge
from trueline.kubebench.detect import LiveSources, detect_benchmark, for_git_version, for_version
from trueline.model.cluster import Meta, Node, NodeInfo, NodeSpec, NodeStatus
from trueline.model.facts import CommandOutput

MAPPING = {"1.18": "cis-1.6", "1.29": "cis-1.11", "1.34": "cis-1.12", "4.0": "rh-1.0"}
CONFIG = merge([{"version_mapping": MAPPING}])


def program(folder, name, prints, status=0):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho \"$@\" >> {folder}/asked\ncat <<'END'\n{prints}\nEND\nexit {status}\n")
    path.chmod(0o755)


def kubectl(git, major="1", minor="29"):
    return json.dumps({"serverVersion": {"major": major, "minor": minor, "gitVersion": git}})


class Told:
    """Sources that have their answers."""

    def __init__(self, pod=None, **programs):
        self.answers = programs
        self.server = pod
        self.verified = None

    def program(self, name):
        text = self.answers.get(name)
        return CommandOutput(output=text) if isinstance(text, str) else text

    def pod(self, *, verify):
        self.verified = verify
        return self.server


def test_b3_programs_of_the_host_are_used_behind_those_of_path(tmp_path, monkeypatch):
    assert search_path({"PATH": "/a:/b"}) == f"/a:/b:{MOUNTED}"
    assert search_path({}) == MOUNTED
    assert search_path({"PATH": f"{MOUNTED}:/a"}) == f"{MOUNTED}:/a"
    program(tmp_path / "first", "kubectl", kubectl("v1.29.1"))
    program(tmp_path / "mounted", "kubectl", kubectl("v1.34.1", minor="34"))
    program(tmp_path / "mounted", "kubelet", "Kubernetes v1.18.1")
    path = f"{tmp_path}/first:{tmp_path}/mounted"
    assert detect_benchmark(CONFIG, LiveSources({}, path)).benchmark == "cis-1.11"
    assert (tmp_path / "first" / "asked").read_text() == "version -o json\n"
    assert not (tmp_path / "mounted" / "asked").exists()
    assert detect_benchmark(CONFIG, LiveSources({}, f"{tmp_path}/mounted")).benchmark == "cis-1.12"


def test_b3_kubeconfig_reaches_kubectl_by_the_environment(tmp_path, monkeypatch):
    program(tmp_path, "kubectl", "")
    (tmp_path / "kubectl").write_text('#!/bin/sh\nprintf %s "$KUBECONFIG"\n')
    monkeypatch.setenv("KUBECONFIG", "/etc/kubernetes/admin.conf")
    assert ask_program("kubectl", str(tmp_path)).output == "/etc/kubernetes/admin.conf"


@pytest.mark.parametrize(
    ("prints", "benchmark", "strict"),
    [
        ("Client Version: 4.12.3\nServer Version: 4.11.9\n", "rh-1.4", "rh-1.4"),
        ("Client Version: 4.18.1\nServer Version: 4.2.0\n", "rh-1.0", "rh-1.8"),
        ("oc v3.11.0\n", "rh-0.7", "rh-0.7"),
        ("error: no server\n", "cis-1.11", "cis-1.11"),
    ],
)
def test_b9_openshift_by_its_program(tmp_path, prints, benchmark, strict):
    program(tmp_path, "oc", prints)
    program(tmp_path, "kubectl", kubectl("v1.29.1"))
    sources = LiveSources({}, f"{tmp_path}:/bin")
    found = detect_benchmark(CONFIG, sources)
    assert found.benchmark == benchmark
    assert found.version == (benchmark if benchmark.startswith("rh") else "1.29")
    assert detect_benchmark(CONFIG, sources, strict_compat=True).benchmark == strict
    assert (tmp_path / "asked").read_text().startswith("version\n")


@pytest.mark.parametrize(
    ("git", "benchmark"),
    [
        ("v1.29.3-gke.1", "gke-1.6.0"),
        ("v1.29.3-eks-4c69", "eks-1.7.0"),
        ("v1.29.3-aliyun.1", "ack-1.0"),
        ("v1.29.3+k3s1", "k3s-cis-1.9"),
        ("v1.29.3", "cis-1.11"),
    ],
)
def test_b9_platforms_by_the_servers_version(tmp_path, git, benchmark):
    program(tmp_path, "kubectl", kubectl(git))
    assert detect_benchmark(CONFIG, LiveSources({}, str(tmp_path))).benchmark == benchmark
    assert for_git_version(CONFIG, git).benchmark == benchmark


@pytest.mark.parametrize(
    ("label", "benchmark"), [("kubernetes.azure.com/cluster", "aks-1.7"), ("other", "cis-1.11")]
)
def test_platform_that_shows_on_nodes_alone(label, benchmark):
    node = Node(metadata=Meta(labels={label: "x"}), spec=NodeSpec(), status=NodeStatus(node_info=NodeInfo()))
    told = Told(pod=ServerVersion(git="v1.29.3", major="1", minor="29+", nodes=(node,)))
    assert detect_benchmark(CONFIG, told).benchmark == benchmark


def test_b8_api_server_is_asked_first_and_its_certificate_verified():
    told = Told(
        pod=ServerVersion(git="v1.29.3", major="1", minor="29+"), kubectl=kubectl("v1.34.1", minor="34")
    )
    assert detect_benchmark(CONFIG, told).version == "1.29"
    assert told.verified is True
    detect_benchmark(CONFIG, told, strict_compat=True)
    assert told.verified is False


def pod(folder, server, authority):
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "ca.crt").write_bytes(authority)
    host, _, port = server.address.removeprefix("https://").partition(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "PATH": ""}


def test_b8_pod_asks_its_server_over_verified_tls(tmp_path):
    with serve() as server:
        environ = pod(tmp_path / "good", server, server.pki.authority.certificate)
        told = ask_pod(environ, directory=str(tmp_path / "good"))
        assert told.git == json.loads(server.version)["gitVersion"]
        assert told.nodes
        pod(tmp_path / "bad", server, pki("other-ca").authority.certificate)
        assert ask_pod(environ, directory=str(tmp_path / "bad")) is None
        asked = len(server.asked)
        unverified = ask_pod(environ, directory=str(tmp_path / "bad"), verify=False)
        assert unverified.git == told.git
        assert len(server.asked) > asked


@pytest.mark.parametrize("fault", ["version", "nodes"])
def test_server_that_refuses(tmp_path, fault):
    with serve(faults={fault: "forbidden"}) as server:
        environ = pod(tmp_path / "pod", server, server.pki.authority.certificate)
        told = ask_pod(environ, directory=str(tmp_path / "pod"))
    assert told is None if fault == "version" else (told.git and not told.nodes)


def test_outside_a_pod_nobody_is_asked(tmp_path):
    assert ask_pod({}, directory=str(tmp_path)) is None


@pytest.mark.parametrize(
    ("sources", "version", "strict"),
    [
        ({"kubectl": "no JSON", "kubelet": "Kubernetes v1.29.3"}, "1.29", "1.18"),
        ({"kubectl": '{"clientVersion": {}}', "kubelet": "Kubernetes v1.29.3"}, "1.29", None),
        ({"kubelet": "Kubernetes v1.29.3"}, "1.29", "1.29"),
        ({"kubelet": "what?"}, "1.18", "1.18"),
        ({}, "1.18", "1.18"),
    ],
)
def test_next_source_is_asked(sources, version, strict):
    assert detect_benchmark(CONFIG, Told(**sources)).version == version
    if strict is None:
        with pytest.raises(UsageError):
            detect_benchmark(CONFIG, Told(**sources), strict_compat=True)
    else:
        assert detect_benchmark(CONFIG, Told(**sources), strict_compat=True).version == strict


def test_version_that_was_assumed_is_told():
    assert "assumed" in detect_benchmark(CONFIG, Told()).notices[0]
    (notice,) = for_version(CONFIG, "1.35").notices
    assert "1.34" in notice
    assert for_version(CONFIG, "1.34").notices == ()


def test_b15_platform_of_the_kubelet_counts():
    told = Told(kubelet="Kubernetes v1.29.3-eks-4c69")
    assert detect_benchmark(CONFIG, told).benchmark == "eks-1.7.0"
    assert detect_benchmark(CONFIG, told, strict_compat=True).benchmark == "cis-1.11"


def test_b3_openshift_version_maps():
    assert for_version(CONFIG, "4.5").benchmark == "rh-1.0"
    with pytest.raises(UsageError):
        for_version(CONFIG, "4.5", strict_compat=True)


@pytest.mark.parametrize("body", ["exec sleep 60", "yes", "kill -9 $$", "exit 3"])
def test_program_that_misbehaves_has_no_say(tmp_path, monkeypatch, body):
    from trueline.collect import kubeversion

    monkeypatch.setattr(kubeversion, "_SECONDS", 0.5)
    program(tmp_path, "kubelet", "")
    (tmp_path / "kubelet").write_text(f"#!/bin/sh\n{body}\n")
    found = detect_benchmark(CONFIG, LiveSources({}, f"{tmp_path}:{os.environ['PATH']}"))
    assert found.version == "1.18"
