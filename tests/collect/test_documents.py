"""Configuration files become documents without secrets, or a reason that quotes nothing of them."""

import json
import math

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trueline.collect.documents import clean_document
from trueline.collect.redact import REDACTED, clean_arguments, clean_json, clean_text
from trueline.model.facts import Document, Unavailable

MARK = "hunter2marker"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYXJrZXIifQ.c2lnbmF0dXJlbWFya2Vy"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{MARK}\n-----END RSA PRIVATE KEY-----\n"
KINDS = (
    "kubeconfig", "EncryptionConfiguration", "AuthenticationConfiguration", "AuthorizationConfiguration",
    "AdmissionConfiguration", "Policy", "KubeletConfiguration", "KubeProxyConfiguration",
    "KubeSchedulerConfiguration", "CredentialProviderConfig", "EgressSelectorConfiguration",
    "TracingConfiguration", "Pod", "unit", "environment", "cni", "etcd-config", "admission-plugin",
    "unheard-of",
)  # fmt: skip


def clean(kind, text, prefixes=()):
    content = text if isinstance(text, bytes) else text.encode()
    return clean_document(kind, content, prefixes)[0]


def data_of(kind, value, prefixes=()):
    document = clean(kind, value if isinstance(value, str) else yaml.safe_dump(value), prefixes)
    assert isinstance(document, Document), document
    assert document.kind == kind
    assert MARK not in json.dumps(document.data)
    return document.data


def test_kubeconfig_keeps_what_kind_of_credentials_there_are():
    user = {
        "client-certificate-data": MARK, "client-key-data": MARK, "token": MARK, "username": MARK,
        "password": MARK, "tokenFile": "/var/token", "client-key": "/pki/key",
        "exec": {"command": "aws", "args": [MARK], "env": [{"name": "A", "value": MARK}]},
        "auth-provider": {"name": "oidc", "config": {"id-token": MARK}},
    }  # fmt: skip
    cluster = {"server": f"https://me:{MARK}@host:6443/", "certificate-authority-data": MARK}
    data = data_of(
        "kubeconfig",
        {"clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}]},
    )
    assert data["users"][0]["user"] == {
        "client-certificate-data": REDACTED, "client-key-data": REDACTED, "token": REDACTED,
        "username": REDACTED, "password": REDACTED, "tokenFile": "/var/token", "client-key": "/pki/key",
        "exec": {"command": "aws"}, "auth-provider": {"name": "oidc"},
    }  # fmt: skip
    assert data["clusters"][0]["cluster"]["server"] == f"https://{REDACTED}@host:6443/"
    assert data["clusters"][0]["cluster"]["certificate-authority-data"] == REDACTED


def test_encryption_keeps_resources_and_kinds_of_providers_in_order():
    data = data_of(
        "EncryptionConfiguration",
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [
                {
                    "resources": ["secrets"],
                    "providers": [
                        {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": f"unix:///{MARK}"}},
                        {"aescbc": {"keys": [{"name": MARK, "secret": MARK}]}},
                        {"identity": {}},
                        {MARK: {"keys": [MARK]}},
                    ],
                }
            ],
        },
    )
    assert data["resources"] == [
        {
            "resources": ["secrets"],
            "providers": [
                {"kms": {"apiVersion": "v2", "name": "vault"}},
                {"aescbc": {}},
                {"identity": {}},
                {},
            ],
        }
    ]


def test_the_old_kind_of_encryption_configuration_counts():
    assert data_of("EncryptionConfiguration", {"kind": "EncryptionConfig", "resources": []})


POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: etcd, namespace: kube-system, annotations: {{note: {MARK}}}}}
spec:
  hostNetwork: true
  containers:
  - name: etcd
    image: etcd:3.5
    command: [etcd, --data-dir=/d, --password={MARK}, --token, {MARK}, "--v=2"]
    args: ["--token-auth-file=/t", "sh -c 'x --token {MARK}'"]
    env:
    - {{name: ETCD_CERT_FILE, value: /c}}
    - {{name: ETCD_ROOT_PASSWORD, value: {MARK}}}
    - {{name: OTHER, value: {MARK}}}
    livenessProbe: {{httpGet: {{httpHeaders: [{{name: Authorization, value: {MARK}}}]}}}}
    securityContext: {{privileged: true}}
  volumes:
  - {{name: data, hostPath: {{path: /var/lib/etcd}}}}
  - {{name: s, secret: {{secretName: {MARK}}}}}
