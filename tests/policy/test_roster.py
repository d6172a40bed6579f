"""Which nodes are expected, and what each of them plays."""

import json

import pytest

from trueline.model.cluster import Meta, Node
from trueline.policy.roster import matched, of_cluster, of_lines, of_objects, same_machine

STACKED = ("master", "etcd", "controlplane", "node")


def node(name, *roles):
    return Node(metadata=Meta(name=name, labels={f"node-role.kubernetes.io/{role}": "" for role in roles}))


def test_c5_targets_follow_from_the_roles_of_nodes():
    found = of_cluster([node("cp", "control-plane"), node("etcd-1", "etcd"), node("w", "worker"), node("x")])
    assert found == {
        "cp": ("master", "controlplane", "node"),
        "etcd-1": ("etcd", "node"),
        "w": ("node",),
        "x": ("node",),
    }


def test_etcd_is_expected_beside_the_api_server_where_no_role_says_where_it_is():
    assert of_cluster([node("cp", "control-plane")])["cp"] == STACKED
    assert of_cluster([node("cp", "controlplane", "etcd")])["cp"] == STACKED


@pytest.mark.parametrize(
    "text",
    [
        "cp-1 control-plane\n\nw-1   # rack 7\n",
        "node/cp-1 master\nnode/w-1\n",
        "NAME STATUS ROLES AGE VERSION\ncp-1 Ready control-plane 9d v1\nw-1 NotReady <none> 9d v1\n",
        "cp-1 master,control-plane\nw-1 worker\n",
    ],
)
def test_a_list_is_read_as_people_and_kubectl_write_it(text):
    assert of_lines(text) == {"cp-1": STACKED, "w-1": ("node",)}


def test_kubectls_json_is_read_too():
    listed = {
        "kind": "List",
        "items": [
            {"metadata": {"name": "cp-1", "labels": {"node-role.kubernetes.io/control-plane": ""}}},
            {"metadata": {"name": "w-1"}},
            {"metadata": {"labels": {}}},
            "nonsense",
        ],
    }
    assert of_objects(json.loads(json.dumps(listed))) == {"cp-1": STACKED, "w-1": ("node",)}
    assert of_objects({"items": 7}) == of_objects({}) == of_lines("# nobody\n") == {}


@pytest.mark.parametrize(
    ("name", "listed", "known"),
    [
        ("w-1", ["w-1", "w-2"], "w-1"),
        ("w-1", ["w-1.example.net"], "w-1.example.net"),
        ("W-1.example.net", ["w-1"], "w-1"),
        ("w-1.one.net", ["w-1.two.net"], None),
        ("w-1", ["w-1.one.net", "w-1.two.net"], None),
        ("10.0.0.1", ["10.0.0.2"], None),
        ("w-1", [], None),
    ],
)
def test_names_are_the_same_with_and_without_their_domain(name, listed, known):
    assert matched([name], dict.fromkeys(listed, ())) == ({name: known} if known else {})


def test_two_names_are_one_machine_only_where_they_may_be():
    assert same_machine("cp-1", "cp-1.example.net")
    assert not same_machine("cp-1.a", "cp-1.b")
    assert not same_machine("10.0.0.1", "10.0.0.2")
