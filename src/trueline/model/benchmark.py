"""Benchmarks: numbered lists of recommendations that refer to rules."""

from typing import Literal

from trueline.model.base import Strict
from trueline.model.rule import Severity


class Recommendation(Strict, frozen=True, kw_only=True):
    """A numbered entry. `rules` maps rule ids to the parameters given to them; the worst outcome counts.

    `level` is 1 or 2, 0 where the document's level is not known. `title` replaces that of the first rule.
    `uncertain` marks numbers or attributes that were not checked against the document. `severity` is the
    document's own, where it gives one; it replaces the rule's. `owner` is who runs what is judged: what is a
    provider's gets a verdict only where it can be seen. `reinforced`: the vendor's own hardening covers it;
    what it deliberately leaves out says why in `excluded_because`. `server` and `workstation` are the levels
    for these kinds of machines where the document gives other ones than `level`; 0: it is not for that kind.
    """

    number: str
    rules: dict[str, dict[str, str]]
    level: int = 0
    scored: bool = False
    automated: bool = False
    title: str = ""
    uncertain: bool = False
    severity: Severity | None = None
    owner: Literal["operator", "provider"] = "operator"
    reinforced: bool = False
    excluded_because: str = ""
    server: Literal[0, 1, 2] | None = None
    workstation: Literal[0, 1, 2] | None = None

    def level_for(self, machine: str | None) -> int | None:
        """The level on a kind of machine, None where it is not for that kind."""
        own = {"server": self.server, "workstation": self.workstation}.get(machine or "")
        return self.level if own is None else own or None


class Section(Strict, frozen=True, kw_only=True):
    """A heading of the benchmark; `target` says which kind of target its recommendations judge."""

    number: str
    title: str
    target: str
    recommendations: tuple[Recommendation, ...] = ()


class Edition(Strict, frozen=True, kw_only=True):
    """What tells one published document version from others, and what it is written for.

    `kubernetes` are the minor versions that it is written for ("1.32"), oldest first. `aliases` are names
    that other tools use. `platforms` are ids of `content/platforms`. `systems` are operating systems that it
    is written for: ID of os-release, and how VERSION_ID begins ("debian 12"). `kin` are systems built from
    the same sources, for which no document ships: they are judged by this one, with a warning.
    """

    id: str
    title: str
    version: str
    kubernetes: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()


class Benchmark(Edition, frozen=True, kw_only=True):
    """One published document version with all that it recommends."""

    sections: tuple[Section, ...]

    def recommendations(self) -> list[tuple[Section, Recommendation]]:
        """All recommendations with their sections, in the document's order."""
        return [(section, entry) for section in self.sections for entry in section.recommendations]
