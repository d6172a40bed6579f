"""Runs the shell scripts of somebody's controls, each once, with limits on time and output."""

import os
import re
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from trueline.collect.outputs import clean_output
from trueline.model.facts import CommandOutput

SHELL = "/bin/sh"
TIMEOUT = 60.0
OUTPUT_LIMIT = 8 * 1024 * 1024
WORKERS = 4
_CHUNK = 64 * 1024
_LOOKS_AT_PROCESSES = re.compile(r"\b(?:ps|pgrep|pidof|pkill|top|lsof|fuser|ss|netstat|proc)\b")


Commands = Sequence[Sequence[str]]


def run_scripts(
    scripts: Iterable[str],
    *,
    timeout: float = TIMEOUT,
    limit: int = OUTPUT_LIMIT,
    workers: int = WORKERS,
    redact: bool = True,
    spare: Callable[[str], Commands | str] = str,
) -> dict[str, CommandOutput]:
    """The outputs by script; equal scripts run once, `workers` of them at the same time.

    A script that looks at processes runs alone: it would find others' command lines, which name the same
    files and programs. `timeout` is in seconds and holds for each script, `limit` is in bytes. Without
    `redact` secrets that a script prints stay in its output. `spare` turns a script into one that does the
    same, or into the commands of the pipeline that it is. Never raises for a script.
    """

    def run(script: str) -> CommandOutput:
        way = spare(script)
        output = run_pipeline(way, timeout=timeout, limit=limit) if way and not isinstance(way, str) else None
        if output is None:
            output = run_script(way if isinstance(way, str) else script, timeout=timeout, limit=limit)
        return _cleaned(output) if redact else output

    distinct = list(dict.fromkeys(scripts))
    alone = {script: run(script) for script in distinct if _LOOKS_AT_PROCESSES.search(script)}
    beside = [script for script in distinct if script not in alone]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        outputs = alone | dict(zip(beside, pool.map(run, beside), strict=True))
    return {script: outputs[script] for script in distinct}


def run_script(script: str, *, timeout: float = TIMEOUT, limit: int = OUTPUT_LIMIT) -> CommandOutput:
    """Runs one script through the shell's standard input, as kube-bench does; both streams are one."""
    try:
        data = script.encode("utf-8")
        # A session of its own: what the script started goes down with it, and nothing can ask a terminal.
        process = subprocess.Popen(  # noqa: S603 - the script is the program that somebody asked for
            [SHELL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(os.environ),  # as it was given: a library may have set COLUMNS behind it, which cuts ps
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return CommandOutput(exit_code=None, error=f"can't start {SHELL}: {reason.lower()}")
    feeder = threading.Thread(target=_feed, args=(process, data), daemon=True)
    feeder.start()
    try:
        return _follow(process, time.monotonic() + timeout, timeout, limit)
    finally:
        if process.stdout:
            process.stdout.close()
        feeder.join()


def run_pipeline(commands: Commands, *, timeout: float, limit: int) -> CommandOutput | None:
    """What a pipeline prints, both streams in one; None where one of its programs can't be started.

    The input of the first is at its end. Each is there before the one whose output it reads, so that a list
    of processes that the first prints has all of them.
    """
    source, printed = os.pipe()
    given, ended = os.pipe()
    os.close(ended)
    started: list[subprocess.Popen[bytes]] = []
    try:
        output = printed
        for number, words in reversed(list(enumerate(commands))):
            reads, writes = (given, -1) if number == 0 else os.pipe()
            try:
                started.append(_start(words, reads, output, printed))
            finally:
                for descriptor in {reads, output} - {given, printed}:
                    os.close(descriptor)
                output = writes
    except (OSError, ValueError):
        if output not in (printed, -1):
            os.close(output)
        _end(started)
        os.close(source)
        return None
    finally:
        os.close(printed)
        os.close(given)
    return _followed(source, started, timeout, limit)


def _start(words: Sequence[str], reads: int, writes: int, errors: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - no shell; the words are those of a script that somebody wants run
        list(words), stdin=reads, stdout=writes, stderr=errors, start_new_session=True, env=dict(os.environ)
    )


def _followed(
    source: int, started: list[subprocess.Popen[bytes]], timeout: float, limit: int
) -> CommandOutput:
    deadline = time.monotonic() + timeout
    output = bytearray()
    try:
        problem = _read(source, output, deadline, limit)
        for process in () if problem else started:
            process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        problem = "timeout"
    finally:
        os.close(source)
    if problem:
        _end(started)
    status = started[0].wait()
    return _result(output, problem, status if status >= 0 else 128 - status, timeout, limit)


def _end(started: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in started:
        if process.poll() is None:
            _kill(process)


def find_program(name: str) -> bool:
    """Whether this name starts a program, and not a function that bash takes from the environment."""
    return shutil.which(name) is not None and f"BASH_FUNC_{name}%%" not in os.environ


def run_program(words: Sequence[str], *, timeout: float, limit: int = OUTPUT_LIMIT) -> CommandOutput:
    """What one program prints on its standard output, run without a shell. Never raises for the program."""
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the words are the caller's own
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return CommandOutput(exit_code=None, error=f"can't start {words[0]}: {reason.lower()}")
    try:
        return _follow(process, time.monotonic() + timeout, timeout, limit)
    finally:
        if process.stdout:
            process.stdout.close()


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Writes the script beside the reading, as either side may wait for the other."""
    assert process.stdin
    with process.stdin as stream, suppress(OSError):  # the shell may end before it has read everything
        while data:
            data = data[os.write(stream.fileno(), data) :]


def _follow(process: subprocess.Popen[bytes], deadline: float, timeout: float, limit: int) -> CommandOutput:
    assert process.stdout
    output = bytearray()
    problem = _read(process.stdout.fileno(), output, deadline, limit)
    if not problem:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            problem = "timeout"
    if problem:
        _kill(process)
    return _result(output, problem, process.returncode, timeout, limit)


def _result(output: bytearray, problem: str, status: int, timeout: float, limit: int) -> CommandOutput:
    text = bytes(output[:limit]).decode("utf-8", "replace")
    if problem == "timeout":
        return CommandOutput(output=text, exit_code=None, error=f"stopped after {timeout:g} s")
    if problem:
        return CommandOutput(output=text, exit_code=None, error=f"printed more than {limit} bytes")
    if status < 0:
        name = (signal.strsignal(-status) or str(-status)).lower()
        return CommandOutput(output=text, exit_code=None, error=f"signal: {name}")
    return CommandOutput(output=text, exit_code=status)


def _read(source: int, output: bytearray, deadline: float, limit: int) -> str:
    """Reads until nobody can write any more; what went wrong, "" for nothing."""
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return "timeout"
            chunk = os.read(source, _CHUNK)
            if not chunk:
                return ""
            output += chunk
            if len(output) > limit:
                return "limit"
            if time.monotonic() > deadline:
                return "timeout"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends the script and all that it started in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def _cleaned(output: CommandOutput) -> CommandOutput:
    return CommandOutput(
        output=clean_output(output.output),
        exit_code=output.exit_code,
        error=output.error,
        native=output.native,
    )
