"""Reads the small files that reaching a cluster needs: kubeconfigs, certificates, keys and tokens."""

import os
import select
import stat
import time

MAX_FILE_BYTES = 4 * 1024 * 1024
PIPE_SECONDS = 10.0


def read_bounded(path: str, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file, or of a pipe such as `<(command)`. Raises OSError; never waits for long."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise OSError(0, "not a regular file")
        return drained(descriptor, limit, time.monotonic() + PIPE_SECONDS)
    finally:
        os.close(descriptor)


def drained(descriptor: int, limit: int, deadline: float) -> bytes:
    """All that a descriptor gives. Raises OSError over `limit` bytes, TimeoutError at `deadline`."""
    # Reading comes before waiting: a pipe whose writer has already gone never becomes ready again.
    os.set_blocking(descriptor, False)
    data = bytearray()
    while len(data) <= limit:
        try:
            chunk = os.read(descriptor, 65536)
        except BlockingIOError:
            if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(0, "nothing more came in time") from None
            continue
        if not chunk:
            return bytes(data)
        data += chunk
    raise OSError(0, f"larger than {limit} bytes")
