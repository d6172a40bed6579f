"""Decides a test tree against the facts."""

from trueline.evaluate.cloud import judge_cloud
from trueline.evaluate.context import NO_HOST, Context
from trueline.evaluate.decision import Decision, Fault, all_of, any_of, decided, negated
from trueline.evaluate.files import judge_file
from trueline.evaluate.linux import JUDGES, host_leaf
from trueline.evaluate.linux.paths import judge_path
from trueline.evaluate.objects import judge_objects
from trueline.evaluate.settings import Effective
from trueline.evaluate.values import describe, satisfies
from trueline.model.facts import FileMeta, Process, Unavailable
from trueline.model.results import Evidence, Outcome
from trueline.model.rule import FileTest, ProcessTest, SettingTest, Test
from trueline.model.setting import SettingType


def decide(test: Test, context: Context) -> Decision:
    """What the test says: pass where it holds, fail where it does not, else why it can't be known."""
    if test.setting is not None:
        return _setting(test.setting, context)
    if test.file is not None:
        return _path(test.file, context) if test.file.path else judge_file(test.file, context)
    if test.process is not None:
        return _process(test.process, context)
    if test.kube is not None:
        return judge_objects(test.kube, context)
    if test.cloud is not None:
        return judge_cloud(test.cloud, context.cloud)
    if test.all is not None:
        return all_of(decide(part, context) for part in test.all)
    if test.any is not None:
        return any_of(decide(part, context) for part in test.any)
    if test.not_ is not None:
        found = host_leaf(test.not_)
        return negated(decide(test.not_, context), found[1] if found else None)
    return _host(test, context)


def _host(test: Test, context: Context) -> Decision:
    """A leaf about the operating system, which not every scan reads."""
    if context.host is None:
        return decided(Outcome.ERROR, NO_HOST)
    found = host_leaf(test)
    assert found is not None  # one key is set: the struct sees to it
    name, leaf = found
    return JUDGES[name](leaf, context.host)


def _path(test: FileTest, context: Context) -> Decision:
    return judge_path(test, context.host) if context.host else decided(Outcome.ERROR, NO_HOST)


def running(component: str, context: Context) -> Decision:
    """Pass if the component runs on this node, notapplicable if it certainly does not."""
    processes = context.processes(component)
    if isinstance(processes, Unavailable):
        return decided(Outcome.ERROR, processes.reason)
    if processes:
        return decided(Outcome.PASS)
    return decided(Outcome.NOTAPPLICABLE, f"{component} does not run on this node.")


def _process(test: ProcessTest, context: Context) -> Decision:
    decision = running(test.name, context)
    if decision.outcome is Outcome.ERROR:
        return decision
    runs = decision.outcome is Outcome.PASS
    words = {True: "runs", False: "does not run"}
    evidence = Evidence(
        fact=test.name, source="process table", observed=words[runs], expected=words[test.running]
    )
    return decided(
        Outcome.PASS if runs is test.running else Outcome.FAIL,
        f"{test.name} {words[runs]} on this node.",
        evidence=(evidence,),
    )


def _setting(test: SettingTest, context: Context) -> Decision:
    component = test.name.partition("/")[0]
    processes = context.processes(component)
    if isinstance(processes, Unavailable):
        return decided(Outcome.ERROR, processes.reason)
    if not processes:
        return running(component, context)
    return all_of(_setting_of(test, process, context) for process in processes)


def _setting_of(test: SettingTest, process: Process, context: Context) -> Decision:
    value = context.setting(test.name, process)
    if isinstance(value, Unavailable):
        return decided(Outcome.ERROR, value.reason)
    if test.operator == "differs_from":
        return _differs(test, value, process, context)
    kind = _kind(test.name, context)
    holds = {satisfies(test, alternative, kind) for alternative in value.values}
    expected = describe(test)
    observed = value.text or "not set"
    evidence = Evidence(fact=test.name, source=value.source, observed=observed, expected=expected)
    if len(holds) > 1:
        return decided(
            Outcome.ERROR,
            f"{test.name} is not set, its default depends on the Kubernetes version, and that is not known.",
            evidence=(evidence,),
        )
    reason = f"{test.name} is {_short(observed)} ({value.source})"
    if holds == {True}:
        return decided(Outcome.PASS, f"{reason}.", evidence=(evidence,))
    return decided(
        Outcome.FAIL,
        f"{reason}, expected {_short(expected)}.",
        evidence=(evidence,),
        faults=(_fault(test, value, process),),
    )


def _short(text: str, limit: int = 100) -> str:
    """A long list by its beginning; the evidence has it in full."""
    return text if len(text) <= limit else f"{text[:limit].rpartition(',')[0] or text[:limit]}, ..."


def _fault(test: SettingTest, value: Effective, process: Process) -> Fault:
    return Fault(test=test, layer=value.layer, source=value.source, observed=value.text, process=process)


def _kind(name: str, context: Context) -> SettingType:
    component, _, setting = name.partition("/")
    return next(entry.type for entry in context.components[component].settings if entry.name == setting)


def _differs(test: SettingTest, value: Effective, process: Process, context: Context) -> Decision:
    """Two settings that name files differ if the certificates in these files do, not merely their paths."""
    assert test.differs_from is not None
    others = context.processes(test.differs_from.partition("/")[0])
    if isinstance(others, Unavailable) or not others:
        reason = f"{test.differs_from} can't be compared: its component is not visible on this node."
        return decided(Outcome.UNKNOWN, reason)
    return all_of(_differs_from(test, value, process, other, context) for other in others)


def _differs_from(
    test: SettingTest, value: Effective, process: Process, other: Process, context: Context
) -> Decision:
    assert test.differs_from is not None
    against = context.setting(test.differs_from, other)
    if isinstance(against, Unavailable):
        return decided(Outcome.ERROR, against.reason)
    evidence = (
        Evidence(
            fact=test.name,
            source=value.source,
            observed=value.text or "not set",
            expected=f"not the same as {test.differs_from} ({against.text or 'not set'})",
        ),
    )
    if set(value.values) & {*against.values, ""}:
        return decided(
            Outcome.FAIL,
            f"{test.name} is {value.text or 'not set'}, and {test.differs_from} is "
            f"{against.text or 'not set'}.",
            evidence=evidence,
            faults=(_fault(test, value, process),),
        )
    mine, theirs = _certificate(value, process, context), _certificate(against, other, context)
    if mine is None or theirs is None:
        reason = f"The certificates of {test.name} and {test.differs_from} could not be compared."
        return decided(Outcome.UNKNOWN, reason, evidence=evidence)
    if mine == theirs:
        return decided(
            Outcome.FAIL,
            f"{value.text} and {against.text} hold the same certificate.",
            evidence=evidence,
            faults=(_fault(test, value, process),),
        )
    reason = f"{value.text} and {against.text} hold different certificates."
    return decided(Outcome.PASS, reason, evidence=evidence)


def _certificate(value: Effective, process: Process, context: Context) -> object:
    files = context.node.files if context.node else {}
    fact = files.get(process.root + value.text) or files.get(value.text)
    return fact.certificate if isinstance(fact, FileMeta) else None
