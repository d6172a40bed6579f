"""Jobs are shared by two processes: each is done once, and nothing is left behind."""

import json
import os
import signal
import time

import pytest

from trueline.collect.linux.together import do_together


class Work:
    """Notes what it did; a job may be a word that says how it goes wrong in the copy."""

    def __init__(self):
        self.done = []
        self.here = os.getpid()
        self.begun, self.begins = os.pipe()

    def do(self, job):
        if job == "die" and os.getpid() != self.here:
            os.kill(os.getpid(), signal.SIGKILL)
        if job == "raise" and os.getpid() != self.here:
            raise ValueError(job)
        if job == "sleep" and os.getpid() != self.here:
            time.sleep(300)
        if os.getpid() == self.here and not self.done and job != "alone":
            os.read(self.begun, 1)  # the copy is about to take its first job
        if os.getpid() == self.here and isinstance(job, str) and job != "alone":
            time.sleep(0.01)
        self.done.append(job)

    def begin(self):
        self.done = []
        os.write(self.begins, b".")

    def told(self):
        return json.dumps(self.done).encode()

    def share(self, jobs, seconds=20.0):
        return do_together(jobs, self.do, self.begin, self.told, time.monotonic() + seconds)


def no_child_is_left():
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("count", [0, 1, 33, 4096, 10_000])
def test_each_job_is_done_once(count):
    work = Work()
    said = json.loads(work.share(range(count)))
    assert sorted(work.done + said) == list(range(count))
    no_child_is_left()


@pytest.mark.parametrize("word", ["die", "raise"])
def test_a_copy_that_ends_early_says_nothing(word):
    assert Work().share([word] * 200) == b""
    no_child_is_left()


def test_a_copy_that_does_not_end_is_ended():
    begun = time.monotonic()
    assert Work().share(["sleep"] * 200, seconds=1.0) == b""
    assert time.monotonic() - begun < 60
    no_child_is_left()


def test_what_goes_wrong_here_ends_the_copy_too():
    work = Work()

    def fail(job):
        if os.getpid() == work.here:
            raise KeyboardInterrupt
        time.sleep(300)

    with pytest.raises(KeyboardInterrupt):
        do_together(range(100), fail, work.begin, work.told, time.monotonic() + 20)
    no_child_is_left()


def test_without_room_for_a_copy_all_is_done_here(monkeypatch):
    def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    work = Work()
    assert work.share(["alone"] * 3) is None
    assert work.done == ["alone"] * 3
