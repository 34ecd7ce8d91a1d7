"""What each new connection is told, and how a transaction begins, on SQLite and on PostgreSQL."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.database.direct import BeginWriting, Cursor, cursor_of
from storage.database.patience import Patience
from storage.model import StorageError

SQLITE_LOCKED: Final = ("database is locked", "database table is locked")
STEP_S: Final = 0.5
"""How long SQLite waits for a lock by itself; in between we look whether to go on."""
PG_CONNECT: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "client_encoding": "utf8",
}
"""In seconds and, the last of them, milliseconds: a server that is cut off is noticed. Texts are in UTF-8 on the
wire, however the database keeps them.
"""
_ENCODINGS: Final = ("UTF8", None)
"""Of a database that can keep every name and note; a pooler may not say which it is."""
PG_WAITS: Final = {"idle_in_transaction_session_timeout": 120_000}
"""In milliseconds: a process that was stopped in the middle does not hold others up for ever."""
_BY_IDS: Final = {
    **dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), "off"),
    "plan_cache_mode": "force_generic_plan",
}
_RESTED: Final = "newsletter_rested"
_RESTED_S: Final = 5.0
"""After so long without use a connection may have been cut somewhere on the way, without a word."""


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Keeps what was committed, whatever happens, and lets readers read while one writes."""
    connection.isolation_level = None  # we say BEGIN ourselves, see begin_sqlite
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


class Server:
    """What each new connection to PostgreSQL is told; whether a pooler stands in between.

    A pooler like PgBouncer may give each transaction another connection: what was said for a session would
    reach whoever has it next, and a statement that was prepared is not there any more. So behind one nothing
    is said and nothing prepared; transactions bring their own limits.
    """

    def __init__(self, wait_s: float) -> None:
        self._waits = {
            name: str(ms) for name, ms in {"lock_timeout": round(wait_s * 1000), **PG_WAITS}.items()
        }
        self.is_pooled = False

    def prepare(self, connection: Any, _record: object) -> None:
        """Settings of a connection for statements that do not run for every message."""
        self._prepare(connection, {})

    def prepare_for_groups(self, connection: Any, _record: object) -> None:
        """Settings of a connection for the few statements that run for every message."""
        # A group's rows are found by their ids, however little PostgreSQL thinks a look through the
        # whole table costs; and the plan made once serves every group.
        self._prepare(connection, _BY_IDS)

    def _prepare(self, connection: Any, more: Mapping[str, str]) -> None:
        """In two questions: each is a round trip, and a command may make one connection after the other."""
        _check_encoding(connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), current_setting('synchronous_commit')")
            pid, durable = cursor.fetchone()
            # A pooler does not know which of its connections will serve us, and makes a process id up.
            self.is_pooled = pid != connection.info.backend_pid
            if not self.is_pooled:
                # Compiling a statement costs a hundred times what any of ours takes to run.
                settings = {**self._waits, "jit": "off", **more}
                if durable == "off":
                    # An outcome that was committed survives a power cut, so nobody is mailed twice by one.
                    settings["synchronous_commit"] = "on"
                cursor.execute("; ".join(f"SET {name} = {to}" for name, to in settings.items()))
        connection.commit()
        if self.is_pooled:
            connection.prepare_threshold = None


def _check_encoding(connection: Any) -> None:
    """Raises StorageError where a letter might not be kept: found out with the first reader called Łukasz otherwise."""
    if (encoding := connection.info.parameter_status("server_encoding")) not in _ENCODINGS:
        name = connection.info.dbname
        raise StorageError(
            f"the database {name} is in {encoding}, which cannot keep every letter; make it again with "
            f"`createdb --template=template0 --encoding=UTF8 {name}`"
        )


def ask_only_in_doubt(engine: Engine) -> None:
    """For PostgreSQL: no connection is used that the server has ended, and it is not asked each time.

    Each question is a round trip, and a start has dozens of them. A server that ended a connection has
    said so, and then there is something to be read where nobody asked.
    """
    dialect = engine.dialect

    def rest(_connection: Any, record: Any) -> None:
        record.info[_RESTED] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get(_RESTED)
        if since is None or not (time.monotonic() - since > _RESTED_S or _has_news(connection)):
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # it gets another one

    sa.event.listen(engine, "checkin", rest)
    sa.event.listen(engine, "checkout", look)


def _has_news(connection: Any) -> bool:
    """Whether the server has said something, or has hung up."""
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
    except Exception:  # noqa: BLE001 - it is closed on our side already
        return True
    return bool(poll.poll(0))


def begin_sqlite(patience: Patience) -> Callable[[Connection], None]:
    """For SQLAlchemy: begins a transaction as its connection's options say."""
    write = begin_writing(patience)

    def begin(connection: Connection) -> None:
        # A writer takes its place at once: upgrading a read lock later fails instead of waiting.
        options = connection.get_execution_options()
        cursor = cursor_of(connection)
        if not options.get("newsletter_reading"):
            write(cursor, options.get("newsletter_wait_s"))
            return
        cursor.execute("BEGIN")
        # What is looked at is what there is now, not at the first question.
        patience.insist(lambda: cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1"), _is_locked)

    return begin


def begin_writing(patience: Patience) -> BeginWriting:
    """A transaction that writes, once nobody else does."""

    def begin(cursor: Cursor, wait_s: float | None = None) -> None:
        patience.insist(lambda: cursor.execute("BEGIN IMMEDIATE"), _is_locked, wait_s)

    return begin


def _is_locked(error: Exception) -> bool:
    return str(error) in SQLITE_LOCKED


def is_there(engine: Engine) -> bool:
    """Whether the server answers anybody: a connection of its own, made and closed."""
    arguments, options = engine.dialect.create_connect_args(engine.url)
    try:
        made: Any = engine.dialect.connect(*arguments, **{**options, "connect_timeout": 2})
    except engine.dialect.loaded_dbapi.Error:
        return False
    made.close()
    return True
