"""A hardening plan: what would change on one machine, exactly, why, at which risk, and what is left out.

A step is about one object of the machine (a path, a unit, a package, a running parameter), whatever number of
recommendations asks for it, so that each step can be undone on its own. `operations` say what is wanted,
`changes` what that means on this machine: its state before, which must still hold when the plan is applied,
and after.
"""

import re
from typing import Final, Literal, TypeAlias

from trueline.model.base import Model
from trueline.model.facts import Tool
from trueline.model.operation import NAME, PARAMETER, Operation, check_mode, check_path
from trueline.model.results import Outcome

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
PLAN_SCHEMA: Final = "trueline.dev/hardening-plan/v1"


class FileState(Model, frozen=True, kw_only=True):
    """What is at a path: `mode` octal with four digits, `digest` a SHA-256 of a file's content.

    `owner` and `group` are the machine's names of `uid` and `gid`, "" where it has none. `target` is the text
    of a link.
    """

    kind: Literal["file", "directory", "link"]
    mode: str = ""
    uid: int = 0
    gid: int = 0
    owner: str = ""
    group: str = ""
    digest: str = ""
    target: str = ""

    def __post_init__(self) -> None:
        if self.mode:
            check_mode(self.mode)


class FileChange(Model, frozen=True, kw_only=True, tag_field="change", tag="file"):
    """A path before and after; None where nothing is there.

    `path` has no links in its directories. `diff` is a unified diff of the content, in which secrets are
    taken out; `text` is the whole new content, None where the content stays, holds secrets, is long or is no
    text.
    """

    path: str
    before: FileState | None
    after: FileState | None
    diff: str = ""
    text: str | None = None

    def __post_init__(self) -> None:
        check_path(self.path)


class ParameterChange(Model, frozen=True, kw_only=True, tag_field="change", tag="parameter"):
    """A running kernel parameter before and after."""

    key: str
    before: str
    after: str

    def __post_init__(self) -> None:
        if not PARAMETER.fullmatch(self.key) or ".." in self.key:
            raise ValueError(f"{self.key!r} is no kernel parameter")


class PackageChange(Model, frozen=True, kw_only=True, tag_field="change", tag="package"):
    """A package; `before` and `after` are its version, "" where it is not installed, "any" for a new one."""

    name: str
    manager: Literal["dpkg", "rpm"]
    before: str
    after: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):  # the package manager would take it for an option
            raise ValueError(f"{self.name!r} is no name of a package")


Change: TypeAlias = FileChange | ParameterChange | PackageChange

ActionKind = Literal[
    "daemon-reload", "load-audit-rules", "make-boot-menu", "reload", "restart", "start", "stop"
]


class Action(Model, frozen=True, kw_only=True):
    """What takes up changed files, once, after all steps: a unit's reload or restart, or a program's."""

    kind: ActionKind
    unit: str = ""

    def __post_init__(self) -> None:
        if self.unit and not NAME.fullmatch(self.unit):
            raise ValueError(f"{self.unit!r} is no name of a unit")


class Step(Model, frozen=True, kw_only=True):
    """One object's change. `recommendations` are numbers, `rules` ids. `reboot`: holds after the next boot.

    `risks` say in plain words what may stop working.
    """

    id: str
    title: str
    operations: tuple[Operation, ...]
    changes: tuple[Change, ...]
    recommendations: tuple[str, ...]
    rules: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    reboot: bool = False
    actions: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is no id of a step")


class LeftOut(Model, frozen=True, kw_only=True):
    """A recommendation, or a part of it (`partly`), that this plan does not change, and why.

    It fails, or the system's vendor leaves it out deliberately, whatever its `outcome` is.
    """

    number: str
    title: str
    reasons: tuple[str, ...]
    outcome: Outcome = Outcome.FAIL
    partly: bool = False


class Promise(Model, frozen=True, kw_only=True, omit_defaults=False):
    """A failing recommendation: its outcome now, after the plan was applied, and after the boot that follows.

    `error` is promised where a fact will still be missing on this machine, such as a running value of a tree
    that does not run. `steps` are ids.
    """

    number: str
    title: str
    level: int
    counts: bool
    before: Outcome
    after: Outcome
    after_reboot: Outcome
    steps: tuple[str, ...]


class Reach(Model, frozen=True, kw_only=True, omit_defaults=False):
    """How much of the scored recommendations of the level holds: now, promised, and by whose decision not.

    `scored` counts those that apply here and can be judged by facts. `holding` pass now. `reinforced` will
    hold by the plan at the latest after a boot, those that already do included; `unseen` of them can't be
    confirmed on this machine. `left_out` are the rest. `vendor_reinforced` of `vendor_scored` is what the
    system's vendor says its own hardening covers, 0 where the benchmark does not tell.
    """

    level: int
    scored: int
    holding: int
    reinforced: int
    unseen: int
    left_out: int
    vendor_reinforced: int = 0
    vendor_scored: int = 0

    @property
    def percent(self) -> float:
        """Reinforced of scored."""
        return 100.0 * self.reinforced / self.scored if self.scored else 0.0


class PlanHead(Model, frozen=True, kw_only=True):
    """What the plan was made for: benchmark, profile, level, numbers; and from: machine, root, content."""

    benchmark: str
    title: str
    version: str
    benchmark_digest: str
    machine: str
    operating_system: str
    root: str
    profile: str = ""
    level: int = 0
    only: tuple[str, ...] = ()
    made_at: str = ""
    kubernetes: bool = False


class Plan(Model, frozen=True, kw_only=True, omit_defaults=False):
    """One machine's plan. `made_from` is a digest of all states before, `digest` one of the plan itself."""

    schema: Literal["trueline.dev/hardening-plan/v1"]
    tool: Tool
    head: PlanHead
    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...]
    promises: tuple[Promise, ...]
    reach: Reach
    passed: int
    maximum: int
    promised: int
    made_from: str
    digest: str = ""
    notices: tuple[str, ...] = ()
