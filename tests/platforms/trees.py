"""Trees of nodes as each family of platforms sets them up, in a good and in a bad configuration."""

from datetime import date

import msgspec

from tests.node_tree import NodeTree
from trueline.assess import TOOL, Content, assess
from trueline.cli.choose import Named, choice_of, platform_of
from trueline.collect.access import Root
from trueline.collect.node import collect_node
from trueline.content.load import load_bundles, load_components, load_places, load_platform, load_rules
from trueline.model.cluster import ClusterFacts
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot

KUBELET_GOOD = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %s}
authorization: {mode: Webhook}
readOnlyPort: 0
makeIPTablesUtilChains: true
streamingConnectionIdleTimeout: 5m
rotateCertificates: true
protectKernelDefaults: true
eventRecordQPS: 5
featureGates: {RotateKubeletServerCertificate: true}
tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
"""
KUBELET_BAD = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: true}
  webhook: {enabled: false}
authorization: {mode: AlwaysAllow}
readOnlyPort: 10255
rotateCertificates: false
"""


def cluster(version="", *, node="node-1", kubelet="", labels=None, annotations=None, provider_id=""):
    """What the API server says of itself and of one node."""
    given = {
        "version": version or None,
        "nodes": [
            {
                "metadata": {"name": node, "labels": labels or {}, "annotations": annotations or {}},
                "spec": {"providerID": provider_id},
                "status": {"nodeInfo": {"kubeletVersion": kubelet}},
            }
        ],
    }
    return msgspec.convert(given, ClusterFacts)


def snapshot_of(tree, facts=None):
    """What is collected of a node whose platform nobody knows yet."""
    node = collect_node(Root(str(tree.root)), load_components().values(), load_places(), load_bundles())
    return Snapshot(
        schema=SNAPSHOT_SCHEMA, tool=TOOL, started_at="", finished_at="", node=node, cluster=facts
    )


def scanned(tree, facts=None, benchmark="auto", **named):
    """The assessment that a scan of the tree gives; facts may come from a cluster, too."""
    return judged(snapshot_of(tree, facts), benchmark, **named)


def judged(snapshot, benchmark="auto", **named):
    """The assessment of a snapshot, platform and benchmark chosen as by the command line."""
    chosen = Named(benchmarks=(benchmark,), **named)
    chosen.check()
    found = platform_of(snapshot, chosen)
    choice = choice_of(benchmark, snapshot, chosen, found, "it was named")
    content = Content(
        components=load_components(),
        rules=load_rules(),
        platform=load_platform(found.platform),
        platform_because=found.because,
        version=chosen.version,
    )
    return assess(
        choice.benchmark,
        snapshot,
        content,
        on=date(2026, 1, 1),
        chosen_because=choice.because,
        notices=choice.warnings,
    )


def outcomes(assessment):
    """Outcomes by number."""
    return {result.number: result.outcome.value for result in assessment.results}


def results(assessment):
    """Results by number."""
    return {result.number: result for result in assessment.results}


def title(words, hidden=0):
    """A command line that the program overwrote, with so many bytes of its arguments behind."""
    return [words, *[""] * hidden]


# K3s: everything in one process

K3S = "/var/lib/rancher/k3s"
K3S_EXE = f"{K3S}/data/0123abcd/bin/k3s"
K3S_DEFAULTS = KUBELET_GOOD % f"{K3S}/agent/client-ca.crt"
K3S_UNIT = """\
[Unit]
Description=Lightweight Kubernetes
[Service]
EnvironmentFile=-/etc/default/%%N
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s \\
    %s \\
"""
K3S_GOOD = """\
token: 0123456789abcdef0123456789abcdef
secrets-encryption: true
protect-kernel-defaults: true
kube-apiserver-arg:
  - enable-admission-plugins=NodeRestriction,EventRateLimit
  - audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log
  - audit-log-maxage=30
kube-controller-manager-arg: [terminated-pod-gc-threshold=10]
"""
K3S_BAD = """\
kube-apiserver-arg: [anonymous-auth=true, profiling=true, authorization-mode=AlwaysAllow]
kube-controller-manager-arg: [bind-address=0.0.0.0]
kube-scheduler-arg: [profiling=true]
kubelet-arg: [read-only-port=10255, make-iptables-util-chains=false]
"""


