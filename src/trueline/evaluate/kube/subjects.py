"""Who is bound to which role, and which of these bindings Kubernetes and kubeadm bring along themselves."""

from collections.abc import Iterable

import msgspec

from trueline.model.cluster import ClusterFacts, Role, RoleBinding, Subject

Identity = tuple[str, str, str]  # kind, namespace (of service accounts), name

MASTERS: Identity = ("Group", "", "system:masters")

# What reaches callers whom nobody picked: never excused, whatever binding it stands in.
BROAD = {
    ("Group", "", "system:authenticated"): "everyone who can log in",
    ("Group", "", "system:unauthenticated"): "everyone, without credentials",
    ("User", "", "system:anonymous"): "everyone, without credentials",
    ("Group", "", "system:serviceaccounts"): "every service account",
}

# Service accounts that kube-controller-manager runs its loops as, each bound to the role of its name.
# The list is that of Kubernetes 1.6 to 1.36; a name that isn't in it is nobody's built-in.
_CONTROLLERS = [
    "attachdetach-controller",
    "certificate-controller",
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "node-ipam-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "podcertificaterequestcleaner-controller",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-ca-cert-publisher",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-migrator-controller",
    "storageversiongarbagecollector-controller",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
]


def _user(name: str) -> Identity:
    return ("User", "", name)


def _group(name: str) -> Identity:
    return ("Group", "", name)


def _account(name: str) -> Identity:
    return ("ServiceAccount", "kube-system", name)


_MANAGER, _SCHEDULER = _user("system:kube-controller-manager"), _user("system:kube-scheduler")
_JOINING = _group("system:bootstrappers:kubeadm:default-node-token")
_ALL = (_group("system:authenticated"), _group("system:unauthenticated"))
_SIGNING = "system:certificates.k8s.io:certificatesigningrequests:"

# (namespace, binding) -> (role, subjects). Only these subjects of a binding that hands out exactly this role
# are excused: a further subject in it, another role, or another name that merely starts alike is not.
_EXPECTED: dict[tuple[str, str], tuple[str, tuple[Identity, ...]]] = {
    ("", "cluster-admin"): ("cluster-admin", (MASTERS,)),
    ("", "system:basic-user"): ("system:basic-user", _ALL),
    ("", "system:discovery"): ("system:discovery", _ALL),
    ("", "system:public-info-viewer"): ("system:public-info-viewer", _ALL),
    ("", "system:openshift:public-info-viewer"): ("system:openshift:public-info-viewer", _ALL),
    ("", "system:service-account-issuer-discovery"): (
        "system:service-account-issuer-discovery",
        (_group("system:serviceaccounts"),),
    ),
    ("", "system:monitoring"): ("system:monitoring", (_group("system:monitoring"),)),
    ("", "system:kube-controller-manager"): ("system:kube-controller-manager", (_MANAGER,)),
    ("", "system:kube-scheduler"): ("system:kube-scheduler", (_SCHEDULER,)),
    ("", "system:volume-scheduler"): ("system:volume-scheduler", (_SCHEDULER,)),
    ("", "system:kube-dns"): ("system:kube-dns", (_account("kube-dns"),)),
    ("", "system:node-proxier"): ("system:node-proxier", (_user("system:kube-proxy"),)),
    ("", "system:coredns"): ("system:coredns", (_account("coredns"),)),
    ("kube-system", "system::extension-apiserver-authentication-reader"): (
        "extension-apiserver-authentication-reader",
        (_MANAGER, _SCHEDULER),
    ),
    ("kube-system", "system::leader-locking-kube-controller-manager"): (
        "system::leader-locking-kube-controller-manager",
        (_MANAGER, _account("kube-controller-manager"), _account("leader-election-controller")),
    ),
    ("kube-system", "system::leader-locking-kube-scheduler"): (
        "system::leader-locking-kube-scheduler",
        (_SCHEDULER, _account("kube-scheduler")),
    ),
    ("kube-system", "system:controller:cloud-provider"): (
        "system:controller:cloud-provider",
        (_account("cloud-provider"),),
    ),
    ("kube-system", "system:controller:token-cleaner"): (
        "system:controller:token-cleaner",
        (_account("token-cleaner"),),
    ),
    **{
        (namespace, "system:controller:bootstrap-signer"): (
            "system:controller:bootstrap-signer",
            (_account("bootstrap-signer"),),
        )
        for namespace in ("kube-system", "kube-public")
    },
    **{
        ("", f"system:controller:{name}"): (f"system:controller:{name}", (_account(name),))
        for name in _CONTROLLERS
    },
    # kubeadm's own. The group of kubeadm:cluster-admins is what admin.conf logs in with since 1.29: whoever
    # installs the cluster needs one such way in, as system:masters was before, so it is required use.
    ("", "kubeadm:cluster-admins"): ("cluster-admin", (_group("kubeadm:cluster-admins"),)),
    ("", "kubeadm:apiserver-kubelet-client"): (
        "system:kubelet-api-admin",
        (_user("kube-apiserver-kubelet-client"),),
    ),
    ("", "kubeadm:get-nodes"): ("kubeadm:get-nodes", (_JOINING,)),
    ("", "kubeadm:kubelet-bootstrap"): ("system:node-bootstrapper", (_JOINING,)),
    ("", "kubeadm:node-autoapprove-bootstrap"): (f"{_SIGNING}nodeclient", (_JOINING,)),
    ("", "kubeadm:node-autoapprove-certificate-rotation"): (
        f"{_SIGNING}selfnodeclient",
        (_group("system:nodes"),),
    ),
    ("", "kubeadm:node-proxier"): ("system:node-proxier", (_account("kube-proxy"),)),
    ("kube-public", "kubeadm:bootstrap-signer-clusterinfo"): (
        "kubeadm:bootstrap-signer-clusterinfo",
        (_user("system:anonymous"),),
    ),
}

