"""Controls as a file defines them; nothing here changes while they are judged."""

from trueline.model.base import Model

TARGETS = ("master", "node", "etcd", "controlplane", "policies", "managedservices")
OPERATORS = (
    "eq",
    "noteq",
    "gt",
    "gte",
    "lt",
    "lte",
    "has",
    "nothave",
    "regex",
    "valid_elements",
    "bitmask",
)


class TestItem(Model, frozen=True, kw_only=True):
    """One expectation. `set` asks for presence or absence; `op` is "" where presence is all that counts."""

    __test__ = False  # not a test class for pytest

    flag: str = ""
    env: str = ""
    path: str = ""
    set: bool = True
    op: str = ""
    value: str = ""


class Tests(Model, frozen=True, kw_only=True):
    """Expectations and how they combine: "and", "or", or "" for and; any other word decides nothing."""

    __test__ = False

    bin_op: str = ""
    items: tuple[TestItem, ...] = ()


class Check(Model, frozen=True, kw_only=True):
    """One numbered check; the audits are shell scripts. `tests` None differs from tests without items.

    `missing` are variables that its scripts use and that stand for nothing.
    """

    id: str = ""
    text: str = ""
    audit: str = ""
    audit_env: str = ""
    audit_config: str = ""
    type: str = ""
    tests: Tests | None = None
    remediation: str = ""
    scored: bool = False
    multiple: bool = False
    missing: tuple[str, ...] = ()
    line: int = 0


class Group(Model, frozen=True, kw_only=True):
    """A heading with its checks; of `type` only "skip" has a meaning."""

    id: str = ""
    text: str = ""
    type: str = ""
    checks: tuple[Check, ...] = ()


class Controls(Model, frozen=True, kw_only=True):
    """One file: what is asked of one target. `notices` say what was repaired on the way in."""

    id: str = ""
    version: str = ""
    text: str = ""
    type: str = ""
    groups: tuple[Group, ...] = ()
    file: str = ""
    notices: tuple[str, ...] = ()
