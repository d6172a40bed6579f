"""Finds what is wrong with a profile: words that mean nothing, contradictions, missing reasons."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import reduce

from trueline.model.benchmark import Benchmark
from trueline.model.profile import Misfit, Profile
from trueline.model.rule import Rule, bind
from trueline.policy.profiles import ALL, Mark, mark, means, merge

_FIELDS = ("not_applicable", "skipped", "select", "deselect")


def misfits(
    profiles: Sequence[Profile], benchmark: Benchmark | None, rules: Mapping[str, Rule]
) -> Iterator[Misfit]:
    """What is wrong with the last of the profiles, which extends the others.

    Without a benchmark, for a profile that is for any, numbers are not looked at.
    """
    profile = profiles[-1]
    yield from _benchmarks(profiles)
    yield from _reasons(profile)
    yield from _twice(profile)
    for field in _FIELDS:
        for word in getattr(profile, field):
            yield from _word(field, word, profiles, benchmark, rules)
    yield from _parameters(profile, rules)
    for name in profile.severities:
        yield from _rule("severities", name, rules)


def _benchmarks(profiles: Sequence[Profile]) -> Iterator[Misfit]:
    own = profiles[-1].benchmark
    other = next((one for one in profiles if one.benchmark not in ("", own)), None)
    if own and other:
        yield Misfit(
            place=("benchmark",),
            message=f"it is for {own}, but extends {other.id}, which is for {other.benchmark}",
            hint="Extend a profile of the same benchmark, as numbers mean something else in another one.",
        )


def _reasons(profile: Profile) -> Iterator[Misfit]:
    for field in ("not_applicable", "skipped"):
        for word, reason in getattr(profile, field).items():
            if not reason.strip():
                message = f"{word} has no reason"
                yield Misfit(place=(field, word), message=message, hint="Say why it is left out.")


def _twice(profile: Profile) -> Iterator[Misfit]:
    seen: dict[str, str] = {}
    for field in _FIELDS:
        for word in getattr(profile, field):
            if word in seen:
                message = f"{word} stands in {seen[word]}, too"
                yield Misfit(place=(field, word), message=message, hint="Keep one of them.")
            seen[word] = field


def _word(
    field: str,
    word: str,
    profiles: Sequence[Profile],
    benchmark: Benchmark | None,
    rules: Mapping[str, Rule],
) -> Iterator[Misfit]:
    if benchmark is None or word == ALL:
        return
    entries = [entry for _, entry in benchmark.recommendations()]
    meant = [entry for entry in entries if means(word, entry)]
    if not meant and (word not in rules or any(profile.benchmark for profile in profiles)):
        known = [entry.number for entry in entries] + [name for entry in entries for name in entry.rules]
        message = f"{benchmark.id} has no recommendation, section or rule {word!r}"
        yield Misfit(place=(field, word), message=message, hint=_near(word, known, benchmark.id))
    marks = [reduce(merge, (mark(one, entry) for one in profiles), Mark()) for entry in meant]
    if field == "select" and meant and all(one.kind == "not-applicable" for one in marks):
        message = f"{word} can't be selected: {marks[0].reason}"
        hint = "What is not applicable in a profile stays so in all that extend it."
        yield Misfit(place=(field, word), message=message, hint=hint)


def _parameters(profile: Profile, rules: Mapping[str, Rule]) -> Iterator[Misfit]:
    for name, given in profile.parameters.items():
        if name not in rules:
            yield from _rule("parameters", name, rules)
            continue
        for parameter, value in given.items():
            try:
                bind(rules[name], {parameter: value})
            except ValueError as error:
                known = ", ".join(rules[name].parameters) or "none"
                yield Misfit(
                    place=("parameters", name, parameter),
                    message=str(error),
                    hint=f"`trueline rules show {name}` describes the rule; its parameters: {known}.",
                )


def _rule(field: str, name: str, rules: Mapping[str, Rule]) -> Iterator[Misfit]:
    if name not in rules:
        close = get_close_matches(name, rules, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(close)}?" if close else "`trueline rules list` names all rules."
        yield Misfit(place=(field, name), message=f"there is no rule {name!r}", hint=hint)


def _near(word: str, known: Sequence[str], benchmark: str) -> str:
    close = get_close_matches(word, known, n=3, cutoff=0.6)
    shows = f"`trueline benchmarks show {benchmark}` lists its numbers and rules."
    return f"Did you mean {', '.join(close)}? {shows}" if close else shows
