"""Which resources are read, where the API has them, and what of their metadata is kept."""

import msgspec

from trueline.model.cluster import (
    AdmissionPolicy,
    ApiModel,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    ResourceName,
    Role,
    RoleBinding,
    Service,
    ServiceAccount,
    WebhookConfiguration,
    Workload,
)

KEPT_LABELS = (
    "pod-security.kubernetes.io/",
    "node-role.kubernetes.io/",
    "kubernetes.io/bootstrapping",
    "kubernetes.io/metadata.name",
    "eks.amazonaws.com/",
    "alpha.eksctl.io/",
    "cloud.google.com/",
    "kubernetes.azure.com/",
    "alibabacloud.com/",
    "ack.aliyun.com",
    "node.openshift.io/",
    "run.tanzu.vmware.com/",
    "microk8s.io/",
    "node.kubernetes.io/microk8s-",
    "oke.oraclecloud.com/",
    "rke.cattle.io/",
    "node.kubernetes.io/instance-type",
)
KEPT_ANNOTATIONS = (
    "rke.cattle.io/",
    "rbac.authorization.kubernetes.io/autoupdate",
    "kubernetes.io/config.mirror",
)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of the API. A server may lack an `optional` one, and then has no objects of it."""

    name: ResourceName
    group: str
    kind: str
    type: type[ApiModel]
    optional: bool = False

    @property
    def path(self) -> str:
        """Where the list is, in the version that all supported Kubernetes versions serve."""
        return self.in_version("v1")

    def in_version(self, version: str) -> str:
        """Where the list is in another version of its group."""
        return f"/apis/{self.group}/{version}/{self.name}" if self.group else f"/api/{version}/{self.name}"


_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

# The longest lists first, so that they don't run alone at the end.
RESOURCES = (
    Resource(name="pods", group="", kind="Pod", type=Pod),
    Resource(name="replicasets", group="apps", kind="ReplicaSet", type=Workload),
    Resource(name="roles", group=_RBAC, kind="Role", type=Role),
    Resource(name="rolebindings", group=_RBAC, kind="RoleBinding", type=RoleBinding),
    Resource(name="serviceaccounts", group="", kind="ServiceAccount", type=ServiceAccount),
    Resource(name="jobs", group="batch", kind="Job", type=Workload),
    Resource(name="services", group="", kind="Service", type=Service),
    Resource(name="deployments", group="apps", kind="Deployment", type=Workload),
    Resource(
        name="networkpolicies",
        group="networking.k8s.io",
        kind="NetworkPolicy",
        type=NetworkPolicy,
        optional=True,
    ),
    Resource(name="nodes", group="", kind="Node", type=Node),
    Resource(name="namespaces", group="", kind="Namespace", type=Namespace),
    Resource(name="daemonsets", group="apps", kind="DaemonSet", type=Workload),
    Resource(name="statefulsets", group="apps", kind="StatefulSet", type=Workload),
    Resource(name="cronjobs", group="batch", kind="CronJob", type=Workload, optional=True),
    Resource(name="clusterroles", group=_RBAC, kind="ClusterRole", type=Role),
    Resource(name="clusterrolebindings", group=_RBAC, kind="ClusterRoleBinding", type=RoleBinding),
    Resource(
        name="mutatingwebhookconfigurations",
        group=_ADMISSION,
        kind="MutatingWebhookConfiguration",
        type=WebhookConfiguration,
        optional=True,
    ),
    Resource(
        name="validatingwebhookconfigurations",
        group=_ADMISSION,
        kind="ValidatingWebhookConfiguration",
        type=WebhookConfiguration,
        optional=True,
    ),
    Resource(
        name="validatingadmissionpolicies",
        group=_ADMISSION,
        kind="ValidatingAdmissionPolicy",
        type=AdmissionPolicy,
        optional=True,
    ),
    Resource(
        name="validatingadmissionpolicybindings",
        group=_ADMISSION,
        kind="ValidatingAdmissionPolicyBinding",
        type=AdmissionPolicy,
        optional=True,
    ),
)
