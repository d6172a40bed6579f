"""The parts of a script in the small language that is understood."""

from trueline.model.base import Model


class Unsure(Exception):
    """What a shell would print is not certain: the script is left to the shell."""


class Text(Model, frozen=True):
    """Characters of a word; `quoted` ones are never patterns."""

    value: str
    quoted: bool


class Variable(Model, frozen=True):
    """The value of a variable."""

    name: str
    quoted: bool


class Substitution(Model, frozen=True):
    """What a script prints."""

    script: "Items"
    quoted: bool


Part = Text | Variable | Substitution
Word = tuple[Part, ...]


class Simple(Model, frozen=True, kw_only=True):
    """A command with its words; or assignments alone. `silent`: its output or its errors go nowhere.

    `at` is where in the script it begins.
    """

    assignments: tuple[tuple[str, Word], ...] = ()
    words: tuple[Word, ...] = ()
    silent: bool = False
    silent_errors: bool = False
    at: int = 0


class If(Model, frozen=True, kw_only=True):
    """Pairs of a condition and what follows from it, and what is done where none holds."""

    branches: tuple[tuple["Items", "Items"], ...]
    otherwise: "Items" = ()


class For(Model, frozen=True, kw_only=True):
    """A loop over words."""

    name: str
    words: tuple[Word, ...]
    body: "Items"


class While(Model, frozen=True, kw_only=True):
    """A loop over the lines of its input: `while read NAME...`. `raw`: backslashes are themselves."""

    names: tuple[str, ...]
    raw: bool
    body: "Items"


Command = Simple | If | For | While


class Pipeline(Model, frozen=True, kw_only=True):
    """Commands that read from each other."""

    stages: tuple[Command, ...]
    negated: bool = False


class AndOr(Model, frozen=True, kw_only=True):
    """A pipeline, and others that are run if those before succeeded ("&&") or failed ("||")."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()


Items = tuple[AndOr, ...]


class Line(Model, frozen=True, kw_only=True):
    """What the shell reads at once. `last`: nothing is left on its standard input then."""

    items: Items
    last: bool
