"""Searches for namespaces whose admission would let in what a recommendation wants kept out."""

from collections.abc import Iterable

from trueline.evaluate.kube.base import (
    PLATFORM_NAMESPACES,
    Finding,
    Given,
    Index,
    Search,
    ordered,
    place,
    some,
)
from trueline.evaluate.kube.controls import CONTROLS, Control
from trueline.evaluate.kube.pods import NO_NAMESPACES, pods_looked_at
from trueline.evaluate.kube.standards import Standards, Verdict
from trueline.evaluate.kube.units import Unit, containers, judge
from trueline.model.cluster import AdmissionPolicy, Webhook, WebhookRule

# Any policy at all: what the baseline level asks for, whatever pods do.
_MECHANISM = Control("pods against the baseline standard", "baseline", lambda _spec: ())


def search_admitted(index: Index, given: Given) -> Search:
    """Namespaces with user workloads into which admission would let what `control` names.

    Where Pod Security admission doesn't forbid it, running offenders prove that nothing else does either;
    without any, another admission webhook or policy for pods leaves it undecided.
    """
    return _search(index, CONTROLS[given["control"][0]])


def search_unguarded(index: Index, _given: Given) -> Search:
    """Namespaces with user workloads in which no pod security standard is enforced."""
    return _search(index, _MECHANISM)


def _search(index: Index, control: Control) -> Search:
    standards, others = Standards(index), other_guards(index)
    offenders = _offenders(index, control)
    verdicts = {name: standards.verdict(name, control) for name in _namespaces(index)}
    findings, open_questions, context = [], [], []
    for name, verdict in verdicts.items():
        running = offenders.pop(name, [])
        if verdict.answer == "forbidden":
            context += [Finding(object=one.object, detail=f"{one.detail}; {verdict.why}") for one in running]
        elif running or (verdict.answer == "admitted" and not others and _in_use(index, name)):
            findings.append(_finding(name, verdict, running))
        else:
            open_questions.append(name)
    context += [one for listed in offenders.values() for one in listed]
    return Search(
        findings=ordered(findings),
        looked_at=pods_looked_at(index),
        undecided=_undecided(index, control, {name: verdicts[name] for name in open_questions}, others),
        context=ordered(context),
    )


def _namespaces(index: Index) -> list[str]:
    """Those of users that run something; all of users' while none does."""
    listed = sorted((set(index.namespaces) | set(index.units_by_namespace)) - PLATFORM_NAMESPACES)
    return [name for name in listed if _in_use(index, name)] or listed


def _in_use(index: Index, namespace: str) -> bool:
    return namespace in index.units_by_namespace


def _offenders(index: Index, control: Control) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for unit, detail in judge(index.units, lambda unit: control.check(unit.spec)):
        found.setdefault(unit.namespace, []).append(Finding(object=unit.object, detail=detail))
    return found


def _finding(namespace: str, verdict: Verdict, running: list[Finding]) -> Finding:
    shown = [f"{one.object} ({one.detail})" for one in ordered(running)]
    more = f", and {len(shown) - 3} more" if len(shown) > 3 else ""
    tail = f"; running: {', '.join(shown[:3])}{more}" if shown else ""
    return Finding(object=place("Namespace", "", namespace), detail=verdict.why + tail)


def _undecided(index: Index, control: Control, unsettled: dict[str, Verdict], others: tuple[str, ...]) -> str:
    if not index.namespaces:
        return NO_NAMESPACES
    if not unsettled:
        return ""
    names = some(unsettled)
    unknown = sorted({verdict.why for verdict in unsettled.values() if verdict.answer == "unknown"})
    if unknown:
        return f"Whether admission refuses {control.noun} in {names} is open: {'; '.join(unknown)}."
    if others:
        return (
            f"Pod Security admission does not refuse {control.noun} in {names}, but {some(others, 3)} may: "
            "what it decides can't be told from here."
        )
    return f"No namespace of users runs anything yet; {control.noun} would be admitted in {names}."


def other_guards(index: Index) -> tuple[str, ...]:
    """Validating webhooks and admission policies that see pods before they are made."""
    cluster = index.cluster
    webhooks = [
        place("ValidatingWebhookConfiguration", "", configuration.metadata.name)
        for configuration in cluster.validating_webhooks
        if any(map(_sees_pods, configuration.webhooks or ()))
    ]
    denying = {one.spec.policy_name for one in cluster.admission_policy_bindings if _denies(one)}
    policies = [
        place("ValidatingAdmissionPolicy", "", policy.metadata.name)
        for policy in cluster.admission_policies
        if policy.metadata.name in denying and _covers_pods(policy)
    ]
    return tuple(sorted({*webhooks, *policies}))


def _sees_pods(webhook: Webhook) -> bool:
    return _match_pods(webhook.rules or ())


def _covers_pods(policy: AdmissionPolicy) -> bool:
    constraints = policy.spec.match_constraints
    return constraints is None or _match_pods(constraints.resource_rules or ())


def _denies(binding: AdmissionPolicy) -> bool:
    return "Deny" in (binding.spec.validation_actions or ())


def _match_pods(rules: Iterable[WebhookRule]) -> bool:
    return any(
        {"", "*"} & set(rule.api_groups or ())
        and {"pods", "*", "*/*", "pods/*"} & set(rule.resources or ())
        and {"CREATE", "*"} & set(rule.operations or ())
        for rule in rules
    )


def search_image_origins(index: Index, _given: Given) -> Search:
    """Evidence for a person: what else judges new pods, and images that only a tag names.

    Whoever may push to a registry can move a tag, but not a digest.
    """
    guards = [Finding(object=name, detail="judges pods before they are made") for name in other_guards(index)]
    judged = judge(index.units, _unpinned)
    images = [Finding(object=unit.object, detail=detail) for unit, detail in judged]
    return Search(looked_at=pods_looked_at(index), context=(*ordered(guards), *ordered(images)))


def _unpinned(unit: Unit) -> tuple[str, ...]:
    images = sorted({one.image for one in containers(unit.spec)})
    return tuple(f"image {image} has no digest" for image in images if "@sha256:" not in image)
