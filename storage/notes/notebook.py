"""What the poll remembers of the notes folder, and the author's schedules. One method, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, as_row, schema, serialise
from storage.model import KnownNote, Schedule


class Notebook:
    """The poll's memory of files, so that unchanged ones cost nothing, also across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> dict[str, KnownNote]:
        """Every note seen, by path."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(schema.notes))
            # A mapping per row would cost more than the rest of a poll that finds nothing new.
            names = tuple(rows.keys())
            known = (KnownNote(**dict(zip(names, row, strict=True))) for row in rows)
            return {note.path: note for note in known}

    def save(self, changed: Sequence[KnownNote], gone: Collection[str] = ()) -> None:
        """Remember these and forget those paths."""
        if not changed and not gone:
            return
        table = schema.notes
        paths = {note.path for note in changed} | set(gone)
        with self._database.transaction() as connection:
            connection.execute(
                sa.delete(table).where(table.c.path == sa.bindparam("b_path")),
                [{"b_path": path} for path in sorted(paths)],
            )
            if changed:
                connection.execute(sa.insert(table), [as_row(note) for note in changed])


class Schedules:
    """When the author wants notes to go out, by command."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, schedule: Schedule) -> Schedule | None:
        """Set or move the schedule of a note; the one it had before, if it had one.

        The same time once more changes nothing, whoever asks and how many at once: lateness counts
        from when it was asked for first.
        """
        before, _ = self.choose(lambda _: schedule)
        return before

    def choose(
        self, choose: Callable[[Mapping[str, Schedule]], Schedule]
    ) -> tuple[Schedule | None, Schedule]:
        """Set or move a schedule that is chosen by what the others are, which nobody changes
        meanwhile. The one the note had before, and the one it has.
        """
        table = schema.schedules
        with self._database.transaction() as connection:
            serialise(connection, "schedules")
            there = _load(connection)
            wanted = choose(there)
            before = there.get(wanted.path)
            if before is not None and before.publish_at == wanted.publish_at:
                wanted = replace(wanted, created_at=before.created_at)
            connection.execute(sa.delete(table).where(table.c.path == wanted.path))
            connection.execute(sa.insert(table).values(**as_row(wanted)))
            return before, wanted

    def remove(self, path: str) -> bool:
        """Forget it. False when there was none."""
        table = schema.schedules
        with self._database.transaction() as connection:
            removed = connection.execute(sa.delete(table).where(table.c.path == path))
            return bool(removed.rowcount)

    def move(self, old: str, new: str) -> None:
        """The note was renamed: its schedule replaces one that was kept for the new name."""
        table = schema.schedules
        with self._database.transaction() as connection:
            there = connection.scalar(sa.select(table.c.path).where(table.c.path == old))
            if there and old != new:
                connection.execute(sa.delete(table).where(table.c.path == new))
                connection.execute(sa.update(table).where(table.c.path == old).values(path=new))

    def load(self) -> dict[str, Schedule]:
        """Every schedule, by path of its note."""
        with self._database.reading() as connection:
            return _load(connection)


def _load(connection: Connection) -> dict[str, Schedule]:
    table = schema.schedules
    rows = connection.execute(sa.select(table).order_by(table.c.publish_at)).mappings()
    return {row["path"]: Schedule(**row) for row in rows}
