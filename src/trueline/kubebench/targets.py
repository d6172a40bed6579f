"""Which targets a run judges."""

from collections.abc import Sequence

from trueline.errors import UsageError
from trueline.kubebench.config import Config
from trueline.kubebench.variables import Lookup, runs_all

_ALIASES = {"worker": "node"}


def detect_targets(config: Config, benchmark: str, lookup: Lookup) -> tuple[str, ...]:
    """The targets that this machine plays, as far as the benchmark has them; node always."""
    mapped = config.targets_of(benchmark)
    found = []
    if runs_all(config.components("master"), lookup):
        found += ["master", *(["controlplane"] if "controlplane" in mapped else [])]
    if "etcd" in mapped and runs_all(config.components("etcd"), lookup):
        found.append("etcd")
    found.append("node")
    return (*found, *(name for name in ("policies", "managedservices") if name in mapped))


def chosen_targets(
    config: Config, benchmark: str, names: Sequence[str], *, strict_compat: bool = False
) -> tuple[str, ...]:
    """The targets that the caller named, "worker" read as node.

    Raises UsageError for one that the benchmark doesn't have.
    """
    mapped = config.targets_of(benchmark)
    wanted = list(names) if strict_compat else [_ALIASES.get(name, name) for name in names]
    if unknown := [name for name in wanted if name not in mapped]:
        raise UsageError(
            f"the targets {', '.join(unknown)} are not part of benchmark {benchmark}",
            hint=f"It has {', '.join(mapped)}.",
        )
    return tuple(dict.fromkeys(wanted))
