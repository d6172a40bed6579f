"""Which kinds of facts the rules of a recommendation look at, read from their tests."""

from collections.abc import Iterator, Mapping
from typing import Any

from trueline.evaluate.kube import FINDS
from trueline.model.base import Model
from trueline.model.benchmark import Recommendation
from trueline.model.rule import Rule, Test


class Need(Model, frozen=True, kw_only=True):
    """Kinds of leaves ("path" is a file by its path), named files, lists of the API, clouds."""

    leaves: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    clouds: frozenset[str] = frozenset()


def looked_at(entry: Recommendation, rules: Mapping[str, Rule]) -> Need:
    """What all rules of a recommendation look at together."""
    leaves: set[str] = set()
    files: set[str] = set()
    searches: set[str] = set()
    clouds: set[str] = set()
    for name, given in entry.rules.items():
        rule = rules[name]
        values = {**rule.parameters, **given}
        searches |= {rule.show.find} if rule.show else set()
        for kind, leaf in (one for test in (rule.test, rule.applies) for one in _leaves(test)):
            leaves.add("path" if kind == "file" and leaf.path else kind)
            if kind == "file" and leaf.name:
                files.add(values.get(leaf.name.removeprefix("$"), leaf.name))
            searches |= {leaf.find} if kind == "kube" else set()
            clouds |= {leaf.kind} if kind == "cloud" else set()
    return Need(
        leaves=frozenset(leaves | ({"kube"} if searches else set())),
        files=frozenset(files),
        lists=frozenset(resource for find in searches for resource in FINDS[find].needs),
        clouds=frozenset(clouds),
    )


def _leaves(test: Test | None) -> Iterator[tuple[str, Any]]:
    if test is None:
        return
    for part in (*(test.all or ()), *(test.any or ()), *([test.not_] if test.not_ else [])):
        yield from _leaves(part)
    for kind in test.__struct_fields__:
        if kind not in ("all", "any", "not_") and (leaf := getattr(test, kind)) is not None:
            yield kind, leaf
