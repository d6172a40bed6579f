"""The --profile option, and `trueline benchmarks profiles`: which there are and what they leave out."""

from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec
from click.shell_completion import CompletionItem

from trueline.cli.tables import print_table
from trueline.content.load import load_benchmark, load_components, load_rules
from trueline.content.profiles import Loaded, load_chain, load_profiles, refusal
from trueline.errors import UsageError
from trueline.lint import profile_problems
from trueline.model.base import Model
from trueline.model.benchmark import Benchmark
from trueline.model.profile import Exclusion
from trueline.model.results import Outcome
from trueline.policy.profiles import pinned, tailor

Chain = tuple[Loaded, ...]


def profile_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --profile, which completes the names of shipped profiles and files."""
    return click.option(
        "--profile",
        "profile_name",
        metavar="NAME|FILE",
        shell_complete=_complete,
        help="A profile: `trueline benchmarks profiles` lists them; a file of your own may extend one.",
    )(command)


def chain_of(name: str | None) -> Chain:
    """The profile after all that it extends; nothing without a name."""
    return load_chain(name) if name else ()


def implied(benchmarks: Sequence[str], chain: Chain) -> tuple[str, ...]:
    """The benchmarks with that of the profile in place of "auto"."""
    own = pinned([one.profile for one in chain])
    return tuple(own if own and name == "auto" else name for name in benchmarks)


def check_profile(chain: Chain, benchmark: Benchmark) -> None:
    """Raises UsageError for a profile of another benchmark, ContentError for what is wrong in its file."""
    profiles = [one.profile for one in chain]
    if (own := pinned(profiles)) not in ("", benchmark.id):
        raise UsageError(
            f"profile {profiles[-1].id} is for {own}, not for {benchmark.id}",
            hint=f"Leave --benchmark out, or name {own}. `trueline benchmarks profiles` lists all profiles.",
        )
    for last in range(len(chain), 0, -1):
        for misfit in profile_problems(profiles[:last], benchmark, load_rules(), load_components()):
            raise refusal(chain[last - 1], misfit)


def selected(name: str) -> Benchmark:
    """A benchmark by its name, or what a profile of that name selects of its own."""
    try:
        return load_benchmark(name)
    except UsageError:
        if "/" not in name and not name.endswith((".yaml", ".yml")) and name not in _names():
            raise
    chain = load_chain(name)
    profiles = [one.profile for one in chain]
    if not (own := pinned(profiles)):
        raise UsageError(
            f"profile {name} is for any benchmark, so it can't be compared",
            hint="Name a benchmark, or a profile of one.",
        )
    benchmark = load_benchmark(own)
    check_profile(chain, benchmark)
    tailored = tailor(profiles, benchmark)
    sections = tuple(
        msgspec.structs.replace(
            section,
            recommendations=tuple(
                one
                for one in section.recommendations
                if (section.target, one.number) not in tailored.left_out
            ),
        )
        for section in tailored.benchmark.sections
    )
    return msgspec.structs.replace(tailored.benchmark, sections=sections)


def _names() -> list[str]:
    return [name for id_, one in load_profiles().items() for name in (id_, *one.profile.aliases)]


def _complete(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    fitting = [CompletionItem(name) for name in _names() if name.startswith(begun)]
    return fitting or [CompletionItem(begun, type="file")]


@click.command("profiles")
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def profiles_command(name: str | None, format_: str) -> None:
    """List all profiles, or show what the profile NAME (an id, or a file of your own) leaves out and why."""
    chains = [load_chain(one) for one in ([name] if name else load_profiles())]
    views = [_view(chain, listed=name is not None) for chain in chains]
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(views[0] if name else views), indent=2))
    elif name:
        _show(views[0])
    else:
        print_table(
            ("Profile", "Title", "Benchmark", "Not applicable", "Skipped", "Other names"),
            [
                (one.id, one.title, one.benchmark or "any", *_counts(one), " ".join(one.aliases))
                for one in views
            ],
        )


class _View(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A profile as a list shows it; what depends on the benchmark is None where any will do."""

    id: str
    title: str
    benchmark: str
    extends: tuple[str, ...]
    aliases: tuple[str, ...]
    note: str
    not_applicable: int | None = None
    skipped: int | None = None
    left_out: dict[str, Exclusion] | msgspec.UnsetType = msgspec.UNSET


def _view(chain: Chain, *, listed: bool) -> _View:
    profiles = [one.profile for one in chain]
    own = profiles[-1]
    view = _View(
        id=own.id,
        title=own.title,
        benchmark=pinned(profiles),
        extends=tuple(profile.id for profile in reversed(profiles[:-1])),
        aliases=own.aliases,
        note=own.note,
    )
    if not view.benchmark:
        return view
    benchmark = load_benchmark(view.benchmark)
    check_profile(chain, benchmark)
    left_out = tailor(profiles, benchmark).left_out
    outcomes = [exclusion.outcome for exclusion in left_out.values()]
    return msgspec.structs.replace(
        view,
        not_applicable=outcomes.count(Outcome.NOTAPPLICABLE),
        skipped=outcomes.count(Outcome.NOTSELECTED),
        left_out={number: one for (_, number), one in left_out.items()} if listed else msgspec.UNSET,
    )


def _show(view: _View) -> None:
    extends = f", extends {', '.join(view.extends)}" if view.extends else ""
    click.echo(f"{view.id}: {view.title}, for {view.benchmark or 'any benchmark'}{extends}")
    if view.note:
        click.echo(view.note)
    for number, one in (view.left_out or {}).items():
        click.echo(f"{number:<8} {one.outcome:<14} {one.reason}")


def _counts(view: _View) -> tuple[object, object]:
    if view.not_applicable is None:
        return "-", "-"
    return view.not_applicable, view.skipped
