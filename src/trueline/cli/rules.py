"""`trueline rules`: the assertions behind all benchmarks."""

import click
import msgspec

from trueline.cli.tables import print_table
from trueline.content.load import benchmark_ids, load_benchmark, load_rules
from trueline.errors import UsageError
from trueline.evaluate.linux.words import audit
from trueline.model.rule import Rule, bind


@click.group()
def rules() -> None:
    """List and show rules."""


@rules.command("list")
@click.option("--component", help="Only rules of this component.")
def list_(component: str | None) -> None:
    """List all rules."""
    found = [rule for rule in load_rules().values() if component in (None, rule.component)]
    print_table(
        ("Rule", "Component", "Severity", "Title"),
        [(rule.id, rule.component, rule.severity, rule.title) for rule in found],
    )


@rules.command()
@click.argument("rule")
def show(rule: str) -> None:
    """Show RULE: why it matters, how it is tested, and its number in every benchmark."""
    found = load_rules().get(rule)
    if found is None:
        raise UsageError(f"there is no rule {rule!r}", hint="`trueline rules list` names them all.")
    click.echo(f"{found.id}\n{found.title}\n\n{found.why}\n")
    click.echo(f"component: {found.component}\nseverity: {found.severity}")
    if found.parameters:
        click.echo(
            "parameters: " + ", ".join(f"{name} = {value}" for name, value in found.parameters.items())
        )
    click.echo(f"test: {_test(found)}")
    if words := _audit(found):
        click.echo(f"audit: {words}.")
    if found.impact:
        click.echo(f"impact: {found.impact}")
    if found.look_at:
        click.echo(f"look at: {found.look_at}")
    click.echo("numbers:")
    for benchmark in map(load_benchmark, benchmark_ids()):
        for _, entry in benchmark.recommendations():
            if found.id in entry.rules:
                given = ", ".join(f"{name} = {value}" for name, value in entry.rules[found.id].items())
                click.echo(f"  {benchmark.id} {entry.number}{f' ({given})' if given else ''}")


def _audit(rule: Rule) -> str:
    test = bind(rule, {}).test
    return audit(test) if test else ""


def _test(rule: Rule) -> str:
    if rule.test is None:
        return "none: a person decides"
    return msgspec.json.encode(rule.test).decode()
