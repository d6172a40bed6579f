"""What the manifests may ask for: each limit is one that a careless edit would break."""

import re

import click
import kubernetes_validate
import pytest
import yaml

from tests.deploy.manifests import DEPLOY, FILES, JOBS, container, documents, mounts, option, pod
from trueline.cli.kubebench_flags import parse
from trueline.collect.kuberesources import RESOURCES
from trueline.content.load import benchmark_ids, load_benchmark, load_platform

ALL = [one for path in FILES for one in documents(path)]
OWN_KINDS = {"SecurityContextConstraints"}  # OpenShift's; not in Kubernetes' schemas
ALLOWED_MOUNTS = {
    "/etc/cni/net.d",
    "/etc/default",
    "/etc/eks",
    "/etc/group",
    "/etc/kubernetes",
    "/etc/machine-id",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/srv/kubernetes",
    "/etc/systemd/system",
    "/home/kubernetes",
    "/lib/systemd/system",
    "/proc",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/var/lib/etcd",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/kubeconfig",
}
NODE_JOBS = [name for name in JOBS if mounts(name)]
NATIVE = [name for name in JOBS if container(name)["args"][0] == "scan"]
every_job = pytest.mark.parametrize("name", JOBS)
every_node_job = pytest.mark.parametrize("name", NODE_JOBS)


def test_all_jobs_are_here():
    expected = "control-plane node policies eks eks-asff eks-stig gke aks ack openshift"
    assert {f"job-{name}" for name in expected.split()} | {"cronjob-control-plane"} == set(JOBS)


