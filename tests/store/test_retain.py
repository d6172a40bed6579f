"""Retention deletes only what is beyond what it is told to keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.runs import DOCUMENTS, moment, run
from trueline.model.results import RunHead
from trueline.store.history import Documents, Query, open_history
from trueline.store.records import Record
from trueline.store.retain import Retention, expired, retain
from trueline.store.verify import problems

FAILED = {f"c{number}": "error" for number in (1, 2, 3)}


@pytest.fixture
def history(place):
    found = open_history(place)
    for day in range(5):
        documents = Documents(snapshot=b"%d" % day, policies=DOCUMENTS.policies)
        found.add(run(day), documents, saved_at=moment(day))
    for day in range(2):
        found.add(run(day, "cp-2"), DOCUMENTS, saved_at=moment(day))
    return found


CASES = {
    "two of each target": (Retention(keep=2), [4, 5, 6, 7]),
    "since a day": (Retention(since=moment(3)), [4, 5, 7]),
    "either keeps": (Retention(keep=1, since=moment(3)), [4, 5, 7]),
    "all": (Retention(keep=9), [1, 2, 3, 4, 5, 6, 7]),
    "nothing said": (Retention(), [1, 2, 3, 4, 5, 6, 7]),
    "none is young": (Retention(since=moment(99)), [5, 7]),
}


@pytest.mark.parametrize("name", CASES)
def test_w52_retention_deletes_only_beyond_policy(history, name):
    rules, kept = CASES[name]
    would = retain(history, Query(), rules, at=moment(9), because="x", dry_run=True)
    assert len(history.runs()) == 7
    gone = retain(history, Query(), rules, at=moment(9), because="x")
    assert gone == would
    assert sorted(one.id for one in history.runs()) == kept
    assert problems(history.database) == []
    assert {int(one.run) for one in history.search(Query())} == set(kept)


def test_w52_documents_that_nobody_needs_go_too(history):
    from sqlalchemy import text

    retain(history, Query(), Retention(keep=1), at=moment(9), because="x")
    with history.database.reading() as connection:
        count = connection.execute(text("SELECT count(*) FROM documents")).scalar()
    assert count == 2 + 2 + 1  # two assessments, two snapshots, one policy
    for one in history.runs():
        assert history.documents(one).policies == DOCUMENTS.policies


def test_w52_the_last_successful_run_is_never_deleted(history):
    for day in range(10, 14):
        history.add(run(day, **FAILED), saved_at=moment(day))
    retain(history, Query(node="cp-1"), Retention(keep=2), at=moment(20), because="x")
    assert [one.id for one in history.runs(Query(node="cp-1"))] == [11, 10, 5]


def test_a_history_goes_on_after_retention(history):
    retain(history, Query(), Retention(keep=1), at=moment(9), because="x")
    stored, _ = history.add(run(30), saved_at=moment(30))
    assert stored.id == 8
    retain(history, Query(), Retention(keep=1), at=moment(31), because="y")
    assert [one.id for one in history.runs()] == [8, 7]
    assert problems(history.database) == []


def record(number, day, target, decided):
    head = RunHead(id=str(number), benchmark="b", benchmark_digest="", target=target)
    return Record(
        run=head, at=moment(day), saved_at="", kind="node", cluster_uid="", profile_digest="", passed=0,
        failed=0, warn=0, score_passed=0, score_maximum=0, decided=decided, assessment="",
    )  # fmt: skip


RUNS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab"), st.integers(0, 1)), max_size=12).map(
    lambda listed: [record(number, *one) for number, one in enumerate(listed, 1)]
)


@given(RUNS, st.none() | st.integers(1, 4), st.none() | st.integers(0, 9))
def test_what_is_kept_holds_for_any_history(runs, keep, day):
    since = moment(day) if day is not None else None
    gone = {one.id for one in expired(runs, Retention(keep=keep, since=since))}
    for target in "ab":
        mine = sorted((one for one in runs if one.run.target == target), key=lambda one: (one.at, one.id))
        left = [one for one in mine if one.id not in gone]
        assert len(left) >= min(keep or 0, len(mine))
        assert all(one in left for one in mine if since and one.at >= since)
        successful = [one for one in mine if one.decided]
        assert not successful or successful[-1] in left
        if keep and not since:
            assert len(left) <= keep + 1
