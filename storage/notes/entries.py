"""Entries of a feed, each kept as a note: how they are kept, and how they are read like files.

A feed is a window: what falls off its end is kept here, and so stays published.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from storage.database import Database, as_row, schema
from storage.model import FeedEntry, NoteError
from storage.notes.walk import FileStat

ENTRY_START: Final = "feed:"
ENTRY_END: Final = ".entry"
"""How the path of an entry begins and ends: no file of a notes folder is called so."""
_AT_ONCE: Final = 500
_HEADS: Final = tuple(one.name for one in fields(FeedEntry) if one.name != "note")


def is_entry(path: str) -> bool:
    """Whether a note's path is that of an entry, and of no file."""
    return path.startswith(ENTRY_START) and path.endswith(ENTRY_END)


class FeedEntries:
    """The entries of one newsletter's feed. One method, one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[FeedEntry]:
        """Every entry that was ever taken up, by path, without its note."""
        c = schema.feed_entries.c
        query = sa.select(*(c[name] for name in _HEADS)).order_by(c.path)
        with self._database.reading() as connection:
            return [FeedEntry(**row) for row in connection.execute(query).mappings()]

    def files(self) -> list[FileStat]:
        """Those that are there, as files are told."""
        c = schema.feed_entries.c
        query = (
            sa.select(c.path, sa.func.length(c.note).label("size"), c.changed_at)
            .where(c.there)
            .order_by(c.path)
        )
        with self._database.reading() as connection:
            return [
                FileStat(path=row.path, size=row.size, mtime_ns=_nanoseconds(row.changed_at))
                for row in connection.execute(query)
            ]

    def note(self, path: str) -> bytes:
        """The note at a path. Raises NoteError."""
        c = schema.feed_entries.c
        with self._database.reading() as connection:
            found: str | None = connection.scalar(sa.select(c.note).where(c.path == path))
        if found is None:
            raise NoteError(path, "the feed had no such entry")
        return found.encode("utf-8", "surrogatepass")

    def changed_at(self, path: str) -> datetime | None:
        """When the entry at a path last changed; None if there is none."""
        c = schema.feed_entries.c
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(
                sa.select(c.changed_at).where(c.path == path)
            )
        return found

    def keep(self, entries: Sequence[FeedEntry]) -> None:
        """Keep these, in the place of what was kept of them; an empty note leaves that as it is."""
        if not entries:
            return
        table = schema.feed_entries
        with self._database.transaction() as connection:
            for entry in entries:
                values = as_row(entry)
                if not entry.note:
                    del values["note"]
                changed = connection.execute(
                    sa.update(table).where(table.c.path == entry.path).values(values)
                )
                if not changed.rowcount:
                    connection.execute(sa.insert(table).values(values))

    def foreign(self, guids: Collection[str]) -> set[str]:
        """Those of the ids that issues have which are no entries: notes of our own."""
        issues, entries = schema.issues.c, schema.feed_entries.c
        wanted, found = sorted(guids), set[str]()
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                ours = sa.select(issues.guid).where(
                    issues.guid.in_(some), issues.path.not_in(sa.select(entries.path))
                )
                found |= set(connection.scalars(ours))
        return found


def _nanoseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1_000_000) * 1000
