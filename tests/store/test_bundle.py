"""A bundle is what was stored, byte for byte, or it is refused."""

import base64
import gzip
import hashlib
import io
import json
import random
import tarfile

import pytest
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.store.runs import DOCUMENTS, moment, run
from trueline.errors import HistoryError
from trueline.store.bundle import read_bundle, write_bundle
from trueline.store.history import NO_DOCUMENTS
from trueline.store.stored_gzip import load, store

MADE = run(c2="fail")
REPORT = "[FAIL] 1.2.2 Check 2\n"


def keys():
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    return (
        private.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()),
        public.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo),
    )


PRIVATE, PUBLIC = keys()


def bundle(documents=DOCUMENTS, **fields):
    return write_bundle(MADE, documents, REPORT, saved_at=moment(1), **fields)


SIGNED, PLAIN = bundle(private_key=PRIVATE), bundle()


def members(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}


def packed(contents, *, change=lambda info: info):
    """Any archive, in the outer form of a bundle."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in contents:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            archive.addfile(change(info), io.BytesIO(data))
    return store(target.getvalue())


def test_w51_raw_facts_results_policy_and_report_are_kept_together_with_their_hashes():
    contents = members(PLAIN)
    assert list(contents) == [
        "manifest.json",
        "assessment.json",
        "policy/01-a.yaml",
        "report.txt",
        "snapshot.json.gz",
    ]
    assert gzip.decompress(contents["snapshot.json.gz"]) == DOCUMENTS.snapshot
    assert contents["policy/01-a.yaml"] == DOCUMENTS.policies[0][1]
    assert contents["report.txt"].decode() == REPORT
    manifest = json.loads(contents["manifest.json"])
    assert manifest["run"]["benchmark_digest"] == MADE.benchmark.digest
    for member in manifest["members"]:
        data = contents[member["name"]]
        assert (member["size"], member["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_same_run_gives_the_same_bytes():
    assert (bundle(), bundle(private_key=PRIVATE)) == (PLAIN, SIGNED)


@pytest.mark.parametrize("documents", [DOCUMENTS, NO_DOCUMENTS])
def test_what_is_read_is_what_was_written(documents):
    found = read_bundle(bundle(documents), "b")
    assert (found.assessment, found.documents, found.report.decode()) == (MADE, documents, REPORT)
    assert (found.manifest.saved_at, found.verified) == (moment(1), False)


def test_a_signature_is_verified():
    assert read_bundle(SIGNED, "b", public_key=PUBLIC).verified
    assert read_bundle(SIGNED, "b").manifest.signed
    with pytest.raises(HistoryError, match="not signed"):
        read_bundle(PLAIN, "b", public_key=PUBLIC)
    with pytest.raises(HistoryError, match="not by this key"):
        read_bundle(SIGNED, "b", public_key=keys()[1])


def test_openssl_verifies_the_signature(tmp_path):
    import shutil
    import subprocess

    if not shutil.which("openssl"):
        pytest.skip("SKIPPED FOR WANT OF OPENSSL")
    contents = members(SIGNED)
    (tmp_path / "manifest.json").write_bytes(contents["manifest.json"])
    (tmp_path / "sig").write_bytes(base64.b64decode(contents["manifest.sig"]))
    (tmp_path / "pub.pem").write_bytes(PUBLIC)
    words = ["-pubin", "-inkey", "pub.pem", "-rawin", "-in", "manifest.json", "-sigfile", "sig"]
    done = subprocess.run(["openssl", "pkeyutl", "-verify", *words], cwd=tmp_path, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("data", [PLAIN, SIGNED])
def test_any_byte_that_is_altered_is_found(data):
    places = set(random.Random(5).sample(range(len(data)), 1500)) | set(range(600)) | {len(data) - 1}
    for place in places:
        for bit in (0x01, 0x80):
            altered = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
            with pytest.raises(HistoryError):
                read_bundle(altered, "b", public_key=PUBLIC if data is SIGNED else None)


@given(st.integers(0, len(PLAIN)), st.binary(max_size=30))
def test_any_cut_or_insertion_is_found(place, more):
    altered = PLAIN[:place] + more + PLAIN[place:] if more else PLAIN[:place]
    if altered != PLAIN:
        with pytest.raises(HistoryError):
            read_bundle(altered, "b")


def without(name):
    return [(key, data) for key, data in members(PLAIN).items() if key != name]


HOSTILE = {
    **{f"no {name}": packed(without(name)) for name in members(PLAIN)},
    "an extra member": packed([*members(PLAIN).items(), ("policy/99-x.yaml", b"")]),
    "a member twice": packed([*members(PLAIN).items(), ("report.txt", b"other")]),
    "another order": packed(reversed(list(members(PLAIN).items()))),
    "a path above": packed([*members(PLAIN).items(), ("../../etc/cron.d/x", b"")]),
    "an absolute path": packed([*members(PLAIN).items(), ("/etc/passwd", b"")]),
    "a path in the policy": packed([*members(PLAIN).items(), ("policy/01-../../x", b"")]),
    "compressed": gzip.compress(load(PLAIN), mtime=0),
    "a bomb": gzip.compress(b"\0" * 10_000_000),
    "a bare archive": load(PLAIN),
    "empty": b"",
    "empty inside": store(b""),
    "noise": bytes(range(256)) * 40,
    "two files": PLAIN + PLAIN,
}


def linked(info):
    if info.name == "report.txt":
        info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/shadow", 0
    return info


HOSTILE["a link"] = packed(members(PLAIN).items(), change=linked)


def named_by(**fields):
    contents = members(PLAIN)
    manifest = json.loads(contents["manifest.json"])
    contents["manifest.json"] = json.dumps({**manifest, **fields}).encode()
    return packed(contents.items())


HOSTILE["a manifest of another run"] = named_by(
    run={**json.loads(members(PLAIN)["manifest.json"])["run"], "target": "other"}
)
HOSTILE["an unknown key"] = named_by(more=1)
HOSTILE["no members"] = named_by(members=[])


def bomb():
    """A snapshot that unpacks to more than may be, under a manifest that fits it."""
    contents = members(PLAIN)
    data = gzip.compress(b" " * (600 * 1024 * 1024), 9, mtime=0)
    manifest = json.loads(contents["manifest.json"])
    for member in manifest["members"]:
        if member["name"] == "snapshot.json.gz":
            member.update(size=len(data), sha256=hashlib.sha256(data).hexdigest())
    contents |= {"manifest.json": json.dumps(manifest).encode(), "snapshot.json.gz": data}
    return packed(contents.items())


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_bundle_is_refused_with_a_reason(name):
    with pytest.raises(HistoryError, match=r"^b: ") as caught:
        read_bundle(HOSTILE[name], "b")
    assert caught.value.hint


def test_a_snapshot_that_unpacks_without_end_is_refused():
    with pytest.raises(HistoryError, match="more than"):
        read_bundle(bomb(), "b")


OTHER = generate_private_key(SECP256R1()).private_bytes(
    forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
)


@pytest.mark.parametrize("key", [b"", b"nonsense", OTHER, PUBLIC])
def test_keys_that_can_not_sign(key):
    with pytest.raises(HistoryError, match="key"):
        bundle(private_key=key)


@pytest.mark.parametrize("key", [b"", b"nonsense", PRIVATE])
def test_keys_that_can_not_verify(key):
    with pytest.raises(HistoryError, match="key"):
        read_bundle(SIGNED, "b", public_key=key)


@given(st.binary(max_size=3) | st.integers(65530, 65540).map(bytes) | st.just(bytes(200_000)))
def test_stored_gzip_is_gzip(data):
    assert gzip.decompress(store(data)) == load(store(data)) == data
