"""Does a list of jobs in two processes of this program, each taking the next one that nobody took."""

import os
import select
import signal
import struct
import time
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

T = TypeVar("T")

_TOKEN = struct.Struct("I")
_TOKENS_LIMIT = 4096  # what a pipe holds before somebody reads
_RESULT_LIMIT = 64 * 1024 * 1024
_FEW = 32


def worthwhile(jobs: Sequence[object]) -> bool:
    """Whether there are enough jobs to share, and a second processor to do them."""
    return len(jobs) >= _FEW and len(os.sched_getaffinity(0)) > 1


def do_together(
    jobs: Sequence[T],
    work: Callable[[T], None],
    begin: Callable[[], None],
    result: Callable[[], bytes],
    deadline: float,
) -> bytes | None:
    """Runs `work` for all jobs, here and in a copy of this process, and returns the copy's `result`.

    The copy runs `begin` first.

    None where no copy could be made: then all jobs were done here. Empty where the copy did not end as it
    should, which it is given until `deadline` (monotonic) for, so that what it did is not known.
    """
    tokens = _tokens(jobs)
    answer, said = os.pipe()
    try:
        copy = os.fork()
    except OSError:
        os.close(said)
        os.close(answer)
        _take(tokens, jobs, work)
        return None
    if not copy:
        _as_copy(begin, lambda: _take(tokens, jobs, work), result, said)
    os.close(said)
    try:
        _take(tokens, jobs, work)
        return _read(answer, deadline)
    finally:
        os.close(answer)
        _end(copy)


def _tokens(jobs: Sequence[object]) -> int:
    """A pipe from which each job's token can be read once; jobs beyond its room share tokens."""
    tokens, written = os.pipe()
    count = min(len(jobs), _TOKENS_LIMIT)
    os.write(written, b"".join(map(_TOKEN.pack, range(count))))
    os.close(written)
    return tokens


def _take(tokens: int, jobs: Sequence[T], work: Callable[[T], None]) -> None:
    try:
        while token := os.read(tokens, _TOKEN.size):
            for job in jobs[_TOKEN.unpack(token)[0] :: _TOKENS_LIMIT]:
                work(job)
    finally:
        os.close(tokens)


def _as_copy(
    begin: Callable[[], None], work: Callable[[], None], result: Callable[[], bytes], said: int
) -> NoReturn:
    """Never returns, and runs none of what this program does at its end."""
    status = 1
    try:
        begin()
        work()
        content = memoryview(result())
        while content:
            content = content[os.write(said, content) :]
        status = 0
    finally:
        os._exit(status)


def _read(answer: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= _RESULT_LIMIT:
        ready, _, _ = select.select([answer], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(answer, 1 << 20) if ready else None
        if part is None:
            return b""
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return b""


def _end(copy: int) -> None:
    """Waits for a copy that has said all, and ends one that has not."""
    if os.waitpid(copy, os.WNOHANG)[0]:
        return
    os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)
