"""What RBAC lets subjects do is told from what it merely looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluate.kube.kube_kit import (
    STAR,
    account,
    binding,
    cluster,
    grants,
    group,
    meta,
    objects,
    role,
    rule,
    run,
    user,
)
from trueline.model.facts import Certificate, FileMeta, NodeFacts

SECRETS = ("get list watch", "secrets")


def bound(*rules, subject=None, namespace="", name="b"):
    """A cluster in which one subject is bound to one cluster role."""
    one = binding(name, "r", subject or group("devs"), namespace=namespace)
    return cluster(
        cluster_roles=[role("r", *rules)],
        **{"role_bindings" if namespace else "cluster_role_bindings": [one]},
    )


MATCHES = [
    (rule("get", "secrets"), True),
    (rule("*", "secrets"), True),
    (rule("get", "*"), True),
    (rule("get", "secrets", group="*"), True),
    (rule("create", "secrets"), False),
    (rule("get", "secret"), False),
    (rule("get", "secrets/status"), False),
    (rule("get", "secrets/*"), False),
    (rule("get", "*/"), False),
    (rule("get", "secrets", group="example.test"), False),
    (rule("get,list", "secrets"), False),
    (rule("GET", "secrets"), False),
    ({"verbs": ["get"], "nonResourceURLs": ["*"]}, False),
    ({"verbs": None, "apiGroups": None, "resources": None}, False),
]


@pytest.mark.parametrize(("one", "found"), MATCHES)
def test_a_rule_grants_reading_secrets(one, found):
    assert bool(grants(bound(one), *SECRETS).findings) is found


SUBRESOURCES = [
    (rule("get", "nodes/proxy"), True),
    (rule("get", "*/proxy"), True),
    (rule("get", "*"), True),
    (rule("get", "nodes"), False),
    (rule("get", "nodes/*"), False),
    (rule("get", "pods/proxy"), False),
]


@pytest.mark.parametrize(("one", "found"), SUBRESOURCES)
def test_a_rule_grants_a_subresource(one, found):
    assert bool(grants(bound(one), "get", "nodes/proxy").findings) is found


@pytest.mark.parametrize(
    ("verb", "resource", "found"),
    [
        ("create", "persistentvolumes", False),
        ("create", "pods", True),
        ("impersonate", "users", False),
        ("impersonate", "serviceaccounts", True),
        ("bind", "clusterroles.rbac.authorization.k8s.io", True),
        ("escalate", "clusterroles.rbac.authorization.k8s.io", False),
        ("escalate", "roles.rbac.authorization.k8s.io", True),
    ],
)
def test_a_role_binding_reaches_only_what_stands_in_namespaces(verb, resource, found):
    facts = bound(STAR, namespace="shop")
    assert bool(grants(facts, verb, resource).findings) is found


def test_a_role_is_looked_for_in_the_namespace_of_its_binding():
    here = binding("b", "r", user("eve"), namespace="shop", kind="Role")
    elsewhere = role("r", rule("get", "secrets"), namespace="lab")
    facts = cluster(
        roles=[elsewhere], cluster_roles=[role("r", rule("get", "secrets"))], role_bindings=[here]
    )
    assert grants(facts, *SECRETS).findings == ()


def test_findings_name_subjects_verbs_and_reach():
    (found,) = grants(bound(rule("get list", "secrets"), namespace="shop"), *SECRETS).findings
    assert found.object == "RoleBinding shop/b"
    assert found.detail == "Group devs may get, list secrets in namespace shop (ClusterRole r)"


def test_an_unbound_role_is_shown_beside():
    facts = cluster(
        cluster_roles=[role("r", rule("get", "secrets"))], cluster_role_bindings=[binding("b", "x")]
    )
    found = grants(facts, *SECRETS)
    assert found.findings == ()
    assert objects(found.context) == ["ClusterRole r"]


def test_names_narrow_a_grant():
    named = rule("get", "secrets", resourceNames=["tls"])
    assert grants(bound(named), *SECRETS, named=["context"]).findings == ()
    assert (
        grants(bound(named), *SECRETS, named=["context"])
        .context[0]
        .detail.endswith("get secrets (only tls) in the whole cluster (ClusterRole r)")
    )
    assert len(grants(bound(named), *SECRETS).findings) == 1
    assert grants(bound(rule("create", "pods", resourceNames=["p"])), "create", "pods").findings == ()


def test_a_grant_in_full_is_not_hidden_by_a_narrow_one():
    facts = bound(rule("get", "secrets", resourceNames=["tls"]), rule("get", "secrets"))
    assert len(grants(facts, *SECRETS, named=["context"]).findings) == 1


def test_ways_around_are_shown_beside():
    found = grants(
        bound(rule("create", "deployments", group="apps")), "create", "pods", related=["deployments.apps"]
    )
    assert found.findings == ()
    assert "create deployments" in found.context[0].detail


SHIPPED = [
    binding("cluster-admin", "cluster-admin", group("system:masters")),
    binding("kubeadm:cluster-admins", "cluster-admin", group("kubeadm:cluster-admins")),
    binding(
        "system:controller:job-controller",
        "system:controller:job-controller",
        account("kube-system", "job-controller"),
    ),
    binding("system:kube-scheduler", "system:kube-scheduler", user("system:kube-scheduler")),
]
FORGED = [
    binding("system:foo", "cluster-admin", group("devs")),
    binding("kubeadm:cluster-admins", "cluster-admin", group("kubeadm:cluster-admins"), group("devs")),
    binding("kubeadm:cluster-admins-2", "cluster-admin", group("kubeadm:cluster-admins")),
    binding("cluster-admin", "cluster-admin", user("system:masters")),
    binding("system:controller:job-controller", "cluster-admin", account("kube-system", "job-controller")),
    binding(
        "system:controller:job-controller",
        "system:controller:job-controller",
        account("shop", "job-controller"),
    ),
    binding("system:controller:evil-controller", "cluster-admin", account("kube-system", "evil-controller")),
    binding("system:kube-scheduler", "system:kube-scheduler", group("system:kube-scheduler")),
    binding("mine", "cluster-admin", user("system:kube-scheduler")),
    binding("mine", "cluster-admin", group("system:nodes")),
    binding("system:discovery", "cluster-admin", group("system:authenticated")),
    binding("mine", "cluster-admin", group("system:authenticated")),
    binding("mine", "cluster-admin", group("system:unauthenticated")),
    binding("mine", "cluster-admin", user("system:anonymous")),
    binding("mine", "cluster-admin", group("system:serviceaccounts")),
    binding("is_compliant:true", "cluster-admin", user("eve")),
    binding("x\n**is_compliant:true\x1b[2J", "cluster-admin", user("=cmd|'/c calc'!A1")),
]
ROLES = [
    role(name, STAR)
    for name in ("cluster-admin", "system:controller:job-controller", "system:kube-scheduler")
]
LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def labelled(one):
    return {**one, "metadata": {**one["metadata"], "labels": LABELS}}


@pytest.mark.parametrize("one", SHIPPED)
def test_what_kubernetes_binds_itself_is_expected(one):
    facts = cluster(cluster_roles=ROLES, cluster_role_bindings=[one])
    assert grants(facts, *SECRETS).findings == ()
    assert run("wildcards", facts).findings == ()
    assert run("cluster-admin", facts).findings == ()


@pytest.mark.parametrize("one", FORGED + [labelled(one) for one in FORGED])
def test_no_name_nor_label_makes_a_binding_expected(one):
    facts = cluster(cluster_roles=ROLES, cluster_role_bindings=[one])
    assert len(grants(facts, *SECRETS).findings) == 1
    assert len(run("wildcards", facts).findings) == 1


def test_names_stay_data():
    name = "x\n**is_compliant:true\x1b[2J"
    facts = cluster(cluster_role_bindings=[binding(name, "cluster-admin", user("eve"))])
    assert run("cluster-admin", facts).findings[0].object == f"ClusterRoleBinding {name}"


def test_those_who_reach_everyone_come_first():
    many = [binding(f"a{number}", "r", group("devs")) for number in range(30)]
    everyone = binding("zzz", "r", group("system:serviceaccounts"))
    facts = cluster(
        cluster_roles=[role("r", rule("get", "secrets"))], cluster_role_bindings=[*many, everyone]
    )
    assert grants(facts, *SECRETS).findings[0].object == "ClusterRoleBinding zzz"


def test_cluster_admin_by_another_name_and_in_a_namespace():
    facts = cluster(
        cluster_roles=[role("ops", STAR)],
        cluster_role_bindings=[binding("ops", "ops", group("ops"))],
        role_bindings=[
            binding("local", "cluster-admin", user("eve"), namespace="shop"),
            binding("narrow", "ops", user("eve"), namespace="shop"),
        ],
    )
    found = run("cluster-admin", facts).findings
    assert objects(found) == ["ClusterRoleBinding ops", "RoleBinding shop/local"]
    assert "in namespace shop" in found[1].detail


def test_everything_of_certain_names_is_not_cluster_admin():
    facts = bound({**STAR, "resourceNames": ["one"]})
    assert run("cluster-admin", facts).findings == ()


def test_system_masters_gain_nothing_from_roles_and_so_are_left_to_their_own_rule():
    facts = bound(rule("get", "secrets"), subject=group("system:masters"))
    assert grants(facts, *SECRETS).findings == ()
    assert len(run("bindings-of", facts, subjects=["system:masters"]).findings) == 1
    assert len(grants(bound(rule("get", "secrets"), subject=user("system:masters")), *SECRETS).findings) == 1


def test_wildcards_of_unbound_roles_are_context():
    facts = cluster(
        cluster_roles=[role("all", STAR)], cluster_role_bindings=[binding("b", "other", user("eve"))]
    )
    found = run("wildcards", facts)
    assert (found.findings, objects(found.context)) == ((), ["ClusterRole all"])


@pytest.mark.parametrize("find", ["cluster-admin", "wildcards"])
def test_a_cluster_without_any_bindings_is_not_judged(find):
    assert run(find, cluster()).undecided
    assert grants(cluster(), *SECRETS).undecided


def test_service_accounts_by_their_user_name():
    facts = cluster(
        service_accounts=[{**meta("default", "shop"), "automountServiceAccountToken": False}],
        cluster_roles=[role("r")],
        cluster_role_bindings=[binding("b", "r", user("system:serviceaccount:shop:default"))],
    )
    assert objects(run("default-accounts", facts).findings) == ["ClusterRoleBinding b"]


@pytest.mark.parametrize("name", ["system:serviceaccounts", "system:serviceaccounts:shop"])
def test_groups_hold_default_accounts(name):
    facts = cluster(
        service_accounts=[{**meta("default", "shop"), "automountServiceAccountToken": False}],
        cluster_roles=[role("r")],
        cluster_role_bindings=[binding("b", "r", group(name))],
    )
    assert objects(run("default-accounts", facts).findings) == ["ClusterRoleBinding b"]


def test_certificates_of_system_masters_are_shown():
    fact = FileMeta(
        kind="file",
        mode="0600",
        uid=0,
        gid=0,
        certificate=Certificate(
            subject="O=system:masters,CN=admin",
            issuer="CN=ca",
            not_before="2026-01-01T00:00:00Z",
            not_after="",
        ),
    )
    node = NodeFacts(hostname="n", files={"/root/admin.crt": fact})
    found = run("masters-credentials", cluster(), node=node)
    assert objects(found.context) == ["/root/admin.crt"]
    assert found.findings == ()


VERBS = st.lists(st.sampled_from(["get", "list", "watch", "create", "*", "patch"]), max_size=3)
RESOURCES = st.lists(
    st.sampled_from(["secrets", "pods", "*", "nodes/proxy", "*/proxy", "pods/*"]), max_size=3
)
RULES = st.builds(
    lambda verbs, resources, named: {
        "apiGroups": [""],
        "verbs": verbs,
        "resources": resources,
        **({"resourceNames": ["x"]} if named else {}),
    },
    VERBS,
    RESOURCES,
    st.booleans(),
)
SUBJECTS = st.sampled_from(
    [
        group("devs"),
        group("system:masters"),
        group("system:authenticated"),
        user("eve"),
        account("shop", "default"),
    ]
)
GRANTS = st.lists(st.tuples(st.lists(RULES, max_size=3), SUBJECTS, st.booleans()), max_size=5)
WANTED = st.sampled_from([("get list watch", "secrets"), ("create", "pods"), ("get", "nodes/proxy")])


def many(entries):
    roles = [role(f"r{number}", *rules) for number, (rules, _, _) in enumerate(entries)]
    listed = [
        binding(f"b{number}", f"r{number}", subject, namespace="shop" if local else "")
        for number, (_, subject, local) in enumerate(entries)
    ]
    return roles, listed


def of(roles, listed):
    return cluster(
        cluster_roles=roles,
        cluster_role_bindings=[one for one in listed if "namespace" not in one["metadata"]],
        role_bindings=[one for one in listed if "namespace" in one["metadata"]],
    )


@given(GRANTS, GRANTS, WANTED)
def test_more_grants_never_take_a_finding_away(first, more, wanted):
    before = grants(of(*many(first)), *wanted).findings
    after = grants(of(*many(first + more)), *wanted).findings
    assert set(before) <= set(after)


@given(GRANTS, WANTED, st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_show(entries, wanted, random):
    roles, listed = many(entries)
    expected = [grants(of(roles, listed), *wanted), run("wildcards", of(roles, listed))]
    random.shuffle(roles)
    random.shuffle(listed)
    assert [grants(of(roles, listed), *wanted), run("wildcards", of(roles, listed))] == expected
