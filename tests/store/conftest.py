"""Histories in real databases: a SQLite file, and a PostgreSQL server that runs for the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import pytest

from tests.kubebench.test_pgsql import programs

_NUMBERS = count()


@pytest.fixture(scope="session")
def postgres():
    """A function that gives the URL of a new, empty database."""
    psycopg = pytest.importorskip("psycopg", reason="SKIPPED FOR WANT OF THE POSTGRESQL DRIVER")
    folder = programs()
    if folder is None:
        pytest.skip("SKIPPED FOR WANT OF A POSTGRESQL SERVER: neither the wheel pgserver nor initdb is here")
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    given = {"user": user, "check": True, "cwd": "/", "stdout": subprocess.DEVNULL}
    data = place / "data"
    words = ["--auth=trust", "--username=bench", "-N", "--locale=C", "-E", "UTF8"]
    subprocess.run([folder / "initdb", "-D", data, *words], **given)  # noqa: PLW1510
    options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"
    log = ["-l", place / "log", "-w", "-t", "60"]
    subprocess.run([folder / "pg_ctl", "-D", data, *log, "-o", options, "start"], **given)  # noqa: PLW1510

    def new():
        name = f"history_{next(_NUMBERS)}"
        with psycopg.connect(f"postgresql://bench@/postgres?host={place}", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://bench@/{name}?host={place}"

    yield new
    subprocess.run([folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **given)  # noqa: PLW1510
    shutil.rmtree(place)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a new history may begin: a file, then a database of a server."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    return request.getfixturevalue("postgres")()
