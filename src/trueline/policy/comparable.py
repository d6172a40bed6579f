"""Says why two runs can't be compared: they are of something else, or the later one looked at less."""

from collections.abc import Collection, Iterator

from trueline.model.results import Assessment, NodeHead, Outcome

_DECIDED = (Outcome.PASS, Outcome.FAIL)


def otherness(before: Assessment, after: Assessment) -> Iterator[str]:
    """Why the two don't speak of the same thing, one sentence each: then no finding can be compared."""
    if before.benchmark.id != after.benchmark.id:
        yield f"They are of two benchmarks: {before.benchmark.id} and {after.benchmark.id}."
    elif before.benchmark.version != after.benchmark.version:
        yield f"They are of two versions: {before.benchmark.version} and {after.benchmark.version}."
    if _profile(before) != _profile(after):
        yield f"They are of two profiles: {_profile_name(before)} and {_profile_name(after)}."
    old, new = before.target, after.target
    if (old.kind, old.name) != (new.kind, new.name):
        yield f"They are of two targets: {old.kind} {old.name or '?'} and {new.kind} {new.name or '?'}."
    for label, left, right in (
        ("clusters", old.cluster_name, new.cluster_name),
        ("clusters", old.cluster_uid, new.cluster_uid),
    ):
        if left and right and left != right:
            yield f"They are of two {label}: {left} and {right}."
            return


def losses(before: Assessment, after: Assessment, gone: Collection[str]) -> Iterator[str]:
    """Why the later run saw less, one sentence each: then nothing counts as resolved.

    `gone` are the numbers of results that only the earlier run has.
    """
    missing = sorted(_seen(before.nodes) - _seen(after.nodes))
    if missing:
        yield f"The later run lacks {len(missing)} of the nodes: {_few(missing)}."
    if gone:
        yield f"The later run lacks {len(gone)} of the results: {_few(list(gone))}."
    for label, run in (("earlier", before), ("later", after)):
        if not decided(run):
            yield f"The {label} run decided nothing: it failed."


def decided(run: Assessment) -> bool:
    """Whether facts decided anything at all: a run that decided nothing has failed."""
    return any(result.outcome in _DECIDED for result in run.results)


def _profile(run: Assessment) -> tuple[str, str]:
    return (run.profile.id, run.profile.digest) if run.profile else ("", "")


def _profile_name(run: Assessment) -> str:
    return f"{run.profile.id} ({run.profile.digest[:19]})" if run.profile else "none"


def _seen(nodes: Collection[NodeHead]) -> set[str]:
    return {node.name for node in nodes if not node.missing}


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
