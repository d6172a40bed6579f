"""Reads a definitions.yaml of linux-bench, kube-bench's sibling for operating systems."""

from trueline.kubebench.compare import compare
from trueline.kubebench.controls import TestItem, Tests
from trueline.kubebench.fields import Fields, read_yaml
from trueline.kubebench.regexes import BadPattern, compiled
from trueline.model.base import Model

_COMMANDS = ("", "audit")
Constraints = dict[str, tuple[str, ...]]


class LinuxAudit(Model, frozen=True, kw_only=True):
    """One way to judge a check. `plugin` names an audit type that is no shell script."""

    audit: str = ""
    plugin: str = ""
    type: str = ""
    tests: Tests | None = None
    remediation: str = ""
    constraints: Constraints = {}


class LinuxCheck(Model, frozen=True, kw_only=True):
    """One numbered check; of several `audits` the first counts whose constraints the host meets."""

    id: str = ""
    text: str = ""
    type: str = ""
    scored: bool = False
    multiple: bool = False
    remediation: str = ""
    audits: tuple[LinuxAudit, ...] = ()
    divided: bool = False


class LinuxGroup(Model, frozen=True, kw_only=True):
    """A heading with its checks, for hosts that meet its constraints."""

    id: str = ""
    text: str = ""
    type: str = ""
    constraints: Constraints = {}
    checks: tuple[LinuxCheck, ...] = ()


class LinuxControls(Model, frozen=True, kw_only=True):
    """One definitions.yaml."""

    id: str = ""
    version: str = ""
    text: str = ""
    groups: tuple[LinuxGroup, ...] = ()
    file: str = ""


def load_linux(text: str, file: str) -> LinuxControls:
    """The controls of a definitions.yaml. Raises ContentError with file and line."""
    top = Fields(read_yaml(text, file), file, "the file")
    return LinuxControls(
        id=top.text("id"),
        version=top.text("version"),
        text=top.text("description"),
        groups=tuple(_group(entry) for entry in top.list("groups")),
        file=file,
    )


def _group(fields: Fields) -> LinuxGroup:
    return LinuxGroup(
        id=fields.text("id"),
        text=fields.text("description"),
        type=fields.text("type"),
        constraints=_constraints(fields),
        checks=tuple(_check(entry) for entry in fields.list("checks")),
    )


def _check(fields: Fields) -> LinuxCheck:
    divided = fields.has("sub_checks")
    parts = [entry.fields("check") for entry in fields.list("sub_checks")] if divided else [fields]
    return LinuxCheck(
        id=fields.text("id"),
        text=fields.text("description"),
        type=fields.text("type"),
        scored=fields.flag("scored"),
        multiple=fields.flag("use_multiple_values"),
        remediation=fields.text("remediation"),
        audits=tuple(_audit(part, limited=divided) for part in parts),
        divided=divided,
    )


def _audit(fields: Fields, *, limited: bool) -> LinuxAudit:
    kind = fields.text("audit_type")
    plugin = kind if kind not in _COMMANDS else ""
    return LinuxAudit(
        audit="" if plugin else fields.text("audit"),
        plugin=plugin,
        type=fields.text("type"),
        tests=_tests(fields.fields("tests")) if fields.has("tests") else None,
        remediation=fields.text("remediation"),
        constraints=_constraints(fields) if limited else {},
    )


def _constraints(fields: Fields) -> Constraints:
    below = fields.fields("constraints")
    return {key: below.texts(key) for key in below.names()}


def _tests(fields: Fields) -> Tests:
    bin_op = fields.text("bin_op")
    if bin_op not in ("", "and", "or"):
        fields.fail(f"unknown binary operator {bin_op!r}", fields.line_of("bin_op"))
    return Tests(bin_op=bin_op, items=tuple(_item(entry) for entry in fields.list("test_items")))


def _item(fields: Fields) -> TestItem:
    below = fields.fields("compare")
    item = TestItem(
        flag=fields.text("flag"),
        path=fields.text("path"),
        set=fields.flag("set", default=True),
        op=below.text("op"),
        value=below.text("value"),
    )
    try:
        compiled(item.flag)
        compiled(item.value if item.op == "regex" else "")
    except BadPattern as error:
        fields.fail(str(error), fields.line_of("flag"))
    if item.op and not compare(item.op, "", item.value, "").expected:
        below.fail(f"unknown operator {item.op!r}", below.line_of("op"))
    return item
