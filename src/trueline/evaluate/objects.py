"""Judges searches among API objects: nothing found is a pass, if all that matters could be listed."""

from collections.abc import Iterable

from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, Fault, decided
from trueline.evaluate.kube import Finding, Search, needs, search
from trueline.model.results import NONE_SUCH, Evidence, Outcome
from trueline.model.rule import KubeTest

SHOWN = 20
NO_CLUSTER = "No cluster was examined: name one with --kubeconfig."


def judge_objects(test: KubeTest, context: Context) -> Decision:
    """Findings fail; lists that could not be read, or an enforcement that can't be seen, forbid a pass."""
    if context.cluster is None:
        return decided(Outcome.UNKNOWN, NO_CLUSTER)
    missing = _missing(test, context)
    if missing:
        return decided(Outcome.ERROR, missing)
    found = search(test.find, test.given, context.index)
    evidence = _evidence(found, test)
    if found.findings:
        return decided(
            Outcome.FAIL,
            _summary(found.findings),
            evidence=evidence,
            faults=(Fault(test=test),),
        )
    if found.undecided:
        return decided(Outcome.UNKNOWN, found.undecided, evidence=evidence)
    return decided(Outcome.PASS, f"Nothing was found among {found.looked_at}.", evidence=evidence)


def show_objects(test: KubeTest | None, context: Context) -> tuple[Evidence, ...]:
    """What a search found, as evidence for the person who decides."""
    if test is None or context.cluster is None or _missing(test, context):
        return ()
    return _evidence(search(test.find, test.given, context.index), test)


def _missing(test: KubeTest, context: Context) -> str:
    assert context.cluster is not None
    unavailable = context.cluster.unavailable
    lists = [name for name in needs(test.find, test.given) if name in unavailable]
    return " ".join(f"{name} could not be listed: {unavailable[name]}" for name in lists)


def _summary(findings: tuple[Finding, ...]) -> str:
    names = list(dict.fromkeys(finding.object for finding in findings))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{len(names)} found: {', '.join(names[:3])}{more}."


def _evidence(found: Search, test: KubeTest) -> tuple[Evidence, ...]:
    return (
        *_listed(found.findings, found.looked_at, NONE_SUCH),
        *_listed(found.context, f"{found.looked_at} (context)", "for information"),
    ) or (Evidence(fact=test.find, source=found.looked_at, observed="none", expected="none"),)


def _listed(findings: Iterable[Finding], source: str, expected: str) -> list[Evidence]:
    listed = list(findings)
    shown = [
        Evidence(fact=one.object, source=source, observed=one.detail, expected=expected)
        for one in listed[:SHOWN]
    ]
    if len(listed) > SHOWN:
        rest = f"{len(listed)} in all; the first {SHOWN} are listed"
        shown.append(Evidence(fact="count", source=source, observed=rest, expected=expected))
    return shown
