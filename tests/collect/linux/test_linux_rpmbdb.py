"""rpm's Berkeley DB is read as rpm reads it; a damaged one is not known."""

import os
import random
import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collect.linux.linuxtree import NO_PROGRAMS, build, reader
from tests.rpm_tree import database
from trueline.collect.access import Root
from trueline.collect.linux.packages import collect_packages
from trueline.collect.linux.rpmbdb import read_rpmbdb
from trueline.collect.linux.rpmdb import read_rpmdb
from trueline.model.known import Unavailable
from trueline.model.linux_system import Packages

NAMES = [f"package-{number}" for number in range(40)]
ENDLESS = """CREATE VIEW Packages AS
WITH RECURSIVE n(blob) AS (SELECT zeroblob(9) UNION ALL SELECT blob FROM n) SELECT blob FROM n"""
# Writes each file of a directory, named by its number, under that number as rpm does.
PERL = """
use DB_File; my ($to, $from, $order, $size) = @ARGV; my $info = DB_File::HASHINFO->new;
$info->{lorder} = $order; $info->{bsize} = $size;
my %db; my $x = tie %db, 'DB_File', $to, O_RDWR|O_CREAT, 0644, $info or die $!;
$db{pack('V', 0)} = pack('V', 99);
for my $file (glob "$from/*") { local $/; open my $in, '<:raw', $file; my ($n) = $file =~ /(\\d+)$/;
  $db{pack('V', $n)} = <$in>; }
undef $x; untie %db;
"""


