"""Runs the shell scripts of somebody's controls, each once, with limits on time and output."""

import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
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


def run_scripts(
    scripts: Iterable[str],
    *,
    timeout: float = TIMEOUT,
    limit: int = OUTPUT_LIMIT,
    workers: int = WORKERS,
    redact: bool = True,
) -> dict[str, CommandOutput]:
    """The outputs by script; equal scripts run once, `workers` of them at the same time.

    A script that looks at processes runs alone: it would find others' command lines, which name the same
    files and programs. `timeout` is in seconds and holds for each script, `limit` is in bytes. Without
    `redact` secrets that a script prints stay in its output. Never raises for a script.
    """

    def run(script: str) -> CommandOutput:
        output = run_script(script, timeout=timeout, limit=limit)
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
    output = bytearray()
    problem = _read(process, output, deadline, limit)
    if not problem:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            problem = "timeout"
    if problem:
        _kill(process)
    text = bytes(output[:limit]).decode("utf-8", "replace")
    if problem == "timeout":
        return CommandOutput(output=text, exit_code=None, error=f"stopped after {timeout:g} s")
    if problem:
        return CommandOutput(output=text, exit_code=None, error=f"printed more than {limit} bytes")
    if process.returncode < 0:
        name = (signal.strsignal(-process.returncode) or str(-process.returncode)).lower()
        return CommandOutput(output=text, exit_code=None, error=f"signal: {name}")
    return CommandOutput(output=text, exit_code=process.returncode)


def _read(process: subprocess.Popen[bytes], output: bytearray, deadline: float, limit: int) -> str:
    """Reads until nobody can write any more; what went wrong, "" for nothing."""
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return "timeout"
            chunk = os.read(process.stdout.fileno(), _CHUNK)
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
