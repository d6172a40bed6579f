"""Snapshots are written whole and for this user only, and read without trust."""

import contextlib
import gzip
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.collect.snapshot import read_snapshot, write_snapshot
from trueline.errors import ContentError, UsageError
from trueline.model.facts import (
    Absent,
    Document,
    FileMeta,
    NodeFacts,
    Process,
    Snapshot,
    Tool,
    Unavailable,
)

SNAPSHOT = Snapshot(
    schema="trueline.dev/snapshot/v1",
    tool=Tool(name="trueline", version="1"),
    started_at="2026-01-01T00:00:00Z",
    finished_at="2026-01-01T00:00:01Z",
    node=NodeFacts(
        hostname="é",
        processes=(Process(pid=1, component="etcd", executable=None, uid=0),),
        files={"/b": Absent(), "/a": FileMeta(kind="file", mode="0600", uid=0, gid=0)},
        documents={"/d": Document(kind="etcd-config", data={"a": [1, None, "x"]}), "/e": Absent()},
        limits=("l",),
    ),
)


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_what_is_written_is_read(tmp_path, name):
    path = tmp_path / name
    write_snapshot(str(path), SNAPSHOT)
    assert read_snapshot(str(path)) == SNAPSHOT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_processes_that_are_not_known_survive(tmp_path):
    snapshot = Snapshot(
        schema="trueline.dev/snapshot/v1",
        tool=Tool(name="t", version="1"),
        started_at="",
        finished_at="",
        node=NodeFacts(hostname="h", processes=Unavailable(kind="denied", reason="r")),
    )
    write_snapshot(str(tmp_path / "s.json"), snapshot)
    assert read_snapshot(str(tmp_path / "s.json")) == snapshot


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_the_same_facts_are_the_same_bytes(tmp_path, name):
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        folder.mkdir()
        write_snapshot(str(folder / name), SNAPSHOT)
        os.utime(folder / name, (1, 1))
    assert (first / name).read_bytes() == (second / name).read_bytes()
    if name.endswith(".gz"):
        assert (first / name).read_bytes()[4:8] == bytes(4)  # where gzip puts the time


def test_the_suffix_does_not_matter_for_reading(tmp_path):
    write_snapshot(str(tmp_path / "s.json.gz"), SNAPSHOT)
    (tmp_path / "s.json.gz").rename(tmp_path / "s.json")
    assert read_snapshot(str(tmp_path / "s.json")) == SNAPSHOT


def test_an_open_snapshot_is_closed_again_when_replaced(tmp_path):
    path = tmp_path / "s.json"
    path.write_text("old")
    path.chmod(0o644)
    write_snapshot(str(path), SNAPSHOT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["none/s.json", "folder"])
def test_what_can_not_be_written_leaves_nothing_behind(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError) as raised:
        write_snapshot(str(tmp_path / name), SNAPSHOT)
    assert raised.value.hint
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def encoded(**changes):
    whole = {
        "schema": "trueline.dev/snapshot/v1", "tool": {"name": "t", "version": "1"}, "started_at": "",
        "finished_at": "", **changes,
    }  # fmt: skip
    return json.dumps(whole).encode()


GOOD = encoded()
BROKEN = {
    "empty": b"",
    "text": b"hello",
    "list": b"[]",
    "null": b"null",
    "half": GOOD[:-5],
    "binary": bytes(range(256)),
    "utf-16": GOOD.decode().encode("utf-16"),
    "no schema": b"{}",
    "other schema": encoded(schema="trueline.dev/assessment/v1"),
    "newer schema": encoded(schema="trueline.dev/snapshot/v2"),
    "schema of a wrong type": encoded(schema=[1]),
    "wrong type": encoded(started_at=1),
    "no tool": b'{"schema": "trueline.dev/snapshot/v1"}',
    "unknown state": encoded(node={"hostname": "h", "files": {"/a": {"state": "maybe"}}}),
    "deep": b'{"schema": "trueline.dev/snapshot/v1", "x":' + b"[" * 200_000,
    "deep data": encoded().replace(b'"started_at"', b'"node":' + b'{"a":' * 100_000 + b'1,"started_at"'),
    "half gzip": gzip.compress(GOOD)[:-12],
    "gzip head": b"\x1f\x8b\x08\x00",
    "bad gzip": b"\x1f\x8b" + b"x" * 100,
    "bad checksum": gzip.compress(GOOD)[:-8] + b"x" * 8,
    "gzip of text": gzip.compress(b"hello"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_snapshot(tmp_path, content):
    path = tmp_path / "s.json"
    path.write_bytes(content)
    with pytest.raises(ContentError) as raised:
        read_snapshot(str(path))
    assert raised.value.hint
    assert raised.value.file == str(path)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (
        "/nowhere",
        str(tmp_path),
        str(tmp_path / "fifo"),
        "/dev/zero",
        "a\0b",
        f"{tmp_path}/fifo/x",
    ):
        with pytest.raises(ContentError):
            read_snapshot(path)


def test_a_bomb_is_put_down_at_the_limit(tmp_path):
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 50_000_000 + GOOD))
    with pytest.raises(ContentError, match="more than 1000000 bytes"):
        read_snapshot(str(path), limit=1_000_000)
    plain = tmp_path / "large.json"
    plain.touch()
    os.truncate(plain, 10 * 1024**3)
    with pytest.raises(ContentError, match="more than 1000000 bytes"):
        read_snapshot(str(plain), limit=1_000_000)


def test_the_limit_itself_may_be_reached(tmp_path):
    path = tmp_path / "s.json"
    path.write_bytes(GOOD)
    assert read_snapshot(str(path), limit=len(GOOD)).tool.name == "t"
    with pytest.raises(ContentError):
        read_snapshot(str(path), limit=len(GOOD) - 1)


@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(0, len(GOOD)), st.booleans())
def test_no_content_does_anything_but_the_one_error(tmp_path_factory, junk, cut, packed):
    path = Path(tmp_path_factory.getbasetemp()) / "fuzz.json"
    content = gzip.compress(GOOD, mtime=0) if packed else GOOD
    path.write_bytes(content[:cut] + junk + content[cut:])
    with contextlib.suppress(ContentError):
        read_snapshot(str(path))
