"""Loads a folder of benchmarks: settings, variables and the controls of all wanted targets."""

from collections.abc import Sequence
from pathlib import Path

from trueline.errors import ContentError, TruelineError, UsageError
from trueline.kubebench.config import Config, merge, read_config
from trueline.kubebench.controls import Controls
from trueline.kubebench.load import load_controls
from trueline.kubebench.variables import Lookup, Variables, find_variables, substitute
from trueline.model.base import Model

MAX_BYTES = 8 * 1024 * 1024


class Loaded(Model, frozen=True, kw_only=True):
    """What could be loaded. `errors` are messages for files that could not; the others are complete."""

    benchmark: str
    controls: tuple[Controls, ...]
    variables: dict[str, Variables]
    errors: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_settings(
    directory: Path, benchmark: str = "", *, config_file: Path | None = None, strict_compat: bool = False
) -> Config:
    """config.yaml of all benchmarks, with that of `benchmark` over it. Raises ContentError."""
    layers = [_settings(config_file or directory / "config.yaml")]
    if benchmark:
        own = directory / benchmark / "config.yaml"
        layers += [_settings(own)] if own.exists() else []
    return merge(layers, strict_compat=strict_compat)


def load_benchmark(
    directory: Path,
    benchmark: str,
    config: Config,
    lookup: Lookup,
    *,
    targets: Sequence[str] | None = None,
    strict_compat: bool = False,
) -> Loaded:
    """The controls of a benchmark's folder, variables put in.

    Without `targets` it takes every file of the folder. Raises UsageError where there is no such folder; a
    file that is wrong becomes one of `errors`.
    """
    controls: list[Controls] = []
    errors: list[str] = []
    variables: dict[str, Variables] = {}
    for path in _files(directory / benchmark, targets):
        target = path.stem
        try:
            if target not in variables:
                variables[target] = _variables(config, target, lookup, strict_compat)
            text, binary = substitute(_read(path), variables[target])
            controls.append(
                load_controls(text, file=str(path), target=target, binary=binary, strict_compat=strict_compat)
            )
        except TruelineError as error:
            errors.append(error.message if not isinstance(error, ContentError) else str(error))
    notices = [*config.notices, *(notice for found in variables.values() for notice in found.notices)]
    return Loaded(
        benchmark=benchmark,
        controls=tuple(controls),
        variables=variables,
        errors=tuple(errors),
        notices=tuple(dict.fromkeys(notices)),
    )


def _variables(config: Config, target: str, lookup: Lookup, strict: bool) -> Variables:
    components = config.components(target)
    if components is None:
        raise UsageError(
            f"No config settings for {target}", hint=f"Add a section {target} with components: []."
        )
    return find_variables(components, lookup, strict_compat=strict)


def _files(folder: Path, targets: Sequence[str] | None) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"there is no benchmark folder {folder}", hint="Check --config-dir and --benchmark.")
    if targets is not None:
        return [folder / f"{target}.yaml" for target in targets]
    # A mounted ConfigMap keeps its files a second time, in a folder whose name starts with two dots.
    return sorted(
        path
        for path in folder.rglob("*.yaml")
        if path.name != "config.yaml"
        and not any(part.startswith("..") for part in path.relative_to(folder).parts)
    )


def _settings(path: Path) -> dict[str, object]:
    return read_config(_read(path), str(path))


def _read(path: Path) -> str:
    hint = "Check the path and its mode."
    try:
        if not path.is_file():
            raise ContentError("there is no such file", hint=hint, file=str(path))
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContentError(error.strerror or "can't be read", hint=hint, file=str(path)) from None
    if len(data) > MAX_BYTES:
        raise ContentError("larger than 8 MiB", hint="Split the file.", file=str(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ContentError("not UTF-8 text", hint="Save it as UTF-8.", file=str(path)) from None
