"""Checks all content: references, parameters, predicates, and that every rule judges its cases right."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from trueline.assess import Content
from trueline.content.cases import dumps, expand
from trueline.evaluate.cloud import cloud_kinds
from trueline.evaluate.context import Context
from trueline.evaluate.kube import FINDS
from trueline.evaluate.linux.accounts import problems
from trueline.evaluate.outcomes import judge
from trueline.evaluate.values import Value, satisfies
from trueline.model.benchmark import Benchmark
from trueline.model.cloudtest import CloudTest
from trueline.model.hosttest import ConfigTest
from trueline.model.profile import Misfit, Profile
from trueline.model.rule import Case, KubeTest, Rule, SettingTest, Test, bind
from trueline.model.setting import Component, Setting, SettingType
from trueline.policy.misfits import misfits
from trueline.policy.profiles import pinned

_TODAY = 20000  # the day, counted from 1970, on which the facts of cases were read
_NODE_CASES = {"pass", "fail", "error"}
_KUBE_CASES = {"pass", "fail", "unknown"}
_CLOUD_CASES = {"pass", "fail", "notchecked"}
_EXAMPLE: dict[SettingType, Value] = {
    "bool": True,
    "int": 1,
    "string": "a",
    "list": ("a",),
    "duration": 1.0,
    "map": ("a=b",),
}


def lint(
    content: Content,
    cases: Mapping[str, tuple[Case, ...]],
    benchmarks: list[Benchmark],
    profiles: Mapping[str, Sequence[Profile]] = MappingProxyType({}),
) -> Iterator[str]:
    """One sentence per problem; nothing where content is sound.

    `profiles` maps the name of each to what it extends, the furthest first, and itself.
    """
    for rule in content.rules.values():
        yield from _rule(rule, content)
        yield from _cases(rule, cases.get(rule.id, ()), content)
    for name in sorted(set(cases) - set(content.rules)):
        yield f"cases: there is no rule {name}"
    for benchmark in benchmarks:
        yield from _benchmark(benchmark, content.rules)
    yield from _names("benchmark", benchmarks)
    yield from _names("profile", [chain[-1] for chain in profiles.values()])
    for name, chain in profiles.items():
        yield from _profile(name, chain, {one.id: one for one in benchmarks}, content)
    used = {name for entry in benchmarks for _, one in entry.recommendations() for name in one.rules}
    for name in sorted(set(content.rules) - used):
        yield f"rule {name}: no benchmark uses it"


def _names(kind: str, named: Sequence[Benchmark] | Sequence[Profile]) -> Iterator[str]:
    """A name must lead to one of them: ids and aliases of all are different words."""
    seen: dict[str, str] = {}
    for one in named:
        for name in (one.id, *one.aliases):
            if name in seen:
                yield f"{kind} {one.id}: {name} already names {seen[name]}"
            seen.setdefault(name, one.id)


def _profile(
    name: str, profiles: Sequence[Profile], benchmarks: Mapping[str, Benchmark], content: Content
) -> Iterator[str]:
    if profiles[-1].id != name:
        yield f"profile {name}: its id is {profiles[-1].id}"
    own = pinned(profiles)
    if own and own not in benchmarks:
        yield f"profile {name}: there is no benchmark {own}"
    for misfit in profile_problems(profiles, benchmarks.get(own), content.rules, content.components):
        yield f"profile {name}: {misfit.message}"


def profile_problems(
    profiles: Sequence[Profile],
    benchmark: Benchmark | None,
    rules: Mapping[str, Rule],
    components: Mapping[str, Component],
) -> Iterator[Misfit]:
    """What is wrong with the last of the profiles, which extends the others; see `policy.misfits`.

    Values of parameters that a rule's test can't be made with are among it.
    """
    found = list(misfits(profiles, benchmark, rules))
    yield from found
    wrong = {misfit.place[:2] for misfit in found}
    for name, given in profiles[-1].parameters.items():
        if ("parameters", name) in wrong:
            continue
        bound = bind(rules[name], given)
        for test in _tests(bound.test, bound.applies):
            for problem in _setting(test.setting, components) if test.setting else ():
                hint = f"`trueline rules show {name}` describes the rule and its parameters."
                yield Misfit(place=("parameters", name, *given), message=problem, hint=hint)


def _rule(rule: Rule, content: Content) -> Iterator[str]:
    try:
        bound = bind(rule, {})
    except ValueError as error:
        yield f"rule {rule.id}: {error}"
        return
    for test in _tests(bound.test, bound.applies):
        for problem in _leaf(test, content):
            yield f"rule {rule.id}: {problem}"
    for problem in _find(bound.show) if bound.show else ():
        yield f"rule {rule.id}: {problem}"
    for problem in _clouds(bound, content):
        yield f"rule {rule.id}: {problem}"


def _tests(*roots: Test | None) -> Iterator[Test]:
    for root in roots:
        if root is not None:
            yield root
            yield from _tests(*(root.all or ()), *(root.any or ()), root.not_)


def _leaf(test: Test, content: Content) -> Iterator[str]:
    if test.setting is not None:
        yield from _setting(test.setting, content.components)
    if test.file is not None and test.file.name and test.file.name not in content.platform.files:
        yield f"platform {content.platform.id} names no file {test.file.name}"
    if test.process is not None and test.process.name not in content.components:
        yield f"there is no component {test.process.name}"
    if test.kube is not None:
        yield from _find(test.kube)
    if test.cloud is not None:
        yield from _cloud(test.cloud)
    if test.accounts is not None:
        yield from problems(test.accounts)
    if test.config is not None:
        yield from _predicate(test.config, test.config.type)


def _setting(test: SettingTest, components: Mapping[str, Component]) -> Iterator[str]:
    names = [test.name] + ([test.differs_from] if test.differs_from else [])
    for name in names:
        component, _, setting = name.partition("/")
        known = components[component].settings if component in components else ()
        found = next((entry for entry in known if entry.name == setting), None)
        if found is None:
            yield f"there is no setting {name}"
        elif test.operator != "differs_from":
            yield from _fits(test, found)


def _fits(test: SettingTest, setting: Setting) -> Iterator[str]:
    try:
        satisfies(test, _EXAMPLE[setting.type], setting.type)
    except ValueError as error:
        yield f"setting {test.name}: {error}"


def _predicate(test: ConfigTest, kind: SettingType) -> Iterator[str]:
    try:
        satisfies(test, _EXAMPLE[kind], kind)
    except ValueError as error:
        yield f"config {test.name} {test.key}: {error}"


def _cloud(test: CloudTest) -> Iterator[str]:
    try:
        satisfies(test, _EXAMPLE[test.type], test.type)
    except ValueError as error:
        yield f"cloud {test.kind} {test.path}: {error}"


def _clouds(rule: Rule, content: Content) -> Iterator[str]:
    """What a cloud says is judged by itself: without it, the rule is a person's to decide."""
    if cloud_kinds(rule.applies):
        yield "applies can't ask a cloud"
    if not cloud_kinds(rule.test):
        return
    leaves = [test for test in _tests(rule.test) if not (test.all or test.any or test.not_)]
    if not all(test.cloud for test in leaves):
        yield "a cloud test can't be combined with others"
    if not rule.look_at:
        yield "a cloud test needs look_at, for where no answer of the cloud is at hand"
    if rule.component in content.components:
        yield f"{rule.component} is judged on its node, not by what a cloud says"


