"""The one place where the effective value of a component's setting is determined."""

from trueline.evaluate.derived import DERIVED
from trueline.evaluate.layers import plain
from trueline.evaluate.sources import Effective, Sources
from trueline.evaluate.versions import minor
from trueline.model.facts import NodeFacts, Process, Unavailable
from trueline.model.setting import Component, Setting

__all__ = ["Effective", "effective"]


def effective(
    node: NodeFacts, component: Component, name: str, process: Process, version: str | None
) -> Effective | Unavailable:
    """The value of the setting `name` that counts for `process`, and the layer that it comes from.

    `version` is the Kubernetes version, None if it is not known. A value that can't be known, because a
    file is missing or an argument makes no sense, is Unavailable with the reason, never a default. Raises
    KeyError for a name that the component does not have.
    """
    sources = Sources(node, component, process, minor(version))
    setting = sources.named(name)
    return _out_of_sight(sources, setting) or DERIVED.get(setting.derived, plain)(sources, setting)


def _out_of_sight(sources: Sources, setting: Setting) -> Unavailable | None:
    """Why this setting, or none of the process's settings, can be known, if that is so."""
    component, process = sources.component, sources.process
    for name in ("arguments", *(f"--{flag}" for flag in setting.all_flags)):
        if fact := process.unread.get(name):
            what = f"{'The flags' if name == 'arguments' else name} of {component.component}"
            reason = f"{what}, in process {process.pid}, can't be known: {fact.reason}"
            return Unavailable(kind=fact.kind, reason=reason)
    for argument in sources.given(component.opaque_flags):
        return Unavailable(
            kind="not-collected",
            reason=f"{component.component} takes its settings from the file that --{argument.name} names, "
            "which is not read.",
        )
    unread = process.unread.get("environment") if component.env_prefix else None
    if unread and not sources.text_of(component.config_flag):  # that file would exclude all variables
        return Unavailable(
            kind=unread.kind,
            reason=f"The environment of process {process.pid}, which may set {component.component}'s "
            f"settings, is not known: {unread.reason}",
        )
    return None
