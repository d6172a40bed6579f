"""A hardening plan as one HTML file that holds everything: no network, no script."""

from trueline.model.plan import Plan
from trueline.report.html import content_security_policy, environment, resource
from trueline.report.plan_text import diff_of, facts, notes_of


def render(plan: Plan) -> str:
    """The page; all text of the machine is escaped."""
    from markupsafe import Markup

    style = resource("report.css")
    return (
        environment()
        .get_template("plan.html")
        .render(
            plan=plan,
            policy=content_security_policy(style, ""),
            style=Markup(style),  # noqa: S704  package data, no text from outside
            facts=facts(plan),
            notes={step.id: notes_of(step) for step in plan.steps},
            diffs={step.id: diff_of(step) for step in plan.steps},
        )
    )
