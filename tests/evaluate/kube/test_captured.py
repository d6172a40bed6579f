"""A real cluster as kubeadm makes it, with a namespace meant to be good and one meant to be bad."""

import pytest

from tests.evaluate.kube.kube_kit import binding, captured, grants, group, objects, role, rule, run
from trueline.evaluate.kube.controls import CONTROLS

BAD = {"ClusterRoleBinding ci-deployer-admin", "ClusterRoleBinding legacy-escalator"}
ESCALATING = [
    ("get list watch", "secrets"),
    ("create", "pods"),
    ("create", "persistentvolumes"),
    ("create", "serviceaccounts/token"),
    ("get", "nodes/proxy"),
    ("update", "certificatesigningrequests.certificates.k8s.io/approval"),
    ("delete", "validatingwebhookconfigurations.admissionregistration.k8s.io"),
    ("bind escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("impersonate", "users groups serviceaccounts"),
]


@pytest.mark.parametrize(("verbs", "resources"), ESCALATING)
def test_only_the_bad_bindings_are_found(verbs, resources):
    found = grants(captured(), verbs, resources)
    assert set(objects(found.findings)) - {"RoleBinding legacy/do-anything-default"} == BAD
    assert "62 cluster role bindings" in found.looked_at
    assert not found.undecided


def test_secrets_open_to_everyone_who_can_log_in():
    facts = captured(
        cluster_roles=[role("secrets-for-all", rule("get list watch", "secrets"))],
        cluster_role_bindings=[binding("secrets-for-all", "secrets-for-all", group("system:authenticated"))],
    )
    first = grants(facts, "get list watch", "secrets").findings[0]
    assert first.object == "ClusterRoleBinding secrets-for-all"
    assert "system:authenticated (everyone who can log in)" in first.detail


def test_cluster_admin():
    found = run("cluster-admin", captured())
    assert objects(found.findings) == ["ClusterRoleBinding ci-deployer-admin"]
    assert objects(found.context) == [
        "ClusterRoleBinding cluster-admin",
        "ClusterRoleBinding kubeadm:cluster-admins",
    ]


def test_wildcards():
    assert objects(run("wildcards", captured()).findings) == [
        "ClusterRole cluster-admin",
        "Role legacy/do-anything",
    ]


def test_system_masters():
    found = run("bindings-of", captured(), subjects=["system:masters"])
    assert objects(found.findings) == ["ClusterRoleBinding legacy-escalator"]


@pytest.mark.parametrize("subject", ["system:authenticated", "system:unauthenticated", "system:anonymous"])
def test_shipped_bindings_of_everyone_are_no_findings(subject):
    assert run("bindings-of", captured(), subjects=[subject]).findings == ()


@pytest.mark.parametrize("control", CONTROLS)
def test_admission_spares_only_the_restricted_namespace(control):
    found = run("admitted", captured(), control=[control])
    assert objects(found.findings) == ["Namespace default", "Namespace legacy"]


RUNNING = {
    "privileged": ["Deployment legacy/host-agent", "Pod legacy/escalating"],
    "host-pid": ["Deployment legacy/host-agent"],
    "host-ipc": ["Deployment legacy/host-agent"],
    "host-network": ["Deployment legacy/host-agent", "Job legacy/nightly-report"],
    "added-capabilities": ["Deployment legacy/host-agent", "Pod legacy/escalating"],
    "windows-host-process": [],
    "host-path": ["Deployment legacy/host-agent"],
    "host-ports": ["Deployment legacy/host-agent"],
    "net-raw": [
        "Deployment legacy/host-agent",
        "Job legacy/nightly-report",
        "Pod default/in-default",
        "Pod legacy/escalating",
    ],
}


@pytest.mark.parametrize(("control", "expected"), RUNNING.items())
def test_running_offenders_are_named_by_their_controller(control, expected):
    found = run("running", captured(), control=[control])
    assert objects(found.findings) == expected
    assert not any("orders" in one.object for one in found.findings)


def test_host_namespaces_of_system_pods_are_shown_and_not_held_against_it():
    context = run("admitted", captured(), control=["host-network"]).context
    assert "Pod kube-system/kube-apiserver-vm" in objects(context)
    assert "DaemonSet kube-system/kube-proxy" in objects(context)


def test_network_policies():
    found = run("without-network-policy", captured())
    assert objects(found.findings) == ["Namespace default", "Namespace kube-system", "Namespace legacy"]


def test_tokens():
    found = run("mounted-tokens", captured())
    assert objects(found.findings) == [
        "Deployment legacy/host-agent",
        "Job legacy/nightly-report",
        "Pod default/in-default",
        "Pod legacy/escalating",
    ]
    assert objects(found.context) == ["DaemonSet kube-system/kube-proxy", "Deployment kube-system/coredns"]


def test_default_accounts():
    found = run("default-accounts", captured())
    assert "RoleBinding legacy/do-anything-default" in objects(found.findings)
    assert "ServiceAccount orders/default" in objects(found.findings)
    assert "Pod kube-system/etcd-vm" not in objects(found.findings)


def test_secret_variables_and_the_default_namespace():
    facts = captured()
    assert objects(run("secret-variables", facts).findings) == ["Deployment legacy/host-agent"]
    found = run("objects-in", facts, namespace=["default"])
    assert objects(found.findings) == ["Pod default/in-default", "Service default/web"]
