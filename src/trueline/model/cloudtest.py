"""What a rule asserts of a cloud's answer."""

import re
from typing import Literal

from trueline.model.cloud import CloudKind
from trueline.model.predicate import Predicate
from trueline.model.setting import SettingType

_STEP = r"[\w-]+(?:\[(?:\*|[\w-]+=[\w-]+)\])?"
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*", re.ASCII)


class CloudTest(Predicate, frozen=True, kw_only=True):
    """Every value at `path` in each dump of this kind fulfils the predicate.

    `path` is dotted; behind the name of a list "[*]" stands for all its members, "[enabled=true]" for those
    with this value. For type list, all that is found makes up one list. `absent` says what a missing value
    means. With `enough` false a value as wanted proves nothing yet: a person has to look at the rest.
    """

    kind: CloudKind
    path: str
    type: SettingType
    absent: Literal["fail", "pass", "notapplicable", "unknown"] = "unknown"
    enough: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is no path such as cluster.logging[*].types")
