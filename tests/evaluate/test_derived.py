"""Settings that structured files, plugin lists and feature gates decide together."""

import pytest

from tests.evaluate.settings_kit import ask, value
from trueline.model.facts import Absent, Document, Unavailable

AUTHENTICATION = "--authentication-config=/etc/kubernetes/authn.yaml"
AUTHORIZATION = "--authorization-config=/etc/kubernetes/authz.yaml"
ENCRYPTION = "--encryption-provider-config=/etc/kubernetes/enc.yaml"
POLICY = "--audit-policy-file=/etc/kubernetes/audit.yaml"
BROKEN = [
    Absent(),
    Unavailable(kind="denied", reason="may not be read"),
    Document(kind="x", data=None),
    {"kind": "Pod"},
    None,
]


def conditions(*paths):
    return {"enabled": True, "conditions": [{"path": path} for path in paths]}


def anonymous(data, *arguments):
    documents = {"/etc/kubernetes/authn.yaml": {"kind": "AuthenticationConfiguration", **data}}
    return ask("kube-apiserver", "anonymous-auth", AUTHENTICATION, *arguments, documents=documents)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"anonymous": {"enabled": False}}, False),
        ({"anonymous": {}}, False),
        ({"anonymous": {"enabled": True}}, True),
        ({"anonymous": {"enabled": True, "conditions": []}}, True),
        ({"anonymous": conditions("/livez", "/readyz", "/healthz")}, False),
        ({"anonymous": conditions("/livez")}, False),
        ({"anonymous": conditions("/livez", "/api")}, True),
        ({"anonymous": conditions("/livezx")}, True),
        # without the section the flag or its default counts
        ({}, True),
        ({"anonymous": None}, True),
    ],
)
def test_anonymous_access_of_an_authentication_configuration(data, expected):
    assert anonymous(data).values == (expected,)


def test_evidence_of_limited_anonymous_access():
    answer = anonymous({"anonymous": conditions("/livez", "/readyz")})
    assert answer.text == "only for /livez, /readyz"
    assert answer.source == "/etc/kubernetes/authn.yaml"
    assert answer.layer == "config"


def test_the_flag_counts_where_the_file_is_silent():
    assert anonymous({"jwt": []}, "--anonymous-auth=false").values == (False,)


@pytest.mark.parametrize(
    "data",
    [
        {"anonymous": True},
        {"anonymous": {"enabled": "no"}},
        {"anonymous": {"enabled": True, "conditions": ["/livez"]}},
        {"anonymous": {"enabled": True, "conditions": [{"path": ""}]}},
        {"anonymous": {"enabled": True, "conditions": "/livez"}},
    ],
)
def test_anonymous_sections_that_make_no_sense(data):
    assert anonymous(data).kind == "invalid"


def test_flag_and_file_together_are_a_configuration_error():
    answer = anonymous({"anonymous": {"enabled": False}}, "--anonymous-auth=false")
    assert isinstance(answer, Unavailable)
    assert answer.kind == "invalid"


def authorization(data, *arguments):
    documents = {"/etc/kubernetes/authz.yaml": {"kind": "AuthorizationConfiguration", **data}}
    return ask("kube-apiserver", "authorization-mode", AUTHORIZATION, *arguments, documents=documents)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["Node", "RBAC"], ("Node", "RBAC")),
        (["Webhook", "Node", "RBAC"], ("Webhook", "Node", "RBAC")),
        (["AlwaysAllow"], ("AlwaysAllow",)),
    ],
)
def test_authorizers_replace_the_modes(types, expected):
    answer = authorization({"authorizers": [{"type": each, "name": each.lower()} for each in types]})
    assert (answer.values, answer.source) == ((expected,), "/etc/kubernetes/authz.yaml")


@pytest.mark.parametrize(
    "data", [{}, {"authorizers": []}, {"authorizers": [{"name": "x"}]}, {"authorizers": "RBAC"}]
)
def test_authorizers_that_make_no_sense(data):
    assert authorization(data).kind == "invalid"


