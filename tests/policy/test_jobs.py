"""What is found wrong with manifests of an audit's Jobs; those that are shipped pass."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deploy.manifests import DEPLOY
from trueline.collect.manifest_lists import read_manifests
from trueline.errors import ContentError
from trueline.policy.jobs import lint

DIGEST = "@sha256:" + "0" * 64
NODE = read_manifests(str(DEPLOY / "job-node.yaml"))[0]
RIGHTS = read_manifests(str(DEPLOY / "rbac.yaml"))


def pinned(job):
    job = copy.deepcopy(job)
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["image"] = container["image"].partition(":")[0] + DIGEST
    return job


def changed(*path, to):
    """The shipped Job with one place changed."""
    job = pinned(NODE)
    place = job
    for key in path[:-1]:
        place = place[key]
    if to is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = to
    return job


POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)


def test_w55_w56_what_is_shipped_has_no_error_and_wants_only_the_digest_of_the_build():
    remarks = lint(read_manifests(str(DEPLOY)))
    assert {remark.level for remark in remarks} == {"warning"}
    assert all("not pinned by its digest" in remark.text for remark in remarks)
    assert lint([pinned(NODE), *RIGHTS]) == []


@pytest.mark.parametrize(
    ("path", "to", "words"),
    [
        (("metadata", "namespace"), "default", "runs in namespace default"),
        (("metadata", "namespace"), None, "runs in namespace default"),
        (("metadata", "namespace"), "kube-system", "runs in namespace kube-system"),
        ((*POD, "hostPID"), True, "hostPID is on"),
        ((*POD, "hostNetwork"), True, "hostNetwork is on"),
        ((*CONTAINER, "image"), "example.com/trueline:latest", "not pinned"),
        ((*CONTAINER, "image"), "example.com/trueline", "not pinned"),
        ((*CONTAINER, "args"), ["scan", "--root=/host"], "no benchmark is pinned"),
        ((*CONTAINER, "args"), ["scan", "--benchmark=auto"], "no benchmark is pinned"),
        ((*CONTAINER, "args"), ["scan", "--benchmark", "auto"], "no benchmark is pinned"),
        ((*CONTAINER, "volumeMounts", 1, "readOnly"), None, "can be written"),
        ((*CONTAINER, "securityContext", "privileged"), True, "it is privileged"),
        ((*CONTAINER, "securityContext", "allowPrivilegeEscalation"), None, "may gain rights"),
        ((*CONTAINER, "securityContext", "readOnlyRootFilesystem"), False, "its own files can be written"),
        ((*CONTAINER, "securityContext", "capabilities"), {"add": ["SYS_ADMIN"]}, "keeps capabilities"),
        ((*POD, "automountServiceAccountToken"), None, "gets a token"),
        (("spec", "ttlSecondsAfterFinished"), None, "nothing deletes it"),
    ],
)
def test_w55_a_careless_change_is_an_error(path, to, words):
    remarks = lint([changed(*path, to=to)])
    assert [remark for remark in remarks if words in remark.text and remark.level == "error"]


@pytest.mark.parametrize("path", ["/", "/var/lib/kubelet/", "/etc"])
def test_w55_a_mount_of_more_than_is_needed_is_a_warning(path):
    remarks = lint([changed(*POD, "volumes", 0, "hostPath", "path", to=path)])
    assert [remark.level for remark in remarks if "more than checks need" in remark.text] == ["warning"]


def test_w56_a_namespace_with_others_is_a_warning():
    job = pinned(NODE)
    assert lint([job], [("trueline", NODE["metadata"]["name"]), ("shop", "web")]) == []
    (remark,) = lint([job], [("trueline", "web"), ("trueline", "db")])
    assert (remark.level, remark.text) == ("warning", "others run there too: db, web")
    beside = {"kind": "Deployment", "metadata": {"name": "web", "namespace": "trueline"}}
    assert "others run there too: web" in [remark.text for remark in lint([job, beside])]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ({"kind": "ServiceAccount", "name": "ci"}, "ServiceAccount ci may make Jobs"),
        ({"kind": "Group", "name": "system:authenticated"}, "Group system:authenticated may make Jobs"),
        ({"kind": "Group", "name": "everyone"}, "several may make Jobs: "),
    ],
)
def test_w56_only_one_group_may_make_jobs(subject, words):
    rights = copy.deepcopy(RIGHTS)
    (binding,) = [one for one in rights if one["kind"] == "RoleBinding"]
    binding["subjects"].append(subject)
    assert any(words in remark.text for remark in lint([pinned(NODE), *rights]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "kind",
                        "metadata",
                        "spec",
                        "template",
                        "containers",
                        "image",
                        "rules",
                        "subjects",
                        "volumes",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_no_shape_of_an_object_ends_in_a_crash(shape):
    lint([{"kind": "Job", "spec": shape}, {"kind": "Role", "rules": shape}, {"kind": shape}])


@pytest.mark.parametrize("text", ["a: [\n", "just text\n", "- a\n- b\n"])
def test_what_is_no_manifest_is_named(tmp_path, text):
    file = tmp_path / "job.yaml"
    file.write_text(f"kind: Job\n---\n{text}")
    with pytest.raises(ContentError, match=r"job\.yaml"):
        read_manifests(str(file))
