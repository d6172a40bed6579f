"""Two writers at once, a kill in the middle, a full disk: nothing is lost, and nothing half-written."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store.runs import DOCUMENTS, moment, run
from trueline.errors import HistoryError
from trueline.store.history import Documents, Query, open_history
from trueline.store.verify import problems

ROOT = Path(__file__).parents[2]


def writer(place, name, number):
    """A process of its own that appends runs and prints the number of each."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.runs", place, name, str(number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_writers_at_once_lose_nothing(place):
    """They begin with no history at all, so that each tries to make the tables, too."""
    writers = [writer(place, name, 12) for name in "abc"]
    told = [one.communicate(timeout=100) for one in writers]
    assert [(one.returncode, errors) for one, (_, errors) in zip(writers, told, strict=True)] == [(0, "")] * 3
    numbers = [int(line) for output, _ in told for line in output.split()]
    assert sorted(numbers) == list(range(1, 37))
    history = open_history(place)
    assert problems(history.database) == []
    assert {len(history.runs(Query(node=f"node-{name}"))) for name in "abc"} == {12}


def test_a_writer_that_is_killed_leaves_whole_runs_only(place):
    chance = random.Random(3)
    open_history(place).database.close()
    told = 0
    for _ in range(6):
        one = writer(place, f"k{chance.random()}", 1000)
        assert one.stdout.readline()
        told += 1
        time.sleep(chance.uniform(0.0, 0.08))
        one.send_signal(signal.SIGKILL)
        told += len(one.stdout.read().split())
        one.wait()
        one.stdout.close()
        one.stderr.close()
        history = open_history(place)
        assert problems(history.database) == []
        assert len(history.runs()) >= told  # what was told to be there is there
        told = len(history.runs())
    history.add(run(0, "after"), DOCUMENTS, saved_at=moment(0))
    assert problems(history.database) == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 KiB."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED FOR WANT OF ROOT: a small file system can't be mounted")
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("SKIPPED FOR WANT OF A MOUNT: a small file system can't be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def add_many(history):
    noise = random.Random(1)
    for day in range(1, 200):
        history.add(run(day), Documents(snapshot=noise.randbytes(20_000)), saved_at=moment(day))


def test_a_full_disk_is_told_and_leaves_the_history_as_it_was(small_disk):
    history = open_history(str(small_disk / "history.db"))
    kept, _ = history.add(run(), DOCUMENTS, saved_at=moment(0))
    with pytest.raises(HistoryError, match="full") as caught:
        add_many(history)
    assert caught.value.hint
    assert problems(history.database) == []
    runs = history.runs()
    assert 1 <= len(runs) < 200
    assert history.assessment(kept) == run()
    assert [one.at for one in reversed(runs)] == [moment(day) for day in range(len(runs))]


def test_a_history_that_can_only_be_read_is_read(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("SKIPPED FOR WANT OF ANOTHER USER: root may write to any file")
    path = tmp_path / "history.db"
    open_history(str(path)).add(run(), saved_at=moment(0))
    path.chmod(0o400)
    history = open_history(str(path))
    assert len(history.runs()) == 1
    with pytest.raises(HistoryError, match="can't be written"):
        history.add(run(1), saved_at=moment(1))
