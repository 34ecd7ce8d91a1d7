"""Whether what was committed survives a power cut, as far as the database says."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database.engine import Database

_NEEDED: Final = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings of PostgreSQL that are on unless somebody chose to be quicker (its manual, chapter Write Ahead Log)."""


def lossy_settings(database: Database) -> tuple[str, ...]:
    """Those by which a committed outcome may be lost. Raises StorageError.

    Of `synchronous_commit` only behind a pooler: elsewhere each connection of ours is told to wait.
    """
    if database.is_sqlite:
        return ()
    query = sa.text("SELECT name FROM pg_settings WHERE name = ANY(:needed) AND setting = 'off'")
    with database.reading() as connection:
        return tuple(sorted(connection.scalars(query, {"needed": list(_NEEDED)})))
