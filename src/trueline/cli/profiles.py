"""The --profile option: finds the profile, the benchmark that it is for, and what is wrong with it."""

from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from trueline.content.load import load_components, load_rules
from trueline.content.profiles import Loaded, load_chain, load_profiles, refusal
from trueline.errors import UsageError
from trueline.lint import profile_problems
from trueline.model.benchmark import Benchmark
from trueline.policy.profiles import pinned

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
    for last, loaded in enumerate(chain, start=1):
        for misfit in profile_problems(profiles[:last], benchmark, load_rules(), load_components()):
            raise refusal(loaded, misfit)


def _complete(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    names = [name for id_, one in load_profiles().items() for name in (id_, *one.profile.aliases)]
    fitting = [CompletionItem(name) for name in names if name.startswith(begun)]
    return fitting or [CompletionItem(begun, type="file")]
