"""Writes a run to PostgreSQL, one row for each controls object, into the table that kube-bench uses."""

import json
from collections.abc import Mapping
from datetime import datetime

from trueline.errors import AccessError, UsageError
from trueline.kubebench.gotext import to_json
from trueline.kubebench.render_json import controls_data
from trueline.kubebench.results import Run

_SETTINGS = ("HOST", "USER", "DBNAME", "SSLMODE", "PASSWORD")
_HOST_LENGTH = 63
_SECONDS = 15
_TABLE = (
    (
        "CREATE TABLE scan_results (id bigserial PRIMARY KEY, created_at timestamptz, updated_at "
        "timestamptz, deleted_at timestamptz, scan_host varchar(63) NOT NULL, "
        "scan_time timestamptz NOT NULL, scan_info jsonb NOT NULL)"
    ),
    "CREATE INDEX idx_scan_results_deleted_at ON scan_results (deleted_at)",
)
_INSERT = (
    "INSERT INTO scan_results (created_at, updated_at, scan_host, scan_time, scan_info) "
    "VALUES (%s, %s, %s, %s, %s::jsonb)"
)


def database(environ: Mapping[str, str]) -> dict[str, str]:
    """How to reach the database, by KUBE_BENCH_PGSQL_*. Raises UsageError where one of them is missing.

    The port is libpq's own default: 5432, or $PGPORT.
    """
    names = {name: f"KUBE_BENCH_PGSQL_{name}" for name in _SETTINGS}
    if missing := [name for name in names.values() if not environ.get(name)]:
        raise UsageError(
            f"no value for {', '.join(missing)}", hint=f"Set {missing[0]} in the environment of the run."
        )
    return {name.lower(): environ[variable] for name, variable in names.items()}


def scan_host(environ: Mapping[str, str], hostname: str) -> str:
    """The name under which rows are stored. Raises UsageError where it is too long for its column."""
    name = environ.get("KUBE_BENCH_K8S_HOST") or hostname
    if len(name) > _HOST_LENGTH:
        raise UsageError(
            f"the host name {name} has more than {_HOST_LENGTH} characters",
            hint="Give a shorter one in KUBE_BENCH_K8S_HOST.",
        )
    return name


def save(run: Run, settings: Mapping[str, str], host: str, at: datetime) -> int:
    """Writes all rows or none, makes the table if it is not there, and returns how many rows it wrote.

    Raises UsageError without the driver, AccessError where the database refuses.
    """
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise UsageError(
            "--pgsql needs the PostgreSQL driver", hint="Install it: pip install 'trueline[pgsql]'."
        ) from None
    rows = [(at, at, host, at, _document(controls_data(each))) for each in run.controls]
    try:
        with psycopg.connect(make_conninfo(**settings), connect_timeout=_SECONDS) as connection:
            if connection.execute("SELECT to_regclass('scan_results')").fetchone() == (None,):
                for statement in _TABLE:
                    connection.execute(statement)
            connection.cursor().executemany(_INSERT, rows)
    except psycopg.Error as error:
        password = settings.get("password", "")
        reason = " ".join(str(error).split()).replace(password or "\0", "***")
        raise AccessError(
            f"received error connecting to database: {reason}",
            hint="Check KUBE_BENCH_PGSQL_* and what the user may do there.",
        ) from None
    return len(rows)


def _document(data: object) -> str:
    """jsonb takes no NUL."""
    text = to_json(data)
    return text if "\\u0000" not in text else json.dumps(_without_nul(json.loads(text)))


def _without_nul(value: object) -> object:
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {key: _without_nul(each) for key, each in value.items()}
    return value
