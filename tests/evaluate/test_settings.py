"""Which layer decides a setting, and what can't be known stays unknown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluate.settings_kit import ask, directory, value
from trueline.content.load import load_components
from trueline.evaluate.settings import Effective
from trueline.model.facts import Absent, Document, Unavailable

CONFIG = "/var/lib/kubelet/config.yaml"
FLAG = f"--config={CONFIG}"
DROP_INS = "/etc/kubernetes/kubelet.conf.d"
KUBELET = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}


# Reading flags


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), True),
        (("--profiling=false",), False),
        (("--profiling=true",), True),
        (("--profiling",), True),
        (("-profiling=false",), False),
        (("--profiling=0",), False),
        # a boolean never takes the next word, which then belongs to nothing
        (("--profiling", "false"), True),
        (("--profiling=false", "--profiling=true"), True),
        (("--profiling=true", "--profiling=false"), False),
        (("--contention-profiling=false",), True),
        (("--profiling-x=false",), True),
        (("--", "--profiling=false"), True),
    ],
)
def test_boolean_flags(arguments, expected):
    assert value("kube-controller-manager", "profiling", *arguments) is expected


@pytest.mark.parametrize(
    ("component", "name", "arguments", "expected"),
    [
        ("kube-apiserver", "audit-log-maxage", ("--audit-log-maxage", "60"), 60),
        ("kube-apiserver", "audit-log-maxage", ("--audit_log_maxage=60",), 60),
        ("kube-apiserver", "audit-log-path", ("--audit-log-path=",), ""),
        ("kube-apiserver", "tls-cert-file", ('--tls-cert-file="/a b"',), "/a b"),
        ("kube-apiserver", "authorization-mode", ("--authorization-mode", "AlwaysAllow"), ("AlwaysAllow",)),
        ("kube-apiserver", "request-timeout", ("--request-timeout=5m",), 300.0),
        # lists add up (pflag's StringSlice), scalars do not
        (
            "kube-apiserver",
            "authorization-mode",
            ("--authorization-mode=Node", "--authorization-mode=RBAC"),
            ("Node", "RBAC"),
        ),
        ("kube-apiserver", "secure-port", ("--secure-port=1", "--secure-port=2"), 2),
        ("etcd", "cipher-suites", ("--cipher-suites=A", "--cipher-suites=B"), ("B",)),
        ("kube-apiserver", "feature-gates", ("--feature-gates=A=true", "--feature-gates=B=false,A=false"),
         ("A=false", "B=false")),
        # another flag that starts the same is not this one
        ("kube-apiserver", "encryption-provider-config",
         ("--encryption-provider-config-automatic-reload",), ""),
        ("kube-apiserver", "encryption-provider-config",
         ("--experimental-encryption-provider-config=/e",), "/e"),
        ("etcd", "client-cert-auth", ("--peer-client-cert-auth=true",), False),
        ("etcd", "auto-tls", ("--auto-tls=false",), False),
    ],
)  # fmt: skip
def test_flags(component, name, arguments, expected):
    answer = ask(component, name, *arguments)
    assert answer.values == (expected,)


def test_evidence_of_a_flag():
    answer = ask("kube-apiserver", "audit-log-maxage", "--audit_log_maxage=60")
    assert answer == Effective(
        values=(60,), layer="flag", source="argument of process 7", text="60", key="--audit-log-maxage"
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("profiling", ("--profiling=maybe",)),
        ("profiling", ("--profiling=",)),
        ("terminated-pod-gc-threshold", ("--terminated-pod-gc-threshold=many",)),
        ("terminated-pod-gc-threshold", ("--terminated-pod-gc-threshold",)),
        ("cluster-signing-duration", ("--cluster-signing-duration=long",)),
        ("feature-gates", ("--feature-gates=RotateKubeletServerCertificate",)),
        (
            "feature-gates.RotateKubeletServerCertificate",
            ("--feature-gates=RotateKubeletServerCertificate=x",),
        ),
    ],
)
def test_arguments_that_make_no_sense_are_no_value(name, arguments):
    answer = ask("kube-controller-manager", name, *arguments)
    assert isinstance(answer, Unavailable)
    assert answer.kind == "invalid"


@given(st.lists(st.sampled_from(["1", "25", "0x2", "300"]), min_size=1, max_size=5))
def test_the_last_scalar_flag_wins(texts):
    arguments = [f"--audit-log-maxage={text}" for text in texts]
    assert value("kube-apiserver", "audit-log-maxage", *arguments) == int(texts[-1], 0)


@given(st.sampled_from(["Node,RBAC", "AlwaysAllow", "", "a b", "'x'"]))
def test_both_spellings_mean_the_same(text):
    joined = ask("kube-apiserver", "authorization-mode", f"--authorization-mode={text}", "--profiling=false")
    apart = ask("kube-apiserver", "authorization-mode", "--authorization-mode", text, "--profiling=false")
    assert joined == apart


WORDS = st.sampled_from(
    ["--", "-", "", "=", "--=", "--profiling", "--config", "--config=", "--config=/x", "--config-file",
     "\udcff", "--feature-gates", "--feature-gates=", "--feature-gates=a=b=c", "--authentication-config=/x",
     "--authorization-config", "--audit-policy-file=/x", "--encryption-provider-config", "--client-cert-auth"]
) | st.text(max_size=12)  # fmt: skip
SETTINGS = st.sampled_from(
    [
        (component.component, entry.name)
        for component in load_components().values()
        for entry in component.settings
    ]
)
STATES = st.sampled_from(
    [{}, {"/x": Absent()}, {"/x": Document(kind="x", data=None)}, {"/x": Document(kind="x", data=["a"])},
     {"/x": {"anonymous": 1, "authorizers": 1, "rules": "x", "authentication": 3, "featureGates": []}}]
)  # fmt: skip


@given(
    setting=SETTINGS, arguments=st.lists(WORDS, max_size=6), documents=STATES, version=st.none() | st.text()
)
def test_no_command_line_raises(setting, arguments, documents, version):
    answer = ask(*setting, *arguments, documents=documents, version=version)
    assert isinstance(answer, Effective | Unavailable)


# Config files of the kubelet


def kubelet(name, *arguments, config=None, **facts):
    documents = {CONFIG: {**KUBELET, **config}} if config is not None else {}
    return ask(
        "kubelet", name, *([FLAG] if config is not None else []), *arguments, documents=documents, **facts
    )


@pytest.mark.parametrize(
    ("name", "without", "with_config"),
    [
        ("anonymous-auth", True, False),
        ("authentication-token-webhook", False, True),
        ("authorization-mode", "AlwaysAllow", "Webhook"),
        ("read-only-port", 10255, 0),
        ("rotate-certificates", False, False),
        ("streaming-connection-idle-timeout", 14400.0, 14400.0),
        ("make-iptables-util-chains", True, True),
        ("protect-kernel-defaults", False, False),
        ("seccomp-default", False, False),
        ("pod-max-pids", -1, -1),
        ("event-qps", 50, 50),
        ("hostname-override", "", ""),
    ],
)
def test_kubelet_defaults_differ_with_a_config_file(name, without, with_config):
    assert kubelet(name).values == (without,)
    assert kubelet(name, config={}).values == (with_config,)
    assert kubelet(name, config={}).layer == "default"


@pytest.mark.parametrize(
    ("name", "arguments", "config", "expected", "layer"),
    [
        ("anonymous-auth", (), {"authentication": {"anonymous": {"enabled": True}}}, True, "config"),
        ("anonymous-auth", ("--anonymous-auth=false",), {"authentication": {"anonymous": {"enabled": True}}},
         False, "flag"),
        ("read-only-port", ("--read-only-port=10255",), {"readOnlyPort": 0}, 10255, "flag"),
        # null is as good as nothing
        ("anonymous-auth", (), {"authentication": {"anonymous": {"enabled": None}}}, False, "default"),
        ("anonymous-auth", (), {"authentication": None}, False, "default"),
        # zero texts and durations of a config file are replaced by defaults, those of flags are not
        ("authorization-mode", (), {"authorization": {"mode": ""}}, "Webhook", "default"),
        ("streaming-connection-idle-timeout", (), {"streamingConnectionIdleTimeout": "0s"},
         14400.0, "default"),
        ("streaming-connection-idle-timeout", (), {"streamingConnectionIdleTimeout": "5m"}, 300.0, "config"),
        ("streaming-connection-idle-timeout", ("--streaming-connection-idle-timeout=0",), {}, 0.0, "flag"),
        ("streaming-connection-idle-timeout", ("--streaming-connection-idle-timeout=0s",), {}, 0.0, "flag"),
        ("event-qps", (), {"eventRecordQPS": 0}, 0, "config"),
        ("tls-cipher-suites", (), {"tlsCipherSuites": ["A", "B"]}, ("A", "B"), "config"),
        ("feature-gates.RotateKubeletServerCertificate", (),
         {"featureGates": {"RotateKubeletServerCertificate": False}}, False, "config"),
    ],
)  # fmt: skip
def test_kubelet_layers(name, arguments, config, expected, layer):
    answer = kubelet(name, *arguments, config=config)
    assert (answer.values, answer.layer) == ((expected,), layer)


def test_evidence_of_a_config_file():
    answer = kubelet("read-only-port", config={"readOnlyPort": 10255})
    assert (answer.source, answer.key, answer.text) == (CONFIG, "readOnlyPort", "10255")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (Absent(), "vanished"),
        (Unavailable(kind="denied", reason="may not be read"), "denied"),
        (Document(kind="x", data="text"), "invalid"),
        (Document(kind="x", data=None), "invalid"),
        ({"kind": "Pod"}, "invalid"),
        (None, "not-collected"),
    ],
)
def test_a_config_file_that_is_not_known_hides_all_but_flags(state, kind):
    documents = {CONFIG: state} if state is not None else {}
    answer = ask("kubelet", "anonymous-auth", FLAG, documents=documents)
    assert isinstance(answer, Unavailable)
    assert answer.kind == kind
    assert CONFIG in answer.reason
    assert value("kubelet", "anonymous-auth", FLAG, "--anonymous-auth=false", documents=documents) is False


@pytest.mark.parametrize(
    "config",
    [{"readOnlyPort": "many"}, {"readOnlyPort": [1]}, {"readOnlyPort": True}, {"readOnlyPort": {"a": 1}}],
)
def test_config_values_of_the_wrong_type_are_no_value(config):
    answer = kubelet("read-only-port", config=config)
    assert isinstance(answer, Unavailable)
    assert answer.kind == "invalid"


def test_a_section_that_is_no_section_is_no_value():
    assert kubelet("anonymous-auth", config={"authentication": ["anonymous"]}).kind == "invalid"


def test_a_container_reads_its_own_file():
    documents = {CONFIG: {"readOnlyPort": 1}, f"/proc/7/root{CONFIG}": {"readOnlyPort": 2}}
    assert value("kubelet", "read-only-port", FLAG, documents=documents, root="/proc/7/root") == 2
    assert value("kubelet", "read-only-port", FLAG, documents=documents) == 1


def test_relative_paths_begin_at_the_working_directory():
    documents = {"/opt/kubelet/config.yaml": {"readOnlyPort": 3}}
    arguments = ("--config=./config.yaml",)
    known = ask("kubelet", "read-only-port", *arguments, documents=documents, directory="/opt/kubelet")
    assert known.values == (3,)
    assert isinstance(ask("kubelet", "read-only-port", *arguments, documents=documents), Unavailable)


# Drop-ins of the kubelet


def drop_in(name, drop_ins, *arguments, config=None, files=None):
    documents = {f"{DROP_INS}/{entry}": {**KUBELET, **data} for entry, data in drop_ins.items()}
    if config is not None:
        documents[CONFIG] = {**KUBELET, **config}
        arguments = (FLAG, *arguments)
    entries = tuple(sorted({entry.split("/")[0] for entry in drop_ins}))
    listing = {DROP_INS: directory(*entries), **(files or {})}
    return ask("kubelet", name, f"--config-dir={DROP_INS}", *arguments, documents=documents, files=listing)


OPEN = {
    "authentication": {"anonymous": {"enabled": True}},
    "authorization": {"mode": "AlwaysAllow"},
    "readOnlyPort": 10255,
    "rotateCertificates": False,
}
CLOSED = {
    "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": "/ca.crt"}},
    "authorization": {"mode": "Webhook"},
    "rotateCertificates": True,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anonymous-auth", True),
        ("authorization-mode", "AlwaysAllow"),
        ("read-only-port", 10255),
        ("rotate-certificates", False),
    ],
)
def test_a_drop_in_overrides_the_config_file(name, expected):
    answer = drop_in(name, {"90-open.conf": OPEN}, config=CLOSED)
    assert (answer.values, answer.layer) == ((expected,), "drop-in")
    assert answer.source == f"{DROP_INS}/90-open.conf"


def test_a_drop_in_leaves_the_rest_of_a_section():
    answer = drop_in("client-ca-file", {"90-open.conf": OPEN}, config=CLOSED)
    assert (answer.values, answer.source) == (("/ca.crt",), CONFIG)


def test_a_flag_overrides_a_drop_in():
    assert drop_in("anonymous-auth", {"90-open.conf": OPEN}, "--anonymous-auth=false").values == (False,)


@pytest.mark.parametrize(
    ("drop_ins", "expected"),
    [
        ({"10.conf": {"readOnlyPort": 1}, "20.conf": {"readOnlyPort": 2}}, 2),
        ({"20.conf": {"readOnlyPort": 2}, "10.conf": {"readOnlyPort": 1}}, 2),
        ({"9.conf": {"readOnlyPort": 9}, "10.conf": {"readOnlyPort": 10}}, 9),
        ({"10.conf": {"readOnlyPort": 1}, "20.yaml": {"readOnlyPort": 2}}, 1),
        ({"10.conf": {"readOnlyPort": 1}, "20.conf~": {"readOnlyPort": 2}}, 1),
        # null takes away what came before, so that the default counts
        ({"10.conf": {"readOnlyPort": 1}, "20.conf": {"readOnlyPort": None}}, 0),
        ({"10.conf": {"readOnlyPort": 1}, "20.conf": {}}, 1),
    ],
)
def test_order_of_drop_ins(drop_ins, expected):
    assert drop_in("read-only-port", drop_ins, config={}).values == (expected,)


def test_lists_are_replaced_and_maps_are_merged():
    drop_ins = {"1.conf": {"tlsCipherSuites": ["C"], "featureGates": {"B": False}}}
    config = {"tlsCipherSuites": ["A", "B"], "featureGates": {"A": True, "B": True}}
    assert drop_in("tls-cipher-suites", drop_ins, config=config).values == (("C",),)
    assert drop_in("feature-gates", drop_ins, config=config).values == (("A=true", "B=false"),)
    assert drop_in("feature-gates", drop_ins, "--feature-gates=A=false", config=config).values == (
        ("A=false", "B=false"),
    )


def test_drop_ins_in_subdirectories_count():
    files = {f"{DROP_INS}/50-sub": directory("a.conf")}
    drop_ins = {"10.conf": {"readOnlyPort": 1}, "50-sub/a.conf": {"readOnlyPort": 5}}
    assert drop_in("read-only-port", drop_ins, config={}, files=files).values == (5,)


def test_links_to_directories_of_drop_ins_are_not_followed():
    link = msgspec.structs.replace(directory("a.conf"), target="/elsewhere")
    drop_ins = {"10.conf": {"readOnlyPort": 1}, "50-sub/a.conf": {"readOnlyPort": 5}}
    files = {f"{DROP_INS}/50-sub": link}
    assert drop_in("read-only-port", drop_ins, config={}, files=files).values == (1,)


def test_without_a_config_file_drop_ins_change_the_defaults_of_flags():
    assert drop_in("anonymous-auth", {"1.conf": {"readOnlyPort": 0}}).values == (True,)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, "not-collected"),
        ({DROP_INS: Absent()}, "vanished"),
        ({DROP_INS: Unavailable(kind="denied", reason="no")}, "denied"),
        ({DROP_INS: directory("1.conf")}, "not-collected"),
    ],
)
def test_drop_ins_that_are_not_known_hide_all_but_flags(files, kind):
    arguments = (FLAG, f"--config-dir={DROP_INS}")
    documents = {CONFIG: {**KUBELET, **CLOSED}}
    answer = ask("kubelet", "anonymous-auth", *arguments, documents=documents, files=files)
    assert isinstance(answer, Unavailable)
    assert answer.kind == kind
    flagged = ask(
        "kubelet", "anonymous-auth", *arguments, "--anonymous-auth=true", documents=documents, files=files
    )
    assert flagged.values == (True,)


# Config files of other components

PROXY = "/var/lib/kube-proxy/config.conf"


@pytest.mark.parametrize(
    ("config", "arguments", "expected"),
    [
        (None, (), "127.0.0.1:10249"),
        (None, ("--metrics-bind-address=0.0.0.0:10249",), "0.0.0.0:10249"),
        (None, ("--metrics-bind-address=",), ""),
        ({"metricsBindAddress": ""}, (), "127.0.0.1:10249"),
        ({"metricsBindAddress": "0.0.0.0:10249"}, (), "0.0.0.0:10249"),
        (
            {"metricsBindAddress": "0.0.0.0:10249"},
            ("--metrics-bind-address=127.0.0.1:10249",),
            "0.0.0.0:10249",
        ),
        ({}, ("--metrics-bind-address=0.0.0.0:10249",), "127.0.0.1:10249"),
    ],
)
def test_kube_proxy_ignores_flags_beside_a_config_file(config, arguments, expected):
    documents = {PROXY: {"kind": "KubeProxyConfiguration", **config}} if config is not None else {}
    flags = (f"--config={PROXY}", *arguments) if config is not None else arguments
    assert value("kube-proxy", "metrics-bind-address", *flags, documents=documents) == expected


def test_kube_proxy_hostname_override_counts_beside_a_config_file():
    documents = {PROXY: {"hostnameOverride": "a"}}
    answer = ask(
        "kube-proxy", "hostname-override", f"--config={PROXY}", "--hostname-override=b", documents=documents
    )
    assert (answer.values, answer.layer) == (("b",), "flag")


@pytest.mark.parametrize(
    ("config", "expected"),
    [({}, True), ({"enableProfiling": False}, False), ({"enableProfiling": True}, True)],
)
def test_scheduler_profiling_flag_is_ignored_beside_a_config_file(config, expected):
    documents = {"/s.yaml": {"kind": "KubeSchedulerConfiguration", **config}}
    arguments = ("--config=/s.yaml", "--profiling=false")
    assert value("kube-scheduler", "profiling", *arguments, documents=documents) is expected
    assert value("kube-scheduler", "profiling", "--profiling=false") is False


def test_scheduler_serving_flags_count_beside_a_config_file():
    documents = {"/s.yaml": {"kind": "KubeSchedulerConfiguration"}}
    arguments = ("--config=/s.yaml", "--bind-address=127.0.0.1")
    assert value("kube-scheduler", "bind-address", *arguments, documents=documents) == "127.0.0.1"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected", "layer"),
    [
        ((), {}, False, "default"),
        ((), {"ETCD_CLIENT_CERT_AUTH": "true"}, True, "environment"),
        ((), {"ETCD_CLIENT_CERT_AUTH": ""}, False, "default"),
        (("--client-cert-auth=false",), {"ETCD_CLIENT_CERT_AUTH": "true"}, False, "flag"),
        (("--client-cert-auth",), {}, True, "flag"),
        (("--config-file=/etcd.yaml", "--client-cert-auth=true"), {}, False, "default"),
        (("--config-file=/etcd.yaml",), {"ETCD_CLIENT_CERT_AUTH": "true"}, False, "default"),
        ((), {"ETCD_CONFIG_FILE": "/etcd.yaml", "ETCD_CLIENT_CERT_AUTH": "true"}, False, "default"),
    ],
)  # fmt: skip
def test_etcd_layers(arguments, environment, expected, layer):
    documents = {"/etcd.yaml": {"client-transport-security": {"cert-file": "/c"}}}
    answer = ask("etcd", "client-cert-auth", *arguments, environment=environment, documents=documents)
    assert (answer.values, answer.layer) == ((expected,), layer)


def test_etcd_config_file():
    documents = {
        "/etcd.yaml": {"peer-transport-security": {"client-cert-auth": True}, "listen-client-urls": "a,b"}
    }
    assert value("etcd", "peer-client-cert-auth", "--config-file", "/etcd.yaml", documents=documents) is True
    assert value("etcd", "listen-client-urls", "--config-file", "/etcd.yaml", documents=documents) == (
        "a",
        "b",
    )


def test_an_etcd_config_file_that_is_not_known_hides_flags_too():
    answer = ask("etcd", "client-cert-auth", "--config-file=/etcd.yaml", "--client-cert-auth=true")
    assert isinstance(answer, Unavailable)


def test_a_variable_that_makes_no_sense_is_no_value():
    assert ask("etcd", "client-cert-auth", environment={"ETCD_CLIENT_CERT_AUTH": "yes"}).kind == "invalid"


def test_an_environment_that_is_not_known_hides_etcd_settings():
    unread = {"environment": Unavailable(kind="denied", reason="belongs to root.")}
    documents = {"/etcd.yaml": {"client-transport-security": {"client-cert-auth": True}}}
    assert ask("etcd", "client-cert-auth", "--client-cert-auth=true", unread=unread).kind == "denied"
    assert ask("etcd", "auto-tls", unread=unread).kind == "denied"
    # variables are ignored beside a config file that a flag names
    flag = "--config-file=/etcd.yaml"
    assert value("etcd", "client-cert-auth", flag, unread=unread, documents=documents) is True
    assert value("kubelet", "read-only-port", unread=unread) == 10255


# Defaults


@pytest.mark.parametrize(
    ("component", "name", "version", "values"),
    [
        ("kube-apiserver", "anonymous-auth", "1.36", (True,)),
        ("kube-apiserver", "profiling", "1.36", (True,)),
        ("kube-apiserver", "request-timeout", "1.36", (60.0,)),
        ("kube-apiserver", "service-account-lookup", None, (True,)),
        ("kube-apiserver", "audit-log-maxage", None, (0,)),
        ("kube-apiserver", "authorization-mode", "1.30", (("AlwaysAllow",),)),
        ("kube-apiserver", "basic-auth-file", "1.30", ("",)),
        ("kube-apiserver", "kubelet-https", "1.30", (True,)),
        ("kube-apiserver", "insecure-port", "1.19", (8080,)),
        ("kube-apiserver", "insecure-port", "1.20", (0,)),
        ("kube-apiserver", "insecure-port", None, (8080, 0)),
        ("kube-controller-manager", "bind-address", "1.36", ("0.0.0.0",)),
        ("kube-controller-manager", "terminated-pod-gc-threshold", "1.36", (12500,)),
        ("kube-controller-manager", "use-service-account-credentials", "1.36", (False,)),
        ("kube-controller-manager", "feature-gates.RotateKubeletServerCertificate", "1.36", (True,)),
        ("kube-controller-manager", "address", "1.19", ("0.0.0.0",)),
        ("kube-controller-manager", "address", "1.20", ("",)),
        ("kube-scheduler", "bind-address", "1.36", ("0.0.0.0",)),
        ("kubelet", "event-qps", "1.26", (5,)),
        ("kubelet", "event-qps", "1.27", (50,)),
        ("kubelet", "event-qps", "v1.27.3", (50,)),
        ("kubelet", "event-qps", None, (5, 50)),
        ("kubelet", "cadvisor-port", None, (0,)),
        ("kube-proxy", "metrics-bind-address", None, ("127.0.0.1:10249",)),
        ("etcd", "client-cert-auth", None, (False,)),
        ("etcd", "auto-tls", None, (False,)),
    ],
)  # fmt: skip
def test_defaults(component, name, version, values):
    answer = ask(component, name, version=version)
    assert (answer.values, answer.layer) == (values, "default")


def test_evidence_of_defaults():
    assert ask("kubelet", "event-qps").source == "default in Kubernetes 1.36"
    assert ask("kubelet", "event-qps", version=None).source == "default of kubelet"
    assert ask("kubelet", "event-qps", version=None).text == "5 or 50"
    assert ask("etcd", "auto-tls").source == "default of etcd"


@pytest.mark.parametrize("version", ["1.15", "1.19", "1.24", "1.30", "1.36", "1.99", None])
@pytest.mark.parametrize("component", sorted(load_components()))
def test_every_setting_has_a_default_in_every_version(component, version):
    for setting in load_components()[component].settings:
        answer = ask(component, setting.name, version=version)
        assert isinstance(answer, Effective), setting.name
        assert version is None or len(answer.values) == 1, setting.name


def test_what_takes_its_settings_from_elsewhere_is_not_known():
    answer = ask("kube-apiserver", "anonymous-auth", "--openshift-config=/c.yaml", "--anonymous-auth=false")
    assert isinstance(answer, Unavailable)


def test_unknown_names_are_mistakes_of_the_caller():
    with pytest.raises(KeyError):
        ask("kubelet", "no-such-setting")


# A kubelet as kubeadm 1.36 sets it up: what the kubelet itself reported through /configz


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        ("anonymous-auth", False),
        ("authentication-token-webhook", True),
        ("authorization-mode", "Webhook"),
        ("client-ca-file", "/etc/kubernetes/pki/ca.crt"),
        ("rotate-certificates", True),
        ("streaming-connection-idle-timeout", 14400.0),
        ("read-only-port", 0),
        ("make-iptables-util-chains", True),
        ("event-qps", 50),
        ("pod-max-pids", -1),
        ("protect-kernel-defaults", False),
        ("seccomp-default", False),
        ("healthz-bind-address", "127.0.0.1"),
        ("pod-manifest-path", "/etc/kubernetes/manifests"),
    ],
)
def test_a_kubelet_of_kubeadm(name, reported):
    config = {
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"cacheTTL": "0s", "enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook", "webhook": {"cacheAuthorizedTTL": "0s"}},
        "healthzBindAddress": "127.0.0.1",
        "rotateCertificates": True,
        "staticPodPath": "/etc/kubernetes/manifests",
        "streamingConnectionIdleTimeout": "0s",
    }
    arguments = ("--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf", "--kubeconfig=/k.conf")
    assert kubelet(name, *arguments, config=config).values == (reported,)
