"""Rules are as severe as what an attacker gains where they fail."""

import pytest

from trueline.content.load import load_rules

EXPECTED = {
    "critical": (
        "apiserver-anonymous-auth-disabled apiserver-basic-auth-file-unset apiserver-token-auth-file-unset "
        "apiserver-authorization-not-always-allow apiserver-authorization-has-node "
        "apiserver-authorization-has-rbac apiserver-insecure-port-disabled apiserver-client-ca-set "
        "apiserver-service-account-lookup-enabled apiserver-etcd-client-certificate-set "
        "apiserver-etcd-ca-set etcd-server-certificate-set etcd-client-certificates-required "
        "etcd-auto-tls-disabled etcd-peer-certificate-set etcd-peer-certificates-required "
        "etcd-peer-auto-tls-disabled etcd-data-dir-mode etcd-data-dir-owner pki-keys-mode"
    ),
    "high": "kubelet-anonymous-auth-disabled kubelet-read-only-port-disabled kubelet-authorization-webhook",
    "medium": (
        "scheduler-bind-address-local controller-manager-bind-address-local scheduler-profiling-disabled "
        "controller-manager-profiling-disabled kube-proxy-metrics-local"
    ),
}


@pytest.mark.parametrize(
    ("rule", "severity"), [(rule, name) for name, rules in EXPECTED.items() for rule in rules.split()]
)
def test_severity(rule: str, severity: str) -> None:
    assert load_rules()[rule].severity == severity
