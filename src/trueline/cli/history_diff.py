"""`trueline history diff`: what changed between two runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from trueline.cli.history_store import PHASES, opened, store_option
from trueline.cli.output import save_text, standard_output, use_color
from trueline.collect.assessments import read_assessments
from trueline.errors import UsageError
from trueline.model.results import Assessment, Drift, RunHead
from trueline.policy.drift import drift, news
from trueline.policy.gate import run_head
from trueline.report import drift_json, drift_markdown, drift_text

if TYPE_CHECKING:
    from trueline.store.history import History, Query
    from trueline.store.records import Record

_FORMATS: dict[str, Callable[[Drift], str]] = {
    "text": drift_text.render,
    "json": drift_json.render,
    "markdown": drift_markdown.render,
}
_Past = Mapping[str, Sequence[str]]


class _Side(NamedTuple):
    """A run to compare, from the history or from a file."""

    assessment: Assessment
    head: RunHead
    record: "Record | None" = None


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--phase",
    "phases",
    metavar="FROM..TO",
    help="Compare the last run of one phase with the last of another, as pre-upgrade..post-upgrade. Without "
    "TO: with the last run of any phase.",
)
@click.option("--cluster", default="", metavar="NAME", help="Runs of this cluster.")
@click.option("--node", default="", metavar="NAME", help="Runs of this node.")
@click.option("--benchmark", default="", metavar="ID", help="Runs against this benchmark.")
@click.option("--format", "format_", type=click.Choice(list(_FORMATS)), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
@store_option
@click.pass_context
def diff(
    ctx: click.Context,
    before: str | None,
    after: str | None,
    *,
    phases: str | None,
    cluster: str,
    node: str,
    benchmark: str,
    format_: str,
    output: str | None,
    store: str | None,
) -> None:
    """Compare run BEFORE with run AFTER.

    Each is the number of a run, or a file with an assessment. With one of them it is compared with the last
    successful run of the same target and benchmark before it; with none, the latest run is.

    Exit status: 0 nothing is worse; 1 failures are new or came back, or exceptions ended; 2 the call or a
    file is wrong; 3 the runs can't be compared as a whole.
    """
    choice = _Choice(cluster, node, benchmark)
    if phases is not None:
        if before or after:
            raise UsageError("--phase can't be combined with runs", hint="Name two runs or two phases.")
        found = _by_phase(opened(store), phases, choice)
    elif before and after:
        found = _two(before, after, store, benchmark)
    else:
        found = _since_last(before, store, choice)
    _write(found, format_, output)
    ctx.exit(1 if any(news(found)) else 3 if found.incomparable else 0)


class _Choice(NamedTuple):
    cluster: str
    node: str
    benchmark: str


def _two(before: str, after: str, store: str | None, benchmark: str) -> Drift:
    stored = any(_is_number(name) for name in (before, after))
    history = opened(store) if stored else None
    old, new = (_side(name, history, benchmark) for name in (before, after))
    past = history.past(old.record) if history and old.record else {}
    if old.head.collected_at > new.head.collected_at > "":
        click.echo(f"note: {before} is the later run\n hint: The earlier one comes first.", err=True)
    return _drift(old, new, past)


def _since_last(name: str | None, store: str | None, choice: _Choice) -> Drift:
    history = opened(store)
    if name and not _is_number(name):
        new = _side(name, history, choice.benchmark)
        old = _like(history, new.assessment)
    else:
        record = history.run(int(name)) if name else _latest(history, choice)
        new = _Side(history.assessment(record), record.run, record)
        old = history.before(record)
    if old is None:
        raise UsageError(
            f"{'run ' + new.head.id if new.head.id else name} is the first successful run of "
            f"{new.head.benchmark} on {new.head.target or 'this target'}",
            hint="Name two runs; `trueline history list` shows all.",
        )
    return _drift(_Side(history.assessment(old), old.run, old), new, history.past(old))


def _by_phase(history: "History", phases: str, choice: _Choice) -> Drift:
    """The last run of the second phase, and the last of the first before it on the same target."""
    first, _, second = phases.partition("..")
    for phase in filter(None, (first, second)):
        if phase not in PHASES:
            raise UsageError(f"there is no phase {phase}", hint=f"Phases are {', '.join(PHASES)}.")
    after = _latest(history, choice, second)
    earlier = history.runs(_query(_Choice(after.run.cluster, after.run.target, choice.benchmark), first))
    same = [one for one in earlier if (one.at, one.id) < (after.at, after.id) and one.kind == after.kind]
    alike = [one for one in same if one.run.benchmark == after.run.benchmark]
    # an upgrade may bring another benchmark: then its findings are paired by their rules
    before = next(iter(alike or same), None)
    if before is None:
        raise UsageError(
            f"there is no {first} run of {after.run.target} before run {after.run.id}",
            hint=f"Save one with `trueline scan --save --phase {first}`.",
        )
    return _drift(
        _Side(history.assessment(before), before.run, before),
        _Side(history.assessment(after), after.run, after),
        history.past(before),
    )


def _query(choice: _Choice, phase: str = "") -> "Query":
    from trueline.store.history import Query

    return Query(cluster=choice.cluster, node=choice.node, benchmark=choice.benchmark, phase=phase)


def _latest(history: "History", choice: _Choice, phase: str = "") -> "Record":
    found = history.runs(_query(choice, phase), limit=1)
    if not found:
        what = f"no {phase} run" if phase else "no run"
        raise UsageError(
            f"the history has {what} that matches", hint="`trueline history list` shows all runs."
        )
    return found[0]


def _like(history: "History", assessment: Assessment) -> "Record | None":
    """The last successful run of a file's target and benchmark."""
    head = run_head(assessment)
    runs = history.runs(_query(_Choice(head.cluster, head.target, head.benchmark)))
    return next((one for one in runs if one.decided and one.kind == assessment.target.kind), None)


def _side(name: str, history: "History | None", benchmark: str) -> _Side:
    if _is_number(name) and history:
        record = history.run(int(name))
        return _Side(history.assessment(record), record.run, record)
    held = read_assessments(name)
    found = next((one for one in held if benchmark in ("", one.benchmark.id)), None)
    if found is None:
        ids = ", ".join(one.benchmark.id for one in held)
        raise UsageError(f"{name} has no assessment of {benchmark}", hint=f"It has {ids}.")
    return _Side(found, run_head(found))


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _drift(old: _Side, new: _Side, past: _Past) -> Drift:
    found = drift(old.assessment, new.assessment, earlier=past)
    return msgspec.structs.replace(found, before=old.head, after=new.head)


def _write(found: Drift, format_: str, output: str | None) -> None:
    if output is None:
        text = drift_text.render(found, color=use_color()) if format_ == "text" else _FORMATS[format_](found)
        with standard_output() as stream:
            stream.write(text)
        return
    save_text(output, _FORMATS[format_](found))
