"""Owns putting in many rows at once, past SQLAlchemy: a list of readers has hundreds of thousands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.database.direct import cursor_of
from storage.database.values import storable, to_micros


def insert_many(
    connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows that are not there yet, in the transaction that is under way.

    Each names the same columns; others have their default. On PostgreSQL by COPY, which parses no
    statement for them. Errors are the driver's, as in storage/database/direct.py.
    """
    if not rows:
        return
    columns = [table.c[name] for name in rows[0]]
    columns += [one for one in table.c if one.name not in rows[0] and _default(one) is not None]
    names = ", ".join(one.name for one in columns)
    driver: Any = cursor_of(connection)
    values = _values(columns, rows)
    if connection.dialect.name == "postgresql":
        with driver.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
    driver.executemany(statement, values)


def _values(
    columns: Sequence[sa.Column[Any]], rows: Sequence[Mapping[str, object]]
) -> Iterator[tuple[object, ...]]:
    """Each row as the driver takes it; made column by column, which is the quickest way."""
    return zip(*(_kept(one, rows) for one in columns), strict=True)


def _kept(column: sa.Column[Any], rows: Sequence[Mapping[str, object]]) -> list[Any]:
    name, default = column.name, _default(column)
    given: list[Any] = [row.get(name, default) for row in rows]
    if isinstance(column.type, schema.Instant):
        return [None if one is None else to_micros(one) for one in given]
    if isinstance(column.type, schema.Text):
        return [None if one is None else storable(one) for one in given]
    return given


def _default(column: sa.Column[Any]) -> object | None:
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) else None
