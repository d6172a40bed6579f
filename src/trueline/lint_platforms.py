"""Checks that platforms name every file that rules need, and only components and flags that exist."""

import re
from collections.abc import Iterable, Iterator, Mapping

from trueline.model.benchmark import Benchmark
from trueline.model.bundle import Bundle
from trueline.model.platform import Platform
from trueline.model.rule import Rule, Test
from trueline.model.setting import Component


def lint_platforms(
    platforms: Iterable[Platform],
    rules: Iterable[Rule],
    components: Mapping[str, Component],
    benchmarks: Iterable[Benchmark],
) -> Iterator[str]:
    """One sentence per problem; nothing where platforms are sound."""
    listed = list(platforms)
    needed = {name for rule in rules for root in (rule.test, rule.applies) for name in _files(root)}
    for platform in listed:
        where = f"platform {platform.id}"
        for name in sorted(needed - set(platform.files)):
            yield f"{where}: names no file {name}"
        for name in sorted({*platform.provider, *platform.lasting} - set(components)):
            yield f"{where}: there is no component {name}"
        for bundle in platform.bundles:
            yield from (f"{where}, {bundle.name}: {problem}" for problem in _bundle(bundle, components))
        yield from (f"{where}: {problem}" for problem in _signs(platform))
    known = {platform.id for platform in listed}
    for benchmark in benchmarks:
        for name in sorted(set(benchmark.platforms) - known):
            yield f"benchmark {benchmark.id}: there is no platform {name}"


def _files(test: Test | None) -> Iterator[str]:
    if test is None:
        return
    if test.file is not None and test.file.name:
        yield test.file.name
    for part in (*(test.all or ()), *(test.any or ()), test.not_):
        yield from _files(part)


def _bundle(bundle: Bundle, components: Mapping[str, Component]) -> Iterator[str]:
    for name, part in bundle.components.items():
        if name not in components:
            yield f"there is no component {name}"
            continue
        flags = {flag for setting in components[name].settings for flag in setting.all_flags}
        flags |= {components[name].config_flag, components[name].config_dir_flag}
        given = {flag.flag.partition("=")[0] for flag in part.flags}
        for flag in sorted((given | set(part.unknown)) - flags):
            yield f"{name} has no flag {flag}"
        texts = [text for flag in part.flags for text in (flag.flag, flag.path, flag.no_path)]
        for option in sorted(
            {found for text in (*texts, part.path) for found in re.findall(r"{(.+?)}", text)}
        ):
            if option not in bundle.options:
                yield f"there is no option {option}"


def _signs(platform: Platform) -> Iterator[str]:
    for sign in platform.signs:
        for pattern in (sign.version, sign.executable):
            try:
                re.compile(pattern)
            except re.error as error:
                yield f"{pattern!r} is no regular expression: {error}"
