"""Evidence bundles: all that one run rests on in one file, whose every byte is accounted for."""

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from trueline.errors import HistoryError
from trueline.model.base import Model, Strict
from trueline.model.results import Assessment, RunHead
from trueline.policy.gate import run_head
from trueline.store.digests import encoded
from trueline.store.history import Documents
from trueline.store.stored_gzip import load, store

BUNDLE_SCHEMA: Final = "trueline.dev/evidence-bundle/v1"
SIZE_LIMIT: Final = 512 * 1024 * 1024
_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "manifest.sig"
_ASSESSMENT: Final = "assessment.json"
_SNAPSHOT: Final = "snapshot.json.gz"
_REPORT: Final = "report.txt"
_POLICY = re.compile(r"policy/\d{2,4}-[A-Za-z0-9._-]{1,100}")
_AGAIN: Final = "Ask for the bundle again; do not rely on this one."


class Member(Strict, frozen=True, kw_only=True, omit_defaults=False):
    """A file of the bundle; `file` is what a policy's file was called."""

    name: str
    size: int
    sha256: str
    file: str = ""


class Manifest(Strict, frozen=True, kw_only=True, omit_defaults=False):
    """What a bundle holds. `signed`: the signature of this file lies beside it."""

    schema: Literal["trueline.dev/evidence-bundle/v1"]
    run: RunHead
    phase: str
    saved_at: str
    members: tuple[Member, ...]
    signed: bool = False


class Bundle(Model, frozen=True, kw_only=True):
    """A bundle whose bytes are all as they were written. `signature` was verified where a key was given."""

    manifest: Manifest
    assessment: Assessment
    documents: Documents
    report: bytes
    verified: bool = False


def write_bundle(
    assessment: Assessment,
    documents: Documents,
    report: str,
    *,
    saved_at: str,
    private_key: bytes | None = None,
) -> bytes:
    """The same bytes for the same run, report and key. `private_key` is an Ed25519 key as PEM."""
    contents: dict[str, bytes] = {_ASSESSMENT: encoded(assessment) + b"\n", _REPORT: report.encode()}
    files = {}
    if documents.snapshot:
        contents[_SNAPSHOT] = gzip.compress(documents.snapshot, mtime=0)
    for number, (name, data) in enumerate(documents.policies, 1):
        member = f"policy/{number:02}-{_plain(name)}"
        contents[member], files[member] = data, name
    manifest = Manifest(
        schema=BUNDLE_SCHEMA,
        run=run_head(assessment),
        phase=assessment.phase,
        saved_at=saved_at,
        members=tuple(
            Member(name=name, size=len(data), sha256=_sha256(data), file=files.get(name, ""))
            for name, data in sorted(contents.items())
        ),
        signed=private_key is not None,
    )
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    head = {_MANIFEST: text}
    if private_key is not None:
        head[_SIGNATURE] = base64.b64encode(_sign(private_key, text)) + b"\n"
    return store(_tar({**head, **dict(sorted(contents.items()))}))


def read_bundle(data: bytes, name: str, *, public_key: bytes | None = None) -> Bundle:
    """What a bundle holds. Raises HistoryError where any byte is not as it was written.

    With `public_key` (PEM) it must be signed by that key.
    """
    contents = _members(data, name)
    manifest = _manifest(contents, name)
    _held_to(manifest, contents, name)
    if public_key is not None:
        _verify(public_key, contents, name)
    assessment = _assessment(contents, name)
    if manifest.run != run_head(assessment):
        raise _wrong(name, "its manifest speaks of another run than its assessment")
    return Bundle(
        manifest=manifest,
        assessment=assessment,
        documents=Documents(
            snapshot=_unzipped(contents[_SNAPSHOT], name) if _SNAPSHOT in contents else b"",
            policies=tuple(
                (member.file or member.name, contents[member.name])
                for member in manifest.members
                if member.name.startswith("policy/")
            ),
        ),
        report=contents[_REPORT],
        verified=public_key is not None,
    )


