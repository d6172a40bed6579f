"""Rules: technical assertions in a small closed test language."""

import re
from typing import Any, Literal, TypeAlias

import msgspec

from trueline.model.base import Strict
from trueline.model.cloudtest import CloudTest
from trueline.model.hosttest import (
    AccountsTest,
    AideTest,
    ApparmorTest,
    AuditRuleTest,
    BannerTest,
    BootArgumentTest,
    BootPasswordTest,
    ConfigTest,
    CryptoPolicyTest,
    DaemonTest,
    DconfTest,
    FilesTest,
    FirewalldTest,
    FirewallTest,
    InterfaceTest,
    ListenTest,
    LoginDefsTest,
    ModuleTest,
    MountTest,
    OneServiceTest,
    PackageTest,
    PamTest,
    ScheduleTest,
    SelinuxTest,
    ServiceTest,
    SshdTest,
    SudoRuleTest,
    SudoTest,
    SysctlTest,
    WalkTest,
)
from trueline.model.predicate import Predicate

Severity = Literal["critical", "high", "medium", "low", "info"]


_MODE = re.compile(r"[0-7]{3,4}|\$[\w-]+")  # a rule's own parameter until it is bound


class SettingTest(Predicate, frozen=True, kw_only=True):
    """The effective value of `name` ("kube-apiserver/anonymous-auth") fulfils the predicate."""

    name: str


class FileTest(Strict, frozen=True, kw_only=True):
    """Each file that the platform knows by `name` has at most this mode, this owner, or exists.

    `path` is a literal path instead, in which the last part may be a shell pattern; "/**" at the end means
    all regular files below.
    `mode_at_most` is octal text; a mode passes when it has no bit outside it. `owner` is "user:group",
    several alternatives separated by a blank. `absent` says what a missing file means: for most files, that
    the recommendation does not apply.
    """

    name: str = ""
    path: str = ""
    mode_at_most: str | None = None
    owner: str | None = None
    present: bool | None = None
    absent: Literal["notapplicable", "pass", "fail"] = "notapplicable"

    def __post_init__(self) -> None:
        if bool(self.name) is bool(self.path):
            raise ValueError("needs exactly one of name, path")
        if sum(value is not None for value in (self.mode_at_most, self.owner, self.present)) != 1:
            raise ValueError("needs exactly one of mode_at_most, owner, present")
        if self.mode_at_most is not None and not _MODE.fullmatch(self.mode_at_most):
            raise ValueError(f"{self.mode_at_most!r} is no file mode such as 600")


class ProcessTest(Strict, frozen=True, kw_only=True):
    """The component runs on this node, or doesn't."""

    name: str
    running: bool = True


class KubeTest(Strict, frozen=True, kw_only=True):
    """A search among API objects finds nothing.

    `find` names one of the searches of `evaluate/kube`, `given` holds its arguments.
    """

    find: str
    given: dict[str, tuple[str, ...]] = {}


HostTest: TypeAlias = (
    SysctlTest
    | MountTest
    | PackageTest
    | ServiceTest
    | ModuleTest
    | SshdTest
    | LoginDefsTest
    | AuditRuleTest
    | PamTest
    | AccountsTest
    | ConfigTest
    | WalkTest
    | ScheduleTest
    | ListenTest
    | DaemonTest
    | BootArgumentTest
    | BannerTest
    | FirewallTest
    | SelinuxTest
    | CryptoPolicyTest
    | AideTest
    | FirewalldTest
    | OneServiceTest
    | SudoTest
    | SudoRuleTest
    | ApparmorTest
    | BootPasswordTest
    | InterfaceTest
    | DconfTest
    | FilesTest
)
Leaf: TypeAlias = SettingTest | FileTest | ProcessTest | KubeTest | CloudTest | HostTest


