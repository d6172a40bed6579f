"""What was read from a Kubernetes API server: objects in the API's own shape, cut down to what rules read.

Field names are the API's (camelCase in JSON), so a list decodes straight into these structs and all else is
dropped on the way: values of environment variables and Secrets are never decoded.
"""

from typing import Literal

import msgspec

from trueline.model.base import Model


class ApiModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", gc=False):
    """An API object's part; unknown keys are ignored. API servers write null for empty lists: see `items`."""


class OwnerReference(ApiModel, frozen=True, kw_only=True):
    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Meta(ApiModel, frozen=True, kw_only=True):
    """metadata; of labels and annotations only those in `KEPT_LABELS`/`KEPT_ANNOTATIONS` of the collector."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: tuple[OwnerReference, ...] | None = None


class Capabilities(ApiModel, frozen=True, kw_only=True):
    add: tuple[str, ...] | None = None
    drop: tuple[str, ...] | None = None


class SeccompProfile(ApiModel, frozen=True, kw_only=True):
    type: str = ""


class WindowsOptions(ApiModel, frozen=True, kw_only=True):
    host_process: bool | None = None


class SecurityContext(ApiModel, frozen=True, kw_only=True):
    """Of a pod or of a container; a container's fields win."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None
    windows_options: WindowsOptions | None = None


class Named(ApiModel, frozen=True, kw_only=True):
    name: str = ""
    key: str = ""


class EnvVarSource(ApiModel, frozen=True, kw_only=True):
    secret_key_ref: Named | None = None


class EnvVar(ApiModel, frozen=True, kw_only=True):
    """An environment variable without its value."""

    name: str = ""
    value_from: EnvVarSource | None = None


class EnvFrom(ApiModel, frozen=True, kw_only=True):
    secret_ref: Named | None = None


class Port(ApiModel, frozen=True, kw_only=True):
    container_port: int = 0
    host_port: int | None = None


class Container(ApiModel, frozen=True, kw_only=True):
    name: str = ""
    image: str = ""
    security_context: SecurityContext | None = None
    env: tuple[EnvVar, ...] | None = None
    env_from: tuple[EnvFrom, ...] | None = None
    ports: tuple[Port, ...] | None = None


class HostPath(ApiModel, frozen=True, kw_only=True):
    path: str = ""


class VolumeSecret(ApiModel, frozen=True, kw_only=True):
    secret_name: str = ""


class Volume(ApiModel, frozen=True, kw_only=True):
    name: str = ""
    host_path: HostPath | None = None
    secret: VolumeSecret | None = None


class PodOs(ApiModel, frozen=True, kw_only=True):
    name: str = ""


class PodSpec(ApiModel, frozen=True, kw_only=True):
    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None
    service_account_name: str = ""
    automount_service_account_token: bool | None = None
    host_network: bool | None = None
    host_pid: bool | None = msgspec.field(default=None, name="hostPID")
    host_ipc: bool | None = msgspec.field(default=None, name="hostIPC")
    host_users: bool | None = None
    node_name: str = ""
    os: PodOs | None = None
    security_context: SecurityContext | None = None
    volumes: tuple[Volume, ...] | None = None


