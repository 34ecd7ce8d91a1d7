"""Every table as rows, as they were at one moment. Values are those of JSON, and bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, schema

Value: TypeAlias = "int | float | str | bytes | bool | None"
Row: TypeAlias = "Sequence[Value]"

PORTION: Final = 500
"""Rows that are read and written at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopy:
    """One table of a snapshot."""

    name: str
    columns: tuple[str, ...]


class Snapshot:
    """The whole database as it was at one moment, whatever is written meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = {table.name: table for table in schema.metadata.sorted_tables}
        self.revision = schema.REVISION
        """Of the tables."""

    def tables(self) -> list[TableCopy]:
        """Every table, those that others refer to first."""
        return [
            TableCopy(name=name, columns=tuple(column.name for column in table.columns))
            for name, table in self._tables.items()
        ]

    def count(self, name: str) -> int:
        """The rows of a table."""
        query = sa.select(sa.func.count()).select_from(self._tables[name])
        return self._connection.scalar(query) or 0

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a table in the order of their keys; a portion of them is held at a time."""
        table = self._tables[name]
        columns: list[sa.ColumnElement[Value]] = [
            sa.literal_column(quoted(self._connection, c.name)) for c in table.columns
        ]
        keys = [quoted(self._connection, c.name) for c in table.primary_key.columns]
        query = sa.select(*columns).select_from(table).order_by(*map(sa.text, keys))
        found = self._connection.execution_options(stream_results=True, yield_per=PORTION)
        for row in found.execute(query):
            yield tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)

    def numbers(self) -> dict[str, int]:
        """By table, the highest number ever given to a row: none is given twice (rule F14)."""
        found = {}
        for name, table in self._tables.items():
            column = table.autoincrement_column
            if column is not None:
                found[name] = _last_number(self._connection, name, column.name)
        return {name: last for name, last in found.items() if last}


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Look at all of it at one moment; writers go on meanwhile."""
    with database.reading() as connection:
        yield Snapshot(connection)


def _last_number(connection: Connection, table: str, column: str) -> int:
    if connection.dialect.name == "sqlite":
        kept = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        found = connection.scalar(kept, {"name": table})
        if found is None:
            column, table = quoted(connection, column), quoted(connection, table)
            found = connection.scalar(sa.text(f"SELECT max({column}) FROM {table}"))  # noqa: S608
        return int(found or 0)
    given = sa.text(
        "SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() "
        "AND format('%I.%I', schemaname, sequencename)::regclass "
        "= pg_get_serial_sequence(:table, :column)::regclass"
    )
    return int(connection.scalar(given, {"table": table, "column": column}) or 0)


def quoted(connection: Connection, name: str) -> str:
    """A name as it stands in a statement."""
    return connection.dialect.identifier_preparer.quote(name)
