"""The engine, transactions, locks and the schema's version; whatever a driver raises here is raised as ours.

Synchronous on purpose: async callers use `asyncio.to_thread`. Nothing above `storage` sees a
connection, a row or an SQLAlchemy error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import local
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url

from storage.database import schema
from storage.database.connections import (
    PG_CONNECT,
    STEP_S,
    Server,
    ask_only_in_doubt,
    begin_sqlite,
    begin_writing,
    is_there,
    prepare_sqlite,
)
from storage.database.direct import Cursor, Direct
from storage.database.glance import Glance
from storage.database.locks import AdvisoryLock, FileLock, Lock
from storage.database.patience import Patience, Probe, Watch
from storage.database.place import Place
from storage.database.refusals import explaining
from storage.database.troubles import FULL_S, Troubles
from storage.database.versions import (
    make_tables,
    migrate,
    read_revision,
    refuse_newer,
    refuse_older,
)
from storage.model import StorageError

_Result = TypeVar("_Result")
BUSY_TIMEOUT_S: Final = 30
_PROBE_S: Final = 2.0
"""How long a readiness probe waits."""


class _Look(local):
    """Of each thread: what it reads by for as long as it is `looking`."""

    shared: Connection | None = None

    @contextmanager
    def by(self, reading: AbstractContextManager[Connection]) -> Iterator[None]:
        """Everything is read by this one."""
        with reading as connection:
            self.shared = connection
            try:
                yield
            finally:
                self.shared = None


class Database:
    """A store at a URL. `sqlite:///FILE` or `postgresql://user:pass@host/db`."""

    def __init__(
        self,
        engine: Engine,
        patience: Patience,
        *,
        place: Place | None = None,
        hot: Engine | None = None,
        watch: Watch | None = None,
        server: Server | None = None,
    ) -> None:
        self._engine = engine
        self._direct = Direct(hot or engine, begin_writing(patience))
        self._patience = patience
        self._place = place
        self._watch = watch
        self._server = server
        self._troubles = Troubles(full_s=0 if self.is_sqlite else FULL_S)
        self._probe = Probe(self._answers)
        self._glances: list[Glance] = []
        self._look = _Look()
        self._explained = partial(explaining, engine.dialect.loaded_dbapi.Error, place)
        self.written: object = object()
        """Another one after each transaction of this process that may have written."""

    @classmethod
    def open(cls, url: str, *, wait_s: float = BUSY_TIMEOUT_S) -> Database:
        """Connect lazily; a writer waits so long for another one before DatabaseBusy. Raises StorageError
        when the URL cannot mean a database.
        """
        try:
            parsed = make_url(url)
        except sa.exc.ArgumentError as error:
            raise StorageError("[storage] url is not a database URL") from error
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed, Patience(wait_s))
        if parsed.get_backend_name() == "postgresql":
            return _open_postgresql(parsed, Patience(wait_s))
        raise StorageError(
            f"[storage] url: {parsed.get_backend_name()} is not supported; "
            "use sqlite:///FILE or postgresql://user:pass@host/db"
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the single-machine engine."""
        return self._place is not None

    @contextmanager
    def transaction(self, *, wait_s: float | None = None) -> Iterator[Connection]:
        """One writing transaction: all of it or nothing. Waits for other writers, here perhaps
        for less time than elsewhere.
        """
        with self._wrapping(writes=True), self._engine.connect() as connection:
            if wait_s is not None:
                connection.execution_options(newsletter_wait_s=wait_s)
            with connection.begin():
                if self._server is not None and self._server.is_pooled:
                    wait_s = self._patience.wait_s if wait_s is None else wait_s
                if wait_s is not None and not self.is_sqlite:
                    connection.execute(sa.text(f"SET LOCAL lock_timeout = {wait_s * 1000:.0f}"))
                yield connection
        self.written = object()

    def direct(self, work: Callable[[Cursor], _Result]) -> _Result:
        """One short writing transaction on the driver itself, see storage/database/direct.py.

        `work` must be harmless when it is done twice; on PostgreSQL it is a single statement.
        """
        with self._wrapping(writes=True):
            return self._direct.run(work)

    def rest(self) -> None:
        """No `direct` comes soon: its connection is for everybody again."""
        self._direct.rest()

    def looking(self) -> AbstractContextManager[None]:
        """Within it all that this thread reads is one consistent look: of as many questions, one transaction."""
        return nullcontext() if self._look.shared is not None else self._look.by(self.reading())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look that never waits for writers."""
        if self._look.shared is not None:
            with self._explained():
                yield self._look.shared
            return
        with self._wrapping(), self._engine.connect() as connection:
            connection.execution_options(newsletter_reading=True)
            if not self.is_sqlite:  # there each statement would look for itself otherwise
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def glance(self, statement: sa.ClauseElement) -> Glance | None:
        """A quick look at one value on SQLite; None on PostgreSQL, where a query is a round trip."""
        if self._place is None:
            return None
        self._glances.append(Glance(self._engine, self._place, statement))
        return self._glances[-1]

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        if self._place is not None:
            return str(self._place.path.resolve())
        url = self._engine.url.set(drivername="postgresql", password=None, query={})
        return url.render_as_string()

    def octets(self) -> int:
        """How large it is on the disk, with SQLite's log."""
        if self._place is not None:
            return self._place.octets()
        with self.reading() as connection:
            size = sa.text("SELECT pg_database_size(current_database())")
            return int(connection.scalar(size) or 0)

    def answers(self) -> bool:
        """Whether the database can be used right now, said within seconds.

        It cannot while the last attempt to write to it failed: a full disk still reads.
        """
        return not self._troubles.is_writing_in_vain and self._probe.ask(_PROBE_S)

    def _answers(self) -> bool:
        try:
            self.check()
            self.check_tables()
        except StorageError:
            return False
        return True

    def check_tables(self) -> None:
        """Raises SchemaNewer when a later program has changed the tables meanwhile."""
        with self.reading() as connection:
            refuse_newer(connection.scalar(sa.select(schema.alembic_version.c.version_num)))

    def check(self) -> None:
        """Raises DatabaseLost when an SQLite database's file, or its log, is not the one that was opened."""
        if self._place is not None:
            self._place.check()
            self._place.check_log()

    def tell_troubles(self) -> None:
        """Have a line in the log where a trouble begins and one where it ends."""
        self._troubles.are_told = True

    def hurry(self) -> None:
        """The process is to end: wait no more than two seconds for anything from now on."""
        self._patience.hurry()

    # ── schema ───────────────────────────────────────────────────────────────────────────

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables to this program's version, or that one; harmless when they are."""
        refuse_newer(self.revision())
        with self._changing_tables() as connection:
            migrate(connection, revision)

    def prepare(self) -> None:
        """Make the tables in an empty database.

        Raises SchemaOutdated or SchemaNewer for those of another version.
        """
        current = self.revision()
        refuse_newer(current)
        if current is None:
            with self._changing_tables() as connection:
                make_tables(connection)
        else:
            refuse_older(current)

    def is_empty(self) -> bool:
        """Whether there are no tables of ours yet; makes no file."""
        return (self._place is not None and self._place.is_free()) or self.revision() is None

    @contextmanager
    def _changing_tables(self) -> Iterator[Connection]:
        """One process at a time, however long it takes; the second then finds it done."""
        with self.transaction() as connection:
            if not self.is_sqlite:
                connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
            serialise(connection, "schema")
            yield connection

    def revision(self) -> str | None:
        """The version of the tables; None in an empty database."""
        with self.reading() as connection:
            return read_revision(connection)

    # ── locks ────────────────────────────────────────────────────────────────────────────

    def try_lock(self, name: str) -> Lock | None:
        """The lock of that name, or None while another process holds it.

        It ends with the process, however that ends: a file lock beside an SQLite database, an
        advisory lock on PostgreSQL.
        """
        if self._place is not None:
            path = self._place.path
            return FileLock.take(path.with_name(f"{path.name}.{name}.lock"))
        with self._wrapping():
            return AdvisoryLock.take(self._engine, name)

    def fold(self) -> bool:
        """On SQLite, bring the write-ahead log into the file and empty it (rule F11); whether it is empty.

        Waits for readers, at most as long as for a lock. One who looks for longer keeps it from being
        emptied; it is to be tried again.
        """
        if not self.is_sqlite:
            return True
        with self._wrapping(), self._engine.connect() as connection:
            driver = connection.connection.cursor()  # a checkpoint cannot be in a transaction
            try:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return not (driver.fetchone() or (1,))[0]
            finally:
                driver.close()

    def close(self) -> None:
        """Close every connection."""
        if self._watch is not None:
            self._watch.end()
        for glance in self._glances:
            glance.close()
        self._direct.close()
        self._engine.dispose()

    @contextmanager
    def _wrapping(self, *, writes: bool = False) -> Iterator[None]:
        """Raises what the driver raises as StorageError, chained, and keeps account of troubles."""
        try:
            with self._explained(), nullcontext() if self._watch is None else self._watch.over():
                yield
        except StorageError as error:
            self._troubles.begin(error, writes=writes)
            raise
        if writes:
            self._troubles.end()


