"""Gets the outputs of all scripts of a run: by reading where that is enough, else by running them."""

from collections.abc import Iterable
from functools import partial

import msgspec

from trueline.collect.commands import OUTPUT_LIMIT, TIMEOUT, WORKERS, Commands, find_program, run_scripts
from trueline.collect.machine import Machine
from trueline.collect.outputs import clean_output
from trueline.kubebench.idioms import answer
from trueline.kubebench.shell.spare import in_place, without_shell
from trueline.model.facts import CommandOutput

NOT_EXECUTED = CommandOutput(exit_code=None, error="not executed below another root")


def gather(
    scripts: Iterable[str],
    machine: Machine,
    *,
    idioms: bool = True,
    timeout: float = TIMEOUT,
    limit: int = OUTPUT_LIMIT,
    workers: int = WORKERS,
    redact: bool = True,
) -> dict[str, CommandOutput]:
    """The outputs by script. Below another root than this machine's own nothing is ever run.

    `timeout` is in seconds for each script, `limit` in bytes.
    Without `idioms` every script is run, with no more shells than it needs.
    """
    distinct = list(dict.fromkeys(scripts))
    known = _read(distinct, machine, redact) if idioms else {}
    left = [script for script in distinct if script not in known]
    if machine.is_own:
        known |= run_scripts(
            left,
            timeout=timeout,
            limit=limit,
            workers=workers,
            redact=redact,
            spare=partial(_spare, user=machine.own_user),
        )
    else:
        known |= dict.fromkeys(left, NOT_EXECUTED)
    return {script: known[script] for script in distinct}


def _spare(script: str, *, user: str) -> Commands | str:
    """The script as commands that need no shell, or with a shell that does not wait for its last program."""
    return without_shell(script, find_program, user) or in_place(script, find_program)


def _read(scripts: Iterable[str], machine: Machine, redact: bool) -> dict[str, CommandOutput]:
    found = {}
    for script in scripts:
        if (output := answer(script, machine)) is not None:
            cleaned = clean_output(output.output) if redact else output.output
            found[script] = msgspec.structs.replace(output, output=cleaned)
    return found
