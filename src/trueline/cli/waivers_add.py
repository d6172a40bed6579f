"""`trueline waivers add`: writes an entry into a policy file, filled from a run where one is named."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from trueline.cli.output import standard_output
from trueline.cli.policies import catalog_of, named_benchmarks, on_option, today
from trueline.collect.assessments import read_assessments
from trueline.content.policies import benchmark_id
from trueline.content.policy_text import policy_in, with_waiver
from trueline.content.yaml_files import parse_yaml, read_text
from trueline.errors import ContentError, UsageError
from trueline.model.policy import Policy, TriggerKind, Waiver
from trueline.model.results import Assessment, Result
from trueline.policy.crosswalk import title_of
from trueline.policy.labels import team
from trueline.policy.problems import critical, defects, misnomers
from trueline.policy.register import meant, observation

_CLASSES = ("accepted-exception", "provider-owned", "alternative-evidence", "informational", "required")
_OPTIONS = {
    "evidence": "--link",
    "review_trigger": "--trigger, as kubernetes-version=1.36 or date=2026-06-30",
}
_REQUIRED = ("id", "class", "check", "benchmark", "scope", "reason", "owner", "approver", "created")


@click.command()
@click.option("--policy", "policy_file", metavar="FILE", required=True, help="What to add to; it may be new.")
@click.option("--check", required=True, metavar="NUMBER|RULE", help="The recommendation or rule.")
@click.option("--benchmark", metavar="ID", help="Default: that of --from.")
@click.option(
    "--from", "source", metavar="ASSESSMENT", help="Take title, observation and scope from this run."
)
@click.option("--class", "kind", type=click.Choice(_CLASSES), default=_CLASSES[0], show_default=True)
@click.option("--id", "name", metavar="ID", help="Default: EXC-, the year and the next number.")
@click.option("--reason", help="Why it can't be mended now.")
@click.option("--compensating-control", help="What limits the risk meanwhile.")
@click.option("--owner", help="Who sees to it. Default: the owner in --from.")
@click.option("--approver", default="", help="Who approved it; needed for what is critical.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Default: in 90 days.")
@click.option(
    "--trigger",
    "triggers",
    multiple=True,
    metavar="KIND=VALUE",
    help="When to review it before its end. Default: with another Kubernetes version.",
)
@click.option("--recommendation", help="What the check wants. Default: its title.")
@click.option("--observed", help="What was found. Default: the evidence in --from.")
@click.option("--cluster", "clusters", multiple=True, metavar="PATTERN", help="Where it holds.")
@click.option("--role", "roles", multiple=True, metavar="PATTERN", help="On nodes of which role.")
@click.option("--node", "nodes", multiple=True, metavar="PATTERN", help="On which nodes.")
@click.option("--link", "links", multiple=True, metavar="URL", help="Evidence, as of today.")
@click.option("--objective", help="For alternative-evidence: what the check is for.")
@click.option("--source", "evidence_source", help="For alternative-evidence: what meets it.")
@click.option("--sample", help="For alternative-evidence: what was seen there.")
@click.option("--dry-run", is_flag=True, help="Print the file as it would be, and write nothing.")
@on_option
def add(policy_file: str, *, dry_run: bool, on: datetime | None, **given: Any) -> None:
    """Add an entry to a policy file; its comments and all that stands in it stay as they are."""
    day = on.date() if on else today()
    path = Path(policy_file)
    text = read_text(path) if path.exists() else ""
    before = policy_in(path, text)
    entry = _entry(given, before, day)
    _warn_of_same(before, entry)
    after = with_waiver(path, text, entry)
    policy = _checked(path, after, before)
    _refuse(path, policy, day)
    if dry_run:
        with standard_output() as stream:
            stream.write(after)
        return
    replace_file(path, after)
    click.echo(f"{entry['id']} added to {path}; it ends on {entry.get('expires', 'no day')}.", err=True)


def _entry(given: Mapping[str, Any], policy: Policy, day: date) -> dict[str, Any]:
    found = _found(given["source"], given["check"], given["benchmark"]) if given["source"] else None
    benchmark = benchmark_id(given["benchmark"] or "") or (found[0].benchmark.id if found else "")
    if not benchmark:
        raise UsageError("an entry needs a benchmark", hint="Name it with --benchmark, or a run with --from.")
    if found and found[1].outcome == "pass":
        _note(f"{given['check']} passes in {given['source']}", "Nothing needs the entry before it fails.")
    expires = given["expires"].date() if given["expires"] else day + timedelta(days=90)
    titles, meanings = _content(benchmark, given["check"])
    if found:
        meanings = [found[1].meaning] if found[1].meaning else meanings
    entry: dict[str, Any] = {
        "id": given["name"] or _next_id(policy, day),
        "class": given["kind"],
        "check": given["check"],
        "benchmark": benchmark,
        "scope": _scope(given, found[0] if found else None),
        "recommendation": given["recommendation"] or (found[1].title if found else "; ".join(titles)),
        "observed": given["observed"] or (observation(found[1]) if found else ""),
        "reason": given["reason"],
        "compensating_control": given["compensating_control"],
        "objective": given["objective"],
        "source": given["evidence_source"],
        "sample": given["sample"],
        "evidence": [{"url": link, "date": day} for link in given["links"]],
        "owner": given["owner"] or (_owner(found[1], policy) if found else ""),
        "approver": given["approver"],
        "created": day,
        "expires": expires,
        "review_trigger": _triggers(given["triggers"], found[0] if found else None),
        "meaning": meanings[0] if len(meanings) == 1 else meanings,
    }
    wanted = (*_REQUIRED, "meaning", "evidence") if given["kind"] == "required" else tuple(entry)
    return _complete({key: value for key, value in entry.items() if value and key in wanted})


def _warn_of_same(policy: Policy, entry: Mapping[str, Any]) -> None:
    for one in policy.waivers:
        if (one.check, one.benchmark) == (entry["check"], entry["benchmark"]):
            _note(f"{one.id} is for {one.check} too", "Of two that fit, the first counts.")


def _note(message: str, hint: str) -> None:
    click.echo(f"note: {message}\n hint: {hint}", err=True)


def _complete(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry, if nothing of it is missing or malformed; else UsageError, which names the option."""
    try:
        msgspec.convert(msgspec.to_builtins(entry), Waiver, strict=False)
    except msgspec.ValidationError as error:
        missing = str(error).partition("missing required field `")[2].partition("`")[0]
        option = _OPTIONS.get(missing, f"--{missing.replace('_', '-')}")
        hint = (
            f"Give it with {option}." if missing else "`trueline waivers add --help` describes the options."
        )
        if "review_trigger.kind" in str(error):
            hint = f"Kinds of --trigger are {', '.join(get_args(TriggerKind))}."
        raise UsageError(f"the entry can't be added: {error}", hint=hint) from None
    return entry