def k3s_server(root, config=K3S_GOOD, *, argv=None, unit="server", drop_in=True, etcd=True):
    """A server of k3s, by default started by systemd with its options in config.yaml."""
    tree = NodeTree(root)
    tree.process(argv or title("/usr/local/bin/k3s server"), exe=K3S_EXE)
    if unit:
        tree.write("/etc/systemd/system/k3s.service", K3S_UNIT % unit, 0o644)
    if config:
        tree.write("/etc/rancher/k3s/config.yaml", config)
    for name in ("admin", "controller", "scheduler"):
        tree.write(f"{K3S}/server/cred/{name}.kubeconfig", "apiVersion: v1\nkind: Config\n")
    tree.write(
        f"{K3S}/server/cred/encryption-config.json",
        '{"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1","resources":'
        '[{"resources":["secrets"],"providers":[{"aescbc":{"keys":[]}},{"identity":{}}]}]}',
    )
    tree.write(f"{K3S}/server/tls/server-ca.crt", "", 0o600)
    tree.write(f"{K3S}/server/tls/server-ca.key", "", 0o600)
    if etcd:
        tree.write(
            f"{K3S}/server/db/etcd/config",
            "client-transport-security:\n  client-cert-auth: true\n"
            f"  cert-file: {K3S}/server/tls/etcd/server-client.crt\n"
            f"  key-file: {K3S}/server/tls/etcd/server-client.key\n"
            f"  trusted-ca-file: {K3S}/server/tls/etcd/server-ca.crt\n"
            "peer-transport-security:\n  client-cert-auth: true\n"
            f"  cert-file: {K3S}/server/tls/etcd/peer-server-client.crt\n"
            f"  key-file: {K3S}/server/tls/etcd/peer-server-client.key\n"
            f"  trusted-ca-file: {K3S}/server/tls/etcd/peer-ca.crt\n",
        )
    return k3s_kubelet(tree, drop_in=drop_in)


def k3s_agent(root, config="", *, argv=None, drop_in=True):
    """An agent of k3s: no API server, and no journal."""
    tree = NodeTree(root)
    tree.process(argv or title("/usr/local/bin/k3s agent"), exe=K3S_EXE)
    if config:
        tree.write("/etc/rancher/k3s/config.yaml", config)
    return k3s_kubelet(tree, drop_in=drop_in)


def k3s_kubelet(tree, *, drop_in):
    if drop_in:
        tree.write(f"{K3S}/agent/etc/kubelet.conf.d/00-k3s-defaults.conf", K3S_DEFAULTS)
    for name in ("kubelet.kubeconfig", "kubeproxy.kubeconfig", "client-ca.crt"):
        tree.write(f"{K3S}/agent/{name}", "")
    return tree


# RKE2: static pods, and a kubelet that is a child of rke2

RKE2 = "/var/lib/rancher/rke2"
RKE2_BIN = f"{RKE2}/data/v1.33.1-rke2r1-0123abcd/bin"
RKE2_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - {name: kube-apiserver, command: [kube-apiserver], image: "index.docker.io/rancher/hardened-kubernetes:%s"}
"""
RKE2_GOOD = ("--anonymous-auth=false", "--authorization-mode=Node,RBAC", "--profiling=false")
RKE2_BAD = ("--anonymous-auth=true", "--authorization-mode=AlwaysAllow", "--profiling=true")


def rke2_server(
    root, flags=RKE2_GOOD, *, etcd=True, kubelet=("--read-only-port=0", "--anonymous-auth=false")
):
    """A server of RKE2; what runs in containers sees the node's own paths here."""
    tree = NodeTree(root)
    tree.process(title("/usr/local/bin/rke2 server"), exe="/usr/local/bin/rke2")
    tree.write(f"{RKE2}/agent/pod-manifests/kube-apiserver.yaml", RKE2_POD % "v1.33.1-rke2r1-build20250612")
    tree.process(["kube-apiserver", *flags], exe="/usr/local/bin/kube-apiserver")
    tree.process(["kube-scheduler", "--profiling=false"], exe="/usr/local/bin/kube-scheduler")
    if etcd:
        rke2_etcd(tree)
    return rke2_kubelet(tree, kubelet)


def rke2_etcd(tree):
    """An etcd, alone on a node that has only this role, or beside the other components."""
    config = f"{RKE2}/server/db/etcd/config"
    tree.write(config, "client-transport-security: {client-cert-auth: true, cert-file: /c, key-file: /k}\n")
    tree.process(["etcd", f"--config-file={config}"], exe="/usr/local/bin/etcd")
    return tree


def rke2_kubelet(tree, flags=("--read-only-port=0", "--anonymous-auth=false")):
    """An agent's kubelet."""
    tree.write(f"{RKE2}/agent/kubelet.kubeconfig", "")
    manifests = f"--pod-manifest-path={RKE2}/agent/pod-manifests"
    tree.process(
        ["kubelet", manifests, f"--kubeconfig={RKE2}/agent/kubelet.kubeconfig", *flags],
        exe=f"{RKE2_BIN}/kubelet",
    )
    return tree


# RKE: containers without manifests


def rke_node(root, *flags):
    """A node with all roles."""
    tree = NodeTree(root)
    for name in ("kube-apiserver", "etcd"):
        tree.component(name, *flags)
    tree.component("kubelet", "--kubeconfig=/etc/kubernetes/ssl/kubecfg-kube-node.yaml")
    tree.write("/etc/kubernetes/ssl/kubecfg-kube-node.yaml", "")
    tree.write("/etc/kubernetes/ssl/kube-ca.pem", "", 0o644)
    tree.write("/etc/kubernetes/ssl/kube-ca-key.pem", "", 0o644)
    return tree


# MicroK8s: kubelite with a file of flags for each component