def _tar(contents: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def _members(data: bytes, name: str) -> dict[str, bytes]:
    """All members, none of which leads anywhere; the file is what writing them again gives."""
    if len(data) > SIZE_LIMIT:
        raise _wrong(name, f"it has more than {SIZE_LIMIT} bytes")
    try:
        tar = load(data)
    except ValueError as error:
        raise _wrong(name, f"it is no bundle as trueline writes it: {error}") from None
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            for info in archive:
                _allowed(info, contents, name)
                file = archive.extractfile(info)
                contents[info.name] = file.read() if file else b""
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise _wrong(name, f"its archive is broken: {error}") from None
    if _tar(contents) != tar:
        raise _wrong(name, "a byte between its members differs")
    return contents


def _allowed(info: tarfile.TarInfo, seen: Mapping[str, bytes], name: str) -> None:
    known = (_MANIFEST, _SIGNATURE, _ASSESSMENT, _SNAPSHOT, _REPORT)
    if info.name not in known and not _POLICY.fullmatch(info.name):
        raise _wrong(name, f"it has a member that belongs to no bundle: {info.name[:100]!r}")
    if not info.isreg():
        raise _wrong(name, f"{info.name} is not a file")
    if info.name in seen:
        raise _wrong(name, f"{info.name} is in it twice")


def _manifest(contents: Mapping[str, bytes], name: str) -> Manifest:
    if _MANIFEST not in contents:
        raise _wrong(name, "it has no manifest")
    try:
        return msgspec.json.decode(contents[_MANIFEST], type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _wrong(name, f"its manifest can't be read: {error}") from None


def _held_to(manifest: Manifest, contents: Mapping[str, bytes], name: str) -> None:
    """The members are those of the manifest, byte for byte."""
    listed = {member.name: member for member in manifest.members}
    expected = [_MANIFEST, *([_SIGNATURE] if manifest.signed else []), *sorted(listed)]
    for missing in {*expected, _ASSESSMENT, _REPORT} - set(contents):
        raise _wrong(name, f"{missing} is missing")
    for extra in set(contents) - set(expected):
        raise _wrong(name, f"{extra} is not in its manifest")
    for member in manifest.members:
        data = contents[member.name]
        if len(data) != member.size or _sha256(data) != member.sha256:
            raise _wrong(name, f"{member.name} was altered: its SHA-256 is not that of the manifest")
    if list(contents) != expected:
        raise _wrong(name, "its members are in another order")


def _assessment(contents: Mapping[str, bytes], name: str) -> Assessment:
    try:
        return msgspec.json.decode(contents[_ASSESSMENT], type=Assessment)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _wrong(name, f"its assessment can't be read: {error}") from None


def _unzipped(data: bytes, name: str) -> bytes:
    """The snapshot, of which no more is unpacked than a snapshot may have."""
    machine = zlib.decompressobj(wbits=31)
    try:
        found = machine.decompress(data, SIZE_LIMIT)
    except zlib.error as error:
        raise _wrong(name, f"its snapshot can't be unpacked: {error}") from None
    if not machine.eof or machine.unused_data:
        raise _wrong(name, f"its snapshot is cut off, or has more than {SIZE_LIMIT} bytes")
    return found


def _sign(private_key: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    hint = "Make one with `openssl genpkey -algorithm ed25519 -out key.pem`."
    try:
        key = load_pem_private_key(private_key, None)
    except (ValueError, TypeError) as error:
        raise HistoryError(f"the key for the signature can't be read: {_first(error)}", hint=hint) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise HistoryError("the key for the signature is none of Ed25519", hint=hint)
    return key.sign(text)


def _verify(public_key: bytes, contents: Mapping[str, bytes], name: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    hint = "Make it of the private key with `openssl pkey -in key.pem -pubout`."
    try:
        key = load_pem_public_key(public_key)
    except ValueError as error:
        raise HistoryError(f"the public key can't be read: {_first(error)}", hint=hint) from None
    if not isinstance(key, Ed25519PublicKey):
        raise HistoryError("the public key is none of Ed25519", hint=hint)
    if _SIGNATURE not in contents:
        raise _wrong(name, "it is not signed")
    text = contents[_SIGNATURE]
    try:
        signature = base64.b64decode(text.removesuffix(b"\n"), validate=True)
        if base64.b64encode(signature) + b"\n" != text:
            raise ValueError
        key.verify(signature, contents[_MANIFEST])
    except (InvalidSignature, ValueError):
        raise _wrong(name, "its signature is not by this key, or it was altered") from None


def _first(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "it is none")


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.rsplit("/", 1)[-1])[-60:] or "policy"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _wrong(name: str, message: str) -> HistoryError:
    return HistoryError(f"{name}: {message}", hint=_AGAIN)
