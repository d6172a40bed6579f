"""Judges the test items of one check by what its scripts printed."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from trueline.kubebench.compare import compare
from trueline.kubebench.controls import Check, TestItem, Tests
from trueline.kubebench.find import Unreadable, env_value, flag_value, path_value
from trueline.model.base import Model

REDACTED = "REDACTED"
Source = Literal["flag", "path", "env"]


class Outputs(Model, frozen=True, kw_only=True):
    """What the three scripts of a check printed; "" for one that it doesn't have."""

    audit: str = ""
    config: str = ""
    env: str = ""


class Verdict(Model, frozen=True, kw_only=True):
    """Of one item, or of all together. `passed` is None where the output does not tell.

    `found`: the flag, path or variable is there. `actual` is the output that decided. `problem` says what
    could not be read. `unreadable`: the values were not what the tests can judge.
    """

    passed: bool | None
    found: bool = False
    expected: str = ""
    actual: str = ""
    problem: str = ""
    unreadable: bool = False


class BadOperator(ValueError):
    """Tests are combined by a word that means nothing."""


def judge(check: Check, tests: Tests, outputs: Outputs, *, strict_compat: bool) -> Verdict:
    """All items together, each by the source that has it. Raises BadOperator.

    With `strict_compat` an item that can't be decided fails.
    """
    verdicts = [_judge_item(item, check, outputs, strict_compat) for item in tests.items]
    if tests.bin_op not in ("", "and", "or"):
        raise BadOperator(f"unknown binary operator for tests {tests.bin_op}")
    alternatives = tests.bin_op == "or"
    return Verdict(
        passed=_combine([verdict.passed for verdict in verdicts], alternatives),
        expected=(" OR " if alternatives else " AND ").join(verdict.expected for verdict in verdicts),
        actual=verdicts[0].actual,
        problem="; ".join(dict.fromkeys(verdict.problem for verdict in verdicts if verdict.problem)),
        unreadable=_unreadable(verdicts, alternatives),
    )


def _unreadable(verdicts: list[Verdict], alternatives: bool) -> bool:
    """Whether it would have to be read for a failure to be certain."""
    if alternatives:
        return any(verdict.unreadable for verdict in verdicts)
    return not any(verdict.passed is False and not verdict.unreadable for verdict in verdicts)


def _combine(passed: list[bool | None], alternatives: bool) -> bool | None:
    """Three-valued: what is not known decides nothing, unless the others decide whatever it is."""
    if alternatives in passed:
        return alternatives
    return None if None in passed else not alternatives


def _judge_item(item: TestItem, check: Check, outputs: Outputs, strict: bool) -> Verdict:
    verdict: Verdict | None = None
    for source, output in _sources(item, check, outputs):
        following = _judge_source(item, source, output, check.multiple, strict)
        if verdict is not None and verdict.passed is None and not following.found:
            following = msgspec.structs.replace(verdict, expected=following.expected)
        verdict = following
        if verdict.found:
            break
    assert verdict is not None
    return verdict


def _sources(item: TestItem, check: Check, outputs: Outputs) -> Iterator[tuple[Source, str]]:
    yield "flag", outputs.audit
    if check.audit_config and outputs.config:
        yield "path", outputs.config
    if item.env:
        yield "env", outputs.env


def _judge_source(item: TestItem, source: Source, output: str, multiple: bool, strict: bool) -> Verdict:
    """Row by row if the check wants it; the first row that does not pass is the last."""
    trimmed = output.rstrip(" \n")
    verdict = Verdict(passed=None)
    for row in trimmed.split("\n") if multiple else [trimmed]:
        verdict = _judge_row(item, source, row, strict)
        if not verdict.passed:
            break
    return msgspec.structs.replace(verdict, actual=trimmed)


def _judge_row(item: TestItem, source: Source, row: str, strict: bool) -> Verdict:
    name = {"flag": item.flag, "path": item.path, "env": item.env}[source]
    try:
        value = _find(source, row, name, strict)
    except Unreadable as error:
        return Verdict(passed=False if strict else None, problem=str(error), unreadable=True)
    if not item.set:
        return Verdict(passed=value is None, found=value is not None, expected=f"'{name}' is not present")
    if value is None or not item.op:
        return Verdict(passed=value is not None, found=value is not None, expected=f"'{name}' is present")
    comparison = compare(item.op, value, item.value, name)
    if REDACTED in value and not strict and item.value != REDACTED:
        problem = f"the value of {name!r} is a secret and was not kept, so it can't be compared"
        return Verdict(
            passed=None, found=True, expected=comparison.expected, problem=problem, unreadable=True
        )
    return Verdict(
        passed=comparison.passed,
        found=True,
        expected=comparison.expected,
        unreadable=not comparison.readable,
    )


def _find(source: Source, row: str, name: str, strict: bool) -> str | None:
    match source:
        case "flag":
            return flag_value(row, name)
        case "path":
            return path_value(row, name, strict_compat=strict)
        case "env":
            return env_value(row, name)