class Pod(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()
    spec: PodSpec = PodSpec()


class PodTemplate(ApiModel, frozen=True, kw_only=True):
    spec: PodSpec = PodSpec()


class JobTemplateSpec(ApiModel, frozen=True, kw_only=True):
    template: PodTemplate = PodTemplate()


class JobTemplate(ApiModel, frozen=True, kw_only=True):
    spec: JobTemplateSpec = JobTemplateSpec()


class WorkloadSpec(ApiModel, frozen=True, kw_only=True):
    """`template` of a Deployment, DaemonSet, StatefulSet, ReplicaSet or Job; `jobTemplate` of a CronJob."""

    template: PodTemplate | None = None
    job_template: JobTemplate | None = None


class Workload(ApiModel, frozen=True, kw_only=True):
    kind: str = ""
    metadata: Meta = Meta()
    spec: WorkloadSpec = WorkloadSpec()


class NodeInfo(ApiModel, frozen=True, kw_only=True):
    kubelet_version: str = ""
    os_image: str = ""
    operating_system: str = ""
    container_runtime_version: str = ""


class NodeStatus(ApiModel, frozen=True, kw_only=True):
    node_info: NodeInfo = NodeInfo()


class NodeSpec(ApiModel, frozen=True, kw_only=True):
    provider_id: str = msgspec.field(default="", name="providerID")


class Node(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Namespace(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()


class ServiceAccount(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()
    automount_service_account_token: bool | None = None


class PolicyRule(ApiModel, frozen=True, kw_only=True):
    verbs: tuple[str, ...] | None = None
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None
    non_resource_urls: tuple[str, ...] | None = msgspec.field(default=None, name="nonResourceURLs")


class Role(ApiModel, frozen=True, kw_only=True):
    """A Role, or a ClusterRole where the namespace is empty."""

    metadata: Meta = Meta()
    rules: tuple[PolicyRule, ...] | None = None


class Subject(ApiModel, frozen=True, kw_only=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class RoleRef(ApiModel, frozen=True, kw_only=True):
    kind: str = ""
    name: str = ""


class RoleBinding(ApiModel, frozen=True, kw_only=True):
    """A RoleBinding, or a ClusterRoleBinding where the namespace is empty."""

    metadata: Meta = Meta()
    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] | None = None


class NetworkPolicySpec(ApiModel, frozen=True, kw_only=True):
    policy_types: tuple[str, ...] | None = None


class NetworkPolicy(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()
    spec: NetworkPolicySpec = NetworkPolicySpec()


class WebhookRule(ApiModel, frozen=True, kw_only=True):
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = None


class Webhook(ApiModel, frozen=True, kw_only=True):
    name: str = ""
    failure_policy: str = ""
    rules: tuple[WebhookRule, ...] | None = None


class WebhookConfiguration(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()
    webhooks: tuple[Webhook, ...] | None = None


class MatchResources(ApiModel, frozen=True, kw_only=True):
    resource_rules: tuple[WebhookRule, ...] | None = None


class AdmissionPolicySpec(ApiModel, frozen=True, kw_only=True):
    """`matchConstraints` stands in a policy; `policyName` and `validationActions` in its binding."""

    match_constraints: MatchResources | None = None
    policy_name: str = ""
    validation_actions: tuple[str, ...] | None = None


class AdmissionPolicy(ApiModel, frozen=True, kw_only=True):
    """A ValidatingAdmissionPolicy or its binding."""

    metadata: Meta = Meta()
    spec: AdmissionPolicySpec = AdmissionPolicySpec()


class Service(ApiModel, frozen=True, kw_only=True):
    metadata: Meta = Meta()


class ConfigMap(ApiModel, frozen=True, kw_only=True):
    """Only the name: contents of ConfigMaps are not collected."""

    metadata: Meta = Meta()


ResourceName = Literal[
    "nodes",
    "namespaces",
    "serviceaccounts",
    "pods",
    "deployments",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "jobs",
    "cronjobs",
    "services",
    "roles",
    "clusterroles",
    "rolebindings",
    "clusterrolebindings",
    "networkpolicies",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
]


class ClusterFacts(Model, frozen=True, kw_only=True):
    """The objects of one cluster.

    `server` is the address that was asked. `name` is the kubeconfig's cluster name. `uid` is that of the
    namespace kube-system, which identifies a cluster for life. `version` is gitVersion ("v1.36.2"), None
    where it could not be read. `unavailable` maps a resource to the reason why its list is not complete: a
    rule that needs such a list can neither pass nor fail. Workloads of all kinds stand in `workloads`, with
    those that a listed workload controls (ReplicaSets of Deployments, Jobs of CronJobs) left out.
    """

    server: str = ""
    name: str = ""
    uid: str = ""
    version: str | None = None
    unavailable: dict[str, str] = {}
    nodes: tuple[Node, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    pods: tuple[Pod, ...] = ()
    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    roles: tuple[Role, ...] = ()
    cluster_roles: tuple[Role, ...] = ()
    role_bindings: tuple[RoleBinding, ...] = ()
    cluster_role_bindings: tuple[RoleBinding, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    mutating_webhooks: tuple[WebhookConfiguration, ...] = ()
    validating_webhooks: tuple[WebhookConfiguration, ...] = ()
    admission_policies: tuple[AdmissionPolicy, ...] = ()
    admission_policy_bindings: tuple[AdmissionPolicy, ...] = ()
