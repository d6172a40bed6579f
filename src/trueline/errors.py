"""The one tree of errors that trueline raises on purpose.

    TruelineError                 message + hint; the command line prints both and exits with `exit_code`
    ├── UsageError         (2)    the call can't be carried out: wrong option, unknown benchmark or profile
    ├── ContentError       (2)    a content, policy or snapshot file is wrong; carries file and line
    ├── NothingToAssess    (2)    no component that the benchmark judges was found
    ├── HistoryError       (2)    the history or a bundle can't be used, or was altered
    └── AccessError        (2)    the machine or the cluster as a whole could not be reached

A fact that can't be read is never an error: it becomes `model.facts.Unavailable` with a reason.
"""


class TruelineError(Exception):
    """Base of all errors; `hint` says what to do about it in one sentence."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TruelineError):
    """The call can't be carried out as it was written."""


class ContentError(TruelineError):
    """A file that trueline was given (content, policy, snapshot) is wrong.

    `file` and `line` say where, `line` counting from 1; None where it is not known.
    """

    def __init__(self, message: str, *, hint: str, file: str, line: int | None = None) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {message}", hint=hint)
        self.file = file
        self.line = line


class NothingToAssess(TruelineError):
    """Nothing that the benchmark judges was found on the target."""


class AccessError(TruelineError):
    """The machine or the cluster as a whole could not be reached."""


class HistoryError(TruelineError):
    """The history of runs, or a bundle of one, can't be read or written, or is not what was stored."""
