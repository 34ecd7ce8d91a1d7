"""Whether the operating system still sorts as it did when the indexes were made (PostgreSQL).

An index of texts lies in the order that the C library, or ICU, had then. After an upgrade of the system, or in another
container, what it holds may not be found, and come twice where it must not
(https://wiki.postgresql.org/wiki/Locale_data_changes).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database.engine import Database

_SINCE: Final = (15,)
"""The first version of PostgreSQL that knows it of a whole database."""


def sorts_otherwise(database: Database) -> bool:
    """Whether PostgreSQL says that its sorting has changed since. Raises StorageError."""
    if database.is_sqlite:
        return False
    query = sa.text(
        "SELECT datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)"
        " FROM pg_database WHERE datname = current_database() AND datcollversion IS NOT NULL"
    )
    with database.reading() as connection:
        if (connection.dialect.server_version_info or ()) < _SINCE:
            return False
        return bool(connection.scalar(query))
