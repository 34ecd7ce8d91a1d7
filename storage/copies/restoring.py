"""A copy takes the place of a database, in one transaction, and nothing is mailed by itself afterwards.

A database of either engine can be filled from one of the other, and from one of any earlier version: it
is made as it was then, filled, and brought forward. An error, or a kill at any time, leaves what there
was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.copies.departures import Departed, Departures, find_departures, keep_departures
from storage.copies.snapshot import PORTION, Row, quoted
from storage.database import Database, insert_new, make_tables, migrate, schema, serialise
from storage.ledger import hold_all
from storage.model import StorageError
from storage.readers import close_all

_M = schema.meta.c
_NAMESPACE: Final = "namespace"


class Restoring:
    """The transaction in which it happens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def departures(self) -> tuple[str | None, Departures]:
        """Whose database this is until now, by its namespace (None = nobody's), and who is gone there."""
        inspector = sa.inspect(self._connection)
        if not all(inspector.has_table(table.name) for table in (schema.meta, schema.suppressions)):
            return None, Departures()
        return self.fact(_NAMESPACE), find_departures(self._connection)

    def begin(self, revision: str) -> None:
        """Make all tables anew as they were in that version, empty.

        Raises StorageError for a version that nobody knows.
        """
        serialise(self._connection, "schema")
        _drop_all(self._connection)
        if revision == schema.REVISION:
            make_tables(self._connection)
        else:
            migrate(self._connection, revision)
        there = set(sa.inspect(self._connection).get_table_names())
        for table in reversed(schema.metadata.sorted_tables):
            if table.name in there:  # what migrations themselves put there
                self._connection.execute(sa.delete(table))

    def fill(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Row],
        done: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Put these rows into a table; how many they were. `done` is told after each portion.

        Raises StorageError for a table or column that is not there.
        """
        inspector = sa.inspect(self._connection)
        if not inspector.has_table(name):
            raise StorageError(f"the copy has a table {name!r}, which its version does not have")
        known = {column["name"]: column["type"] for column in inspector.get_columns(name)}
        if lost := set(columns) - set(known):
            raise StorageError(f"the copy has {name}.{min(lost)}, which its version does not have")
        flags = [isinstance(known[column], sa.Boolean) for column in columns]
        table = sa.table(name, *(sa.column(column) for column in columns))
        statement = sa.insert(table)
        count, portion = 0, []
        for row in rows:
            values = [
                bool(value) if flag and value is not None else value
                for value, flag in zip(row, flags, strict=True)
            ]
            portion.append(dict(zip(columns, values, strict=True)))
            if len(portion) == PORTION:
                self._connection.execute(statement, portion)
                count, portion = count + len(portion), []
                done(count)
        if portion:
            self._connection.execute(statement, portion)
        done(count + len(portion))
        return count + len(portion)

    def number(self, numbers: Mapping[str, int]) -> None:
        """Have each table go on numbering its rows after these."""
        for name, last in numbers.items():
            if name in schema.metadata.tables:
                _continue_after(self._connection, name, last)

    def finish(self) -> None:
        """Bring the tables to this program's version."""
        migrate(self._connection, "head")

    # ── afterwards, in tables of this version ────────────────────────────────────────────────

    def hold(self, reason: str, *, now: datetime) -> int:
        """Mail nothing that may have been mailed since; how many issues were open. See `hold_all`.

        Sign-ups that wait are dropped with the confirmations: whoever waits for one asks again.
        """
        close_all(self._connection, at=now)
        return hold_all(self._connection, reason)

    def keep_departures(self, departures: Departures) -> Departed:
        """Have those gone who were gone before; how many the copy did not know of."""
        return keep_departures(self._connection, departures)

    def fact(self, key: str) -> str | None:
        """A fact that the database keeps about itself."""
        found: str | None = self._connection.scalar(sa.select(_M.value).where(_M.key == key))
        return found

    def put_fact(self, key: str, value: str) -> None:
        """The fact is this from now on."""
        if not insert_new(self._connection, schema.meta, {"key": key, "value": value}):
            change = sa.update(schema.meta).where(_M.key == key).values(value=value)
            self._connection.execute(change)


@contextmanager
def restoring(database: Database) -> Iterator[Restoring]:
    """One transaction: all of what is done in it, or nothing."""
    with database.transaction() as connection:
        yield Restoring(connection)


def _drop_all(connection: Connection) -> None:
    there = set(sa.inspect(connection).get_table_names())
    ours = [table.name for table in reversed(schema.metadata.sorted_tables)]
    for name in [*ours, schema.alembic_version.name]:
        if name in there:
            connection.execute(sa.text(f"DROP TABLE {quoted(connection, name)}"))


def _continue_after(connection: Connection, table: str, last: int) -> None:
    if connection.dialect.name == "sqlite":
        name = {"name": table, "last": last}
        kept = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        if connection.scalar(kept, {"name": table}) is None:
            is_kept = sa.text(
                "SELECT 1 FROM sqlite_master WHERE name = :name AND sql LIKE '%AUTOINCREMENT%'"
            )
            if connection.scalar(is_kept, {"name": table}) is None:
                return
            connection.execute(
                sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), name
            )
        connection.execute(
            sa.text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name"), name
        )
        return
    column = schema.metadata.tables[table].autoincrement_column
    if column is not None:
        connection.execute(
            sa.text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
            {"table": table, "column": column.name, "last": last},
        )
