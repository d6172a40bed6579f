"""Chooses benchmark and platform for a snapshot, by name or by what its facts show."""

import msgspec

from trueline.content.load import load_benchmark, load_editions, load_platform, load_platform_heads
from trueline.errors import UsageError
from trueline.evaluate.platforms import Detected, detect, lineage
from trueline.evaluate.systems import borrowed, choose_linux_benchmark
from trueline.evaluate.versions import (
    choose_benchmark,
    choose_kubernetes_auto,
    kubernetes_version,
    minor,
    mismatch,
)
from trueline.model.benchmark import Benchmark, Edition
from trueline.model.facts import Absent, Snapshot, Unavailable
from trueline.model.linux import LinuxFacts

AUTOMATIC = ("auto", "cis-kubernetes-auto")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark, why it was taken, and what speaks against it; `pinned`: it was named."""

    benchmark: Benchmark
    because: str
    pinned: bool = False
    warnings: tuple[str, ...] = ()


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What the person named: benchmarks (or words that stand for a choice), platform, Kubernetes version."""

    benchmarks: tuple[str, ...] = ("auto",)
    platform: str = ""
    version: str = ""

    def check(self) -> None:
        """Finds what can't be, before any work is done; raises UsageError."""
        fixed = [name for name in self.benchmarks if name not in AUTOMATIC]
        for name in fixed:
            load_benchmark(name)
        if self.platform:
            load_platform(self.platform)
        if self.version and fixed:
            raise UsageError(
                f"--version can't be combined with --benchmark {fixed[0]}",
                hint="A version chooses the benchmark; leave one of the two out.",
            )
        if self.version and minor(self.version) is None:
            raise UsageError(f"{self.version!r} is no Kubernetes version", hint="Write it as 1.34.")


def platform_of(snapshot: Snapshot, named: Named) -> Detected:
    """The platform that was named, else the one of which the facts show signs."""
    if named.platform:
        return Detected(platform=named.platform, because="it was named")
    return detect(snapshot, load_platform_heads())


def choice_of_system(snapshot: Snapshot) -> Choice | None:
    """The benchmark of the node's operating system, where that was read and is known.

    A tree without /etc/shadow is not a whole system, but the part of one that a capture or a mount shows.
    """
    linux = snapshot.node.linux if snapshot.node else None
    if snapshot.node is None or linux is None or not _whole(linux):
        return None
    found = choose_linux_benchmark(snapshot.node.os_release, load_editions())
    if found is None:
        return None
    warning = borrowed(snapshot.node.os_release, found[0])
    return Choice(
        benchmark=load_benchmark(found[0].id), because=found[1], warnings=(warning,) if warning else ()
    )


def _whole(linux: LinuxFacts) -> bool:
    shadow = linux.accounts.shadow
    unseen = isinstance(shadow, Unavailable) and shadow.kind == "not-mounted"
    return not unseen and not isinstance(shadow, Absent)


def choice_of(name: str, snapshot: Snapshot, named: Named, found: Detected, because: str) -> Choice:
    """The benchmark of this name, taken `because`, or the one that fits version and platform."""
    version, source = (named.version, "as named") if named.version else kubernetes_version(snapshot)
    edition: Edition
    editions = load_editions()
    line = lineage(found.platform, load_platform_heads())
    family = next((one for one in line if any(one in edition.platforms for edition in editions)), line[0])
    if name == "auto":
        edition, because, warning = choose_benchmark(version, source, editions, family)
    elif name in AUTOMATIC:
        edition, because, warning = choose_kubernetes_auto(version, source, editions)
    else:
        edition = load_benchmark(name)
        warning = mismatch(edition, version, family)
    other = borrowed(snapshot.node.os_release, edition) if snapshot.node else ""
    warnings = tuple(text for text in (warning, found.doubt, other) if text)
    return Choice(
        benchmark=load_benchmark(edition.id),
        because=because,
        pinned=name not in AUTOMATIC,
        warnings=warnings,
    )
