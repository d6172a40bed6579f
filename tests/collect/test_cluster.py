"""What comes out of collecting a recorded cluster, whole and with parts that can't be read."""

from pathlib import Path

import msgspec
import pytest

from tests.collect.apiserver import TOKEN, recorded, serve
from trueline.collect.cluster import collect_cluster
from trueline.collect.kubeapi import Limits
from trueline.collect.kuberesources import RESOURCES
from trueline.model.cluster import ClusterFacts

QUICK = Limits(request_seconds=1.0, total_seconds=6.0, retry_seconds=0.05)


def collected(server, folder, limits=QUICK, **options):
    return collect_cluster(server.kubeconfig(folder), limits=limits, **options)


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> ClusterFacts:
    with serve() as server:
        return collected(server, tmp_path_factory.mktemp("kube"))


def test_identity(facts):
    assert facts.version == "v1.36.2"
    assert facts.name == "test-cluster"
    assert facts.server.startswith("https://127.0.0.1:")
    assert facts.uid == next(
        n["metadata"]["uid"] for n in recorded()["namespaces"] if n["metadata"]["name"] == "kube-system"
    )


@pytest.mark.parametrize(
    ("field", "resource"),
    [
        ("nodes", "nodes"),
        ("namespaces", "namespaces"),
        ("service_accounts", "serviceaccounts"),
        ("pods", "pods"),
        ("services", "services"),
        ("roles", "roles"),
        ("cluster_roles", "clusterroles"),
        ("role_bindings", "rolebindings"),
        ("cluster_role_bindings", "clusterrolebindings"),
        ("network_policies", "networkpolicies"),
    ],
)
def test_every_object_is_there(facts, field, resource):
    names = [(o.metadata.namespace, o.metadata.name) for o in getattr(facts, field)]
    assert names == [
        (o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in recorded()[resource]
    ]
    assert not facts.unavailable


def test_what_rules_read_survives(facts):
    proxy = next(p for p in facts.pods if p.metadata.name.startswith("kube-proxy"))
    assert proxy.spec.host_network is True
    assert proxy.spec.containers[0].security_context.privileged is True
    assert proxy.metadata.owner_references[0].kind == "DaemonSet"
    admin = next(b for b in facts.cluster_role_bindings if b.metadata.name == "cluster-admin")
    assert admin.subjects[0].name == "system:masters"
    assert admin.metadata.labels == {"kubernetes.io/bootstrapping": "rbac-defaults"}
    node = facts.nodes[0]
    assert "node-role.kubernetes.io/control-plane" in node.metadata.labels
    assert "kubernetes.io/hostname" not in node.metadata.labels


def test_workloads_carry_their_kind_and_leave_out_what_they_control(facts):
    kinds = {(w.kind, w.metadata.name) for w in facts.workloads}
    assert ("DaemonSet", "kube-proxy") in kinds
    assert ("Deployment", "coredns") in kinds
    assert not any(kind == "ReplicaSet" for kind, _ in kinds)


def test_a_replica_set_without_its_deployment_is_kept(tmp_path):
    with serve({"replicasets": recorded()["replicasets"]}) as server:
        found = collected(server, tmp_path).workloads
    assert {w.kind for w in found} == {"ReplicaSet"}
    assert len(found) == len(recorded()["replicasets"])


def test_round_trip_through_json(facts):
    assert msgspec.json.decode(msgspec.json.encode(facts), type=ClusterFacts) == facts


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_add_up_to_the_whole(facts, tmp_path, size):
    with serve() as server:
        paged = collected(server, tmp_path, msgspec.structs.replace(QUICK, page_items=size))
        assert sum("continue=" in path for _, path in server.asked) > 5
    assert msgspec.structs.replace(paged, server="") == msgspec.structs.replace(facts, server="")


def test_only_gets_of_lists_are_sent(tmp_path):
    with serve() as server:
        collected(server, tmp_path)
        paths = {path.partition("?")[0] for _, path in server.asked}
        assert {method for method, _ in server.asked} == {"GET"}
    assert paths == {"/version"} | {resource.path for resource in RESOURCES}
    assert not any("secrets" in path or "configmaps" in path for path in paths)


CANARY = "c4n4ry-s3cr3t"


def leaky_pod():
    env = [
        {"name": "PASSWORD", "value": CANARY},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pass"}}},
    ]
    container = {"name": "c", "image": "i", "env": env, "args": [CANARY], "command": [CANARY]}
    container["livenessProbe"] = {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": CANARY}]}}
    container["envFrom"] = [{"secretRef": {"name": "all"}}]
    notes = {
        "kubectl.kubernetes.io/last-applied-configuration": CANARY,
        "rke.cattle.io/internal-ip": "192.0.2.1",
    }
    spec = {"containers": [container], "initContainers": [container], "ephemeralContainers": [container]}
    return {
        "metadata": {"name": "leaky", "namespace": "x", "annotations": notes, "labels": {"a": CANARY}},
        "spec": spec,
    }


def test_values_are_dropped_and_references_to_secrets_kept(tmp_path):
    pod = leaky_pod()
    template = {
        "metadata": {"name": "w"},
        "spec": {"template": pod, "jobTemplate": {"spec": {"template": pod}}},
    }
    objects = {"pods": [pod], "deployments": [template], "cronjobs": [template]}
    with serve(objects) as server:
        facts = collected(server, tmp_path)
    assert CANARY not in msgspec.json.encode(facts).decode()
    container = facts.pods[0].spec.containers[0]
    assert [e.name for e in container.env] == ["PASSWORD", "FROM_SECRET"]
    assert container.env[1].value_from.secret_key_ref.name == "db"
    assert container.env_from[0].secret_ref.name == "all"
    assert facts.pods[0].metadata.annotations == {"rke.cattle.io/internal-ip": "192.0.2.1"}
    assert len(facts.workloads) == 2


def test_progress_comes_to_the_calling_thread_and_reaches_the_counts(tmp_path):
    seen: list[tuple[str, int]] = []
    with serve() as server:
        facts = collected(server, tmp_path, progress=lambda resource, count: seen.append((resource, count)))
    assert dict(seen)["pods"] == len(facts.pods)
    assert {resource for resource, _ in seen} == {resource.name for resource in RESOURCES}


def test_an_optional_resource_that_no_version_serves_is_known_to_be_empty(tmp_path):
    missing = dict.fromkeys(
        ("validatingadmissionpolicies", "validatingadmissionpolicybindings", "networkpolicies")
    )
    with serve(served=missing) as server:
        facts = collected(server, tmp_path)
    assert facts.unavailable == {}
    assert facts.network_policies == ()


def test_a_resource_in_an_older_version_is_read_there(tmp_path):
    policy = {"metadata": {"name": "p"}}
    with serve(
        {"validatingadmissionpolicies": [policy]}, served={"validatingadmissionpolicies": "v1beta1"}
    ) as server:
        facts = collected(server, tmp_path)
    assert [p.metadata.name for p in facts.admission_policies] == ["p"]


def test_pods_that_are_not_found_are_not_taken_for_none(tmp_path):
    with serve(served={"pods": None}) as server:
        facts = collected(server, tmp_path)
    assert facts.unavailable["pods"].startswith("HTTP 404")


@pytest.mark.parametrize("fault", ["not-found", "html", "html-as-json", "forbidden", "error"])
def test_not_found_that_discovery_does_not_confirm_is_unavailable(tmp_path, fault):
    faults = {"networkpolicies": "not-found", "apis": fault}
    with serve(faults=faults) as server:
        facts = collected(server, tmp_path)
    assert set(facts.unavailable) == {"networkpolicies"}


def test_not_found_although_discovery_lists_it_is_unavailable(tmp_path):
    with serve(faults={"networkpolicies": "not-found"}) as server:
        facts = collected(server, tmp_path)
    assert set(facts.unavailable) == {"networkpolicies"}


@pytest.mark.parametrize("fault", ["forbidden", "not-found", "html-as-json", "html", "error"])
def test_without_a_version_the_lists_are_still_read(tmp_path, fault):
    with serve(faults={"version": fault}) as server:
        server.version = b'{"gitVersion": 7}'
        facts = collected(server, tmp_path)
    assert facts.version is None
    assert facts.unavailable == {}
    assert facts.pods


@pytest.mark.parametrize(
    "version", [b'{"gitVersion":"\\u001b[31mv1.36"}', b'{"gitVersion":"latest"}', b"[]", b"null"]
)
def test_a_version_that_is_none_is_not_believed(tmp_path, version):
    with serve({}) as server:
        server.version = version
        assert collected(server, tmp_path).version is None


def test_credentials_are_in_no_output(tmp_path):
    with serve(faults={"*": "echo-credentials"}) as server:
        facts = collected(server, tmp_path)
    assert TOKEN not in msgspec.json.encode(facts).decode()
    reason = facts.unavailable["pods"]
    assert reason.startswith("forbidden: [31mrefused Bearer [redacted]")
    assert reason.isprintable()
    assert len(reason) < 400


SHARED = Path(__file__).parents[3] / "shared" / "fixtures" / "kubeadm-1.36-api"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the whole recording of the cluster is not beside this clone")
def test_the_whole_recording(tmp_path):
    objects = recorded(SHARED)
    with serve(objects) as server:
        facts = collected(server, tmp_path)
    assert facts.unavailable == {}
    assert len(facts.service_accounts) == len(objects["serviceaccounts"])
    assert len(facts.cluster_roles) == len(objects["clusterroles"])
    assert {w.metadata.namespace for w in facts.workloads} >= {"kube-system", "orders", "legacy"}
