"""The engine, transactions, locks and the schema's version; where driver errors become ours.

Synchronous on purpose: async callers use `asyncio.to_thread`. Nothing above `storage` sees a
connection, a row or an SQLAlchemy error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url

from storage.database import schema
from storage.database.direct import Cursor, Direct
from storage.database.locks import AdvisoryLock, FileLock, Lock
from storage.model import DatabaseBusy, SchemaOutdated, StorageError

_Result = TypeVar("_Result")
BUSY_TIMEOUT_S: Final = 30
_SQLITE_LOCKED: Final = ("database is locked", "database table is locked")
_PG_RETRY: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""


class Database:
    """A store at a URL. `sqlite:///FILE` or `postgresql://user:pass@host/db`."""

    def __init__(self, engine: Engine, path: Path | None, *, hot: Engine | None = None) -> None:
        self._engine = engine
        self._hot = hot or engine
        self._direct = Direct(self._hot)
        self._path = path

    @classmethod
    def open(cls, url: str, *, wait_s: float = BUSY_TIMEOUT_S) -> Database:
        """Connect lazily. Raises StorageError when the URL cannot mean a database.

        `wait_s` is how long a writer waits for another one on SQLite before DatabaseBusy.
        """
        try:
            parsed = make_url(url)
        except sa.exc.ArgumentError as error:
            raise StorageError("[storage] url is not a database URL") from error
        if parsed.get_backend_name() == "sqlite":
            return cls._open_sqlite(parsed, wait_s)
        if parsed.get_backend_name() == "postgresql":
            return cls._open_postgresql(parsed)
        raise StorageError(
            f"[storage] url: {parsed.get_backend_name()} is not supported; "
            "use sqlite:///FILE or postgresql://user:pass@host/db"
        )

    @classmethod
    def _open_postgresql(cls, url: sa.URL) -> Database:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=8,
            pool_pre_ping=True,
            hide_parameters=True,  # an error is logged, and must not take addresses along
        )
        sa.event.listen(engine, "connect", _prepare_postgresql)
        # No question whether the server is still there before each of ten thousand statements.
        hot = sa.create_engine(
            engine.url,
            isolation_level="AUTOCOMMIT",
            pool_use_lifo=True,
            hide_parameters=True,
        )
        sa.event.listen(hot, "connect", _prepare_postgresql_for_groups)
        return cls(engine, None, hot=hot)

    @classmethod
    def _open_sqlite(cls, url: sa.URL, wait_s: float) -> Database:
        if not url.database or url.database == ":memory:":
            raise StorageError("[storage] url: SQLite needs a file, as in sqlite:///newsletter.db")
        path = Path(url.database)
        engine = sa.create_engine(
            url.set(drivername="sqlite+pysqlite"),
            connect_args={"timeout": wait_s, "check_same_thread": False},
            pool_use_lifo=True,  # one connection does most of the work, and its cache is warm
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return cls(engine, path)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the single-machine engine."""
        return self._path is not None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction: all of it or nothing. Waits for other writers (SQLite)."""
        with self._wrapping(), self._engine.connect() as connection, connection.begin():
            yield connection

    def direct(self, work: Callable[[Cursor], _Result]) -> _Result:
        """One short writing transaction on the driver itself, see storage/database/direct.py.

        `work` must be harmless when it is done twice; on PostgreSQL it is a single statement.
        """
        with self._wrapping():
            return self._direct.run(work)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look that never waits for writers."""
        with self._wrapping(), self._engine.connect() as connection:
            connection.execution_options(newsletter_reading=True)
            if not self.is_sqlite:  # there each statement would look for itself otherwise
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def answers(self) -> bool:
        """Whether the database can be used right now."""
        try:
            with self.reading() as connection:
                connection.execute(sa.text("SELECT 1"))
        except StorageError:
            return False
        return True

    # ── schema ───────────────────────────────────────────────────────────────────────────

    def upgrade(self) -> None:
        """Bring the tables to this program's version; harmless when they are."""
        # Only here, because it takes a tenth of the memory and the start of every command.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        with self.transaction() as connection:
            serialise(connection, "schema")  # the second of two waits, then finds it done
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def prepare(self) -> None:
        """Make the tables in an empty database; raise SchemaOutdated for those of another version."""
        current = self._revision()
        if current is None:
            self.upgrade()
        elif current != schema.REVISION:
            raise SchemaOutdated(
                f"the database has schema {current}, this program needs {schema.REVISION}: "
                "make a backup, then run `newsletter db upgrade`"
            )

    def _revision(self) -> str | None:
        """What alembic keeps of the tables; None in an empty database."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(schema.alembic_version.name):
                return None
            return connection.scalar(sa.select(schema.alembic_version.c.version_num))

    # ── locks ────────────────────────────────────────────────────────────────────────────

    def try_lock(self, name: str) -> Lock | None:
        """The lock of that name, or None while another process holds it.

        It ends with the process, however that ends: a file lock beside an SQLite database, an
        advisory lock on PostgreSQL.
        """
        if self._path is not None:
            return FileLock.take(self._path.with_name(f"{self._path.name}.{name}.lock"))
        with self._wrapping():
            return AdvisoryLock.take(self._engine, name)

    def fold(self) -> None:
        """On SQLite, bring the write-ahead log into the file and empty it (rule F11).

        Waits for readers, at most as long as for a lock; then SQLite does it later by itself.
        """
        if not self.is_sqlite:
            return
        with self._wrapping(), self._engine.connect() as connection:
            driver = connection.connection.cursor()  # a checkpoint cannot be in a transaction
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            driver.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        self._hot.dispose()

    @contextmanager
    def _wrapping(self) -> Iterator[None]:
        """The one door through which driver errors leave: as StorageError, chained."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise _ours(error.orig) from error
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise _ours(error) from error
        except sa.exc.SQLAlchemyError as error:
            raise StorageError(f"the database cannot be used: {error}") from error


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless one like it is there, also one that another process just made."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(values).on_conflict_do_nothing()
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount == 1


