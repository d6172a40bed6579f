"""Profiles: named selections from a benchmark with their own parameters, and what they make of it."""

from typing import Literal

from trueline.model.base import Model, Strict
from trueline.model.benchmark import Benchmark
from trueline.model.results import Outcome
from trueline.model.rule import Severity


class Profile(Strict, frozen=True, kw_only=True):
    """`content/profiles/<id>.yaml`, or a user's own file, which is then called a tailoring.

    `benchmark` is the only one that it is for; empty means that of `extends`, or any. `extends` is the id or
    alias of another profile, or in a user's file also a path from that file's directory. The words of
    `not_applicable`, `skipped`, `select` and `deselect` are numbers, of recommendations or of sections, or
    rule ids (each recommendation that refers to the rule), or "all"; `not_applicable` and `skipped` give each
    a reason. `parameters` maps rule ids to parameters, `severities` rule ids to severities. `level` 1 leaves
    out what is for level 2 only. `machine` takes the levels that the benchmark gives to that kind of machine,
    and leaves out what is not for it. `note` is what a reader of its reports must know.
    """

    id: str
    title: str
    benchmark: str = ""
    extends: str = ""
    aliases: tuple[str, ...] = ()
    note: str = ""
    level: Literal[1, 2] | None = None
    machine: Literal["server", "workstation"] | None = None
    not_applicable: dict[str, str] = {}
    skipped: dict[str, str] = {}
    select: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    parameters: dict[str, dict[str, str]] = {}
    severities: dict[str, Severity] = {}


class Exclusion(Model, frozen=True, kw_only=True):
    """Why a recommendation is not evaluated: `outcome` is notapplicable or notselected."""

    outcome: Outcome
    reason: str


class Tailored(Model, frozen=True, kw_only=True):
    """A benchmark as a profile wants it; `left_out` has the target and number of what is not evaluated."""

    benchmark: Benchmark
    left_out: dict[tuple[str, str], Exclusion] = {}


class Misfit(Model, frozen=True, kw_only=True):
    """What is wrong with a profile: `place` are the keys that lead to it in the file."""

    place: tuple[str, ...]
    message: str
    hint: str