SNAP = "/var/snap/microk8s/current"
KUBELITE = [
    "/snap/microk8s/7964/kubelite",
    *(
        f"--{option}-args-file={SNAP}/args/{name}"
        for option, name in (
            ("scheduler", "kube-scheduler"),
            ("controller-manager", "kube-controller-manager"),
            ("proxy", "kube-proxy"),
            ("kubelet", "kubelet"),
            ("apiserver", "kube-apiserver"),
        )
    ),
]
MICROK8S_GOOD = {
    "kube-apiserver": "--cert-dir=${SNAP_DATA}/certs\n--authorization-mode=RBAC,Node\n--profiling=false\n"
    "# a remark\n--anonymous-auth=false\n--client-ca-file=${SNAP_DATA}/certs/ca.crt\n",
    "kube-controller-manager": "--profiling=false\n--bind-address 127.0.0.1\n",
    "kube-scheduler": "--profiling=false\n--bind-address=127.0.0.1\n",
    "kubelet": '--anonymous-auth=false\n--client-ca-file=${SNAP_DATA}/certs/ca.crt\n--read-only-port="0"\n'
    "--authorization-mode=Webhook\n--kubeconfig=${SNAP_DATA}/credentials/kubelet.config\n",
    "kube-proxy": "--kubeconfig=${SNAP_DATA}/credentials/proxy.config\n",
}
MICROK8S_BAD = {
    **MICROK8S_GOOD,
    "kube-apiserver": "--authorization-mode=AlwaysAllow\n--profiling\n",
    "kube-controller-manager": "--profiling=true\n",
    "kubelet": "--read-only-port=10255\n",
}


def microk8s(root, args=MICROK8S_GOOD, *, control_plane=True):
    """A node of MicroK8s; a worker's kubelite starts no control plane."""
    tree = NodeTree(root)
    start = f"--start-control-plane={'true' if control_plane else 'false'}"
    tree.process([*KUBELITE, start], exe="/snap/microk8s/7964/kubelite")
    for name, lines in args.items():
        tree.write(f"{SNAP}/args/{name}", lines, 0o600)
    for name in ("client", "scheduler", "controller", "kubelet", "proxy"):
        tree.write(f"{SNAP}/credentials/{name}.config", "")
    tree.write(f"{SNAP}/certs/ca.crt", "", 0o600)
    return tree


# Workers of providers


def worker(root, kubelet, path, *flags, exe="/usr/bin/kubelet"):
    """A node whose kubelet reads its config from `path`."""
    tree = NodeTree(root)
    tree.write(path, kubelet, 0o600)
    tree.process(["/usr/bin/kubelet", "--config", path, *flags], exe=exe)
    tree.component("kube-proxy", "--config=/var/lib/kube-proxy-config/config")
    tree.write(
        "/var/lib/kube-proxy-config/config",
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
    )
    return tree


def eks(root, kubelet=KUBELET_GOOD % "/etc/kubernetes/pki/ca.crt", drop_in="", path="config.json"):
    """A node of EKS with Amazon Linux 2023."""
    folder = "/etc/kubernetes/kubelet"
    tree = worker(root, kubelet, f"{folder}/{path}", f"--config-dir={folder}/{path}.d")
    tree.write(f"{folder}/{path}.d/00-nodeadm.conf", drop_in or "kind: KubeletConfiguration\n")
    tree.write("/etc/eks/kubelet/environment", "")
    return tree


def gke(root, kubelet=KUBELET_GOOD % "/etc/srv/kubernetes/pki/ca-certificates.crt"):
    """A node of GKE with Container-Optimized OS."""
    return worker(root, kubelet, "/home/kubernetes/kubelet-config.yaml", exe="/home/kubernetes/bin/kubelet")


def aks(root, kubelet=KUBELET_GOOD % "/etc/kubernetes/certs/ca.crt"):
    """A node of AKS."""
    tree = worker(root, kubelet, "/etc/default/kubeletconfig.json")
    tree.write("/etc/kubernetes/azure.json", "{}", 0o600)
    tree.write("/opt/azure/containers/provision.sh", "")
    return tree


def bottlerocket(root, kubelet=KUBELET_GOOD % "/etc/kubernetes/pki/ca.crt"):
    """A node of EKS with Bottlerocket."""
    tree = worker(root, kubelet, "/etc/kubernetes/kubelet/config")
    tree.write("/etc/os-release", 'ID=bottlerocket\nPRETTY_NAME="Bottlerocket OS 1.40.0"\n', 0o644)
    return tree


def openshift(root, kubelet=KUBELET_GOOD % "/etc/kubernetes/kubelet-ca.crt", *, master=False):
    """A node of OpenShift 4; the API server of a master reads a file that is not collected."""
    tree = worker(root, kubelet, "/etc/kubernetes/kubelet.conf")
    tree.write("/etc/machine-config-daemon/currentconfig", "{}")
    if master:
        folder = "/etc/kubernetes/static-pod-resources"
        tree.write(f"{folder}/configmaps/config/config.yaml", "apiServerArguments: {}\n")
        config = f"--openshift-config={folder}/configmaps/config/config.yaml"
        tree.component("kube-apiserver", config, "--anonymous-auth=false", "--profiling=false")
        tree.component("etcd", "--client-cert-auth=true", "--data-dir=/var/lib/etcd")
    return tree
