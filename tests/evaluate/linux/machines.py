"""Machines for tests: the facts that a test is about, and nothing else was read."""

from typing import Any

from trueline.content.cases import expand
from trueline.content.load import load_components, load_platform, load_rules
from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision
from trueline.evaluate.outcomes import judge
from trueline.evaluate.remedy import remedy
from trueline.model.rule import Case, bind

TODAY = 20000


def machine(system: str = "alinux", version: str = "2.1903", **linux: Any) -> Context:
    """A context whose operating system has these facts in the short forms of cases."""
    node = {"os": {"ID": system, "VERSION_ID": version}, "linux": linux}
    facts, _, _ = expand(Case(name="a machine", outcome="pass", node=node))
    return Context(facts, None, load_components(), load_platform("kubeadm"), None, TODAY)


def verdict(rule: str, given: dict[str, str] | None = None, **linux: Any) -> str:
    """What a shipped rule says of a machine."""
    return judged(rule, given, **linux).outcome.value


def judged(rule: str, given: dict[str, str] | None = None, **linux: Any) -> Decision:
    """The whole decision."""
    return judge(bind(load_rules()[rule], given or {}), machine(**linux))


def mend(rule: str, given: dict[str, str] | None = None, **linux: Any) -> str:
    """What the rule's remediation says for a machine."""
    bound = bind(load_rules()[rule], given or {})
    context = machine(**linux)
    return "\n".join(remedy(bound, judge(bound, context), context).changes)
