"""Programs that run several components in one process, and where these get their flags from."""

from trueline.model.base import Strict


class OwnFlag(Strict, frozen=True, kw_only=True):
    """A flag that the program gives a component by itself, such as "anonymous-auth=false".

    "{data-dir}" in it stands for the program's option of that name. It is given only with `option` ("name"
    for true, "name=value"), where `path` exists or `no_path` doesn't, and not if the operator gives one of
    `unless`. What the operator gives by the same name replaces it, but those in `over` are dropped.
    """

    flag: str
    option: str = ""
    path: str = ""
    no_path: str = ""
    unless: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


class Part(Strict, frozen=True, kw_only=True):
    """One component inside the program.

    Its flags are the values of the options `arguments`, or the lines of the file that option `file_option`
    names, by default `file`. It does not run with one of the options `unless` ("name", "name=value"), nor
    where `path` does not exist. Of the flags in `unknown`, the program sets some in ways that can't be told.
    """

    arguments: tuple[str, ...] = ()
    file: str = ""
    file_option: str = ""
    flags: tuple[OwnFlag, ...] = ()
    unless: tuple[str, ...] = ()
    path: str = ""
    unknown: tuple[str, ...] = ()


class Bundle(Strict, frozen=True, kw_only=True):
    """A program by base name of its executable, and by the `word` after it where it has several uses.

    Its options stand on the command line, and below that in `config` with *.yaml in "<config>.d" beside it,
    unless one of `config_options` or the variable `config_variable` names another file. `units` are the
    systemd units whose command line counts where the process hides its own. `options` are defaults of options
    that paths depend on, `variables` those that its files of flags may use.
    """

    executable: str
    word: str = ""
    config: str = ""
    config_options: tuple[str, ...] = ()
    config_variable: str = ""
    units: tuple[str, ...] = ()
    options: dict[str, str] = {}
    variables: dict[str, str] = {}
    components: dict[str, Part]

    @property
    def name(self) -> str:
        """What evidence calls it."""
        return f"{self.executable} {self.word}".strip()
