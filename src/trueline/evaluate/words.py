"""How a rule is checked, in words: which setting, file, kernel key or object is read, and what it must be."""

from collections.abc import Iterable, Mapping

from trueline.evaluate.linux.words import audit
from trueline.evaluate.values import describe
from trueline.model.cloudtest import CloudTest
from trueline.model.platform import Platform
from trueline.model.predicate import Predicate
from trueline.model.rule import FileTest, KubeTest, ProcessTest, Rule, SettingTest, Test
from trueline.model.setting import Component

SEARCHES = {
    "cluster-admin": "no subject outside the system holds cluster-admin",
    "wildcards": "no role that is bound uses wildcards",
    "bindings-of": "no binding names {subjects}",
    "masters-credentials": "no credential that can be seen is one of system:masters",
    "grants": "nobody outside the system may {verbs} {resources}",
    "default-accounts": "default service accounts hold no rights and mount no token",
    "mounted-tokens": "no pod mounts a token that it does not need",
    "unguarded": "a policy of admission guards each namespace",
    "admitted": "admission refuses what breaks {control}",
    "image-origins": "admission checks where images come from",
    "running": "no pod that runs breaks {control}",
    "security-contexts": "each container has a security context",
    "secret-variables": "no container gets a secret as a variable",
    "images": "no image has {words} in its name",
    "without-network-policy": "each namespace with pods has a network policy",
    "objects-in": "nothing but what Kubernetes makes lies in namespace {namespace}",
    "namespaces": "workloads have namespaces of their own",
}
"""What each search of `evaluate/kube` wants to hold; {names} are its arguments."""


def how_checked(rules: Iterable[Rule], components: Mapping[str, Component], platform: Platform) -> str:
    """Sentences for rules whose parameters are bound, each once; what to look at where a person decides."""
    found = (_of_rule(rule, components, platform) for rule in rules)
    return " ".join(dict.fromkeys(text for text in found if text))


def _of_rule(rule: Rule, components: Mapping[str, Component], platform: Platform) -> str:
    words = _words(rule.test, components, platform) if rule.test else ""
    if not words:
        return rule.look_at
    said = f"{words}."
    if rule.applies and (where := _words(rule.applies, components, platform)):
        said += f" Applies only where {where}."
    return said


def _words(test: Test, components: Mapping[str, Component], platform: Platform) -> str:
    """Clauses; one that says more than one thing in another way than its neighbours stands in brackets."""
    if parts := test.all or test.any:
        glue = "; " if test.all else ", or "
        said = dict.fromkeys(_branch(part, test, components, platform) for part in parts)
        return glue.join(text for text in said if text)
    if test.not_ is not None:
        return f"it is not so that {_words(test.not_, components, platform)}"
    if test.setting is not None:
        return _setting(test.setting, components)
    if test.file is not None and test.file.name:
        return _file(test.file, platform)
    if test.process is not None:
        return _process(test.process)
    if test.kube is not None:
        return _search(test.kube)
    return _cloud(test.cloud) if test.cloud is not None else audit(test)


def _branch(part: Test, whole: Test, components: Mapping[str, Component], platform: Platform) -> str:
    words = _words(part, components, platform)
    mixed = (part.any if whole.all else part.all) or ()
    return f"({words})" if len(mixed) > 1 else words


def _setting(test: SettingTest, components: Mapping[str, Component]) -> str:
    component, _, name = test.name.partition("/")
    known = components[component].settings if component in components else ()
    setting = next((one for one in known if one.name == name), None)
    if setting is None:
        return f"{name} of {component} {_must_be(test)}"
    places = [f"flag --{flag}" for flag in setting.all_flags]
    places += [f"key {setting.key} of its configuration file"] if setting.key else []
    places += [f"variable {setting.env}"] if setting.env else []
    read = f" (read from {', '.join(places)}, else its default)" if places and not setting.derived else ""
    return f"the effective {name} of {component}{read} {_must_be(test)}"


def _file(test: FileTest, platform: Platform) -> str:
    named = platform.files.get(test.name)
    which = (named.title if named else "") or test.name.replace("-", " ")
    places = list(named.candidates) if named else []
    if named and named.flag:
        places.insert(0, f"where --{named.flag.rpartition('/')[2]} points")
    said = f"{which} ({', '.join(places)})" if places else which
    if test.mode_at_most is not None:
        return f"the mode of {said} has no bit outside {test.mode_at_most}"
    if test.owner is not None:
        return f"{said} belongs to {' or '.join(test.owner.split())}"
    return f"{said} {'exists' if test.present else 'does not exist'}"


def _process(test: ProcessTest) -> str:
    return f"a process of {test.name} {'runs' if test.running else 'does not run'} here"


def _search(test: KubeTest) -> str:
    given = {name: " or ".join(values) for name, values in test.given.items()}
    words = SEARCHES.get(test.find, test.find.replace("-", " "))
    for name, value in given.items():
        words = words.replace("{" + name + "}", value)
    return f"among the API's objects, {words}"


def _cloud(test: CloudTest) -> str:
    return f"{test.path} in the cloud's answer ({test.kind}) {_must_be(test)}"


def _must_be(test: Predicate) -> str:
    words = describe(test)
    return words if test.operator in ("has", "lacks", "matches") else f"is {words}"
