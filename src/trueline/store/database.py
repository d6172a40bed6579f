"""Opens the database of a history, brings its tables up to date, and says in words what goes wrong."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from trueline.errors import HistoryError
from trueline.store.tables import REVISION

_WAIT: Final = 60.0
_DRIVERS: Final = {"sqlite": "sqlite+pysqlite"} | dict.fromkeys(
    ("postgresql", "postgres"), "postgresql+psycopg"
)
_LOCK: Final = 7_205_133  # any number that no other program takes for its own
_PLACE: Final = "Name a file, or a URL such as postgresql://user@host/database, with --store."
_REASONS: Final = {
    "disk is full": ("the disk is full", "Make room; nothing of this run was written."),
    "no space left": ("the disk is full", "Make room; nothing of this run was written."),
    "database is locked": ("another program holds it", "Try again when that one is done."),
    "lock timeout": ("another program holds it", "Try again when that one is done."),
    "readonly": ("it can't be written", "Give this user the right to write to the file and its directory."),
    "read-only": ("it can't be written", "Give this user the right to write to the database."),
    "permission denied": ("this user may not use it", "Give this user the right to it."),
    "unable to open": ("it can't be opened", _PLACE),
    "not a database": ("it is no database", _PLACE),
    "malformed": ("the file is damaged", "Restore a backup."),
    "no such table": ("it is damaged: a table is missing", "Restore a backup."),
    "does not exist": ("it does not exist, or a table of it is missing", "Make the database first."),
    "authentication failed": ("the password is wrong", "Check the user and password of the URL."),
    "connection": ("it can't be reached", "Check the URL of --store, and whether the server runs."),
    "failed to resolve": ("it can't be reached", "Check the host in the URL of --store."),
}


class Database:
    """A history's database; `words` names it without its password."""

    def __init__(self, engine: Engine, words: str) -> None:
        self.words = words
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state. Raises HistoryError for what the database refuses."""
        with self._told(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is written as a whole or not at all; only one at a time may append."""
        with self._told(), self._engine.connect() as connection:
            connection.execution_options(trueline_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Lets the database go."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            reason, hint = _reason(str(error.orig))
            raise HistoryError(f"{self.words}: {reason}", hint=hint) from None


def open_database(place: str, *, create: bool = True) -> Database:
    """The database at a path or URL, its tables made or brought up to date.

    Raises HistoryError where it can't be, or where `create` is false and there is none.
    """
    url = _url(place)
    words = url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string()
    if url.get_backend_name() == "sqlite":
        _prepare(Path(words), create=create)
    database = Database(_engine(url), words)
    with database.reading() as connection:
        found = _revision(connection)
    if found == REVISION:
        return database
    if not found and not create:
        raise _none(words)
    with database.writing() as connection:
        _migrate(connection, words)
    return database


def _url(place: str) -> URL:
    if "://" not in place:
        return URL.create("sqlite+pysqlite", database=str(Path(place).absolute()))
    try:
        url = make_url(place)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise HistoryError("the URL of the history can't be understood", hint=_PLACE) from None
    if backend not in _DRIVERS:
        raise HistoryError(f"a history can't be kept in {backend}", hint=_PLACE)
    return url.set(drivername=_DRIVERS[backend])


def _prepare(path: Path, *, create: bool) -> None:
    """Lets a new file be made that only this user can read."""
    if path.exists():
        if not path.is_file():
            raise HistoryError(f"{path} is not a file", hint=_PLACE)
        return
    if not create:
        raise _none(str(path))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another writer was faster
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError as error:
        reason = (error.strerror or "it can't be made").lower()
        raise HistoryError(f"{path}: {reason}", hint=_PLACE) from None


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
        except ModuleNotFoundError:
            raise HistoryError(
                "the driver for PostgreSQL is not installed", hint="pip install 'trueline[history,pgsql]'"
            ) from None
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT})
    event.listen(engine, "connect", _plain)
    event.listen(engine, "begin", _begin)
    return engine


def _plain(connection: Any, _: Any) -> None:
    """Transactions begin where we say so, and not where the driver thinks it best."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("trueline_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(connection: Connection, words: str) -> None:
    """All revisions that are missing, in this one transaction; of two programs one waits for the other."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise HistoryError(
            f"{words}: its tables are none that this version knows ({error})",
            hint="Use the version of trueline that wrote it, or a newer one.",
        ) from None


def _none(words: str) -> HistoryError:
    return HistoryError(
        f"there is no history at {words}",
        hint="`trueline scan --save` begins one; name another with --store.",
    )


def _reason(said: str) -> tuple[str, str]:
    lowered = said.lower()
    for part, words in _REASONS.items():
        if part in lowered:
            return words
    return said.splitlines()[0] if said else "it failed", "See the message of the database."
