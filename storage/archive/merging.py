"""Keeps SQLite's full-text indexes in few pieces, for each piece is looked into for each word of a question.

FTS5 writes a piece with every transaction and merges them by itself only when sixteen small ones have come or
four of a size, so that a large archive has some twenty. PostgreSQL's index has none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database

MOST_PIECES: Final = 8
"""More than these are merged."""
PAGES: Final = 100
"""Of 4 kB, written in one transaction: others who write wait for no longer than that."""
STEPS: Final = 500
"""Transactions of one run; the next run goes on."""
_TABLES: Final = ("issue_terms", "issue_stems")
_COUNTED: Final = "SELECT count(DISTINCT segid) FROM {table}_idx"
# A positive number has pieces of about a size merged, a negative one all of them into one.
_MERGED: Final = "INSERT INTO {table} ({table}, rank) VALUES ('merge', :pages)"
_IDLE: Final = 1
"""Rows that the statement changes when there was nothing to merge."""


class Merging:
    """Over the index of one database."""

    def __init__(
        self, database: Database, *, most_pieces: int = MOST_PIECES, pages: int = PAGES
    ) -> None:
        self._database = database
        self._most_pieces = most_pieces
        self._pages = pages

    def pieces(self) -> int:
        """How many there are of the index that has most; 0 on PostgreSQL."""
        if not self._database.is_sqlite:
            return 0
        return max(self._pieces(table) for table in _TABLES)

    def run(self, steps: int = STEPS) -> int:
        """Where there are too many, merge them, a little in each transaction; how many those were.

        Those of a size first, which costs little after some publications; if that does not do, all of
        them. What a run began that ended goes on in the next one, with what came meanwhile.
        """
        if not self._database.is_sqlite:
            return 0
        merged = (step for table in _TABLES for step in self._merge(table))
        return sum(1 for _ in itertools.islice(merged, steps))

    def _merge(self, table: str) -> Iterator[None]:
        if self._pieces(table) <= self._most_pieces:
            return
        while self._step(table, self._pages):
            yield
        while self._pieces(table) > self._most_pieces:
            self._step(table, -self._pages)
            yield

    def _pieces(self, table: str) -> int:
        with self._database.reading() as connection:
            return int(connection.scalar(sa.text(_COUNTED.format(table=table))) or 0)

    def _step(self, table: str, pages: int) -> bool:
        """Whether anything was merged."""
        with self._database.transaction() as connection:
            before = _changes(connection)
            connection.execute(sa.text(_MERGED.format(table=table)), {"pages": pages})
            return _changes(connection) - before > _IDLE


def _changes(connection: Connection) -> int:
    return int(connection.scalar(sa.text("SELECT total_changes()")) or 0)