def test_modes_and_authorizers_together_are_a_configuration_error():
    answer = authorization({"authorizers": [{"type": "RBAC"}]}, "--authorization-mode=RBAC")
    assert answer.kind == "invalid"


@pytest.mark.parametrize("state", BROKEN)
@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("anonymous-auth", AUTHENTICATION),
        ("authorization-mode", AUTHORIZATION),
        ("encryption.secrets-provider", ENCRYPTION),
        ("audit-policy.levels", POLICY),
    ],
)
def test_a_structured_file_that_is_not_known_is_never_a_default(name, flag, state):
    path = flag.partition("=")[2]
    answer = ask("kube-apiserver", name, flag, documents={path: state} if state is not None else {})
    assert isinstance(answer, Unavailable)
    assert path in answer.reason


# Admission plugins


def plugins(*arguments, version="1.36"):
    return value("kube-apiserver", "admission-plugins", *arguments, version=version)


def test_default_plugins_by_version():
    assert "NamespaceLifecycle" in plugins()
    assert "ServiceAccount" in plugins(version="1.15")
    assert "NodeRestriction" not in plugins()
    assert "PodSecurity" not in plugins(version="1.22")
    assert "PodSecurity" in plugins(version="1.23")
    assert "CertificateApproval" not in plugins(version="1.17")
    assert "CertificateApproval" in plugins(version="1.19")
    assert "ValidatingAdmissionPolicy" in plugins(version="1.28")


@pytest.mark.parametrize("version", ["1.16", "1.19", "1.25", "1.30", "1.36"])
def test_unwanted_plugins_are_never_on_by_default(version):
    unwanted = {"AlwaysAdmit", "AlwaysDeny", "PodSecurityPolicy", "SecurityContextDeny", "EventRateLimit"}
    assert not unwanted & set(plugins(version=version))


def test_plugins_are_added_and_taken_away():
    assert "NodeRestriction" in plugins("--enable-admission-plugins=NodeRestriction,AlwaysPullImages")
    assert "NodeRestriction" in plugins("--enable-admission-plugins", "NodeRestriction")
    assert "NodeRestriction" not in plugins("--enable-admission-plugins=NodeRestrictionX")
    assert "ServiceAccount" not in plugins("--disable-admission-plugins=ServiceAccount")
    assert "LimitRanger" in plugins("--disable-admission-plugins=ServiceAccount")
    both = plugins(
        "--enable-admission-plugins=NodeRestriction", "--enable-admission-plugins=AlwaysPullImages"
    )
    assert {"NodeRestriction", "AlwaysPullImages"} <= set(both)
    assert len(both) == len(set(plugins("--enable-admission-plugins=ServiceAccount"))) + 2


def test_the_old_flag_lists_all_plugins():
    assert plugins("--admission-control=AlwaysAdmit,NodeRestriction", version="1.16") == (
        "AlwaysAdmit",
        "NodeRestriction",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--enable-admission-plugins=A", "--disable-admission-plugins=A"),
        ("--admission-control=A", "--enable-admission-plugins=B"),
    ],
)
def test_plugin_flags_that_contradict_each_other(arguments):
    assert ask("kube-apiserver", "admission-plugins", *arguments).kind == "invalid"


def test_plugins_of_an_unknown_version_are_alternatives():
    answer = ask(
        "kube-apiserver", "admission-plugins", "--enable-admission-plugins=NodeRestriction", version=None
    )
    assert len(answer.values) > 1
    assert all("NodeRestriction" in alternative for alternative in answer.values)
    assert {"PodSecurity" in alternative for alternative in answer.values} == {True, False}


# Encryption of Secrets