class Test(Strict, frozen=True, kw_only=True, rename={"not_": "not"}):
    """One node of a test tree; exactly one key."""

    __test__ = False  # not a test class for pytest

    setting: SettingTest | None = None
    file: FileTest | None = None
    process: ProcessTest | None = None
    kube: KubeTest | None = None
    cloud: CloudTest | None = None
    sysctl: SysctlTest | None = None
    mount: MountTest | None = None
    package: PackageTest | None = None
    service: ServiceTest | None = None
    module: ModuleTest | None = None
    sshd: SshdTest | None = None
    login_defs: LoginDefsTest | None = None
    audit_rule: AuditRuleTest | None = None
    pam: PamTest | None = None
    accounts: AccountsTest | None = None
    config: ConfigTest | None = None
    walk: WalkTest | None = None
    schedule: ScheduleTest | None = None
    listen: ListenTest | None = None
    daemons: DaemonTest | None = None
    boot_argument: BootArgumentTest | None = None
    banner: BannerTest | None = None
    firewall: FirewallTest | None = None
    selinux: SelinuxTest | None = None
    crypto_policy: CryptoPolicyTest | None = None
    aide: AideTest | None = None
    firewalld: FirewalldTest | None = None
    one_service: OneServiceTest | None = None
    sudo: SudoTest | None = None
    sudo_rule: SudoRuleTest | None = None
    apparmor: ApparmorTest | None = None
    boot_password: BootPasswordTest | None = None
    interface: InterfaceTest | None = None
    dconf: DconfTest | None = None
    files: FilesTest | None = None
    all: "tuple[Test, ...] | None" = None
    any: "tuple[Test, ...] | None" = None
    not_: "Test | None" = None

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not None for name in self.__struct_fields__) != 1:
            names = ", ".join(name.rstrip("_") for name in self.__struct_fields__)
            raise ValueError(f"needs exactly one of {names}")


class Rule(Strict, frozen=True, kw_only=True):
    """A technical assertion, defined once and used by many benchmarks.

    `id` is kebab-case and states the desired truth. `component` is who would be changed: a component of
    `content/settings`, or rbac, pods, network, secrets, namespaces, admission. `applies` must hold, else the
    recommendation does not apply. Without a `test`, or where a `cloud` test finds no answer of that cloud's
    API, only a person can decide, and `look_at` says how. Text may use {name} for each of `parameters`,
    tests "$name"; a recommendation may give other values.
    `show` is a search whose findings become evidence for the person who decides; it never decides itself.
    `remediation` adds only what can't be derived from the test and the platform; `impact` says what the
    change may break.
    """

    id: str
    title: str
    why: str
    severity: Severity
    component: str
    test: Test | None = None
    applies: Test | None = None
    show: KubeTest | None = None
    look_at: str = ""
    remediation: str = ""
    impact: str = ""
    parameters: dict[str, str] = {}
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.test is None and not self.look_at:
            raise ValueError("needs a test, or look_at for the person who decides")


class RuleFile(Strict, frozen=True, kw_only=True):
    """`content/rules/<area>.yaml`."""

    rules: tuple[Rule, ...]


class Case(Strict, frozen=True, kw_only=True):
    """Facts in, outcome out: one example that a rule must judge so.

    `node`, `cluster` and `cloud` are parts of a snapshot; see `content/cases.py` for the short forms.
    """

    name: str
    outcome: Literal["pass", "fail", "error", "unknown", "notapplicable", "notchecked"]
    given: dict[str, str] = {}
    node: dict[str, Any] = {}
    cluster: dict[str, Any] | None = None
    cloud: dict[str, Any] = {}


class CaseFile(Strict, frozen=True, kw_only=True):
    """`content/cases/<area>.yaml`: the cases of each rule by its id."""

    cases: dict[str, tuple[Case, ...]]


def bind(rule: Rule, given: dict[str, str]) -> Rule:
    """The rule with its parameters replaced by `given` over its own; raises ValueError on unknown names."""
    if unknown := set(given) - set(rule.parameters):
        raise ValueError(f"rule {rule.id} has no parameter {', '.join(sorted(unknown))}")
    if not rule.parameters:
        return rule
    values = {**rule.parameters, **given}
    raw = msgspec.to_builtins(rule)
    for field in ("test", "applies", "show"):
        if field in raw:
            raw[field] = _substitute(raw[field], values)
    for field in ("title", "why", "look_at", "remediation", "impact"):
        for name, value in values.items():
            raw[field] = raw.get(field, "").replace("{" + name + "}", value)
    return msgspec.convert({**raw, "parameters": values}, Rule)


def _substitute(node: Any, values: dict[str, str]) -> Any:
    match node:
        case dict():
            return {key: _substitute(value, values) for key, value in node.items()}
        case list() | tuple():
            return [part for value in node for part in _spread(_substitute(value, values), value)]
        case str() if node.startswith("$"):
            if node[1:] not in values:
                raise ValueError(f"no parameter named {node[1:]}")
            return values[node[1:]]
        case _:
            return node


def _spread(value: Any, origin: Any) -> list[Any]:
    """A parameter inside a list may hold several members, separated by commas."""
    if isinstance(origin, str) and origin.startswith("$") and isinstance(value, str):
        return value.split(",")
    return [value]
