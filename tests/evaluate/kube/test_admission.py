"""What admission lets into a namespace, by labels, defaults, versions and whatever else guards it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluate.kube.kube_kit import (
    ENFORCE,
    GOOD_POD,
    cluster,
    meta,
    namespace,
    objects,
    pod,
    run,
    workload,
)
from trueline.evaluate.kube.controls import CONTROLS
from trueline.model.facts import Document, NodeFacts, Process, Unavailable

PATH = "/etc/kubernetes/admission.yaml"
RULES = [{"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}]
GUARD = {**meta("guard"), "webhooks": [{"name": "g", "failurePolicy": "Fail", "rules": RULES}]}
RESTRICTED_ONLY = sorted(name for name, control in CONTROLS.items() if control.level == "restricted")
BASELINE = sorted(name for name, control in CONTROLS.items() if control.level == "baseline")


def admitted(facts, control="privileged", **more):
    return run("admitted", facts, control=[control], **more)


def outcome(found):
    if found.findings:
        return "fail"
    return "unknown" if found.undecided else "pass"


def shop(level=None, *, pods=None, version="v1.34.1", **lists):
    labels = {"enforce": level} if level else {}
    return cluster(
        version=version,
        namespaces=[namespace("shop", **labels)],
        pods=[pod("p", **GOOD_POD)] if pods is None else pods,
        **lists,
    )


def api_server(*arguments, documents=None, root=""):
    process = Process(
        pid=1, component="kube-apiserver", executable="/kube-apiserver", uid=0, arguments=arguments, root=root
    )
    return NodeFacts(hostname="n", processes=(process,), documents=documents or {})


def configured(data, *, path=PATH):
    document = Document(
        kind="AdmissionConfiguration", data={"plugins": [{"name": "PodSecurity", "configuration": data}]}
    )
    return api_server(f"--admission-control-config-file={path}", documents={PATH: document})


@pytest.mark.parametrize("control", BASELINE)
@pytest.mark.parametrize(
    ("level", "expected"),
    [("restricted", "pass"), ("baseline", "pass"), ("privileged", "fail"), (None, "fail")],
)
def test_levels_for_baseline_controls(control, level, expected):
    assert outcome(admitted(shop(level), control)) == expected


@pytest.mark.parametrize("control", RESTRICTED_ONLY)
@pytest.mark.parametrize(
    ("level", "expected"), [("restricted", "pass"), ("baseline", "fail"), (None, "fail")]
)
def test_levels_for_restricted_controls(control, level, expected):
    assert outcome(admitted(shop(level), control)) == expected


@pytest.mark.parametrize(
    "labels",
    [
        {"pod-security.kubernetes.io/warn": "restricted"},
        {"pod-security.kubernetes.io/audit": "restricted"},
        {"enforce": "Restricted"},
        {"enforce": ""},
        {"enforce": "strict"},
        {"x" + ENFORCE: "restricted"},
    ],
)
def test_other_labels_enforce_nothing(labels):
    facts = cluster(namespaces=[namespace("shop", **labels)], pods=[pod("p", **GOOD_POD)])
    assert outcome(admitted(facts)) == "fail"


@pytest.mark.parametrize(
    ("pinned", "expected"),
    [("latest", "pass"), ("v1.22", "pass"), ("v1.21", "fail"), ("v1.99", "pass"), ("nonsense", "pass")],
)
def test_a_pinned_version_may_be_too_old_for_a_control(pinned, expected):
    labels = {"enforce": "restricted", f"{ENFORCE}-version": pinned}
    facts = cluster(namespaces=[namespace("shop", **labels)], pods=[pod("p", **GOOD_POD)])
    assert outcome(admitted(facts, "assigned-capabilities")) == expected


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("v1.25.0", "restricted", "pass"),
        ("v1.25.0", None, "fail"),
        ("v1.24.9", "restricted", "pass"),
        ("v1.24.9", None, "unknown"),
        ("v1.23.0", "baseline", "pass"),
        ("v1.22.9", "restricted", "unknown"),
        ("v1.20.0", None, "unknown"),
        (None, "restricted", "unknown"),
        (None, None, "unknown"),
        ("v1.100.0", "restricted", "pass"),
    ],
)
def test_versions(version, level, expected):
    assert outcome(admitted(shop(level, version=version))) == expected


@pytest.mark.parametrize("version", ["v1.20.0", "v1.24.0", "v1.34.0", None])
@pytest.mark.parametrize("webhooks", [[], [GUARD]])
def test_a_running_offender_proves_that_it_is_admitted(version, webhooks):
    facts = shop(version=version, pods=[pod("p", hostPID=True)], validating_webhooks=webhooks)
    (found,) = admitted(facts, "host-pid").findings
    assert found.object == "Namespace shop"
    assert "Pod shop/p (shares the node's process IDs (hostPID))" in found.detail


def test_an_offender_from_before_the_label_is_shown_only():
    found = admitted(shop("restricted", pods=[pod("p", hostPID=True)]), "host-pid")
    assert (found.findings, objects(found.context)) == ((), ["Pod shop/p"])


def test_the_first_three_offenders_are_named():
    pods = [pod(f"p{number}", hostPID=True) for number in range(9)]
    (found,) = admitted(shop(pods=pods), "host-pid").findings
    assert "Pod shop/p2" in found.detail
    assert found.detail.endswith(", and 6 more")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RULES, "unknown"),
        ([{"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}], "unknown"),
        ([{"apiGroups": [""], "resources": ["services"], "operations": ["CREATE"]}], "fail"),
        ([{"apiGroups": ["apps"], "resources": ["*"], "operations": ["*"]}], "fail"),
        ([{"apiGroups": [""], "resources": ["pods"], "operations": ["DELETE"]}], "fail"),
        (None, "fail"),
    ],
)
def test_a_webhook_counts_if_it_sees_new_pods(rules, expected):
    hook = {**meta("guard"), "webhooks": [{"name": "g", "rules": rules}]}
    found = admitted(shop(validating_webhooks=[hook]))
    assert outcome(found) == expected
    assert ("ValidatingWebhookConfiguration guard" in found.undecided) is (expected == "unknown")


@pytest.mark.parametrize(
    ("actions", "policy", "resources", "expected"),
    [
        (["Deny"], "p", ["pods"], "unknown"),
        (["Audit", "Warn"], "p", ["pods"], "fail"),
        (["Deny"], "other", ["pods"], "fail"),
        (["Deny"], "p", ["deployments"], "fail"),
        (None, "p", ["pods"], "fail"),
    ],
)
def test_an_admission_policy_counts_if_it_denies_pods(actions, policy, resources, expected):
    rules = [{"apiGroups": [""], "resources": resources, "operations": ["CREATE"]}]
    facts = shop(
        admission_policies=[{**meta("p"), "spec": {"matchConstraints": {"resourceRules": rules}}}],
        admission_policy_bindings=[
            {**meta("b"), "spec": {"policyName": policy, "validationActions": actions}}
        ],
    )
    assert outcome(admitted(facts)) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"defaults": {"enforce": "restricted"}}, "pass"),
        ({"defaults": {"enforce": "baseline"}}, "pass"),
        ({"defaults": {"enforce": "privileged"}}, "fail"),
        ({"defaults": {"warn": "restricted"}}, "fail"),
        ({"defaults": {"enforce": "restricted"}, "exemptions": {"namespaces": ["shop"]}}, "fail"),
        ({"defaults": {"enforce": "restricted"}, "exemptions": {"namespaces": ["lab"]}}, "pass"),
        ({"defaults": "restricted"}, "fail"),
        ({"exemptions": None}, "fail"),
        (None, "fail"),
        ([], "fail"),
    ],
)
def test_cluster_wide_defaults(data, expected):
    assert outcome(admitted(shop(), node=configured(data))) == expected


def test_labels_go_before_defaults_and_exemptions_before_labels():
    assert (
        outcome(admitted(shop("privileged"), node=configured({"defaults": {"enforce": "restricted"}})))
        == "fail"
    )
    exempt = configured({"exemptions": {"namespaces": ["shop"]}})
    assert outcome(admitted(shop("restricted"), node=exempt)) == "fail"


@pytest.mark.parametrize("level", [None, "restricted"])
@pytest.mark.parametrize("fact", [Unavailable(kind="denied", reason="not allowed"), None])
def test_a_configuration_that_could_not_be_read_leaves_it_open(level, fact):
    node = api_server("--admission-control-config-file", PATH, documents={PATH: fact} if fact else {})
    assert outcome(admitted(shop(level), node=node)) == "unknown"
    assert outcome(admitted(shop(level, pods=[pod("p", hostPID=True)]), "host-pid", node=node)) == "fail"


def test_a_configuration_in_a_file_of_its_own():
    plugins = {"plugins": [{"name": "PodSecurity", "path": "/etc/kubernetes/psa.yaml"}]}
    documents = {PATH: Document(kind="AdmissionConfiguration", data=plugins)}
    flag = f"--admission-control-config-file={PATH}"
    assert outcome(admitted(shop(), node=api_server(flag, documents=documents))) == "unknown"
    own = Document(kind="PodSecurityConfiguration", data={"defaults": {"enforce": "baseline"}})
    documents["/etc/kubernetes/psa.yaml"] = own
    assert outcome(admitted(shop(), node=api_server(flag, documents=documents))) == "pass"


def test_files_that_only_a_container_sees():
    document = Document(
        kind="AdmissionConfiguration",
        data={"plugins": [{"name": "PodSecurity", "configuration": {"defaults": {"enforce": "baseline"}}}]},
    )
    node = api_server(
        f"--admission-control-config-file={PATH}",
        documents={f"/proc/1/root{PATH}": document},
        root="/proc/1/root",
    )
    assert outcome(admitted(shop(), node=node)) == "pass"


@pytest.mark.parametrize(
    ("arguments", "version", "expected"),
    [
        (["--disable-admission-plugins=NodeRestriction,PodSecurity"], "v1.34.0", "fail"),
        (["--disable-admission-plugins", "PodSecurity"], "v1.34.0", "fail"),
        (["--disable-admission-plugins=PodSecurity", "--disable-admission-plugins="], "v1.34.0", "fail"),
        (["--disable-admission-plugins=PodSecurityPolicy"], "v1.24.0", "pass"),
        (["--disable-admission-plugins=PodSecurity"], "v1.24.0", "unknown"),
        (["--feature-gates=PodSecurity=false"], "v1.24.0", "unknown"),
        (["--feature-gates=PodSecurity=false"], "v1.25.0", "pass"),
    ],
)
def test_an_api_server_without_the_plugin_heeds_no_labels(arguments, version, expected):
    assert outcome(admitted(shop("restricted", version=version), node=api_server(*arguments))) == expected


def test_impostors_configure_nothing():
    node = api_server("--disable-admission-plugins=PodSecurity")
    (disabled,) = node.processes
    impostor = msgspec.structs.replace(disabled, impostor="not the program")
    real = Process(pid=2, component="kube-apiserver", executable="/kube-apiserver", uid=0)
    both = NodeFacts(hostname="n", processes=(impostor, real))
    assert outcome(admitted(shop("restricted"), node=both)) == "pass"
    assert outcome(admitted(shop("restricted"), node=node)) == "fail"


def test_platform_namespaces_are_spared_and_their_offenders_shown():
    facts = cluster(
        namespaces=[namespace("kube-system"), namespace("shop", enforce="restricted")],
        pods=[pod("p", **GOOD_POD), pod("proxy", "kube-system", hostNetwork=True)],
    )
    found = admitted(facts, "host-network")
    assert (outcome(found), objects(found.context)) == ("pass", ["Pod kube-system/proxy"])


@pytest.mark.parametrize("name", ["kube-system-2", "kube", "Kube-system", "openshift-x", "kube-system "])
def test_names_that_look_like_the_platform_are_not(name):
    facts = cluster(namespaces=[namespace(name)], pods=[pod("p", name, **GOOD_POD)])
    assert outcome(admitted(facts)) == "fail"


def test_empty_namespaces_don_t_count_beside_used_ones():
    facts = cluster(
        namespaces=[namespace("default"), namespace("shop", enforce="restricted")],
        workloads=[workload("w")],
    )
    assert outcome(admitted(facts)) == "pass"


def test_where_nothing_runs_yet_only_enforcement_everywhere_passes():
    assert outcome(admitted(cluster(namespaces=[namespace("default")]))) == "unknown"
    assert outcome(admitted(cluster(namespaces=[namespace("default", enforce="baseline")]))) == "pass"
    assert outcome(admitted(cluster())) == "unknown"


def test_a_namespace_that_is_missing_from_the_list_is_judged():
    facts = cluster(namespaces=[namespace("default", enforce="restricted")], pods=[pod("p", **GOOD_POD)])
    assert objects(admitted(facts).findings) == ["Namespace shop"]


def test_any_standard_is_a_mechanism_and_pods_don_t_matter_to_it():
    assert outcome(run("unguarded", shop("baseline", pods=[pod("p", hostPID=True)]))) == "pass"
    assert outcome(run("unguarded", shop())) == "fail"
    assert outcome(run("unguarded", shop(validating_webhooks=[GUARD]))) == "unknown"
    found = run("image-origins", shop(validating_webhooks=[GUARD]))
    assert objects(found.context) == ["ValidatingWebhookConfiguration guard", "Pod shop/p"]


NAMES = st.sampled_from(["shop", "lab", "kube-system", "default"])
LEVELS = st.sampled_from([None, "privileged", "baseline", "restricted"])
ENTRIES = st.lists(st.tuples(NAMES, st.booleans()), max_size=6)


@given(st.dictionaries(NAMES, LEVELS), ENTRIES, st.sampled_from(sorted(CONTROLS)), st.booleans(), NAMES)
def test_a_restricting_label_never_turns_a_pass_into_a_fail(levels, entries, control, guarded, hardened):
    pods = [pod(f"p{n}", where, hostPID=bad, hostNetwork=bad) for n, (where, bad) in enumerate(entries)]
    hooks = [GUARD] if guarded else []

    def judged(labels):
        listed = [namespace(name, **({"enforce": level} if level else {})) for name, level in labels.items()]
        return admitted(cluster(namespaces=listed, pods=pods, validating_webhooks=hooks), control)

    before, after = judged(levels), judged({**levels, hardened: "restricted"})
    assert set(objects(after.findings)) <= set(objects(before.findings))
    if outcome(before) == "pass":
        assert outcome(after) == "pass"
