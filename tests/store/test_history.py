"""What is put into a history comes out of it, in the order and by the words that it is asked for."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.store.runs import DOCUMENTS, moment, run
from trueline.errors import HistoryError, UsageError
from trueline.store.history import Documents, Query, open_history


@pytest.fixture
def history(place):
    found = open_history(place)
    yield found
    found.database.close()


def filled(history, runs):
    return [history.add(one, saved_at=moment(99))[0] for one in runs]


def ids(records):
    return [one.id for one in records]


def test_what_is_added_comes_back_byte_for_byte(history):
    made = run(c2="fail")
    stored, added = history.add(made, DOCUMENTS, saved_at=moment(9))
    assert (added, stored.id, stored.saved_at, stored.at) == (True, 1, moment(9), moment(0))
    assert history.assessment(stored) == made
    assert history.documents(stored) == DOCUMENTS
    assert (stored.passed, stored.failed, stored.run.target, stored.run.cluster) == (
        2,
        1,
        "cp-1",
        "prod-eu-1",
    )


def test_what_is_there_already_is_not_added_again(history):
    first, _ = history.add(run(), DOCUMENTS, saved_at=moment(1))
    again, added = history.add(run(), DOCUMENTS, saved_at=moment(2))
    assert (again, added) == (first, False)
    other, added = history.add(msgspec.structs.replace(run(), phase="create"), DOCUMENTS, saved_at=moment(2))
    assert (other.id, added) == (2, True)


def test_documents_are_kept_once(history):
    from sqlalchemy import text

    for day in range(5):
        history.add(run(day), DOCUMENTS, saved_at=moment(day))
    with history.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM documents")).scalar() == 5 + 2


@pytest.mark.parametrize("text", ["nul \0 inside", "half \ud800 of a pair", "\N{SNOWMAN} 'quote' \"%s\" \\"])
def test_any_text_can_be_kept(history, text):
    made = run()
    odd = msgspec.structs.replace(
        made,
        target=msgspec.structs.replace(made.target, name=text),
        results=tuple(msgspec.structs.replace(one, title=text) for one in made.results),
    )
    stored, _ = history.add(odd, saved_at=moment(0))
    assert len(history.assessment(stored).results) == 3
    assert len(history.search(Query(number="1.2"))) == 3


QUERIES = {
    "cluster": ({"cluster": "prod-eu-1"}, [4, 3, 2, 1]),
    "cluster uid": ({"cluster": "5b0c8f7e-0d5c-4d63-9f0a-6a7e3f1f2d10"}, [4, 3, 2, 1]),
    "other cluster": ({"cluster": "x"}, []),
    "node": ({"node": "cp-2"}, [3]),
    "benchmark": ({"benchmark": "cis-1.11"}, [2]),
    "phase": ({"phase": "pre-upgrade"}, [4]),
    "since": ({"since": moment(2)}, [4, 3]),
    "until": ({"until": moment(1)}, [2, 1]),
    "number": ({"number": "1.2.5"}, [4]),
    "section": ({"number": "1.2"}, [4, 3, 2, 1]),
    "no prefix of digits": ({"number": "1.2.50"}, []),
    "outcome": ({"outcome": "fail"}, [3, 1]),
    "number and outcome": ({"number": "1.2.1", "outcome": "fail"}, [1]),
    "wild cards are letters": ({"number": "%"}, []),
}


@pytest.mark.parametrize("name", QUERIES)
def test_w52_runs_are_found_by_cluster_node_benchmark_phase_time_number_and_outcome(history, name):
    asked, expected = QUERIES[name]
    runs = [run(0, c1="fail"), run(1, benchmark="cis-1.11"), run(2, "cp-2", c2="fail"), run(3, size=5)]
    runs[3] = msgspec.structs.replace(runs[3], phase="pre-upgrade")
    filled(history, runs)
    assert ids(history.runs(Query(**asked))) == expected
    assert {int(one.run) for one in history.search(Query(**asked))} == set(expected)


def test_w52_a_search_gives_results(history):
    filled(history, [run(0, c2="fail"), run(1, c2="fail", c3="error")])
    found = history.search(Query(outcome="fail"))
    assert [(one.run, one.number, one.at, one.component) for one in found] == [
        ("2", "1.2.2", moment(1), "kube-apiserver"),
        ("1", "1.2.2", moment(0), "kube-apiserver"),
    ]
    assert len(history.search(Query(), limit=4)) == 4


def test_w44_the_last_successful_run_is_one_that_decided_something(history):
    failed = {f"c{number}": "error" for number in (1, 2, 3)}
    runs = filled(history, [run(0), run(1, **failed), run(2, "cp-2"), run(3, benchmark="x"), run(4)])
    assert history.before(runs[4]) == runs[0]
    assert history.before(runs[0]) is None
    assert history.before(runs[4], any_benchmark=True) == runs[3]


def test_runs_count_by_their_time_and_not_by_when_they_were_added(history):
    late, early = filled(history, [run(5), run(1)])
    assert history.before(late) == early
    assert ids(history.runs()) == [late.id, early.id]


def test_w26_the_past_of_a_finding_is_known(history):
    runs = filled(history, [run(0, c1="fail"), run(1), run(2, c1="error"), run(3)])
    past = {key.rpartition("/")[2]: outcomes for key, outcomes in history.past(runs[3]).items()}
    assert past == {"1.2.1": ["fail", "pass"], "1.2.2": ["pass"], "1.2.3": ["pass"]}
    assert history.past(runs[0]) == {}


def test_the_trend_has_earlier_runs_oldest_first(history):
    runs = filled(history, [run(0, c1="fail"), run(1, "other"), run(2)])
    (point,) = history.trend(runs[2])
    assert (point.at, point.passed, point.failed) == (moment(0), 2, 1)
    assert point.percent == pytest.approx(200 / 3)


def test_a_run_that_is_not_there(history):
    with pytest.raises(UsageError, match="no run 7"):
        history.run(7)


def test_a_history_that_is_not_there(tmp_path):
    with pytest.raises(HistoryError, match="no history at"):
        open_history(str(tmp_path / "none.db"), create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_for_its_owner_only(tmp_path):
    file = tmp_path / "deep" / "history.db"
    open_history(str(file))
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


BAD = {
    "mysql://root:pa55word@h/db": "mysql",
    "postgresql://u:pa55word@/db?host=/nowhere": "can't be reached",
    "postgresql+nonsense://u:pa55word@h.invalid/db": "can't be reached",
    "nonsense://u:pa55word@h": "understood|can't be kept",
    "://": "understood",
    "/proc/nothing/history.db": "/proc/nothing",
    "/": "not a file",
}


@pytest.mark.parametrize("url", BAD)
def test_places_that_can_not_be_used_are_named_without_passwords(url):
    with pytest.raises(HistoryError, match=BAD[url]) as caught:
        open_history(url)
    assert "pa55word" not in caught.value.message + caught.value.hint
    assert caught.value.hint


def test_files_that_are_no_history(tmp_path):
    text = tmp_path / "text"
    text.write_text("x" * 5000)
    with pytest.raises(HistoryError, match="no database"):
        open_history(str(text))
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    with pytest.raises(HistoryError, match="none that this version knows"):
        open_history(str(other))


def test_a_document_that_was_altered_is_never_given_out(tmp_path):
    history = open_history(str(tmp_path / "h.db"))
    stored, _ = history.add(run(), Documents(snapshot=b"{}"), saved_at=moment(0))
    with sqlite3.connect(tmp_path / "h.db") as connection:
        connection.execute("UPDATE documents SET data = (SELECT data FROM documents WHERE size > 2)")
    with pytest.raises(HistoryError, match="document"):
        history.documents(stored)


def test_migrations_make_the_tables_that_the_code_knows(place):
    from sqlalchemy import inspect

    from trueline.store.tables import METADATA

    history = open_history(place)
    with history.database.reading() as connection:
        found = inspect(connection)
        for table in METADATA.tables.values():
            columns = {one["name"]: one["nullable"] for one in found.get_columns(table.name)}
            assert columns == {column.name: column.nullable for column in table.columns}
            assert {one["name"] for one in found.get_indexes(table.name)} == {
                one.name for one in table.indexes
            }


def test_a_history_of_the_first_revision_is_brought_up_to_date(place):
    """With the rows that it has, which stay as they are."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import insert, text, update

    from trueline.store import database, records, tables
    from trueline.store.digests import digest_of, encoded, packed
    from trueline.store.verify import problems

    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    url = database._url(place)
    if url.get_backend_name() == "sqlite":
        Path(url.database).touch()
    first = database.Database(database._engine(url), "first")
    made = run(c1="fail")
    small = packed(encoded(made))
    rows = list(records.findings_of(made, 1))
    row = {
        "id": 1,
        **records.row_of(made, moment(0)),
        "assessment": digest_of(encoded(made)),
        "snapshot": "",
        "policies": "[]",
        "findings": records.findings_seal(rows),
        "previous": "",
    }
    row["digest"] = records.run_seal(row)
    with first.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        document = {"digest": row["assessment"], "size": len(encoded(made)), "packed": digest_of(small)}
        connection.execute(insert(tables.DOCUMENTS), [{**document, "data": small}])
        connection.execute(insert(tables.RUNS), [row])
        connection.execute(insert(tables.FINDINGS), rows)
        connection.execute(update(tables.HEAD).values(last=1, digest=row["digest"]))
    history = open_history(place)
    with history.database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == tables.REVISION
    assert history.assessment(history.run(1)) == made
    history.add(run(1), saved_at=moment(1))
    assert problems(history.database) == []


def test_the_command_line_works_on_each_database(place):
    import json
    import subprocess
    import sys

    def call(*words):
        command = [sys.executable, "-m", "trueline", "history", *words, "--store", place]
        return subprocess.run(command, capture_output=True, check=False, text=True)

    filled(open_history(place), [run(0, c1="fail"), run(1), run(2, c1="fail")])
    done = call("diff", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["counts"]["regressed"]) == (1, 1), done.stderr
    assert "1 run deleted" in call("retain", "--keep", "2").stdout
    assert "2 runs are as written" in call("verify").stdout
    assert call("search", "--outcome", "nonsense").returncode == 2
