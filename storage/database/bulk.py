"""Owns many rows at once, past SQLAlchemy: a list of readers has hundreds of thousands.

Errors are the driver's, as in storage/database/direct.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.database.direct import cursor_of
from storage.database.values import storable, to_micros


def insert_many(
    connection: Connection, table: sa.Table, given: Mapping[str, Sequence[object]]
) -> None:
    """Insert rows that are not there yet, in the transaction that is under way.

    `given` are the columns, each with a value for every row; others have their default. Looked at
    column by column, because most of a list says the same in most of them. On PostgreSQL by COPY,
    which parses no statement for them.
    """
    size = len(next(iter(given.values())))
    if not size:
        return
    columns = [one for one in table.c if one.name in given or _default(one) is not None]
    rows = zip(
        *(
            _kept(one, given[one.name]) if one.name in given else repeat(_default(one), size)
            for one in columns
        ),
        strict=True,
    )
    names = ", ".join(one.name for one in columns)
    driver: Any = cursor_of(connection)
    if connection.dialect.name == "postgresql":
        with driver.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
    driver.executemany(statement, rows)


def look_up(
    connection: Connection, key: sa.Column[str], texts: Sequence[str], *wanted: sa.Column[Any]
) -> list[tuple[Any, ...]]:
    """The wanted columns of the rows whose `key` is one of `texts`, as they are kept: however many these
    are, one short statement.
    """
    driver = cursor_of(connection)
    names = ", ".join(one.name for one in wanted)
    question = f"SELECT {names} FROM {key.table.name} WHERE {key.name}"  # noqa: S608 - names of ours
    texts = _storable(texts)
    if connection.dialect.name == "postgresql":
        driver.execute(f"{question} = ANY(%s)", [texts])
    else:
        each = "(SELECT value FROM json_each(?))"
        driver.execute(f"{question} IN {each}", [json.dumps(texts, ensure_ascii=False)])
    return driver.fetchall()


def _kept(column: sa.Column[Any], given: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as the driver takes them."""
    if isinstance(column.type, schema.Instant):
        micros = {one: None if one is None else to_micros(one) for one in set(given)}
        return [micros[one] for one in given]
    return _storable(given) if isinstance(column.type, schema.Text) else given


def _storable(texts: Sequence[str]) -> list[str]:
    whole = "".join(texts)
    is_plain = whole.isascii() and "\0" not in whole
    return list(texts) if is_plain else [storable(one) for one in texts]


def _default(column: sa.Column[Any]) -> object | None:
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) else None
