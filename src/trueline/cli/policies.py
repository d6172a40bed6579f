"""The --policy option: loads policy files and refuses those that can't be used."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from trueline.content.load import benchmark_ids, load_benchmark, load_components, load_rules
from trueline.content.policies import Policies, load_policies, refusal
from trueline.evaluate.outcomes import meaning
from trueline.model.benchmark import Recommendation
from trueline.model.policy import Policy
from trueline.model.rule import bind
from trueline.policy.problems import Catalog, critical, defects


def policy_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --policy."""
    return click.option(
        "--policy",
        "policy_files",
        multiple=True,
        metavar="FILE",
        help="Owners, exceptions, reviews and priorities of your organisation; several files are one policy.",
    )(command)


def on_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --on, a day."""
    return click.option(
        "--on",
        "on",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="Apply the policy as of this day. Default: today, in UTC.",
    )(command)


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


def policy_of_files(files: Iterable[str], *, on: date | None = None) -> Policies:
    """The policy of all files; raises ContentError for what makes it unusable whatever it is applied to."""
    policies = load_policies([Path(name) for name in files])
    for file in policies.files:
        for defect in defects(file.policy, policies.applied.policy.rules, on or today()):
            if defect.fatal:
                raise refusal(file, defect)
    return policies


def refuse_unapproved(policies: Policies, benchmarks: Collection[str]) -> None:
    """Raises ContentError for an exception to what is critical in one of `benchmarks` without an approver."""
    whole = policies.applied.policy
    wanted = {waiver.benchmark for waiver in whole.waivers} & set(benchmarks)
    if not wanted:
        return
    catalog = catalog_of(wanted)
    for file in policies.files:
        for defect in critical(file.policy, whole, catalog):
            raise refusal(file, defect)


def catalog_of(benchmarks: Iterable[str]) -> Catalog:
    """The content that entries for these benchmarks speak of; those that are not shipped are left out."""
    rules, known = load_rules(), set(benchmark_ids())

    def digest(entry: Recommendation) -> str:
        return meaning(entry, [bind(rules[name], given) for name, given in entry.rules.items()])

    return Catalog(
        benchmarks={name: load_benchmark(name) for name in sorted(set(benchmarks) & known)},
        rules=rules,
        components=frozenset({*load_components(), *(rule.component for rule in rules.values())}),
        meaning=digest,
    )


def named_benchmarks(policy: Policy) -> set[str]:
    """All benchmarks that a policy has entries for."""
    lists: Sequence[Sequence[Any]] = (
        policy.waivers,
        policy.reviews,
        policy.decisions,
        policy.remediations,
    )
    return {entry.benchmark for entries in lists for entry in entries}
