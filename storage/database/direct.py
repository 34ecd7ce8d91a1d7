"""The driver without SQLAlchemy in between, for the few statements that run for every message.

SQLAlchemy makes each statement's text, once, so that column names stay in storage/database/schema/; after
that only plain tuples go to the driver. Its own work for a call is worth it everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

_Result = TypeVar("_Result")
_DRIVERS: Final = {
    "sqlite": ("sqlite+pysqlite://", "qmark"),
    "postgresql": ("postgresql+psycopg://", "format"),
}
_USED: Final = "newsletter_used"
_STEP: Final = 8
_MOST: Final = 64
"""Rows that a statement of SQLite takes: few sizes and so few texts, which all stay prepared."""


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed."""

    def execute(self, text: str, arguments: Sequence[object] = ...) -> object:
        """Runs one statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""


class BeginWriting(Protocol):
    """Begins a transaction on SQLite once nobody else writes, or fails when that takes too long."""

    def __call__(self, cursor: Cursor, wait_s: float | None = None) -> None:
        """Begins it; waits so many seconds, or as long as is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement as the driver takes it."""

    text: str
    names: tuple[str, ...]
    """The parameters in the order in which they are given; one may stand there twice."""
    fixed: Mapping[str, object]
    """Those that have their value already."""

    def run(self, cursor: Cursor, given: Mapping[str, object]) -> None:
        """Run it with the other parameters."""
        values = {**self.fixed, **given}
        cursor.execute(self.text, [values[name] for name in self.names])


def prepare(statement: sa.ClauseElement, engine: str) -> Prepared:
    """The statement for one engine."""
    compiled = statement.compile(dialect=_dialect(engine))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements that take parameters can be prepared")
    fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return Prepared(text=str(compiled), names=tuple(compiled.positiontup or ()), fixed=fixed)


@cache
def _dialect(engine: str) -> sa.Dialect:
    url, style = _DRIVERS[engine]
    return sa.create_engine(url, paramstyle=style).dialect


def cursor_of(connection: Connection) -> Cursor:
    """The driver's way into a transaction that is under way."""
    return cast("Cursor", connection.connection.cursor())


def portions(count: int) -> Iterator[tuple[slice, int]]:
    """Cut so many rows into portions: each with the size of the statement that takes it."""
    for start in range(0, count, _MOST):
        size = min(_MOST, -(-(count - start) // _STEP) * _STEP)
        yield slice(start, start + size), size


class Direct:
    """Short transactions on the driver's own connections.

    One connection stays here from one transaction to the next: to give it back to the pool and to take it again
    costs more than all else that is not the database's own work.
    """

    def __init__(self, engine: Engine, begin: BeginWriting) -> None:
        self._engine = engine
        self._begin = begin
        self._kept: list[PoolProxiedConnection] = []
        """Taken and put back by a single step of Python's, so that no two threads ever get the same one."""
        self._begins = engine.dialect.name == "sqlite"
        """On PostgreSQL each statement is a transaction of its own: one round trip."""

    def run(self, work: Callable[[Cursor], _Result]) -> _Result:
        """One transaction; on PostgreSQL `work` is one statement. Errors are the driver's.

        `work` must be harmless when it is done twice: that a connection was lost while it lay idle
        is noticed only here, and then another one is used.
        """
        while True:
            connection = self._take()
            is_old = _USED in connection.info
            try:
                result = self._transact(cast("Cursor", connection.cursor()), work)
            except BaseException as error:
                lost = self._is_lost(error, connection)
                connection.invalidate()  # whatever state it is in, nobody gets it again
                if lost and is_old:
                    continue
                raise
            connection.info[_USED] = True
            self._keep(connection)
            return result

    def rest(self) -> None:
        """Give back what is kept."""
        while self._kept:
            self._kept.pop().close()

    def close(self) -> None:
        """Close every connection."""
        self.rest()
        self._engine.dispose()

    def _take(self) -> PoolProxiedConnection:
        try:
            return self._kept.pop()
        except IndexError:
            return self._engine.raw_connection()

    def _keep(self, connection: PoolProxiedConnection) -> None:
        if self._kept:
            connection.close()
        else:
            self._kept.append(connection)

    def _transact(self, cursor: Cursor, work: Callable[[Cursor], _Result]) -> _Result:
        if not self._begins:
            return work(cursor)
        self._begin(cursor)
        result = work(cursor)
        cursor.execute("COMMIT")
        return result

    def _is_lost(self, error: BaseException, connection: PoolProxiedConnection) -> bool:
        dialect = self._engine.dialect
        return isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(
            error, connection.dbapi_connection, None
        )
