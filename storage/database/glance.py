"""One question asked of SQLite again and again, by one thread, in microseconds.

A connection of its own answers it, without the care of `Database.reading`: nothing is waited for. So
it may be asked where nothing may block; whoever gets no answer asks in the usual way.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.database.direct import prepare
from storage.database.place import Place
from storage.model import StorageError

_FIXED: Final = 8
"""Pages that the connection keeps; it reads two."""


class Glance:
    """The first column of a statement's first row. Not to be shared among threads."""

    def __init__(self, engine: Engine, place: Place, statement: sa.ClauseElement) -> None:
        self._engine = engine
        self._place = place
        prepared = prepare(statement, "sqlite")
        self._text = prepared.text
        self._arguments = [prepared.fixed[name] for name in prepared.names]
        self._cursor: Any = None

    def ask(self) -> object | None:
        """As it is committed now, by whatever process; None without a row.

        Raises StorageError where it cannot be said at once.
        """
        driver = self._engine.dialect.loaded_dbapi
        try:
            self._place.check()
            if self._cursor is None:
                self._cursor = self._connect()
            rows = self._cursor.execute(self._text, self._arguments).fetchall()
        except driver.Error as error:
            self.close()
            raise StorageError(f"the database does not answer at once: {error}") from error
        return rows[0][0] if rows else None

    def _connect(self) -> Any:
        """Only looks, and waits for nobody."""
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        own = {"timeout": 0, "check_same_thread": False, "isolation_level": None}
        connection: Any = self._engine.dialect.connect(*arguments, **{**options, **own})
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = {_FIXED}")
        return connection.cursor()

    def close(self) -> None:
        """The connection ends; the next question opens another one."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            connection = cursor.connection
            cursor.close()
            connection.close()
