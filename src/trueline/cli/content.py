"""`trueline content`: checks content, and prints the JSON Schemas of all documents."""

import click

from trueline.assess import Content
from trueline.content.load import (
    benchmark_ids,
    check_files,
    load_benchmark,
    load_cases,
    load_components,
    load_platform,
    load_rules,
    platform_ids,
)
from trueline.content.profiles import load_chain, profile_ids
from trueline.lint import lint as find_problems
from trueline.lint_platforms import lint_platforms
from trueline.model.schemas import DOCUMENTS, schema_text


@click.group()
def content() -> None:
    """Check content and print its JSON Schemas."""


@content.command()
def lint() -> None:
    """Check all content: references, parameters, predicates, and each rule against its cases."""
    check_files()
    rules, cases = load_rules(), load_cases()
    loaded = Content(components=load_components(), rules=rules, platform=load_platform("kubeadm"))
    benchmarks = [load_benchmark(name) for name in benchmark_ids()]
    profiles = {name: tuple(one.profile for one in load_chain(name)) for name in profile_ids()}
    platforms = [load_platform(name) for name in platform_ids()]
    problems = [
        *find_problems(loaded, cases, benchmarks, profiles),
        *lint_platforms(platforms, rules.values(), loaded.components, benchmarks),
    ]
    for problem in problems:
        click.echo(problem)
    summary = (
        f"{len(rules)} rules, {sum(map(len, cases.values()))} cases, {len(benchmarks)} benchmarks, "
        f"{len(profiles)} profiles, {len(platforms)} platforms: {len(problems)} problems"
    )
    click.echo(summary, err=True)
    if problems:
        raise click.exceptions.Exit(2)


@content.command()
@click.argument("document", type=click.Choice(list(DOCUMENTS)))
def schema(document: str) -> None:
    """Print the JSON Schema of a kind of DOCUMENT."""
    click.echo(schema_text(document), nl=False)
