"""Files with what a cloud's API said: known by their shape, cleaned of secrets, refused if broken."""

import json
import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clouds import ACK, AKS, EKS, GKE, SECRETS
from trueline.collect.cloud import read_dumps
from trueline.collect.snapshot import encode_snapshot, read_snapshot, write_snapshot
from trueline.errors import ContentError, TruelineError, UsageError
from trueline.model.facts import SNAPSHOT_SCHEMA, Snapshot, Tool


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_dumps([str(path)])[0]


@pytest.mark.parametrize(
    ("kind", "data"),
    [("eks-cluster", EKS), ("gke-cluster", GKE), ("aks-cluster", AKS), ("ack-cluster", ACK)],
)
def test_each_kind_is_known_by_its_shape_and_no_secret_stays(tmp_path, kind, data):
    dump = read(tmp_path / "answer.json", data)
    assert (dump.kind, dump.source) == (kind, "answer.json")
    text = json.dumps(dump.data)
    assert json.dumps(data) != text
    assert [secret for secret in SECRETS if secret in text] == []
    assert [secret for secret in SECRETS if secret in json.dumps(data)] != []


def test_what_rules_ask_for_stays(tmp_path):
    google = read(tmp_path / "g", GKE).data
    assert google["nodePools"][0]["config"]["metadata"]["disable-legacy-endpoints"] == "true"
    assert google["masterAuth"]["clientCertificate"], "that there is one must be seen"
    assert (
        read(tmp_path / "e", EKS).data["cluster"]["resourcesVpcConfig"]
        == EKS["cluster"]["resourcesVpcConfig"]
    )
    assert read(tmp_path / "a", AKS).data["agentPoolProfiles"] == AKS["agentPoolProfiles"]
    assert read(tmp_path / "c", ACK).data["master_url"] == ACK["master_url"]


def test_an_empty_login_stays_empty(tmp_path):
    given = {**GKE, "masterAuth": {"username": "", "password": "", "clientKey": ""}}
    assert read(tmp_path / "g", given).data["masterAuth"] == given["masterAuth"]


def test_a_snapshot_keeps_them(tmp_path):
    snapshot = Snapshot(
        schema=SNAPSHOT_SCHEMA,
        tool=Tool(name="t", version="1"),
        started_at="",
        finished_at="",
        cloud=(read(tmp_path / "g", GKE),),
    )
    write_snapshot(str(tmp_path / "s.json"), snapshot)
    assert read_snapshot(str(tmp_path / "s.json")) == snapshot
    assert not any(secret.encode() in encode_snapshot(snapshot) for secret in SECRETS)


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        [GKE],
        None,
        7,
        {"cluster": {"name": "c"}},
        {"cluster": EKS["cluster"] | {"arn": "arn:aws:ecs:x"}},
        EKS["cluster"],
        {key: value for key, value in GKE.items() if key != "nodePools"},
        {**GKE, "selfLink": "https://example.com"},
        {**AKS, "type": "Microsoft.ContainerService/ManagedClusters/AgentPools"},
        {"cluster_id": "c"},
    ],
)
def test_a_part_or_something_else_is_refused(tmp_path, data):
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "x.json", data)
    assert "describe-cluster" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not complete JSON"),
        (b"{", "not complete JSON"),
        (json.dumps(EKS).encode()[:-9], "not complete JSON"),
        (b"\xff\xfe\x00", "not complete JSON"),
        (b'{"a": "\xff"}', "not complete JSON"),
        (b"cluster: {}", "not complete JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested too deep"),
    ],
)
def test_broken_files_are_refused(tmp_path, content, words):
    with pytest.raises(ContentError, match=words):
        read(tmp_path / "x.json", content)


def test_large_and_special_files_are_refused_without_reading_them(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10 * 1024**3)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name, words in [
        ("large", "more than"),
        ("fifo", "not a file"),
        ("loop", "symbolic links"),
        ("none", "no such file"),
        (".", "directory|not a file"),
        ("a\0b", "not a path"),
    ]:
        with pytest.raises(ContentError, match=words):
            read_dumps([f"{tmp_path}/{name}"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(data=JSON, name=st.sampled_from(["arn", "resourcesVpcConfig", "logging", "tags", "name"]))
def test_whatever_stands_there_it_is_a_dump_or_an_error_of_ours(tmp_path_factory, data, name):
    folder = tmp_path_factory.mktemp("dump")
    with suppress(TruelineError):  # any other error is a defect
        dump = read(folder / "x.json", {"cluster": {**EKS["cluster"], name: data}})
        assert dump.kind == "eks-cluster"