def _open_postgresql(url: sa.URL, patience: Patience) -> Database:
    server = Server(patience.wait_s)
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=PG_CONNECT,
        pool_size=8,
        use_native_hstore=False,  # a type of nobody's here, which each first connection would look for
        hide_parameters=True,  # an error is logged, and must not take addresses along
    )
    sa.event.listen(engine, "connect", server.prepare)
    ask_only_in_doubt(engine)
    hot = _beside(engine)
    sa.event.listen(hot, "connect", server.prepare_for_groups)
    watch = Watch(patience, lambda: is_there(engine))
    for one in (engine, hot):
        sa.event.listen(one, "connect", lambda connection, _: watch.add(connection))
    return Database(engine, patience, hot=hot, watch=watch, server=server)


def _beside(engine: Engine) -> Engine:
    """One for the driver alone, whose connections are not asked whether the server is still there, before each of ten
    thousand statements. What the first engine finds out about the server is not asked for it again.
    """
    dialect = engine.dialect
    arguments, options = dialect.create_connect_args(engine.url)

    def connect() -> Any:
        made: Any = dialect.connect(*arguments, **{**options, **PG_CONNECT})
        made.autocommit = True
        return made

    return Engine(sa.QueuePool(connect, use_lifo=True), dialect, engine.url, hide_parameters=True)