@pytest.mark.parametrize("version", ["1.32", "1.34", "1.36"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_api_accepts_them(path, version):
    for document in documents(path):
        if document["kind"] not in OWN_KINDS:
            kubernetes_validate.validate(document, version, strict=True)


def test_the_kustomization_names_what_is_not_a_job():
    listed = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in FILES} == set(listed) | {f"{name}.yaml" for name in JOBS}


# W55: a namespace of its own, few mounts, pinned image and benchmark, no needless token, clean-up


def test_w55_all_that_has_a_namespace_is_in_trueline():
    cluster_wide = {"Namespace", "ClusterRole", "ClusterRoleBinding", "SecurityContextConstraints"}
    for document in ALL:
        expected = None if document["kind"] in cluster_wide else "trueline"
        assert document["metadata"].get("namespace") == expected, document["metadata"]["name"]


@every_job
def test_w55_no_path_of_the_node_can_be_written(name):
    volumes = {volume["name"] for volume in pod(name).get("volumes", ())}
    mounted = {mount["name"]: mount for mount in container(name).get("volumeMounts", ())}
    assert volumes == set(mounted)
    for mount in mounted.values():
        assert mount["readOnly"] is True
        assert "mountPropagation" not in mount
    assert container(name)["securityContext"]["readOnlyRootFilesystem"] is True


@every_node_job
def test_w55_only_what_is_needed_is_mounted_and_nothing_made_on_the_node(name):
    assert set(mounts(name)) <= ALLOWED_MOUNTS
    places = {mount["name"]: mount["mountPath"] for mount in container(name)["volumeMounts"]}
    for volume in pod(name)["volumes"]:
        if path := volume.get("hostPath"):
            assert places[volume["name"]] == f"/host{path['path']}"
            # without a type the runtime makes a directory where there is none
            assert path["type"] in {"Directory", "File"}


@every_node_job
def test_a_root_of_mounts_shows_what_the_platform_has(name):
    """Each path at which a file may be is mounted, or is no directory of this node's kind."""
    platform = (option(name, "platform") or ["eks"])[0]
    worker = not {"/var/lib/etcd"} & set(mounts(name))
    optional = ("/etc/origin/", "/usr/local/lib/systemd/", "/var/lib/kube-proxy/")
    for key, named in load_platform(platform).files.items():
        if named.component in load_platform(platform).provider or (worker and named.component == "etcd"):
            continue
        for path in named.candidates:
            shown = any(path == mount or path.startswith(f"{mount}/") for mount in mounts(name))
            assert shown or path.startswith(optional), (key, path)


@every_job
def test_w55_the_pod_has_few_rights(name):
    spec, context = pod(name), container(name)["securityContext"]
    assert not {"hostPID", "hostIPC", "hostNetwork", "hostUsers"} & set(spec)
    assert not {"privileged", "procMount"} & set(context)
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"]["drop"] == ["ALL"]
    assert context["capabilities"].get("add", []) == _capabilities(name)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def _capabilities(name):
    """Two where etcd is, whose user is another; one to look at processes; none without access to a node."""
    if "/var/lib/etcd" in mounts(name):
        return ["DAC_READ_SEARCH", "SYS_PTRACE"]
    return ["SYS_PTRACE"] if mounts(name) else []


@every_job
def test_only_those_that_read_a_node_run_as_root(name):
    assert (container(name)["securityContext"]["runAsUser"] == 0) is bool(mounts(name))


@every_job
def test_w55_the_image_is_pinned(name):
    image = container(name)["image"]
    assert re.fullmatch(r"example\.com/trueline(:\d+\.\d+\.\d+|@sha256:[0-9a-f]{64})", image)
    assert "imagePullPolicy" not in container(name)


def test_the_image_has_this_version():
    import trueline

    assert {container(name)["image"].rpartition(":")[2] for name in JOBS} == {trueline.__version__}


@every_job
def test_w55_the_benchmark_is_pinned_and_fits_the_targets(name):
    (benchmark,) = option(name, "benchmark")
    if name not in NATIVE:
        return
    assert benchmark in benchmark_ids()
    targets = {section.target for section in load_benchmark(benchmark).sections}
    assert set(option(name, "target")) <= targets


@pytest.mark.parametrize("name", [name for name in NATIVE if mounts(name)])
def test_the_benchmark_is_the_platforms(name):
    assert set(option(name, "platform")) <= set(load_benchmark(option(name, "benchmark")[0]).platforms)


@every_job
def test_w55_what_is_left_is_cleaned_up(name):
    job = JOBS[name]
    assert job["ttlSecondsAfterFinished"] > 0
    assert job["activeDeadlineSeconds"] > 0
    assert job["backoffLimit"] == 0
    assert pod(name)["restartPolicy"] == "Never"
    assert container(name)["resources"]["limits"]["memory"]


@every_job
def test_w55_a_token_is_mounted_only_to_ask_the_api_server(name):
    asks = "--in-cluster" in container(name)["args"]
    assert pod(name)["automountServiceAccountToken"] is asks
    account = pod(name)["serviceAccountName"]
    (declared,) = [
        one for one in ALL if one["kind"] == "ServiceAccount" and one["metadata"]["name"] == account
    ]
    assert declared["automountServiceAccountToken"] is False
    assert (account in READERS) is asks


def test_w7_the_audit_is_repeated_each_monday_as_it_is():
    (cron,) = [one for one in ALL if one["kind"] == "CronJob"]
    assert cron["spec"]["schedule"] == "15 3 * * 1"
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    assert pod("cronjob-control-plane") == pod("job-control-plane")


# W56: who may create the Jobs, and what these may ask the API server

READERS = {
    subject["name"] for one in ALL if one["kind"] == "ClusterRoleBinding" for subject in one["subjects"]
}


def test_w10_the_cluster_role_reads_just_what_is_collected():
    (role,) = [one for one in ALL if one["kind"] == "ClusterRole"]
    granted = [
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert sorted(granted) == sorted((one.group, one.name, "list") for one in RESOURCES)
    assert not any("nonResourceURLs" in rule or "resourceNames" in rule for rule in role["rules"])
    assert not {"secrets", "configmaps"} & {resource for _, resource, _ in granted}


def test_no_binding_gives_more():
    bindings = [one for one in ALL if one["kind"] == "ClusterRoleBinding"]
    assert {one["roleRef"]["name"] for one in bindings} == {"trueline-reader"}
    for one in bindings:
        for subject in one["subjects"]:
            assert (subject["kind"], subject["namespace"]) == ("ServiceAccount", "trueline")


def test_w56_one_group_may_create_jobs_and_nobody_pods():
    roles = [one for one in ALL if one["kind"] == "Role"]
    writes = {
        (resource, verb)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if verb not in {"get", "list", "watch"}
    }
    assert writes == {(kind, verb) for kind in ("jobs", "cronjobs") for verb in ("create", "delete")}
    (binding,) = [one for one in ALL if one["kind"] == "RoleBinding"]
    assert [subject["kind"] for subject in binding["subjects"]] == ["Group"]


def test_the_constraint_of_openshift_allows_what_the_pod_has_and_no_more():
    (constraint,) = [one for one in ALL if one["kind"] == "SecurityContextConstraints"]
    context = container("job-openshift")["securityContext"]
    assert constraint["allowedCapabilities"] == context["capabilities"]["add"]
    assert constraint["requiredDropCapabilities"] == context["capabilities"]["drop"]
    assert constraint["readOnlyRootFilesystem"] is True
    allowed = {key for key, value in constraint.items() if key.startswith("allow") and value is True}
    assert allowed == {"allowHostDirVolumePlugin"}
    assert constraint["groups"] == []
    account = pod("job-openshift")["serviceAccountName"]
    assert constraint["users"] == [f"system:serviceaccount:trueline:{account}"]


def test_the_namespace_says_what_its_pods_need():
    (namespace,) = [one for one in ALL if one["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"


def test_those_that_ask_nobody_have_no_network():
    (policy,) = [
        one for one in ALL if one["kind"] == "NetworkPolicy" and one["spec"]["policyTypes"] == ["Egress"]
    ]
    (chosen,) = policy["spec"]["podSelector"]["matchExpressions"]
    silent = {
        JOBS[name]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for name in NATIVE
        if "--in-cluster" not in container(name)["args"]
    }
    assert set(chosen["values"]) == silent
    assert "egress" not in policy["spec"]


@pytest.mark.parametrize("name", NATIVE)
def test_the_command_line_is_one_that_trueline_takes(name):
    from trueline.cli.main import cli

    command = cli.get_command(click.Context(cli), "scan")
    command.make_context("scan", container(name)["args"][1:])


def test_the_controls_job_gives_flags_that_the_drop_in_takes():
    variables = {"KUBE_BENCH_NODE_NAME": "n", "KUBE_BENCH_AWS_ACCOUNT": "123456789012"}
    call = parse(container("job-eks-asff")["args"][1:], variables)
    assert (call.command, call.options.asff, call.options.root) == ("run", True, "/host")


@pytest.mark.parametrize("name", JOBS)
def test_the_documentation_names_each_job_and_mount(name):
    text = (DEPLOY.parent / "docs/deploy.md").read_text()
    assert f"`{name}.yaml`" in text
    for path in mounts(name) if "control-plane" in name else ():
        if "systemd" not in path:
            assert f"`{path}`" in text