def provider(*entries):
    resources = [
        {"resources": list(names), "providers": [{kind: {}} for kind in kinds]} for names, kinds in entries
    ]
    documents = {"/etc/kubernetes/enc.yaml": {"kind": "EncryptionConfiguration", "resources": resources}}
    return value("kube-apiserver", "encryption.secrets-provider", ENCRYPTION, documents=documents)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(["secrets"], ["aescbc", "identity"])], "aescbc"),
        ([(["secrets"], ["identity", "aescbc"])], "identity"),
        ([(["secrets"], ["identity"]), (["configmaps"], ["aescbc"])], "identity"),
        ([(["configmaps"], ["aescbc"])], ""),
        ([(["configmaps"], ["identity"]), (["secrets"], ["kms"])], "kms"),
        ([(["configmaps", "secrets"], ["secretbox"])], "secretbox"),
        ([(["*."], ["aesgcm"])], "aesgcm"),
        ([(["*.*"], ["aesgcm"])], "aesgcm"),
        ([(["*.apps"], ["aesgcm"])], ""),
        ([(["secrets.example.com"], ["aesgcm"])], ""),
        ([(["secrets"], ["identity"]), (["*.*"], ["aesgcm"])], "identity"),
        ([(["secrets"], ["aescbc"]), (["secrets"], ["identity"])], "aescbc"),
        ([], ""),
    ],
)
def test_provider_that_encrypts_secrets(entries, expected):
    assert provider(*entries) == expected


def test_without_encryption_there_is_no_provider():
    assert value("kube-apiserver", "encryption.secrets-provider") == ""
    reload_only = "--encryption-provider-config-automatic-reload=true"
    assert value("kube-apiserver", "encryption.secrets-provider", reload_only) == ""


@pytest.mark.parametrize(
    "resources",
    [
        "secrets",
        [{"resources": ["secrets"]}],
        [{"resources": ["secrets"], "providers": []}],
        [{"resources": "secrets", "providers": [{"aescbc": {}}]}],
        [{"resources": ["secrets"], "providers": [{"aescbc": {}, "identity": {}}]}],
        [{"resources": ["secrets"], "providers": [7]}],
    ],
)
def test_encryption_files_that_make_no_sense(resources):
    documents = {"/etc/kubernetes/enc.yaml": {"resources": resources}}
    assert (
        ask("kube-apiserver", "encryption.secrets-provider", ENCRYPTION, documents=documents).kind
        == "invalid"
    )


# Audit policy


def test_audit_levels_in_their_order():
    rules = [{"level": "None"}, {"level": "RequestResponse"}, {"level": "None"}, {"level": "Metadata"}]
    documents = {"/etc/kubernetes/audit.yaml": {"kind": "Policy", "rules": rules}}
    assert value("kube-apiserver", "audit-policy.levels", POLICY, documents=documents) == (
        "None",
        "RequestResponse",
        "Metadata",
    )
    assert value("kube-apiserver", "audit-policy.levels") == ()


# Feature gates

ROTATE = "feature-gates.RotateKubeletServerCertificate"


@pytest.mark.parametrize(
    ("arguments", "gates", "expected"),
    [
        ((), {}, True),
        ((), {"RotateKubeletServerCertificate": False}, False),
        (
            ("--feature-gates=RotateKubeletServerCertificate=true",),
            {"RotateKubeletServerCertificate": False},
            True,
        ),
        (("--feature-gates=Other=true",), {"RotateKubeletServerCertificate": False}, False),
        (("--feature-gates=RotateKubeletServerCertificate=false", "--feature-gates=Other=true"), {}, False),
        (("--feature-gates=RotateKubeletServerCertificateX=false",), {}, True),
        (("--feature-gates=AllBeta=false",), {}, False),
        (("--feature-gates=AllBeta=false",), {"RotateKubeletServerCertificate": True}, True),
        ((), {"AllBeta": False}, False),
    ],
)
def test_gates_merge_by_their_names(arguments, gates, expected):
    documents = {"/c.yaml": {"kind": "KubeletConfiguration", "featureGates": gates}}
    assert value("kubelet", ROTATE, "--config=/c.yaml", *arguments, documents=documents) is expected


def test_a_gate_that_a_flag_names_does_not_need_the_config_file():
    flag = "--feature-gates=RotateKubeletServerCertificate=false"
    assert value("kubelet", ROTATE, "--config=/gone.yaml", flag) is False
    assert isinstance(ask("kubelet", ROTATE, "--config=/gone.yaml"), Unavailable)