def _open_sqlite(url: sa.URL, patience: Patience) -> Database:
    if not url.database or url.database == ":memory:":
        raise StorageError("[storage] url: SQLite needs a file, as in sqlite:///newsletter.db")
    place = Place(Path(url.database))
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": min(STEP_S, patience.wait_s), "check_same_thread": False},
        pool_use_lifo=True,  # one connection does most of the work, and its cache is warm
        hide_parameters=True,
    )
    sa.event.listen(engine, "do_connect", lambda *_: place.check())
    sa.event.listen(engine, "do_connect", lambda *_: place.begin())
    sa.event.listen(engine, "connect", lambda *_: place.remember())
    sa.event.listen(engine, "connect", prepare_sqlite)
    sa.event.listen(engine, "begin", begin_sqlite(patience))
    return Database(engine, patience, place=place)


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless one like it is there, also one that another process just made."""
    counted = _insert_new(connection.dialect.name, table, values)
    return connection.execute(counted).rowcount == 1


def _insert_new(engine: str, table: sa.Table, values: Mapping[str, object]) -> sa.Insert:
    options = {"preserve_rowcount": True}
    if engine == "postgresql":  # of the two only the one in use is loaded
        from sqlalchemy.dialects import postgresql

        ours = postgresql.insert(table).values(values).on_conflict_do_nothing()
        return ours.execution_options(**options)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table).values(values).on_conflict_do_nothing().execution_options(**options)


def serialise(connection: Connection, name: str) -> None:
    """Let only one transaction at a time pass here (on SQLite all writing ones do so anyway)."""
    if connection.dialect.name == "postgresql":
        key = sa.func.pg_advisory_xact_lock(sa.func.hashtext("newsletter"), sa.func.hashtext(name))
        connection.execute(sa.select(key))
