"""Keeps SQLite's full-text index in few pieces, for each piece is looked into for each word of a question.

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
_COUNTED: Final = "SELECT count(DISTINCT segid) FROM issue_terms_idx"
# A positive number has pieces of about a size merged, a negative one all of them into one.
_MERGED: Final = "INSERT INTO issue_terms (issue_terms, rank) VALUES ('merge', :pages)"
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
        """How many there are; 0 on PostgreSQL."""
        if not self._database.is_sqlite:
            return 0
        with self._database.reading() as connection:
            return _count(connection)

    def run(self, steps: int = STEPS) -> int:
        """Where there are too many, merge them, a little in each transaction; how many those were.

        Those of a size first, which costs little after some publications; if that does not do, all of
        them. What a run began that ended goes on in the next one, with what came meanwhile.
        """
        if self.pieces() <= self._most_pieces:
            return 0
        return sum(1 for _ in itertools.islice(self._merge(), steps))

    def _merge(self) -> Iterator[None]:
        while self._step(self._pages):
            yield
        while self.pieces() > self._most_pieces:
            self._step(-self._pages)
            yield

    def _step(self, pages: int) -> bool:
        """Whether anything was merged."""
        with self._database.transaction() as connection:
            before = _changes(connection)
            connection.execute(sa.text(_MERGED), {"pages": pages})
            return _changes(connection) - before > _IDLE


def _count(connection: Connection) -> int:
    return int(connection.scalar(sa.text(_COUNTED)) or 0)


def _changes(connection: Connection) -> int:
    return int(connection.scalar(sa.text("SELECT total_changes()")) or 0)
