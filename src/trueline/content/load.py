"""Finds and loads the shipped content by id."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path

import msgspec

from trueline.content.yaml_files import check_shape, load_yaml
from trueline.errors import ContentError, UsageError
from trueline.model.benchmark import Benchmark, Edition
from trueline.model.bundle import Bundle
from trueline.model.platform import NamedFile, Platform, PlatformHead
from trueline.model.rule import Case, CaseFile, Rule, RuleFile
from trueline.model.setting import Component

DATA = Path(__file__).parent / "data"
_RULE_ID = re.compile(r"(?m)^ *- id: (\S+)$")
_shipped = partial(load_yaml, shipped=True)


def check_files() -> None:
    """Raises ContentError for a file of the content whose shape loading takes for granted."""
    for path in sorted(DATA.rglob("*.yaml")):
        check_shape(path)


def _ids(folder: str) -> list[str]:
    return sorted((path.stem for path in (DATA / folder).glob("*.yaml")), key=natural_key)


def natural_key(text: str) -> tuple[object, ...]:
    """Sorts cis-1.6 before cis-1.20."""
    pieces = text.replace("-", ".").split(".")
    return tuple((1, int(piece)) if piece.isdigit() else (0, piece) for piece in pieces)


def benchmark_ids() -> list[str]:
    """Ids of all shipped benchmarks."""
    return _ids("benchmarks")


def platform_ids() -> list[str]:
    """Ids of all shipped platforms."""
    return _ids("platforms")


@lru_cache(maxsize=1)
def load_editions() -> tuple[Edition, ...]:
    """What each shipped benchmark is written for, without its recommendations: those take long to read."""
    folder = DATA / "benchmarks"
    return tuple(_shipped(folder / f"{name}.yaml", Edition, before=("sections",)) for name in benchmark_ids())


@lru_cache(maxsize=8)
def load_benchmark(name: str) -> Benchmark:
    """A benchmark by id or alias; raises UsageError with the nearest names when there is none."""
    if name in benchmark_ids():
        return _shipped(DATA / "benchmarks" / f"{name}.yaml", Benchmark)
    for edition in load_editions():
        if name in edition.aliases:
            return load_benchmark(edition.id)
    names = [known for edition in load_editions() for known in (edition.id, *edition.aliases)]
    raise UsageError(f"there is no benchmark {name!r}", hint=near(name, names))


@lru_cache(maxsize=32)
def load_platform(name: str) -> Platform:
    """A platform with what it extends merged in; raises UsageError when there is none."""
    if name not in platform_ids():
        raise UsageError(f"there is no platform {name!r}", hint=near(name, platform_ids()))
    platform = _shipped(DATA / "platforms" / f"{name}.yaml", Platform)
    if not platform.extends:
        return platform
    base = load_platform(platform.extends)
    return msgspec.structs.replace(
        platform,
        files={**_placed(base.files, platform), **platform.files},
        lasting={**({} if platform.own_places else base.lasting), **platform.lasting},
        provider=platform.provider or base.provider,
    )


def _placed(files: Mapping[str, NamedFile], platform: Platform) -> dict[str, NamedFile]:
    """The inherited files at this platform's places; raises ContentError for a place of no known file."""
    if unknown := set(platform.places) - set(files):
        raise ContentError(
            f"there is no file {', '.join(sorted(unknown))} to give places to",
            hint=f"{platform.extends} names the files.",
            file=str(DATA / "platforms" / f"{platform.id}.yaml"),
        )
    inherited = {} if platform.own_places else {name: named.candidates for name, named in files.items()}
    places = {**inherited, **platform.places}
    return {
        name: msgspec.structs.replace(named, candidates=places.get(name, ())) for name, named in files.items()
    }


@lru_cache(maxsize=1)
def load_platform_heads() -> tuple[PlatformHead, ...]:
    """By what each platform is known, without its files: those take long to read."""
    folder = DATA / "platforms"
    return tuple(
        _shipped(
            folder / f"{name}.yaml",
            PlatformHead,
            before=("provider", "bundles", "own_places", "places", "files"),
        )
        for name in platform_ids()
    )


@lru_cache(maxsize=1)
def load_places() -> tuple[NamedFile, ...]:
    """All files that any platform names, and the signs of platforms: what to collect on an unknown node."""
    named = [file for name in platform_ids() for file in load_platform(name).files.values()]
    signs = [path for head in load_platform_heads() for sign in head.signs for path in sign.paths]
    distinct = {msgspec.structs.replace(file, title=""): None for file in named}
    return (*distinct, NamedFile(candidates=tuple(dict.fromkeys(signs))))


@lru_cache(maxsize=1)
def load_bundles() -> tuple[Bundle, ...]:
    """The programs of all platforms that run several components."""
    return tuple(bundle for name in platform_ids() for bundle in load_platform(name).bundles)


@lru_cache(maxsize=1)
def load_components() -> dict[str, Component]:
    """All components by name."""
    found = (_shipped(path, Component) for path in sorted((DATA / "settings").glob("*.yaml")))
    return {component.component: component for component in found}


@lru_cache(maxsize=4)
def load_rules(names: frozenset[str] | None = None) -> dict[str, Rule]:
    """All rules by id, or the files that hold `names`; raises ContentError when an id stands twice."""
    rules: dict[str, Rule] = {}
    for path in sorted((DATA / "rules").glob("*.yaml")):
        if names is not None and names.isdisjoint(_RULE_ID.findall(path.read_text(encoding="utf-8"))):
            continue
        for rule in _shipped(path, RuleFile).rules:
            if rule.id in rules:
                raise ContentError(
                    f"rule {rule.id} is defined twice", hint="Rules are written once.", file=str(path)
                )
            rules[rule.id] = rule
    return rules


def load_cases() -> dict[str, tuple[Case, ...]]:
    """The cases of each rule by its id."""
    cases: dict[str, tuple[Case, ...]] = {}
    for path in sorted((DATA / "cases").glob("*.yaml")):
        for rule, listed in _shipped(path, CaseFile, typed=True).cases.items():
            cases[rule] = cases.get(rule, ()) + listed
    return cases


def near(name: str, known: list[str]) -> str:
    """A hint that names the known words which resemble `name` most."""
    close = get_close_matches(name, known, n=3, cutoff=0.4)
    return f"Did you mean {', '.join(close)}?" if close else f"Known are {', '.join(known)}."
