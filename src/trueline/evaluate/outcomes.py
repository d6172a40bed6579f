"""Evaluates a benchmark: one result per recommendation, each with its evidence and remediation."""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from trueline.evaluate.algebra import decide, running
from trueline.evaluate.cloud import answered, cloud_kinds
from trueline.evaluate.context import Context
from trueline.evaluate.decision import Decision, all_of, decided
from trueline.evaluate.objects import show_objects
from trueline.evaluate.remedy import Remedy, joined, lasting, remedy
from trueline.evaluate.words import how_checked
from trueline.model.benchmark import Benchmark, Recommendation, Section
from trueline.model.profile import Exclusion
from trueline.model.results import Disposition, Outcome, Result
from trueline.model.rule import Rule, bind

_KEEP_THE_ANSWER = (
    "Nothing can be changed from here. Keep the provider's answer, such as an audit report, a published "
    "configuration or the output of its API, with its date beside this assessment."
)


def evaluate(
    benchmark: Benchmark,
    rules: Mapping[str, Rule],
    context: Context,
    left_out: Mapping[tuple[str, str], Exclusion] = MappingProxyType({}),
) -> tuple[Result, ...]:
    """A result for each recommendation, in the benchmark's order. Pure and total: no clock, no I/O.

    For what is `left_out` (by target and number) no fact is looked at.
    """
    return tuple(
        _excluded(section, entry, rules, context, left_out[key])
        if (key := (section.target, entry.number)) in left_out
        else _recommendation(section, entry, rules, context)
        for section, entry in benchmark.recommendations()
    )


def judge(rule: Rule, context: Context) -> Decision:
    """What one rule, its parameters bound, gives on this target."""
    if rule.component in context.components:
        here = running(rule.component, context)
        if here.outcome is Outcome.NOTAPPLICABLE:
            return here
    if rule.applies is not None:
        applies = decide(rule.applies, context)
        if applies.outcome is Outcome.FAIL:
            return decided(Outcome.NOTAPPLICABLE, applies.reason, evidence=applies.evidence)
        if applies.outcome is not Outcome.PASS:
            return applies
    if rule.test is None or (cloud_kinds(rule.test) and not answered(rule.test, context.cloud)):
        shown = show_objects(rule.show, context)
        return decided(Outcome.NOTCHECKED, rule.look_at, evidence=shown)
    decision = decide(rule.test, context)
    if decision.outcome is Outcome.NOTCHECKED:  # all that is known is as wanted, but not all is known
        return decided(Outcome.NOTCHECKED, rule.look_at, evidence=decision.evidence)
    return decision


def _recommendation(
    section: Section, entry: Recommendation, rules: Mapping[str, Rule], context: Context
) -> Result:
    bound = [bind(rules[name], given) for name, given in entry.rules.items()]
    hidden = _of_provider(entry, bound, context) and not any(_visible(rule, context) for rule in bound)
    decisions = [
        _ask(rule) if hidden and not answered(rule.test, context.cloud) else judge(rule, context)
        for rule in bound
    ]
    verdict = all_of(decisions)
    hidden = hidden and verdict.outcome is Outcome.NOTCHECKED
    mend = Remedy(changes=(_KEEP_THE_ANSWER,)) if hidden else _mend(bound, decisions, verdict, context)
    lasts = lasting(mend.components, context)
    return msgspec.structs.replace(
        _identity(section, entry, bound, context),
        outcome=verdict.outcome,
        reason=verdict.reason,
        evidence=verdict.evidence,
        remediation="\n".join(part for part in (*mend.changes, lasts) if part),
        lasting=lasts,
        disposition=_disposition(entry, hidden=hidden),
    )


def _excluded(
    section: Section,
    entry: Recommendation,
    rules: Mapping[str, Rule],
    context: Context,
    exclusion: Exclusion,
) -> Result:
    bound = [bind(rules[name], given) for name, given in entry.rules.items()]
    return msgspec.structs.replace(
        _identity(section, entry, bound, context), outcome=exclusion.outcome, reason=exclusion.reason
    )


def meaning(entry: Recommendation, rules: Sequence[Rule]) -> str:
    """A digest of what a recommendation asserts; its number is no part, so that it outlives renumbering."""
    asserted = [(rule.id, rule.parameters, rule.applies, rule.test) for rule in rules]
    text = msgspec.json.encode((entry.scored, entry.automated, asserted), order="deterministic")
    return hashlib.sha256(text).hexdigest()[:16]


def _identity(section: Section, entry: Recommendation, rules: Sequence[Rule], context: Context) -> Result:
    """What a result says of its recommendation whatever the facts are; its `rules` are bound."""
    first = rules[0]
    return Result(
        number=entry.number,
        title=entry.title or first.title,
        target=section.target,
        section=section.number,
        level=entry.level,
        scored=entry.scored,
        automated=entry.automated,
        rules=tuple(entry.rules),
        outcome=Outcome.NOTCHECKED,
        reason="",
        why=first.why,
        audit=how_checked(rules, context.components, context.platform),
        impact=" ".join(dict.fromkeys(rule.impact for rule in rules if rule.impact)),
        references=tuple(dict.fromkeys(name for rule in rules for name in rule.references)),
        severity=entry.severity or first.severity,
        component=first.component,
        uncertain=entry.uncertain,
        meaning=meaning(entry, rules),
    )


def _disposition(entry: Recommendation, *, hidden: bool) -> Disposition:
    if hidden:
        return "provider-owned"
    return "required" if entry.scored and entry.automated else "informational"


def _of_provider(entry: Recommendation, rules: list[Rule], context: Context) -> bool:
    """Whether the document or the platform says that the provider runs all that is judged here."""
    return entry.owner == "provider" or all(rule.component in context.platform.provider for rule in rules)


def _visible(rule: Rule, context: Context) -> bool:
    """Whether the rule's component can be seen on this node; what could not be read counts as seen."""
    return context.node is not None and context.processes(rule.component) != ()


def _ask(rule: Rule) -> Decision:
    wanted = rule.look_at or f'evidence that "{rule.title}" holds.'
    reason = f"The provider runs {rule.component} and shows nothing of it here. Ask the provider: {wanted}"
    return decided(Outcome.NOTCHECKED, reason)


def _mend(rules: list[Rule], decisions: list[Decision], verdict: Decision, context: Context) -> Remedy:
    if verdict.outcome in {Outcome.PASS, Outcome.NOTAPPLICABLE}:
        return Remedy()
    return joined(
        remedy(rule, decision, context)
        for rule, decision in zip(rules, decisions, strict=True)
        if decision.outcome is verdict.outcome
    )