def make(place: Path, headers: list[bytes], *, order: int = 1234, size: int = 4096) -> Path:
    """A `Packages` of these headers; skips loudly without a writer of Berkeley DB."""
    probe = subprocess.run(["perl", "-MDB_File", "-e", "1"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("SKIPPED FOR WANT OF BERKELEY DB: perl has no DB_File")
    work = place / "work"
    work.mkdir(parents=True)
    for number, header in enumerate(headers, 1):
        (work / str(number)).write_bytes(header)
    file = place / "Packages"
    subprocess.run(["perl", "-e", PERL, file, work, str(order), str(size)], check=True)
    shutil.rmtree(work)
    return file


def header(name: str, padding: int = 0) -> bytes:
    """A header with a name, a version, a release, and as many bytes that nobody asks for."""
    store = name.encode() + b"\0" + b"1\0" + b"2\0"
    second = len(name) + 1
    index = b"".join(
        struct.pack(">IIiI", tag, 6, offset, 1)
        for tag, offset in ((1000, 0), (1001, second), (1002, second + 2))
    )
    return struct.pack(">II", 3, len(store) + padding) + index + store + b"x" * padding


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Headers that rpm itself made, in a Berkeley DB."""
    top = tmp_path_factory.mktemp("bdb")
    (top / "sqlite").mkdir()
    database(top / "sqlite", NAMES)
    with sqlite3.connect(top / "sqlite/rpmdb.sqlite") as connection:
        blobs = [blob for (blob,) in connection.execute("SELECT blob FROM Packages")]
    connection.close()
    return make(top / "bdb", blobs)


def read(file: Path):
    return read_rpmbdb(Root(str(file.parent)), f"/{file.name}")


def test_what_rpm_wrote_is_read_as_rpm_reads_it(written):
    found = read(written)
    assert sorted(package.name for package in found) == sorted(NAMES)
    words = ("rpm", "--define", "_db_backend bdb_ro", "--dbpath", str(written.parent), "-qa")
    asked = subprocess.run(words, capture_output=True, text=True, check=False)
    if asked.returncode or not asked.stdout:
        pytest.skip("SKIPPED: this rpm reads no Berkeley DB")
    said = {f"{one.name}-{one.version}.{one.architecture}" for one in found}
    assert said == set(asked.stdout.split())


@pytest.mark.parametrize("order", [1234, 4321])
@pytest.mark.parametrize("size", [512, 4096, 65536])
@pytest.mark.parametrize("padding", [0, 300, 5_000, 200_000])
def test_either_byte_order_any_page_and_values_of_any_length(tmp_path, order, size, padding):
    headers = [header(f"p{number}", padding) for number in range(25)]
    found = read(make(tmp_path / "db", headers, order=order, size=size))
    assert sorted(one.name for one in found) == sorted(f"p{number}" for number in range(25))
    assert {one.version for one in found} == {"1-2"}


def test_keys_of_vendors_are_no_packages(tmp_path):
    found = read(make(tmp_path / "db", [header("bash"), header("gpg-pubkey")]))
    assert [one.name for one in found] == ["bash"]


def test_the_system_is_one_of_rpm(tmp_path, written):
    tree = build(tmp_path, {"/var/lib/rpm/Packages": written.read_bytes()})
    found = collect_packages(reader(tree, {}), NO_PROGRAMS)
    assert isinstance(found, Packages)
    assert (found.manager, len(found.installed)) == ("rpm", len(NAMES))


def test_a_file_that_is_none_names_the_reason(tmp_path):
    tree = build(tmp_path, {"/var/lib/rpm/Packages": "x" * 5000})
    found = collect_packages(reader(tree, {}), NO_PROGRAMS)
    assert isinstance(found, Unavailable)


@pytest.mark.parametrize("kept", [0, 25, 511, 4096, 0.5, 0.99])
def test_a_database_that_is_cut_off_is_not_known(written, tmp_path, kept):
    content = written.read_bytes()
    (tmp_path / "Packages").write_bytes(
        content[: kept if isinstance(kept, int) else int(len(content) * kept)]
    )
    assert isinstance(read(tmp_path / "Packages"), Unavailable)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_damage_gives_packages_or_a_reason_and_never_hangs(written, tmp_path_factory, seed):
    chance = random.Random(seed)
    content = bytearray(written.read_bytes())
    for _ in range(chance.randint(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    file = tmp_path_factory.mktemp("damaged") / "Packages"
    file.write_bytes(content)
    found = read(file)
    assert isinstance(found, list | Unavailable)


@pytest.mark.parametrize("kind", [0, 5, 7, 255])
def test_a_page_that_is_lost_is_noticed(written, tmp_path, kind):
    """Packages that are not seen would pass for absent ones."""
    content = bytearray(written.read_bytes())
    pages = [at for at in range(4096, len(content), 4096) if content[at + 25] in {2, 13}]
    full = max(pages, key=lambda at: struct.unpack_from("<H", content, at + 20)[0])
    content[full + 25] = kind
    (tmp_path / "Packages").write_bytes(content)
    assert isinstance(read(tmp_path / "Packages"), Unavailable)


def test_a_chain_that_bites_its_tail_ends(tmp_path):
    file = make(tmp_path / "db", [header("long", 20_000)])
    content = bytearray(file.read_bytes())
    for start in range(4096, len(content), 4096):
        if content[start + 25] == 7:  # an overflow page
            content[start + 16 : start + 20] = struct.pack("<I", start // 4096)
    file.write_bytes(content)
    assert read(file) is not None


@pytest.mark.parametrize(("size", "kind"), [(1 << 36, "too-large"), (1 << 29, "invalid")])
def test_a_huge_file_with_holes_takes_no_time(written, tmp_path, size, kind):
    content = bytearray(written.read_bytes())
    content[32:36] = struct.pack("<I", (min(size, 1 << 29) >> 12) - 1)  # its last page
    (tmp_path / "Packages").write_bytes(content)
    os.truncate(tmp_path / "Packages", size)
    content[88:92] = struct.pack("<I", 10_000)  # pairs that it says to have
    with (tmp_path / "Packages").open("r+b") as file:
        file.write(content)
    found = read(tmp_path / "Packages")
    assert isinstance(found, Unavailable)
    assert found.kind == kind


def test_a_pipe_in_its_place_is_no_database(tmp_path):
    os.mkfifo(tmp_path / "Packages")
    assert isinstance(read(tmp_path / "Packages"), Unavailable)


@pytest.mark.parametrize(
    "schema",
    [
        ENDLESS,
        "CREATE TABLE Packages(hnum INTEGER, blob BLOB); INSERT INTO Packages VALUES (1, NULL)",
        "CREATE TABLE Packages(hnum INTEGER, blob BLOB); INSERT INTO Packages VALUES (1, 'text')",
        "CREATE TABLE Other(blob BLOB)",
        "CREATE TABLE Packages(hnum INTEGER)",
    ],
)
def test_an_sqlite_database_of_another_shape_is_not_known(tmp_path, schema):
    """A row that is left out would pass for a package that is not installed."""
    with sqlite3.connect(tmp_path / "rpmdb.sqlite") as connection:
        connection.executescript(schema)
    connection.close()
    found = read_rpmdb(Root(str(tmp_path)), "/rpmdb.sqlite")
    assert isinstance(found, Unavailable)
    assert found.kind == "invalid"
