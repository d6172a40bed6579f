"""Changes to the settings of Kubernetes components, for the change control of those who run the cluster."""

from trueline.model.base import Model
from trueline.model.setting import SettingType


class SettingChange(Model, frozen=True, kw_only=True):
    """One setting's new value, with the recommendations that ask for it.

    `flag` is the flag without dashes, `key` the dotted path in the config file; one of them may be "".
    `by_key`: the component reads a config file, so the change belongs there. `value` None takes the setting
    away. `flag_in_the_way`: a flag sets it today, which overrides the file. `now` is what holds today,
    `impacts` say what the change may break.
    """

    component: str
    setting: str
    type: SettingType
    flag: str
    key: str
    by_key: bool
    flag_in_the_way: bool
    value: str | None
    numbers: tuple[str, ...]
    now: str = ""
    impacts: tuple[str, ...] = ()


class Unwritten(Model, frozen=True, kw_only=True):
    """A failing recommendation about a component's settings for which no value is written, and why."""

    number: str
    component: str
    title: str
    reason: str


class Proposal(Model, frozen=True, kw_only=True):
    """All changes that one assessment asks for. `kubernetes` is the minor version, "" where not known.

    `others` are numbers of failing recommendations that are not about settings.
    """

    benchmark: str
    target: str
    platform: str
    kubernetes: str
    changes: tuple[SettingChange, ...]
    unwritten: tuple[Unwritten, ...] = ()
    others: tuple[str, ...] = ()

    def of(self, component: str) -> tuple[SettingChange, ...]:
        """The changes of one component."""
        return tuple(change for change in self.changes if change.component == component)