def _found(source: str, check: str, benchmark: str | None) -> tuple[Assessment, Result]:
    runs = read_assessments(source)
    for run in runs:
        for result in run.results if benchmark in (None, run.benchmark.id) else ():
            if meant(check, result):
                return run, result
    held = ", ".join(run.benchmark.id for run in runs)
    raise UsageError(f"{source} has no result of {check}", hint=f"It is of {held}; see also --benchmark.")


def _content(benchmark: str, check: str) -> tuple[list[str], list[str]]:
    """Titles and meanings of what a check stands for, where the benchmark is a shipped one."""
    catalog = catalog_of([benchmark])
    found = catalog.benchmarks.get(benchmark)
    entries = [one for _, one in found.recommendations()] if found else []
    meant_ = [one for one in entries if check == one.number or check in one.rules]
    titles = dict.fromkeys(title_of(one, catalog.rules) for one in meant_)
    return list(titles), list(dict.fromkeys(catalog.meaning(one) for one in meant_))


def _owner(result: Result, policy: Policy) -> str:
    return result.owner or team(result.component, policy.owners)


def _scope(given: Mapping[str, Any], run: Assessment | None) -> dict[str, Any]:
    clusters = list(given["clusters"])
    if run and not clusters and (name := run.target.cluster_name or run.target.cluster_uid):
        clusters = [name]
    nodes = {"role": list(given["roles"]), "name": list(given["nodes"])}
    kept = {key: value for key, value in nodes.items() if value}
    return {**({"clusters": clusters} if clusters else {}), **({"nodes": kept} if kept else {})}


def _triggers(given: Sequence[str], run: Assessment | None) -> Any:
    """What was named, else the Kubernetes version of the run; nothing where that is not known."""
    found = [{"kind": kind, "value": value} for kind, _, value in (one.partition("=") for one in given)]
    if not found and run and run.target.kubernetes:
        version = ".".join(run.target.kubernetes.removeprefix("v").split(".")[:2])
        found = [{"kind": "kubernetes-version", "value": version}]
    return found[0] if len(found) == 1 else found


def _next_id(policy: Policy, day: date) -> str:
    taken = {waiver.id for waiver in policy.waivers}
    numbers = (f"EXC-{day.year}-{number:03}" for number in range(1, len(taken) + 2))
    return next(name for name in numbers if name not in taken)


def _checked(path: Path, text: str, before: Policy) -> Policy:
    """The policy that the new text holds; raises ContentError where it is not the old one and one entry."""
    policy = parse_yaml(path, text, Policy)
    kept = msgspec.structs.replace(policy, waivers=policy.waivers[:-1])
    if kept != before:
        raise ContentError(
            "can't be added to without changing what stands in it",
            hint="Add the entry by hand: --dry-run with a new file prints it.",
            file=str(path),
        )
    return policy


def _refuse(path: Path, policy: Policy, day: date) -> None:
    """Raises UsageError for what would make the policy unusable."""
    catalog = catalog_of(named_benchmarks(policy))
    last = str(len(policy.waivers) - 1)
    if policy.waivers[-1].id in {waiver.id for waiver in policy.waivers[:-1]}:
        raise UsageError(f"{path} has a waiver {policy.waivers[-1].id} already", hint="Choose another --id.")
    found = [*defects(policy, policy.rules, day), *critical(policy, policy, catalog)]
    for defect in found:
        if defect.place[:2] == ("waivers", last):
            if defect.fatal:
                raise UsageError(defect.message, hint=defect.hint)
            _note(defect.message, defect.hint)
    for defect in misnomers(policy, catalog):
        if defect.place[:2] == ("waivers", last):
            _note(defect.message, defect.hint)


def replace_file(path: Path, text: str) -> None:
    """Writes the file as a whole or not at all; its mode stays, and a link leads where it led."""
    place = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        Path(name).chmod(place.stat().st_mode & 0o7777 if place.exists() else 0o644)
        Path(name).replace(place)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}", hint="Check its mode.") from None
