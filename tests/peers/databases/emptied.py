"""Databases on PostgreSQL that one test leaves to the next: to empty one takes a tenth of making and dropping it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg

_MOST = 80 * 1024
"""Octets of a table, with what was removed from it, up to which PostgreSQL plans as for an empty one."""
_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Whatever changes a table, its indexes, triggers or rights writes its row here anew, and so does what empties it at once.
_SHAPE = """
SELECT
  (SELECT (count(*), sum(xmin::text::bigint), sum(relfilenode::bigint))::text FROM pg_class WHERE oid >= 16384),
  (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_attribute WHERE attrelid >= 16384),
  (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_trigger),
  (SELECT count(*) FROM pg_db_role_setting),
  (SELECT string_agg(version_num, ' ') FROM alembic_version)
"""
_LARGEST = "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"
_EMPTYING = """
SELECT string_agg(format('DELETE FROM %I', relname), '; ' ORDER BY oid DESC) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
UNION ALL
SELECT 'SELECT ' || string_agg(format('setval(%L, 1, false)', relname), ', ') FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    """One with all tables and nothing in them."""

    name: str
    session: psycopg.Connection[Any]
    """Of nobody else."""
    shape: tuple[Any, ...] | None
    emptying: tuple[str, ...]

    def end_sessions(self) -> None:
        """Those of a test that did not close them, or of processes that it killed, hold locks until they are gone."""
        while self.session.execute(_OTHERS).fetchone() != (0,):
            pass

    def is_as_made(self) -> bool:
        """Whether nothing but rows has changed, and not many of them."""
        largest: tuple[int] | None = self.session.execute(_LARGEST).fetchone()
        return largest is not None and largest[0] <= _MOST and _shape(self.session) == self.shape

    def empty(self) -> None:
        """Takes out all rows, and counts anew."""
        for statements in self.emptying:
            self.session.execute(statements)


def _shape(session: psycopg.Connection[Any]) -> tuple[Any, ...] | None:
    return session.execute(_SHAPE).fetchone()


class Databases:
    """Those of one server, which has a database `migrated` that all are copied from, and their names begin so."""

    def __init__(self, url: str, prefix: str = "test") -> None:
        self._url = url
        self._prefix = prefix
        self._maker = _connect(url, "postgres")
        self._numbers = count(1)
        self._spare: list[_Database] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of one with all tables and nothing in them."""
        database = self._spare.pop() if self._spare else self._make()
        try:
            yield f"{self._url}/{database.name}"
        finally:
            self._take_back(database)

    def _take_back(self, database: _Database) -> None:
        try:
            database.end_sessions()
            is_as_made = database.is_as_made()
        except psycopg.OperationalError:  # the test ended all sessions, ours too
            is_as_made = False
        if is_as_made:
            database.empty()
            self._spare.append(database)
        else:
            self._drop(database)

    def _make(self) -> _Database:
        name = f"{self._prefix}{next(self._numbers)}"
        self._maker.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
        session = _connect(self._url, name)
        emptying = tuple(text for (text,) in session.execute(_EMPTYING))
        return _Database(name=name, session=session, shape=_shape(session), emptying=emptying)

    def close(self) -> None:
        """Leaves nothing on the server."""
        while self._spare:
            self._drop(self._spare.pop())
        self._maker.close()

    def _drop(self, database: _Database) -> None:
        database.session.close()
        self._maker.execute(f"DROP DATABASE {database.name} WITH (FORCE)")


def _connect(url: str, name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(f"{url}/{name}", autocommit=True)
