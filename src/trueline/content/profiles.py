"""Loads profiles, shipped ones by name and a user's own from a file, with those that they extend."""

from functools import lru_cache
from pathlib import Path

import msgspec

from trueline.content.load import DATA, load_editions, natural_key, near
from trueline.content.yaml_files import line_of_key, load_yaml
from trueline.errors import ContentError, UsageError
from trueline.model.base import Model
from trueline.model.profile import Misfit, Profile

_SUFFIXES = (".yaml", ".yml")


class Loaded(Model, frozen=True, kw_only=True):
    """A profile and the file that it stands in; its `benchmark` is an id, whatever alias the file uses."""

    profile: Profile
    file: Path


def profile_ids() -> list[str]:
    """Ids of all shipped profiles."""
    return sorted((path.stem for path in _folder().glob("*.yaml")), key=natural_key)


@lru_cache(maxsize=1)
def load_profiles() -> dict[str, Loaded]:
    """All shipped profiles by id."""
    return {name: _load(_folder() / f"{name}.yaml") for name in profile_ids()}


def load_chain(name: str) -> tuple[Loaded, ...]:
    """The profile of that id, alias or file, after all that it extends, the furthest first.

    Raises UsageError where there is none, ContentError for a file that is wrong.
    """
    loaded = _shipped(name)
    if loaded is None and not _is_path(name):
        raise UsageError(f"there is no profile {name!r}", hint=near(name, _names()))
    chain = [loaded or _load(Path(name))]
    while chain[0].profile.extends:
        chain.insert(0, _extended(chain))
    return tuple(chain)


def refusal(loaded: Loaded, misfit: Misfit) -> ContentError:
    """What is wrong with a profile as an error that names the line."""
    line = line_of_key(loaded.file, misfit.place)
    return ContentError(misfit.message, hint=misfit.hint, file=str(loaded.file), line=line)


def _folder() -> Path:
    return DATA / "profiles"


def _load(path: Path) -> Loaded:
    profile = load_yaml(path, Profile)
    loaded = Loaded(profile=profile, file=path)
    if not profile.benchmark:
        return loaded
    for edition in load_editions():
        if profile.benchmark in (edition.id, *edition.aliases):
            return Loaded(profile=msgspec.structs.replace(profile, benchmark=edition.id), file=path)
    raise refusal(
        loaded,
        Misfit(
            place=("benchmark",),
            message=f"there is no benchmark {profile.benchmark!r}",
            hint=near(profile.benchmark, [edition.id for edition in load_editions()]),
        ),
    )


def _extended(chain: list[Loaded]) -> Loaded:
    """What the first of the chain extends."""
    child = chain[0]
    name = child.profile.extends
    base = _shipped(name)
    if base is None and not _is_path(name):
        message, hint = f"there is no profile {name!r} to extend", near(name, _names())
        raise refusal(child, Misfit(place=("extends",), message=message, hint=hint))
    base = base or _load(child.file.parent / name)
    if any(base.file.resolve() == other.file.resolve() for other in chain):
        message = f"profile {base.profile.id} extends itself by way of {child.profile.id}"
        raise refusal(child, Misfit(place=("extends",), message=message, hint="Extend another one."))
    return base


def _shipped(name: str) -> Loaded | None:
    profiles = load_profiles()
    aliases = (loaded for loaded in profiles.values() if name in loaded.profile.aliases)
    return profiles.get(name) or next(aliases, None)


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(_SUFFIXES)


def _names() -> list[str]:
    return [name for id_, one in load_profiles().items() for name in (id_, *one.profile.aliases)]