# As shipped, these hold no right that a rule asks about: their usual subjects need no excuse.
_HARMLESS = frozenset(
    (
        f"{_SIGNING}nodeclient",
        f"{_SIGNING}selfnodeclient",
        "kubeadm:bootstrap-signer-clusterinfo",
        "kubeadm:get-nodes",
        "system:basic-user",
        "system:coredns",
        "system:discovery",
        "system:kube-dns",
        "system:monitoring",
        "system:node-bootstrapper",
        "system:node-proxier",
        "system:openshift:public-info-viewer",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
    )
)


class Bound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A binding with its role; `role` is None where the role doesn't exist, which grants nothing."""

    kind: str
    namespace: str
    name: str
    role_kind: str
    role_name: str
    role: Role | None
    subjects: tuple[Identity, ...]
    expected: frozenset[Identity]

    @property
    def others(self) -> tuple[Identity, ...]:
        """Subjects that Kubernetes and kubeadm didn't bind themselves.

        system:masters is left out: the API server lets it do everything whatever RBAC says, so a binding
        adds nothing to it; it has a rule of its own.
        """
        return tuple(one for one in self.subjects if one not in self.expected and one != MASTERS)

    @property
    def suspects(self) -> tuple[Identity, ...]:
        """As `others`, but all of a role that is shipped harmless: a right of note was added to it."""
        if self.role_name not in _HARMLESS:
            return self.others
        return tuple(one for one in self.subjects if one != MASTERS)

    @property
    def reach(self) -> str:
        """Where the grant holds."""
        return f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"


def resolve(cluster: ClusterFacts) -> tuple[Bound, ...]:
    """Joins bindings with roles and brings subjects into one form."""
    roles = {("ClusterRole", "", one.metadata.name): one for one in cluster.cluster_roles}
    roles |= {("Role", one.metadata.namespace, one.metadata.name): one for one in cluster.roles}
    bindings = [*cluster.cluster_role_bindings, *cluster.role_bindings]
    return tuple(_bound(binding, roles) for binding in bindings)


def _bound(binding: RoleBinding, roles: dict[tuple[str, str, str], Role]) -> Bound:
    namespace, ref = binding.metadata.namespace, binding.role_ref
    role = roles.get((ref.kind, "" if ref.kind == "ClusterRole" else namespace, ref.name))
    subjects = tuple(sorted({identity(one, namespace) for one in binding.subjects or ()}))
    expected_role, expected = _EXPECTED.get((namespace, binding.metadata.name), ("", ()))
    return Bound(
        kind="RoleBinding" if namespace else "ClusterRoleBinding",
        namespace=namespace,
        name=binding.metadata.name,
        role_kind=ref.kind,
        role_name=ref.name,
        role=role,
        subjects=subjects,
        expected=frozenset(expected) if ref.name == expected_role else frozenset(),
    )


def identity(subject: Subject, namespace: str) -> Identity:
    """A subject in one form; a service account may also be written as the user name that it logs in with."""
    if subject.kind == "ServiceAccount":
        return ("ServiceAccount", subject.namespace or namespace, subject.name)
    if subject.kind == "User":
        parts = subject.name.split(":")
        if len(parts) == 4 and parts[:2] == ["system", "serviceaccount"]:
            return ("ServiceAccount", parts[2], parts[3])
    return (subject.kind, "", subject.name)


def describe(subjects: Iterable[Identity], limit: int = 5) -> str:
    """Subjects as text, those that reach everyone first."""
    listed = sorted(subjects, key=lambda one: (one not in BROAD, one))
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(_text(one) for one in listed[:limit]) + more


def _text(subject: Identity) -> str:
    kind, namespace, name = subject
    known = f" ({BROAD[subject]})" if subject in BROAD else ""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}{known}"
