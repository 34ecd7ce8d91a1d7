"""Small facts that a store keeps about itself, by key."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import schema
from storage.database.engine import Database, insert_new

_VALUE: Final = sa.select(schema.meta.c.value).where(schema.meta.c.key == sa.bindparam("asked"))
"""Made once: each look at the notes asks for a handful."""
UNFOLDED: Final = "unfolded"
"""The fact that SQLite's log may hold what was erased: `1` until it is emptied."""


class Facts:
    """Facts of one store: the fingerprint of its secret, the namespace of its feeds, its watermark."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The fact, or None."""
        with self._database.reading() as connection:
            value: str | None = connection.scalar(_VALUE, {"asked": key})
            return value

    def beginning(self, prefix: str) -> dict[str, str]:
        """All facts whose key begins so, in the order of their keys."""
        table = schema.meta
        with self._database.reading() as connection:
            found = connection.execute(
                sa.select(table.c.key, table.c.value)
                .where(table.c.key.startswith(prefix, autoescape=True))
                .order_by(table.c.key)
            )
            return {row.key: row.value for row in found}

    def put(self, key: str, value: str) -> None:
        """Keep a fact, in the place of the one there was."""
        table = schema.meta
        with self._database.transaction() as connection:
            if not insert_new(connection, table, {"key": key, "value": value}):
                connection.execute(sa.update(table).where(table.c.key == key).values(value=value))

    def drop(self, key: str) -> None:
        """Forget a fact; harmless when there is none."""
        if self.get(key) is not None:
            with self._database.transaction() as connection:
                connection.execute(sa.delete(schema.meta).where(schema.meta.c.key == key))

    def take(self, key: str, value: str) -> bool:
        """Whether the fact was this; then it is none any more, and no other taker finds it so."""
        table = schema.meta
        with self._database.transaction() as connection:
            gone = connection.execute(
                sa.delete(table).where(table.c.key == key, table.c.value == value)
            )
            return gone.rowcount > 0

    def settle(self, key: str, value: str) -> str:
        """The fact that is kept; where there is none, `value` is kept first."""
        table = schema.meta
        if (kept := self.get(key)) is not None:
            return kept  # whoever only reads needs no place among those who write
        with self._database.transaction() as connection:
            known: str | None = connection.scalar(
                sa.select(table.c.value).where(table.c.key == key).with_for_update()
            )
            if known is None:
                connection.execute(sa.insert(table).values(key=key, value=value))
            return value if known is None else known