def _find(test: KubeTest) -> Iterator[str]:
    if test.find not in FINDS:
        yield f"there is no search {test.find}"
    elif unknown := set(test.given) - set(FINDS[test.find].arguments):
        yield f"search {test.find} takes no {', '.join(sorted(unknown))}"


def _cases(rule: Rule, cases: tuple[Case, ...], content: Content) -> Iterator[str]:
    outcomes = {case.outcome for case in cases}
    if missing := _wanted(rule, content) - outcomes:
        yield f"rule {rule.id}: no case with outcome {', '.join(sorted(missing))}"
    for case in cases:
        try:
            node, cluster, version = expand(case)
            context = Context(
                node, cluster, content.components, content.platform, version, _TODAY, dumps(case)
            )
            decision = judge(bind(rule, case.given), context)
        except ValueError as error:  # msgspec's ValidationError is one
            yield f"rule {rule.id}, case {case.name!r}: {error}"
            continue
        if decision.outcome.value != case.outcome:
            yield (
                f"rule {rule.id}, case {case.name!r}: gives {decision.outcome.value}, not {case.outcome}: "
                f"{decision.reason}"
            )


def _wanted(rule: Rule, content: Content) -> set[str]:
    """The outcomes of which a rule must show a case."""
    if rule.test is None:  # nothing can be judged wrong then, save whether it applies
        return {"notchecked"} if rule.applies or rule.component in content.components else set()
    clouds = [test.cloud for test in _tests(rule.test) if test.cloud]
    if clouds:
        return _CLOUD_CASES if all(leaf.enough for leaf in clouds) else _CLOUD_CASES - {"pass"}
    return _KUBE_CASES if any(test.kube for test in _tests(rule.test)) else _NODE_CASES


def _benchmark(benchmark: Benchmark, rules: Mapping[str, Rule]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for section, entry in benchmark.recommendations():
        where = f"benchmark {benchmark.id}, {entry.number}"
        if (section.target, entry.number) in seen:
            yield f"{where}: stands there twice"
        seen.add((section.target, entry.number))
        if not entry.rules:
            yield f"{where}: refers to no rule"
        for name, given in entry.rules.items():
            if name not in rules:
                yield f"{where}: there is no rule {name}"
                continue
            try:
                bind(rules[name], given)
            except ValueError as error:
                yield f"{where}: {error}"
