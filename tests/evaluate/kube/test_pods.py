"""Pods are judged by effective values, whichever container and whichever level says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluate.kube.kube_kit import (
    GOOD_POD,
    account,
    binding,
    cluster,
    meta,
    namespace,
    objects,
    pod,
    role,
    run,
    workload,
)
from trueline.evaluate.kube.controls import CONTROLS


def own(**context):
    return {"containers": [{"name": "c", "securityContext": context}]}


def caps(**lists):
    return own(capabilities=lists)


CHECKS = [
    ("privileged", own(privileged=True), True),
    ("privileged", own(privileged=False), False),
    ("privileged", own(), False),
    ("privileged", {"initContainers": own(privileged=True)["containers"]}, True),
    ("privileged", {"ephemeralContainers": own(privileged=True)["containers"]}, True),
    ("host-pid", {"hostPID": True}, True),
    ("host-pid", {"hostPID": False}, False),
    ("host-ipc", {"hostIPC": True}, True),
    ("host-network", {"hostNetwork": True}, True),
    ("host-network", {}, False),
    ("privilege-escalation", own(), True),
    ("privilege-escalation", own(allowPrivilegeEscalation=True), True),
    ("privilege-escalation", own(allowPrivilegeEscalation=False), False),
    ("privilege-escalation", {"os": {"name": "windows"}, **own()}, False),
    ("run-as-root", {}, True),
    ("run-as-root", own(runAsUser=0), True),
    ("run-as-root", own(runAsUser=0, runAsNonRoot=True), True),
    ("run-as-root", own(runAsUser=10001), False),
    ("run-as-root", own(runAsNonRoot=True), False),
    ("run-as-root", {"securityContext": {"runAsNonRoot": True}}, False),
    ("run-as-root", {"securityContext": {"runAsNonRoot": True}, **own(runAsNonRoot=False)}, True),
    ("run-as-root", {"securityContext": {"runAsUser": 1}, **own(runAsUser=0)}, True),
    ("run-as-root", {"securityContext": {"runAsUser": 0}, **own(runAsUser=1)}, False),
    ("run-as-root", {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}}, False),
    ("run-as-root", {"os": {"name": "windows"}}, True),
    ("net-raw", {}, True),
    ("net-raw", caps(drop=["ALL"]), False),
    ("net-raw", caps(drop=["NET_RAW"]), False),
    ("net-raw", caps(drop=["CAP_NET_RAW"]), False),
    ("net-raw", caps(drop=["all"]), False),
    ("net-raw", caps(drop=["NET_ADMIN"]), True),
    ("net-raw", caps(drop=["ALL"], add=["NET_RAW"]), True),
    ("net-raw", own(privileged=True, capabilities={"drop": ["ALL"]}), True),
    ("net-raw", {"os": {"name": "windows"}}, False),
    ("added-capabilities", caps(add=["SYS_ADMIN"]), True),
    ("added-capabilities", caps(add=["NET_RAW"]), True),
    ("added-capabilities", caps(add=["ALL"]), True),
    ("added-capabilities", caps(add=["CHOWN", "NET_BIND_SERVICE"]), False),
    ("added-capabilities", caps(add=None), False),
    ("assigned-capabilities", {}, True),
    ("assigned-capabilities", caps(drop=["NET_RAW"]), True),
    ("assigned-capabilities", caps(drop=["ALL"]), False),
    ("assigned-capabilities", caps(drop=["ALL"], add=["NET_BIND_SERVICE"]), False),
    ("assigned-capabilities", caps(drop=["ALL"], add=["CHOWN"]), True),
    ("windows-host-process", own(windowsOptions={"hostProcess": True}), True),
    ("windows-host-process", {"securityContext": {"windowsOptions": {"hostProcess": True}}}, True),
    (
        "windows-host-process",
        {
            "securityContext": {"windowsOptions": {"hostProcess": True}},
            **own(windowsOptions={"hostProcess": False}),
        },
        False,
    ),
    ("windows-host-process", {}, False),
    ("host-path", {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, True),
    ("host-path", {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}, False),
    ("host-ports", {"containers": [{"name": "c", "ports": [{"hostPort": 80}]}]}, True),
    ("host-ports", {"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 0}]}]}, False),
    ("seccomp", {}, True),
    ("seccomp", {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}, False),
    ("seccomp", own(seccompProfile={"type": "Localhost"}), False),
    (
        "seccomp",
        {
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            **own(seccompProfile={"type": "Unconfined"}),
        },
        True,
    ),
    ("seccomp", own(privileged=True, seccompProfile={"type": "RuntimeDefault"}), True),
    ("seccomp", {"os": {"name": "windows"}}, False),
]


@pytest.mark.parametrize(("control", "spec", "found"), CHECKS)
def test_effective_values(control, spec, found):
    facts = cluster(namespaces=[namespace("shop")], pods=[pod("p", **spec)])
    assert bool(run("running", facts, control=[control]).findings) is found


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob"])
def test_templates_count_without_any_pod(kind):
    facts = cluster(namespaces=[namespace("shop")], workloads=[workload("w", kind=kind, hostPID=True)])
    assert objects(run("running", facts, control=["host-pid"]).findings) == [f"{kind} shop/w"]


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_spares_a_pod_that_asks_for_nothing(control):
    facts = cluster(namespaces=[namespace("shop")], pods=[pod("p", **GOOD_POD)])
    assert run("running", facts, control=[control]).findings == ()


def test_pods_of_a_listed_workload_stand_under_its_name():
    facts = cluster(
        namespaces=[namespace("shop")],
        workloads=[workload("web", hostPID=True), workload("nightly", kind="CronJob", hostPID=True)],
        pods=[
            pod("web-5d9-a", owner=("ReplicaSet", "web-5d9"), hostPID=True),
            pod("web-5d9-b", owner=("ReplicaSet", "web-5d9"), hostPID=True),
            pod("nightly-1-x", owner=("Job", "nightly-1"), hostPID=True),
        ],
    )
    found = run("running", facts, control=["host-pid"]).findings
    assert objects(found) == ["CronJob shop/nightly", "Deployment shop/web"]


def test_a_forged_owner_hides_nothing():
    facts = cluster(
        namespaces=[namespace("shop"), namespace("lab")],
        workloads=[workload("web"), workload("db", "lab", hostPID=True)],
        pods=[
            pod("a", owner=("ReplicaSet", "web-5d9"), hostPID=True),
            pod("b", owner=("Deployment", "web"), hostPID=True),
            pod("c", owner=("ReplicaSet", "db-1"), hostPID=True),
            pod("d", owner=("Node", "n1"), hostPID=True),
        ],
    )
    found = run("running", facts, control=["host-pid"]).findings
    assert objects(found) == ["Deployment lab/db", "Pod shop/a", "Pod shop/b", "Pod shop/c", "Pod shop/d"]


def test_pods_alike_of_an_owner_that_is_not_listed_stand_together():
    pods = [
        pod(f"p{number}", owner=("Rollout", "web"), nodeName=f"n{number}", hostPID=True)
        for number in range(9)
    ]
    odd = pod("q", owner=("Rollout", "web"), hostPID=True, hostIPC=True)
    facts = cluster(namespaces=[namespace("shop")], pods=[*pods, odd])
    (found,) = run("running", facts, control=["host-pid"]).findings
    assert found.object == "Pod shop/p0"
    assert found.detail.endswith("(and 9 more pods of Rollout web)")
    (alone,) = run("running", facts, control=["host-ipc"]).findings
    assert alone.object == "Pod shop/q"


def test_secret_variables():
    env = [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}, {"name": "MODE"}]
    facts = cluster(
        namespaces=[namespace("shop")],
        pods=[
            pod("a", containers=[{"name": "c", "env": env}]),
            pod("b", initContainers=[{"name": "i", "envFrom": [{"secretRef": {"name": "db"}}, {}]}]),
            pod("c", volumes=[{"name": "v", "secret": {"secretName": "db"}}]),
            pod("d", "kube-system", ephemeralContainers=[{"name": "e", "env": env}]),
        ],
    )
    found = run("secret-variables", facts).findings
    assert objects(found) == ["Pod kube-system/d", "Pod shop/a", "Pod shop/b"]
    assert found[1].detail == "container c: variable PW from Secret db"
    assert found[2].detail == "container i: all keys of Secret db"


AUTOMOUNT = [(None, None, True), (None, False, False), (None, True, True)]
AUTOMOUNT += [(False, None, False), (False, True, False), (True, False, True), (True, None, True)]


@pytest.mark.parametrize(("of_pod", "of_account", "mounted"), AUTOMOUNT)
def test_the_pod_decides_about_its_token_before_the_account(of_pod, of_account, mounted):
    facts = cluster(
        namespaces=[namespace("shop")],
        service_accounts=[{**meta("web", "shop"), "automountServiceAccountToken": of_account}],
        pods=[pod("p", serviceAccountName="web", automountServiceAccountToken=of_pod)],
    )
    assert bool(run("mounted-tokens", facts).findings) is mounted


def test_an_account_that_is_not_listed_mounts_its_token():
    facts = cluster(service_accounts=[meta("other", "shop")], pods=[pod("p", serviceAccountName="web")])
    assert objects(run("mounted-tokens", facts).findings) == ["Pod shop/p"]


def test_static_pods_have_no_token():
    mirror = pod("kube-apiserver-n1", "lab", owner=("Node", "n1"))
    annotated = pod("etcd-n1", "lab")
    annotated["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    facts = cluster(service_accounts=[meta("default", "lab")], pods=[mirror, annotated])
    assert run("mounted-tokens", facts).findings == ()


def test_a_pod_that_poses_as_static_keeps_its_account():
    facts = cluster(
        service_accounts=[meta("web", "shop")],
        pods=[pod("p", owner=("Node", "n1"), serviceAccountName="web")],
    )
    assert objects(run("mounted-tokens", facts).findings) == ["Pod shop/p"]


def test_the_default_account():
    closed = {**meta("default", "shop"), "automountServiceAccountToken": False}
    facts = cluster(
        service_accounts=[closed, meta("default", "lab"), meta("default", "kube-system")],
        roles=[role("r", namespace="shop")],
        role_bindings=[
            binding("b", "r", account("", "default"), namespace="shop", kind="Role"),
            binding("lost", "missing", account("", "default"), namespace="shop", kind="Role"),
        ],
        pods=[
            pod("idle"),
            pod("eager", automountServiceAccountToken=True),
            pod("other", serviceAccountName="web"),
        ],
    )
    found = run("default-accounts", facts)
    assert objects(found.findings) == [
        "Pod shop/eager",
        "RoleBinding shop/b",
        "ServiceAccount kube-system/default",
        "ServiceAccount lab/default",
    ]
    assert objects(found.context) == ["Pod shop/idle"]


@pytest.mark.parametrize("find", ["default-accounts", "mounted-tokens"])
def test_without_any_service_account_nothing_is_judged(find):
    assert run(find, cluster()).undecided


def test_evidence_searches_never_decide():
    facts = cluster(
        namespaces=[namespace("shop")],
        pods=[pod("p", containers=[{"name": "c", "image": "quay.io/Cilium/cilium:v1"}])],
    )
    for find, given_ in [
        ("images", {"words": ["cilium"]}),
        ("image-origins", {}),
        ("security-contexts", {}),
    ]:
        found = run(find, facts, **given_)
        assert (found.findings, objects(found.context)) == ((), ["Pod shop/p"])
    assert objects(run("namespaces", facts).context) == ["Namespace shop"]


def test_network_policies():
    facts = cluster(
        namespaces=[namespace(name) for name in ("shop", "lab", "kube-system", "kube-node-lease")],
        network_policies=[meta("deny", "shop")],
        pods=[pod("dns", "kube-system")],
    )
    found = run("without-network-policy", facts)
    assert objects(found.findings) == ["Namespace kube-system", "Namespace lab"]
    assert objects(found.context) == ["Namespace kube-node-lease"]
    assert "1 pod and 0 workloads" in found.findings[0].detail


def test_the_default_namespace():
    facts = cluster(
        namespaces=[namespace("default"), namespace("shop")],
        services=[meta("kubernetes", "default"), meta("kubernetes-2", "default"), meta("web", "shop")],
        pods=[pod("a", "default", owner=("ReplicaSet", "w-1")), pod("b", "shop")],
        workloads=[workload("w", "default")],
    )
    found = run("objects-in", facts, namespace=["default"]).findings
    assert objects(found) == ["Deployment default/w", "Service default/kubernetes-2"]


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "hostPID": st.booleans(),
        "hostNetwork": st.booleans(),
        "automountServiceAccountToken": st.booleans(),
        "serviceAccountName": st.sampled_from(["default", "web"]),
        "securityContext": st.fixed_dictionaries({}, optional={"runAsNonRoot": st.booleans()}),
    },
)
PODS = st.lists(
    st.tuples(
        st.sampled_from(["shop", "kube-system"]),
        st.sampled_from([None, ("ReplicaSet", "web-1"), ("Job", "x"), ("Node", "n")]),
        SPECS,
    ),
    max_size=8,
)
FINDS = [
    ("running", {"control": ["host-pid"]}),
    ("running", {"control": ["run-as-root"]}),
    ("mounted-tokens", {}),
    ("default-accounts", {}),
    ("admitted", {"control": ["host-network"]}),
    ("objects-in", {"namespace": ["shop"]}),
]


@given(PODS, st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_show(entries, random):
    pods = [
        pod(f"p{number}", where, owner=owner, **spec) for number, (where, owner, spec) in enumerate(entries)
    ]
    lists = {
        "namespaces": [namespace("shop"), namespace("kube-system")],
        "service_accounts": [meta("default", "shop"), meta("web", "shop")],
        "workloads": [workload("web", hostPID=True), workload("x", kind="Job")],
    }
    expected = [run(find, cluster(**lists, pods=pods), **args) for find, args in FINDS]
    random.shuffle(pods)
    shuffled = {name: random.sample(listed, len(listed)) for name, listed in lists.items()}
    assert [run(find, cluster(**shuffled, pods=pods), **args) for find, args in FINDS] == expected


@given(PODS, PODS)
def test_more_pods_never_take_an_offender_away(first, more):
    def offenders(entries):
        pods = [pod(f"p{n}", where, owner=owner, **spec) for n, (where, owner, spec) in enumerate(entries)]
        return bool(
            run("running", cluster(namespaces=[namespace("shop")], pods=pods), control=["host-pid"]).findings
        )

    assert offenders(first) <= offenders(first + more)
