"""What stays on a node of a Kubernetes cluster because changing it would break the cluster."""

from collections.abc import Iterator

from trueline.collect.access import Root
from trueline.content.profiles import load_profiles
from trueline.model.benchmark import Benchmark
from trueline.model.facts import FileMeta, NodeFacts
from trueline.model.linux_system import Units
from trueline.policy.profiles import means

_UNITS = ("kubelet.service", "k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service")
_FILES = ("/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf", "/var/lib/rancher/k3s/agent")
_PROFILES = "kubernetes-node"
_MORE = {
    "kernel-module-overlay": "Container runtimes mount images with overlay.",
    "kernel-module-br-netfilter": "Packets between pods on a bridge are filtered with it.",
}


def runs_kubelet(node: NodeFacts) -> bool:
    """Whether this machine is a node of a cluster, even if nothing of it runs now."""
    processes = node.processes if isinstance(node.processes, tuple) else ()
    if any(one.component == "kubelet" for one in processes):
        return True
    units = node.linux.units if node.linux else None
    if isinstance(units, Units) and any(name in units.units for name in _UNITS):
        return True
    root = Root(node.root)
    return any(isinstance(root.meta(path, entries=False), FileMeta) for path in _FILES)


def kept_on(benchmark: Benchmark) -> Iterator[tuple[str, str]]:
    """Numbers of recommendations with the reason why they stay, by the shipped profiles for such nodes."""
    profiles = [one.profile for name, one in load_profiles().items() if name.startswith(_PROFILES)]
    reasons = dict(_MORE)
    for profile in profiles:
        own = profile.benchmark == benchmark.id
        reasons |= {
            word: why for word, why in profile.not_applicable.items() if own or not word[:1].isdigit()
        }
    for _, entry in benchmark.recommendations():
        found = next((why for word, why in reasons.items() if means(word, entry)), "")
        if found:
            yield entry.number, found
