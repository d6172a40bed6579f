"""A hardening plan as Markdown, for change requests and pull requests."""

from collections.abc import Iterator

from trueline.model.plan import Plan, Step
from trueline.report.markdown import fenced, table, text
from trueline.report.plan_text import diff_of, facts, notes_of


def render(plan: Plan) -> str:
    """Facts, each step with its diff and risks, what is left out, what will hold."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield from (f"# Hardening plan: {text(plan.head.title)}: {text(plan.head.machine)}", "")
    for notice in plan.notices:
        yield from (f"> **Notice:** {text(notice)}", "")
    yield from table(
        ("About this plan", ""), ((text(label), text(value)) for label, value in facts(plan).items())
    )
    yield from (f"## What would change ({len(plan.steps)} steps)", "")
    for step in plan.steps:
        yield from _step(step)
    yield from ("## What is left out", "")
    rows = [(one.number, text(one.title), text(" ".join(one.reasons))) for one in plan.left_out]
    yield from table(("Number", "Recommendation", "Why it stays"), rows) if rows else ("Nothing.", "")
    yield from ("## What will hold", "")
    held = [
        (text(one.number), text(one.title), one.after.value, one.after_reboot.value, ", ".join(one.steps))
        for one in plan.promises
    ]
    yield from table(("Number", "Recommendation", "After the plan", "After the next boot", "Steps"), held)


def _step(step: Step) -> Iterator[str]:
    yield from (f"### {step.id} {text(step.title)}", "", f"For {text(', '.join(step.recommendations))}.", "")
    notes = notes_of(step)
    yield from (f"- {text(note)}" for note in notes)
    yield from ("",) if notes else ()
    if shown := diff_of(step):
        yield from (*fenced(shown), "")