def serialise(connection: Connection, name: str) -> None:
    """Let only one transaction at a time pass here (on SQLite all writing ones do so anyway)."""
    if connection.dialect.name == "postgresql":
        key = sa.func.pg_advisory_xact_lock(sa.func.hashtext("newsletter"), sa.func.hashtext(name))
        connection.execute(sa.select(key))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: an outcome that was committed survives a power cut, so nobody is mailed twice by one.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # an erased address leaves no trace (rule F11)
    # Enough for what a run touches at a time; each connection fills its own while it publishes.
    cursor.execute("PRAGMA cache_size = -8192")
    # The log of publishing to a million readers need not lie there until the next time.
    cursor.execute("PRAGMA journal_size_limit = 33554432")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Compiling a statement costs a hundred times what any of ours takes to run.
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _prepare_postgresql_for_groups(connection: Any, record: object) -> None:
    # A group's rows are found by their ids, however little PostgreSQL thinks a look through the
    # whole table costs; and the plan made once serves every group.
    _prepare_postgresql(connection, record)
    with connection.cursor() as cursor:
        for kind in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET enable_{kind} = off")
        cursor.execute("SET plan_cache_mode = force_generic_plan")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place at once: upgrading a read lock later fails instead of waiting.
    reading = connection.get_execution_options().get("newsletter_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _ours(error: BaseException | None) -> StorageError:
    cause = _cause(error)
    if cause in _SQLITE_LOCKED or getattr(error, "sqlstate", None) in _PG_RETRY:
        return DatabaseBusy(f"the database is busy ({cause}); trying again is safe")
    return StorageError(f"the database refused: {cause}")


def _cause(error: BaseException | None) -> str:
    """What the driver says, without the row that PostgreSQL adds: it may hold an address."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(primary or error)
