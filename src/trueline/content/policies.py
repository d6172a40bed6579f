"""Loads policy files, one or many as one policy, with a digest over all of them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from trueline.content.load import load_editions
from trueline.content.yaml_files import SCHEMA_HINT, line_of_key, parse_yaml, read_text
from trueline.errors import ContentError
from trueline.model.base import Model
from trueline.model.policy import Applied, Defect, Policy
from trueline.model.register import PolicyHead

_SHOWS = "`trueline content schema policy` prints all that may stand there."
_HINTS = {
    "class": "Its class is one of accepted-exception, provider-owned, alternative-evidence, informational, "
    "required.",
    "review_trigger": "Write {kind: kubernetes-version, value: '1.36'}; kinds are kubernetes-version, "
    "provider-version, profile-version, cluster-recreated and date.",
    "expires": "Each exception has an end; write the day as 2026-06-30.",
    "evidence": "Link the evidence: [{url: https://..., date: 2026-01-31}].",
    "url": "A link begins with its scheme, as https:// does.",
    "decision": "A decision is one of remediate, accept, provider-owned, investigate; absent, it is open.",
    "rollback": "Say how the change is taken back.",
    "source": "Name the lasting source, which the file on the node is rendered from.",
    "approver": "Name who approved it.",
}
_FIELD = re.compile(r"[`.](\w+)")
_Parts = Sequence[tuple[str, Any]]


class PolicyFile(Model, frozen=True, kw_only=True):
    """A policy file as it stands, but with benchmarks by id; `digest` is a SHA-256 of its bytes."""

    policy: Policy
    file: Path
    digest: str


class Policies(Model, frozen=True, kw_only=True):
    """Several files and what they say together."""

    files: tuple[PolicyFile, ...] = ()
    applied: Applied = Applied()


def load_policies(paths: Sequence[Path]) -> Policies:
    """All files as one policy; raises ContentError for what is wrong in one, or said twice in two of them."""
    files = tuple(_load(path) for path in paths)
    if not files:
        return Policies()
    return Policies(files=files, applied=Applied(policy=_merged(files), head=_head(files)))


def refusal(file: PolicyFile, defect: Defect) -> ContentError:
    """What is wrong with a policy as an error that names the line."""
    line = line_of_key(file.file, defect.place)
    return ContentError(defect.message, hint=defect.hint, file=str(file.file), line=line)


def _load(path: Path) -> PolicyFile:
    text = read_text(path)
    try:
        policy = parse_yaml(path, text, Policy)
    except ContentError as error:
        if error.hint != SCHEMA_HINT:
            raise
        words = _FIELD.findall(str(error).removeprefix(str(path)))
        hint = next((_HINTS[name] for name in reversed(words) if name in _HINTS), "")
        if "unknown field" in str(error) and (
            close := get_close_matches(words[0], _fields(Policy) - {words[0]})
        ):
            hint = f"Did you mean {', '.join(close)}?"
        raise ContentError(
            str(error).removeprefix(f"{path}:{error.line}: ").removeprefix(f"{path}: "),
            hint=f"{hint} {_SHOWS}".strip(),
            file=str(path),
            line=error.line,
        ) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    return PolicyFile(policy=_by_id(policy), file=path, digest=digest)


def _fields(kind: Any) -> set[str]:
    """The names of all fields of a type, and of those within it."""
    found: set[str] = set()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        found |= set(kind.__struct_encode_fields__)
        parts: Iterable[Any] = get_type_hints(kind).values()
    else:
        parts = get_args(kind)
    return found.union(*map(_fields, parts))


def benchmark_id(name: str) -> str:
    """The id of a shipped benchmark that is named by an alias; any other name as it is."""
    return next((one.id for one in load_editions() if name in one.aliases), name)


def _by_id(policy: Policy) -> Policy:
    """The policy with benchmarks that are named by an alias under their ids."""
    ids = {name: edition.id for edition in load_editions() for name in edition.aliases}
    if not ids:
        return policy
    fields = {
        field: tuple(
            msgspec.structs.replace(one, benchmark=ids.get(one.benchmark, one.benchmark))
            for one in getattr(policy, field)
        )
        for field in ("waivers", "reviews", "decisions", "remediations")
    }
    return msgspec.structs.replace(policy, **fields)


def _head(files: Sequence[PolicyFile]) -> PolicyHead:
    """The digest does not depend on the order of the files, nor on where they lie."""
    together = "\n".join(sorted(file.digest for file in files))
    digest = files[0].digest if len(files) == 1 else hashlib.sha256(together.encode()).hexdigest()
    return PolicyHead(files=tuple(str(file.file) for file in files), digest=f"sha256:{digest}")


def _merged(files: Sequence[PolicyFile]) -> Policy:
    seen: dict[tuple[str, ...], PolicyFile] = {}
    for file in files:
        within: set[tuple[str, ...]] = set()
        for identity, place, name in _identities(file.policy):
            if identity in seen or identity in within:
                where = f" of {seen[identity].file}" if identity in seen else ""
                message = f"{name} is already an entry{where}"
                defect = Defect(place=place, message=message, hint="Keep one of the two.", fatal=True)
                raise refusal(file, defect)
            within.add(identity)
        seen |= dict.fromkeys(within, file)
    policies = [file.policy for file in files]
    return Policy(
        owners=_joined(policies, lambda one: one.owners),
        severities=_joined(policies, lambda one: one.severities),
        priorities=_joined(policies, lambda one: one.priorities),
        waivers=tuple(entry for one in policies for entry in one.waivers),
        reviews=tuple(entry for one in policies for entry in one.reviews),
        decisions=tuple(entry for one in policies for entry in one.decisions),
        remediations=tuple(entry for one in policies for entry in one.remediations),
        settings=next((one.settings for one in policies if one.settings), None),
    )


def _joined(policies: Sequence[Policy], of: Callable[[Policy], Mapping[str, Any]]) -> dict[str, Any]:
    return {name: value for policy in policies for name, value in of(policy).items()}


def _identities(policy: Policy) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """What may stand only once in a policy: its identity, its place in the file, and its name in words."""
    for position, waiver in enumerate(policy.waivers):
        yield ("waivers", waiver.id), ("waivers", str(position), "id"), f"waiver {waiver.id}"
    listed: tuple[tuple[str, _Parts], ...] = tuple(
        (field, [(one.check, one) for one in getattr(policy, field)])
        for field in ("reviews", "decisions", "remediations")
    )
    for field, entries in listed:
        for position, (check, one) in enumerate(entries):
            scope = msgspec.json.encode(one.scope, order="deterministic").decode()
            name = f"the {field[:-1]} for {check} of {one.benchmark}"
            yield (field, one.benchmark, check, scope), (field, str(position), "check"), name
    for field in ("owners", "severities", "priorities"):
        for key in getattr(policy, field):
            yield (field, key), (field, key), f"{field} of {key}"
    if policy.settings:
        yield ("settings",), ("settings",), "settings"