status: {{note: {MARK}}}
"""


def test_pod_manifest_keeps_the_command_line_without_secrets():
    data = data_of("Pod", POD, ("ETCD_",))
    assert data["metadata"] == {"name": "etcd", "namespace": "kube-system"}
    container = data["spec"]["containers"][0]
    assert container["command"] == [
        "etcd", "--data-dir=/d", f"--password={REDACTED}", "--token", REDACTED, "--v=2",
    ]  # fmt: skip
    assert container["args"][0] == "--token-auth-file=/t"
    assert container["env"] == [
        {"name": "ETCD_CERT_FILE", "value": "/c"},
        {"name": "ETCD_ROOT_PASSWORD", "value": REDACTED},
        {"name": "OTHER"},
    ]
    assert container["securityContext"] == {"privileged": True}
    assert "livenessProbe" not in container
    assert data["spec"]["volumes"][0] == {"name": "data", "hostPath": {"path": "/var/lib/etcd"}}


def test_a_pod_without_prefixes_shows_no_values():
    assert data_of("Pod", POD)["spec"]["containers"][0]["env"][0] == {"name": "ETCD_CERT_FILE"}


UNIT = f"""# comment
[Unit]
Description=a \\
  # inside
  ; too
  b
[Service]
Environment="KUBELET_ARGS=--config=/c --v=2" KUBE_TOKEN={MARK}
Environment=OTHER={MARK} "AWS_KEY={MARK} {MARK}"
Environment="broken {MARK}
EnvironmentFile=-/etc/default/kubelet
EnvironmentFile=/etc/*.env
SetCredential=x:{MARK}
ExecStart=
ExecStart=/usr/bin/kubelet --bootstrap-token={MARK} --token {MARK} "--cloud-password={MARK} x" $ARGS
not a pair
"""


def test_unit_keeps_order_and_repetition():
    data = data_of("unit", UNIT)
    assert data["Unit"] == [["Description", "a b"]]
    pairs = data["Service"]
    assert [key for key, _ in pairs] == [
        "Environment", "Environment", "Environment", "EnvironmentFile", "EnvironmentFile", "SetCredential",
        "ExecStart", "ExecStart",
    ]  # fmt: skip
    assert pairs[0][1] == f"'KUBELET_ARGS=--config=/c --v=2' KUBE_TOKEN={REDACTED}"
    assert pairs[1][1] == f"OTHER={REDACTED} AWS_KEY={REDACTED}"
    assert pairs[2][1] == REDACTED
    assert pairs[6][1] == ""
    assert pairs[7][1].endswith("$ARGS")


def test_unit_values_without_secrets_stay_as_written():
    line = 'Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"'
    assert data_of("unit", f"[Service]\n{line}\n")["Service"] == [line.split("=", 1)]


def test_environment_file_shows_values_of_components_only():
    text = f'# c\nETCD_NAME="a b"\nexport KUBELET_EXTRA_ARGS=--token={MARK}\nDB_URL={MARK}\nx\n'
    text += f"ETCD_PASSWORD={MARK}\n"
    assert data_of("environment", text) == {
        "ETCD_NAME": "a b",
        "KUBELET_EXTRA_ARGS": f"--token={REDACTED}",
        "DB_URL": REDACTED,
        "ETCD_PASSWORD": REDACTED,
    }


def test_network_configuration_keeps_types_only():
    text = json.dumps(
        {"cniVersion": "1", "name": "n", "plugins": [{"type": "calico", "etcd_key": MARK}], "k": MARK}
    )
    assert data_of("cni", text) == {"cniVersion": "1", "name": "n", "plugins": [{"type": "calico"}]}


@pytest.mark.parametrize(
    "kind", ["KubeletConfiguration", "AdmissionConfiguration", "AuthenticationConfiguration"]
)
def test_whole_documents_lose_secrets_by_name_and_by_look(kind):
    data = data_of(
        kind,
        {
            "kind": kind,
            "number": 1,
            "switch": True,
            "enableBootstrapToken": True,
            "tokenFile": "/f",
            "staticPodURLHeader": {"X-Login": [MARK]},
            "nested": [{"clientSecret": MARK, "api_key": MARK, "access-key": MARK, "tokens": "3"}],
            "pem": KEY,
            "text": f"a {JWT} b",
            "Authorization": [MARK],
        },
    )
    assert data["nested"] == [
        {"clientSecret": REDACTED, "api_key": REDACTED, "access-key": REDACTED, "tokens": "3"}
    ]
    assert (data["switch"], data["enableBootstrapToken"], data["tokenFile"]) == (True, True, "/f")
    assert data["text"] == f"a {REDACTED} b"
    assert data["staticPodURLHeader"] == REDACTED


def test_authorization_by_name_is_no_secret():
    value = {"kind": "KubeletConfiguration", "authorization": {"mode": "Webhook"}}
    assert data_of("KubeletConfiguration", value) == value


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)
BROKEN = {
    "empty": b"",
    "comment": b"# nothing\n",
    "list": b"- kind: Pod",
    "scalar": MARK.encode(),
    "binary": bytes(range(256)),
    "latin": b"kind: \xe9\xe8",
    "nul": b"kind: a\0b",
    "truncated": b'{"kind": "KubeletConf',
    "half": b"a: [1, 2",
    "tab": b"a:\n\tb: " + MARK.encode(),
    "deep": b"[" * 100_000,
    "deep map": b"{a: " * 5_000,
    "deep json": b'{"a":' * 100_000,
    "bomb": BOMB.encode(),
    "merge bomb": MERGE_BOMB.encode(),
    "recursive": b"a: &a [*a]",
    "python": b"kind: !!python/object/apply:os.system [true]",
    "bad int": b"kind: !!int " + MARK.encode(),
    "bad date": b"kind: !!timestamp " + MARK.encode(),
    "bad bool": b"kind: !!bool " + MARK.encode(),
    "digits": b"kind: " + b"9" * 10_000,
    "key": b"? [a]\n: b",
    "huge list": b"a: [" + b"x," * 250_000 + b"]",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("kind", ["KubeletConfiguration", "kubeconfig", "Pod", "unit", "cni", "etcd-config"])
def test_what_is_broken_is_invalid_and_not_quoted(kind, content):
    fact = clean(kind, content)
    if kind == "etcd-config" and isinstance(fact, Document):
        pytest.skip("any mapping is a configuration of etcd")
    assert isinstance(fact, Unavailable)
    assert fact.kind == "invalid"
    assert MARK not in fact.reason
    assert len(fact.reason) < 100


MISSHAPEN = [
    ("KubeletConfiguration", "kind: Pod"),
    ("KubeletConfiguration", "authentication: {}"),
    ("unheard-of", "kind: unheard-of"),
    ("kubeconfig", "clusters: {a: b}"),
    ("kubeconfig", "users: [a]"),
    ("EncryptionConfiguration", "{kind: EncryptionConfiguration, resources: [{providers: secret}]}"),
    ("Pod", "{kind: Pod, spec: {containers: [{command: ls}]}}"),
    ("Pod", "{kind: Pod, spec: {containers: [{command: [{a: b}]}]}}"),
    ("unit", "just text"),
]


@pytest.mark.parametrize(("kind", "text"), MISSHAPEN)
def test_another_shape_than_expected_is_invalid(kind, text):
    assert clean(kind, text).kind == "invalid"


def test_scalars_are_those_of_json():
    text = """
kind: KubeletConfiguration
day: 2020-01-01
time: 1:30
none: ~
nan: .nan
inf: -.inf
big: 99999999999999999999
off: off
2: a
true: b
exp: 1e3
blob: !!binary aGk=
"""
    data = data_of("KubeletConfiguration", text)
    assert data == {
        "kind": "KubeletConfiguration", "day": "2020-01-01", "time": "1:30", "none": None, "nan": "nan",
        "inf": "-inf", "big": "99999999999999999999", "false": False, "2": "a", "true": "b", "exp": 1000.0,
        "blob": "binary data",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_the_encoding_are_understood(encoding):
    content = 'kind: "KubeletConfiguration"\nname: "é"\n'.encode(encoding)
    assert clean("KubeletConfiguration", content).data["name"] == "é"


def test_json_is_read_as_json():
    assert (
        clean("KubeletConfiguration", '{\n\t"kind": "KubeletConfiguration",\n\t"a": "x\\/y"}').data["a"]
        == "x/y"
    )


def test_of_several_documents_the_first_counts_and_the_others_are_told():
    first = "kind: KubeletConfiguration\na: 1\n"
    document, more = clean_document(
        "KubeletConfiguration", f"{first}---\nkind: KubeletConfiguration\na: 2\n".encode()
    )
    assert (document.data["a"], more) == (1, True)
    assert clean_document("KubeletConfiguration", f"---\n{first}...\n".encode())[1] is False


def test_of_a_repeated_key_the_last_counts():
    assert clean("KubeletConfiguration", "kind: KubeletConfiguration\na: 1\na: 2\n").data["a"] == 2


ARGUMENTS = [
    (["--token=x"], ["--token=REDACTED"]),
    (["--token", "x"], ["--token", "REDACTED"]),
    (["-token=x"], ["-token=REDACTED"]),
    (["--Cloud_Password=x"], ["--Cloud_Password=REDACTED"]),
    (["--oidc-client-secret", "x", "y"], ["--oidc-client-secret", "REDACTED", "y"]),
    (["--etcd-s3-secret-key=x"], ["--etcd-s3-secret-key=REDACTED"]),
    (["-t", "x"], ["-t", "REDACTED"]),
    (["--token-auth-file=/x"], ["--token-auth-file=/x"]),
    (["--token-file", "/x"], ["--token-file", "/x"]),
    (["--service-account-token-ttl=1h"], ["--service-account-token-ttl=1h"]),
    (["--token", "--v=2"], ["--token", "--v=2"]),
    (["--datastore-endpoint=mysql://me:x@tcp(db)/k"], ["--datastore-endpoint=mysql://REDACTED@tcp(db)/k"]),
    (["--enable-bootstrap-token-auth=true"], ["--enable-bootstrap-token-auth=true"]),
    (["--tls-private-key-file=/x"], ["--tls-private-key-file=/x"]),
    (["--note=abcdef.0123456789abcdef"], ["--note=abcdef.0123456789abcdef"]),
    (["abcdef.0123456789abcdef"], ["REDACTED"]),
    ([f"--x={JWT}"], ["--x=REDACTED"]),
    ([], []),
]


@pytest.mark.parametrize(("given_words", "expected"), ARGUMENTS)
def test_values_of_secret_flags_are_replaced(given_words, expected):
    assert list(clean_arguments(given_words)) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([KEY, JWT, "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("token"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_key_or_token_survives_and_the_rest_fits_in_json(value):
    text = msgspec.json.encode(clean_json(value)).decode() if _finite(value) else str(clean_json(value))
    assert "PRIVATE KEY" not in text
    assert "eyJhbGci" not in text


def _finite(value):
    match value:
        case float():
            return math.isfinite(value)
        case int():
            return -(2**63) <= value < 2**63
        case list():
            return all(map(_finite, value))
        case dict():
            return all(map(_finite, value.values()))
    return True


@given(st.text())
def test_clean_text_stays_clean(text):
    once = clean_text(f"{text}{JWT}")
    assert JWT not in once
    once.encode()


@given(st.sampled_from(KINDS), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise(kind, content):
    document, _ = clean_document(kind, content, ("ETCD_",))
    msgspec.json.encode(document)


@given(st.sampled_from(KINDS), JSON)
def test_no_yaml_of_any_shape_raises(kind, value):
    shaped = (
        {**value, "kind": kind} if isinstance(value, dict) else {"kind": kind, "spec": value, "users": value}
    )
    try:
        content = json.dumps(shaped).encode()
    except ValueError:
        return
    document, _ = clean_document(kind, content)
    msgspec.json.encode(document)


STRUCTURE = st.recursive(
    st.none() | st.integers(0, 9) | st.sampled_from(["a", MARK]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "containers",
                    "env",
                    "name",
                    "value",
                    "command",
                    "args",
                    "users",
                    "user",
                    "exec",
                    "clusters",
                    "cluster",
                    "resources",
                    "providers",
                    "kms",
                    "aescbc",
                    "plugins",
                    "type",
                    "volumes",
                    "hostPath",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(["spec", "users", "clusters", "resources", "plugins", "metadata"]), STRUCTURE
    ),
)
def test_known_keys_in_unknown_shapes_never_raise(kind, value):
    document, _ = clean_document(kind, json.dumps({**value, "kind": kind}).encode(), ("ETCD_",))
    msgspec.json.encode(document)
