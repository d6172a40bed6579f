"""Answers scripts by reading, where the text is certain to be what the script would print.

Certain means: the script is written in the small language of `kubebench.shell`; every process, file and name
that its output shows was read as a whole; and nothing in the environment or on the machine makes the programs
print otherwise. The columns C, STIME and TIME of `ps` change by themselves between two calls; they are what a
call at that moment would show. Anything else is left to the shell.
"""

from trueline.kubebench.shell.machine import Readable
from trueline.kubebench.shell.rows import sure_text
from trueline.kubebench.shell.run import run
from trueline.kubebench.shell.syntax import Unsure
from trueline.model.facts import CommandOutput

__all__ = ["Readable", "answer"]
_LONGEST = 4 * 1024 * 1024


def answer(script: str, machine: Readable) -> CommandOutput | None:
    """What the script would print; None where that is not certain.

    Below a root that is not this machine's own nothing can be run to compare with: there a row counts whose
    arguments are certain, and what a recorded tree does not tell is "?".
    """
    try:
        done = run(script, machine)
        text = sure_text(done.rows)
    except Unsure:
        return None
    if len(text) > _LONGEST:
        return None
    return CommandOutput(output=text, exit_code=done.status, native=True)
