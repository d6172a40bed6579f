"""Reads the text of one controls file, variables already put in, into controls."""

import re

from trueline.kubebench.controls import OPERATORS, Check, Controls, Group, TestItem, Tests
from trueline.kubebench.fields import Fields, read_yaml
from trueline.kubebench.regexes import BadPattern, compiled, env_pattern, flag_pattern
from trueline.kubebench.repairs import mend_operator, mend_path

_AUDITS = ("audit", "audit_env", "audit_config")
_VARIABLE = re.compile(r"\$\{?([a-z]+(?:bin|conf|svc|kubeconfig|cafile|datadir))\b")
# Writes the environment of the one process that BINARY names, one variable a line.
_AUTOMATIC_ENV = "cat \"/proc/$(/bin/ps -C {binary} -o pid= | tr -d ' ')/environ\" | tr '\\0' '\\n'"


def load_controls(
    text: str, *, file: str, target: str, binary: str = "", strict_compat: bool = False
) -> Controls:
    """The controls of one file for `target`.

    `binary` is the only program whose name was put into the text, "" where there are none or several.
    Raises ContentError with file and line; with `strict_compat` an unknown operator is none and nothing is
    mended.
    """
    return _Reader(file, binary, strict_compat).controls(text, target)


def unknown_variables(script: str) -> list[str]:
    """Names with the form of a controls variable that the script uses, but neither sets nor reads."""
    names = dict.fromkeys(_VARIABLE.findall(script))
    return [name for name in names if not re.search(rf"\b{name}=|\b(?:for|read)\b[^\n;|]*\b{name}\b", script)]


class _Reader:
    def __init__(self, file: str, binary: str, strict_compat: bool) -> None:
        self.file = file
        self.binary = binary
        self.strict = strict_compat
        self.notices: list[str] = []

    def notice(self, message: str, line: int) -> None:
        self.notices.append(f"{self.file}:{line}: {message}")

    def controls(self, text: str, target: str) -> Controls:
        top = Fields(read_yaml(text, self.file), self.file, "the file")
        kind = top.text("type")
        if kind != target:
            top.fail(f"non-{target} controls file specified: its type is {kind!r}", top.line_of("type"))
        return Controls(
            id=top.text("id"),
            version=top.text("version"),
            text=top.text("text"),
            type=kind,
            groups=tuple(self.group(entry) for entry in top.list("groups")),
            file=self.file,
            notices=tuple(self.notices),
        )

    def group(self, fields: Fields) -> Group:
        return Group(
            id=fields.text("id"),
            text=fields.text("text"),
            type=fields.text("type"),
            checks=tuple(self.check(entry) for entry in fields.list("checks")),
        )

    def check(self, fields: Fields) -> Check:
        below = fields.fields("tests")
        source = fields if self.strict or not self.is_nested(fields, below) else below
        tests = self.tests(below) if fields.has("tests") else None
        missing = () if self.strict else self.missing(fields)
        no_env = fields.flag("disableenvtesting") or (not self.strict and fields.flag("disableEnvTesting"))
        return Check(
            id=fields.text("id"),
            text=fields.text("text"),
            audit=fields.text("audit"),
            audit_env=fields.text("audit_env") or ("" if no_env else self.automatic_env(tests)),
            audit_config=fields.text("audit_config"),
            type=fields.text("type"),
            tests=tests,
            remediation=source.text("remediation"),
            scored=source.flag("scored"),
            multiple=fields.flag("use_multiple_values"),
            missing=missing,
            line=fields.line,
        )

    def missing(self, fields: Fields) -> tuple[str, ...]:
        """The variables that stand for nothing, each told with its line."""
        found = []
        for key in _AUDITS:
            for name in unknown_variables(fields.text(key)):
                self.notice(f"there is no variable ${name}; to the shell it is empty", fields.line_of(key))
                found.append(name)
        return tuple(dict.fromkeys(found))

    def is_nested(self, fields: Fields, tests: Fields) -> bool:
        """Whether the check's own keys were indented too far and so stand among its tests."""
        nested = tests.has("scored") and not fields.has("scored")
        if nested:
            self.notice(f"scored and remediation of {fields.text('id')} stand below its tests", tests.line)
        return nested

    def automatic_env(self, tests: Tests | None) -> str:
        if tests is None or not any(item.env for item in tests.items):
            return ""
        return _AUTOMATIC_ENV.format(binary=self.binary)

    def tests(self, fields: Fields) -> Tests:
        return Tests(
            bin_op=fields.text("bin_op"),
            items=tuple(self.item(entry) for entry in fields.list("test_items")),
        )

    def item(self, fields: Fields) -> TestItem:
        compare = fields.fields("compare")
        op = compare.text("op")
        line = compare.line_of("op")
        item = TestItem(
            flag=fields.text("flag"),
            env=fields.text("env"),
            path=fields.text("path"),
            set=fields.flag("set", default=True),
            op=op if self.strict else mend_operator(op, line, self.notice),
            value=compare.text("value"),
        )
        if not self.strict:
            item = _with_path(item, mend_path(item, fields.line_of("path"), self.notice))
            if item.op and item.op not in OPERATORS:
                compare.fail(f"unknown operator {op!r}; there are {', '.join(OPERATORS)}", line)
        self.compile_all(item, fields, compare)
        return item

    def compile_all(self, item: TestItem, fields: Fields, compare: Fields) -> None:
        uses = [
            (flag_pattern, item.flag, fields.line_of("flag")),
            (env_pattern, item.env, fields.line_of("env")),
            (compiled, item.value if item.op == "regex" else "", compare.line_of("value")),
        ]
        for make, text, line in uses:
            try:
                make(text)
            except BadPattern as error:
                fields.fail(str(error), line)


def _with_path(item: TestItem, path: str) -> TestItem:
    if path == item.path:
        return item
    return TestItem(flag=item.flag, env=item.env, path=path, set=item.set, op=item.op, value=item.value)
