"""Rows go into a real PostgreSQL server, into the table that kube-bench makes."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.kubebench.folder import write_controls
from trueline.cli.kubebench import call
from trueline.errors import AccessError, UsageError
from trueline.kubebench.pgsql import database, save, scan_host
from trueline.kubebench.render_json import controls_data
from trueline.kubebench.results import CheckResult, ControlsResult, Counts, Run, group_result

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GROUP = group_result("1.1", "Files", [CheckResult(id="1.1.1", text="one", state="FAIL", actual="a\n\0b")])
RUN = Run(
    controls=tuple(
        ControlsResult(id=number, text="T", type="node", groups=(GROUP,), counts=Counts(failed=1))
        for number in ("1", "4")
    )
)


def programs():
    """The folder of PostgreSQL's programs: those of a wheel, or those that are installed."""
    spec = find_spec("pgserver")
    folders = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("pg_ctl"):
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture(scope="module")
def server():
    """Settings of a running server; it refuses to run as root, so that somebody else has to."""
    pytest.importorskip("psycopg", reason="SKIPPED FOR WANT OF THE POSTGRESQL DRIVER")
    folder = programs()
    if folder is None:
        pytest.skip("SKIPPED FOR WANT OF A POSTGRESQL SERVER: neither the wheel pgserver nor initdb is here")
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    given = {"user": user, "check": True, "cwd": "/", "stdout": subprocess.DEVNULL}
    (place / "password").write_text("s3cret")
    (place / "password").chmod(0o644)
    data = place / "data"
    secret = ["--auth=scram-sha-256", f"--pwfile={place}/password", "--username=bench"]
    subprocess.run([folder / "initdb", "-D", data, "-N", "--locale=C", "-E", "UTF8", *secret], **given)  # noqa: PLW1510
    options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"
    log = ["-l", place / "log", "-w", "-t", "60"]
    subprocess.run([folder / "pg_ctl", "-D", data, *log, "-o", options, "start"], **given)  # noqa: PLW1510
    yield {
        "KUBE_BENCH_PGSQL_HOST": str(place),
        "KUBE_BENCH_PGSQL_USER": "bench",
        "KUBE_BENCH_PGSQL_DBNAME": "postgres",
        "KUBE_BENCH_PGSQL_SSLMODE": "disable",
        "KUBE_BENCH_PGSQL_PASSWORD": "s3cret",
    }
    subprocess.run([folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **given)  # noqa: PLW1510
    shutil.rmtree(place)


@pytest.fixture
def query(server):
    import psycopg

    def query(text):
        settings = database(server)
        with psycopg.connect(**settings) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    query("DROP TABLE IF EXISTS scan_results")
    yield query
    query("DROP TABLE IF EXISTS scan_results")


def test_one_row_for_each_controls_object(server, query):
    for count in (2, 4):  # the table is made once
        assert save(RUN, database(server), "node-1", AT) == 2
        rows = query("SELECT id, created_at, deleted_at, scan_host, scan_time, scan_info FROM scan_results")
        assert len(rows) == count
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert {row[1:5] for row in rows} == {(AT, None, "node-1", AT)}
    documents = [controls_data(each) for each in RUN.controls]
    documents = json.loads(json.dumps(documents).replace("\\u0000", ""))  # jsonb takes none
    assert [row[5] for row in rows] == documents * 2


def test_table_is_the_one_that_kube_bench_makes(server, query):
    save(RUN, database(server), "node-1", AT)
    columns = query(
        "SELECT column_name, data_type, is_nullable, character_maximum_length "
        "FROM information_schema.columns WHERE table_name = 'scan_results' ORDER BY ordinal_position"
    )
    time = "timestamp with time zone"
    assert columns == [
        ("id", "bigint", "NO", None),
        ("created_at", time, "YES", None),
        ("updated_at", time, "YES", None),
        ("deleted_at", time, "YES", None),
        ("scan_host", "character varying", "NO", 63),
        ("scan_time", time, "NO", None),
        ("scan_info", "jsonb", "NO", None),
    ]
    indexes = {name for (name,) in query("SELECT indexname FROM pg_indexes WHERE tablename = 'scan_results'")}
    assert indexes == {"scan_results_pkey", "idx_scan_results_deleted_at"}


def test_nothing_is_written_where_one_row_is_refused(server, query):
    save(RUN, database(server), "node-1", AT)
    with pytest.raises(AccessError):
        save(RUN, database(server), "n" * 64, AT)
    assert query("SELECT count(*) FROM scan_results") == [(2,)]


@pytest.mark.parametrize(
    ("name", "value"), [("PASSWORD", "wr0ng-w0rd"), ("DBNAME", "nope"), ("HOST", "/nowhere")]
)
def test_database_that_refuses(server, name, value):
    settings = database({**server, f"KUBE_BENCH_PGSQL_{name}": value})
    with pytest.raises(AccessError) as caught:
        save(RUN, settings, "node-1", AT)
    assert "wr0ng-w0rd" not in f"{caught.value.message}{caught.value.hint}"


def test_command_writes_rows_and_prints_nothing(server, query, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    controls = write_controls(tmp_path / "cfg")
    words = ["run", "-D", str(controls), "--benchmark", "tests-1", "-s", "etcd,policies", "--pgsql"]
    environ = {**server, "PATH": os.environ["PATH"], "KUBE_BENCH_K8S_HOST": "named"}
    assert call(words, environ) == 0
    assert capsys.readouterr().out == ""
    rows = query("SELECT scan_host, scan_info->>'node_type' FROM scan_results ORDER BY id")
    assert rows == [("named", "etcd"), ("named", "policies")]
    assert call(words, {**environ, "KUBE_BENCH_PGSQL_PASSWORD": "wrong"}) == 1


def test_each_setting_is_needed():
    environ = {f"KUBE_BENCH_PGSQL_{name}": "x" for name in ("HOST", "USER", "DBNAME", "SSLMODE", "PASSWORD")}
    assert set(database(environ)) == {"host", "user", "dbname", "sslmode", "password"}
    for name in environ:
        with pytest.raises(UsageError, match=name):
            database({**environ, name: ""})


def test_name_of_the_host():
    assert scan_host({}, "machine") == "machine"
    assert scan_host({"KUBE_BENCH_K8S_HOST": "n" * 63}, "machine") == "n" * 63
    with pytest.raises(UsageError):
        scan_host({"KUBE_BENCH_K8S_HOST": "n" * 64}, "machine")
