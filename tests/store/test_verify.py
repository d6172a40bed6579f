"""Whatever is altered in a history is found."""

import random
import shutil
import sqlite3
from contextlib import suppress

import pytest

from tests.store.runs import DOCUMENTS, moment, run
from trueline.errors import HistoryError
from trueline.store.history import Query, open_history
from trueline.store.retain import Retention, retain
from trueline.store.verify import problems

TABLES = ("runs", "documents", "findings", "head", "removed")


def fill(place):
    history = open_history(place)
    for day in range(4):
        history.add(run(day, c1="fail"), DOCUMENTS, saved_at=moment(day))
    retain(history, Query(), Retention(keep=3), at=moment(9), because="--keep 3")
    return history


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "history.db"
    fill(str(path)).database.close()
    return path


@pytest.fixture
def copy(original, tmp_path):
    return shutil.copy(original, tmp_path / "history.db")


def content(path):
    with sqlite3.connect(path) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


def wrong(path):
    """What verification says; what can't even be opened is found, too."""
    try:
        return problems(open_history(str(path), create=False).database)
    except HistoryError as error:
        return [error.message]


def test_what_was_not_altered_is_as_written(place):
    assert problems(fill(place).database) == []


ALTERATIONS = {
    "a number": "UPDATE runs SET failed = failed + 1 WHERE id = 3",
    "a time": "UPDATE runs SET at = '2020-01-01T00:00:00Z' WHERE id = 3",
    "an outcome": "UPDATE findings SET outcome = 'pass' WHERE outcome = 'fail' AND run = 3",
    "a run": "DELETE FROM runs WHERE id = 4",
    "the last runs": "DELETE FROM runs WHERE id > 2",
    "a finding": "DELETE FROM findings WHERE run = 3 AND position = 0",
    "a document": "DELETE FROM documents WHERE size < 100",
    "a place in the chain": "DELETE FROM removed",
    "the head": "UPDATE head SET last = 3",
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_alterations_are_found_in_each_database(place, name):
    from sqlalchemy import text

    history = fill(place)
    with history.database.writing() as connection:
        assert connection.execute(text(ALTERATIONS[name])).rowcount
    assert problems(history.database)


def columns():
    import sqlalchemy

    from trueline.store.tables import METADATA

    assert set(METADATA.tables) == set(TABLES)
    for table in METADATA.tables.values():
        for column in table.columns:
            yield table.name, column.name, isinstance(column.type, sqlalchemy.LargeBinary)


def altered(value):
    """The value with one bit changed at each place, or a bit more or less of it."""
    match value:
        case bytes():
            for place in range(0, len(value), max(1, len(value) // 16)):
                yield value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
            yield value + b"\0"
        case str():
            yield value + "x"
            yield value.encode()
            if value:
                yield value[:-1] + chr(ord(value[-1]) ^ 1)
                yield ""
        case _:
            yield value + 1
            yield str(value) + ".5"


@pytest.mark.parametrize(("table", "column", "_binary"), list(columns()))
def test_a_change_of_any_value_in_any_row_is_found(copy, table, column, _binary):
    before = content(copy)
    with sqlite3.connect(copy) as connection:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
    assert rows
    changed = copy.with_name("changed.db")
    for rowid, value in rows:
        for other in altered(value):
            shutil.copy(copy, changed)
            try:
                with sqlite3.connect(changed) as connection:
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (other, rowid))
            except sqlite3.IntegrityError:
                continue  # the database itself refuses
            if content_or_none(changed) != before:
                assert wrong(changed), (rowid, value, other)


def content_or_none(path):
    try:
        return content(path)
    except sqlite3.Error:
        return None


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_deleted_is_found(copy, table):
    with sqlite3.connect(copy) as connection:
        rows = [row for (row,) in connection.execute(f"SELECT rowid FROM {table}")]
    for row in rows:
        other = shutil.copy(copy, copy.with_name("other.db"))
        with sqlite3.connect(other) as connection:
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
        assert wrong(other)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_added_is_found(copy, table):
    with sqlite3.connect(copy) as connection:
        row = list(connection.execute(f"SELECT * FROM {table}").fetchone())
        row[0] = 99 if isinstance(row[0], int) else "sha256:00"
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    assert wrong(copy)


def test_a_run_that_is_replaced_by_another_with_its_own_digest_is_found(copy, tmp_path):
    """Whoever forges a row well has to forge all that follow."""
    from trueline.store.records import run_seal

    with sqlite3.connect(copy) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM runs WHERE id = 3").fetchone())
        row["failed"] = 0
        connection.execute("UPDATE runs SET failed = 0, digest = ? WHERE id = 3", (run_seal(row),))
    assert wrong(copy) == ["Run 4 does not follow the run before it."]


def test_a_byte_that_flips_anywhere_in_the_file_changes_nothing_or_is_found(original, tmp_path):
    whole, before = original.read_bytes(), content(original)
    places = random.Random(7).sample(range(len(whole)), 400)
    flipped = tmp_path / "history.db"
    for place in places:
        flipped.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        if content_or_none(flipped) != before:
            assert wrong(flipped), place
        used(flipped)


def used(path):
    """What was altered is read as it is, or refused; it never breaks the program."""
    with suppress(HistoryError):
        history = open_history(str(path), create=False)
        history.search(Query(outcome="fail"))
        for one in history.runs():
            history.past(one)
            with suppress(HistoryError):
                history.assessment(one)


def test_a_file_that_is_cut_off_is_found(original, tmp_path):
    whole = original.read_bytes()
    for size in range(1, len(whole), len(whole) // 12):
        short = tmp_path / "short.db"
        short.write_bytes(whole[:size])
        assert wrong(short), size
