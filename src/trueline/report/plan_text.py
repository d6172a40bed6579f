"""A hardening plan for the terminal: what would change, at which risk, what stays, what is promised."""

from collections.abc import Iterator

from trueline.evaluate.linux import say
from trueline.model.plan import FileChange, Plan, Step
from trueline.report.safe import visible, wrapped

_WIDTH = 100


def render(plan: Plan) -> str:
    """The plan with the diff of each step."""
    return "\n".join(_lines(plan)) + "\n"


def reach_words(plan: Plan) -> str:
    """ "83 of 170 scored recommendations of level 1 hold now; 121 (71 %) with this plan"."""
    reach = plan.reach
    level = f" of level {reach.level}" if reach.level == 1 else ""
    unseen = f", {reach.unseen} of them can't be confirmed on this machine" if reach.unseen else ""
    return (
        f"{reach.holding} of {reach.scored} scored recommendations{level} hold now, "
        f"{reach.reinforced} ({reach.percent:.0f} %) with this plan{unseen}; {reach.left_out} are left out"
    )


def score_words(plan: Plan) -> str:
    """The score now and right after the plan was applied."""
    return f"{plan.passed} of {plan.maximum} pass now, {plan.promised} will right after the plan is applied"


def vendor_words(plan: Plan) -> str:
    """What the vendor's own hardening covers; "" where the benchmark does not tell."""
    reach = plan.reach
    if not reach.vendor_scored:
        return ""
    return (
        f"The vendor's own hardening covers {reach.vendor_reinforced} of {reach.vendor_scored} scored items"
    )


def facts(plan: Plan) -> dict[str, str]:
    """What the plan is about, by label."""
    head = plan.head
    named = {
        "Machine": f"{head.machine} ({head.operating_system})" if head.operating_system else head.machine,
        "Root": head.root,
        "Profile": head.profile,
        "Reach": reach_words(plan),
        "Score": score_words(plan),
        "Vendor": vendor_words(plan),
        "Made at": head.made_at,
        "Digest": plan.digest,
    }
    return {label: text for label, text in named.items() if text}


def diff_of(step: Step) -> str:
    """The unified diffs of a step's files, or what changes in words."""
    parts = []
    for change in step.changes:
        if isinstance(change, FileChange) and change.diff:
            modes = "" if change.before and change.after and _same(change) else f"# {say.change(change)}\n"
            parts.append(modes + change.diff)
        else:
            parts.append(say.change(change))
    return "\n".join(parts)


def _same(change: FileChange) -> bool:
    """Whether mode and owner stay."""
    assert change.before is not None
    assert change.after is not None
    before, after = change.before, change.after
    return (before.mode, before.uid, before.gid) == (after.mode, after.uid, after.gid)


def notes_of(step: Step) -> list[str]:
    """Risks, what is restarted, and whether a boot is needed."""
    notes = [f"Risk: {risk}" for risk in step.risks]
    notes += [f"Afterwards: {say.action(action)}" for action in step.actions]
    return notes + (["Holds after the next boot."] if step.reboot else [])


def _lines(plan: Plan) -> Iterator[str]:
    yield f"Hardening plan: {visible(plan.head.title)}"
    yield ""
    for label, text in facts(plan).items():
        yield f"  {label + ':':<9} {visible(text)}"
    for notice in plan.notices:
        yield f"  Notice:   {visible(notice)}"
    yield ""
    yield f"STEPS ({len(plan.steps)})"
    for step in plan.steps:
        yield ""
        yield f"{step.id}  {visible(step.title)}"
        yield f"      for {', '.join(step.recommendations)}"
        for note in notes_of(step):
            yield f"      {visible(note)}"
        for line in wrapped(diff_of(step), _WIDTH):
            yield f"      | {line}"
    yield from _left(plan)
    yield from _later(plan)


def _left(plan: Plan) -> Iterator[str]:
    if plan.left_out:
        yield from ("", f"LEFT OUT ({len(plan.left_out)})")
    for one in plan.left_out:
        part = " (in part)" if one.partly else ""
        yield f"  {one.number:<9} {visible(one.title)}{part}"
        for reason in one.reasons:
            yield f"            {visible(reason)}"


def _later(plan: Plan) -> Iterator[str]:
    waiting = [one for one in plan.promises if one.after is not one.after_reboot]
    if waiting:
        yield from ("", "AFTER THE NEXT BOOT")
    for one in waiting:
        yield f"  {one.number:<9} {visible(one.title)}: {one.after_reboot.value}"
