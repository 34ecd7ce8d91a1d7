"""Small facts in a database, written and read."""

from __future__ import annotations

import sqlalchemy as sa

from storage.database import schema
from storage.database.engine import Database

META = schema.meta.c


def put(connection: sa.Connection, key: str, value: str = "x") -> None:
    """Write a small fact."""
    connection.execute(sa.insert(schema.meta).values(key=key, value=value))


def keys(database: Database) -> set[str]:
    """The facts that are there."""
    with database.reading() as connection:
        return set(connection.scalars(sa.select(META.key)))
