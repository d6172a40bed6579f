"""Which operating system a node has, and which benchmark is written for it."""

from collections.abc import Iterable, Mapping

from trueline.model.benchmark import Edition


def choose_linux_benchmark(
    os_release: Mapping[str, str], editions: Iterable[Edition]
) -> tuple[Edition, str] | None:
    """The benchmark for this operating system and why it was taken; the newest where there are several.

    Where none is written for it, one for a system that it is built like.
    """
    known = [one for one in editions if one.systems]
    fitting = [one for one in known if fits(os_release, one)] or [
        one for one in known if _kin(os_release, one)
    ]
    if not fitting:
        return None
    newest = max(fitting, key=lambda one: [int(part) for part in one.version.split(".") if part.isdigit()])
    return newest, f"os-release says {_name(os_release)}"


def fits(os_release: Mapping[str, str], edition: Edition) -> bool:
    """Whether the edition is for this system: its ID, and the beginning of its VERSION_ID in whole parts."""
    return _among(os_release, edition.systems)


def borrowed(os_release: Mapping[str, str], edition: Edition) -> str:
    """That the benchmark is written for another system, where this one is only built like it; else ""."""
    if fits(os_release, edition) or not _kin(os_release, edition):
        return ""
    return (
        f"No benchmark ships for {_name(os_release)}. {edition.title} is written for "
        f"{' and '.join(edition.systems)}, which is built from the same sources: numbers and levels are its."
    )


def _kin(os_release: Mapping[str, str], edition: Edition) -> bool:
    return _among(os_release, edition.kin)


def _among(os_release: Mapping[str, str], systems: Iterable[str]) -> bool:
    return any(_is(os_release, *system.partition(" ")[::2]) for system in systems)


def _is(os_release: Mapping[str, str], name: str, version: str) -> bool:
    if os_release.get("ID", "") != name:
        return False
    wanted = version.split(".") if version else []
    return os_release.get("VERSION_ID", "").split(".")[: len(wanted)] == wanted


def misfit(os_release: Mapping[str, str], edition: Edition) -> str:
    """Why a benchmark for operating systems does not apply here; "" where it does, or no system is known.

    A system that os-release does not name is not taken for another one.
    """
    if not edition.systems or not os_release.get("ID"):
        return ""
    if fits(os_release, edition) or _kin(os_release, edition):
        return ""
    return f"{edition.title} is written for {' and '.join(edition.systems)}; this is {_name(os_release)}."


def _name(os_release: Mapping[str, str]) -> str:
    return f"{os_release.get('ID', 'unknown')} {os_release.get('VERSION_ID', '')}".strip()
