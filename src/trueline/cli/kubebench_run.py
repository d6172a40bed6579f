"""One run of kube-bench's controls: where facts come from, which benchmark, which targets, its results."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from trueline.cli.gather import Place, collect_snapshot, recorded
from trueline.cli.kubebench_flags import Options
from trueline.cli.progress import Progress
from trueline.collect.access import Root
from trueline.collect.kubeversion import search_path
from trueline.collect.machine import Machine
from trueline.errors import UsageError
from trueline.evaluate.versions import kubernetes_version
from trueline.kubebench.config import Config
from trueline.kubebench.controls import Controls
from trueline.kubebench.detect import (
    Detected,
    LiveSources,
    detect_benchmark,
    for_git_version,
    for_version,
)
from trueline.kubebench.directory import Loaded, load_benchmark, read_settings
from trueline.kubebench.evaluate import Selection, evaluate, needed_scripts
from trueline.kubebench.gather import gather
from trueline.kubebench.lookups import Recorded, Recorder
from trueline.kubebench.results import Run
from trueline.kubebench.targets import chosen_targets, detect_targets
from trueline.kubebench.variables import Lookup
from trueline.model.base import Model
from trueline.model.facts import CommandOutput, Snapshot

Gather = Callable[[list[str]], Mapping[str, CommandOutput]]


class Judged(Model, frozen=True, kw_only=True):
    """A run and what a reader should know besides. `errors`: files that could not be loaded."""

    run: Run
    benchmark: str
    controls: tuple[Controls, ...]
    detected: str
    errors: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    snapshot: Snapshot | None = None


class _Source(Model, frozen=True, kw_only=True):
    """Whom to ask, and how to get outputs. `snapshot` is None where nothing but scripts is looked at."""

    lookup: Lookup
    outputs: Gather
    snapshot: Snapshot | None = None
    live: bool = False


class Prepared(Model, frozen=True, kw_only=True):
    """All that is known before anything is run."""

    source: Any
    config: Config
    detected: Detected
    loaded: Loaded


def prepare(options: Options, *, alone: bool, environ: Mapping[str, str]) -> Prepared:
    """Chooses and loads. `alone`: the targets that this node plays. Raises TruelineError."""
    _check(options)
    source = _source(options)
    directory, strict = Path(options.config_dir), options.strict_compat
    general = _settings(options, directory, "")
    detected = _benchmark(options, source, general, environ)
    config = _settings(options, directory, detected.benchmark)
    targets = None
    if alone:
        targets = detect_targets(general if strict else config, detected.benchmark, source.lookup)
    elif options.targets:
        targets = chosen_targets(config, detected.benchmark, options.targets, strict_compat=strict)
    loaded = load_benchmark(
        directory, detected.benchmark, config, source.lookup, targets=targets, strict_compat=strict
    )
    if loaded.errors and strict:
        raise UsageError(loaded.errors[0], hint="Strictly, one file that is wrong ends the run.")
    return Prepared(source=source, config=config, detected=detected, loaded=loaded)


def judge(options: Options, prepared: Prepared) -> Judged:
    """Gets the outputs of all scripts and judges them."""
    loaded, detected = prepared.loaded, prepared.detected
    selection = _selection(options)
    outputs = prepared.source.outputs(needed_scripts(loaded.controls, selection))
    run = evaluate(
        loaded.controls,
        outputs,
        selection,
        detected_version=detected.version,
        strict_compat=options.strict_compat,
    )
    return Judged(
        run=run,
        benchmark=detected.benchmark,
        controls=loaded.controls,
        detected=detected.version,
        errors=loaded.errors,
        notices=(*detected.notices, *loaded.notices, *run.notices),
        snapshot=_with_commands(prepared.source, outputs),
    )


def _check(options: Options) -> None:
    """Raises UsageError for what excludes each other."""
    pairs = (
        ("version", "benchmark"),
        ("check", "group"),
        ("snapshot", "snapshot_out"),
        ("strict_compat", "snapshot_out"),
        ("strict_compat", "report"),
    )
    for one, other in pairs:
        if getattr(options, one) and getattr(options, other):
            names = [f"--{name.replace('_', '-')}" for name in (one, other)]
            reason = " Strictly, outputs keep their secrets." if one == "strict_compat" else ""
            raise UsageError(
                f"It is an error to specify both {names[0]} and {names[1]} flags",
                hint=f"Leave one of them out (a KUBE_BENCH_ variable counts, too).{reason}",
            )
    if options.benchmark in (".", "..") or "/" in options.benchmark:
        raise UsageError(
            f"{options.benchmark} is no name of a benchmark", hint="Name a folder below --config-dir."
        )
    if options.snapshot and options.root != "/":
        raise UsageError("--snapshot can't be combined with --root", hint="A snapshot holds its facts.")
    if not Path(options.config_dir).is_dir():
        raise UsageError(
            f"there are no controls: {options.config_dir} is no folder",
            hint="Name kube-bench's cfg folder with --config-dir. trueline ships rules of its own instead: "
            "`trueline scan` needs no controls.",
        )


def _selection(options: Options) -> Selection:
    return Selection(
        checks=_ids(options.check),
        groups=_ids(options.group),
        skip=_ids(options.skip),
        scored=options.scored,
        unscored=options.unscored,
    )


def _ids(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _settings(options: Options, directory: Path, benchmark: str) -> Config:
    return read_settings(
        directory,
        benchmark,
        config_file=Path(options.config) if options.config else None,
        strict_compat=options.strict_compat,
    )


def _recorded(file: str) -> _Source:
    snapshot = recorded(file)
    commands = snapshot.node.commands if snapshot.node else {}
    if not commands:
        raise UsageError(
            f"{file} holds no outputs of controls", hint="Take it with `trueline kube-bench --snapshot-out`."
        )
    return _Source(lookup=Recorded(commands), outputs=lambda _scripts: commands, snapshot=snapshot)


def _source(options: Options) -> _Source:
    if options.snapshot:
        return _recorded(options.snapshot)
    machine = Machine(Root(options.root))
    if not Path(options.root).is_dir():
        raise UsageError(f"{options.root} is not a directory", hint="Check --root.")

    def outputs(scripts: list[str]) -> Mapping[str, CommandOutput]:
        return gather(scripts, machine, idioms=not options.no_idioms, redact=not options.strict_compat)

    pinned = options.benchmark or options.version
    wanted = options.snapshot_out or (not machine.is_own and not pinned)
    snapshot: Snapshot | None = None
    if wanted:
        snapshot, _ = collect_snapshot(Place(root=options.root, no_cluster=True), Progress())
    lookup = Recorder(machine) if options.snapshot_out else machine
    return _Source(lookup=lookup, outputs=outputs, snapshot=snapshot, live=machine.is_own)


def _benchmark(options: Options, source: _Source, config: Config, environ: Mapping[str, str]) -> Detected:
    strict = options.strict_compat
    if options.benchmark:
        return Detected(benchmark=options.benchmark)
    if options.version:
        return for_version(config, options.version, strict_compat=strict)
    if source.live:
        return detect_benchmark(config, LiveSources(environ, search_path(os.environ)), strict_compat=strict)
    version = kubernetes_version(source.snapshot)[0] if source.snapshot else None
    if not version:
        raise UsageError(
            "nothing tells the version of Kubernetes", hint="Name one with --version or --benchmark."
        )
    return for_git_version(config, version, strict_compat=strict)


def _with_commands(source: _Source, outputs: Mapping[str, CommandOutput]) -> Snapshot | None:
    """The snapshot with all that this run asked for, so that it can be judged again."""
    snapshot = source.snapshot
    if snapshot is None or snapshot.node is None:
        return snapshot
    asked = source.lookup.commands if isinstance(source.lookup, Recorder | Recorded) else {}
    node = msgspec.structs.replace(snapshot.node, commands={**asked, **outputs})
    return msgspec.structs.replace(snapshot, node=node)
