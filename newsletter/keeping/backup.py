"""Backups: the database as it is at one moment, and the secret, in one file, while the service runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Final

from newsletter.keeping.copyfile import writing
from storage.copies import Row, Snapshot, snapshot
from storage.database import Database, Facts
from storage.model import BackupError, Log

log = Log()

BACKED_UP: Final = "backup"
"""The fact when the last backup was complete (ISO 8601)."""
_NAME: Final = re.compile(r"newsletter-\d{8}T\d{6}Z\.zip")
_TELL_EVERY: Final = 1000

Progress = Callable[[int, int], None]
"""Told (rows done, rows in all)."""


def unmoved(_done: int, _total: int) -> None:
    """For nobody who waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """What was written."""

    path: Path
    octets: int
    rows: int
    made_at: datetime
    removed: tuple[Path, ...] = ()
    """Older backups that went, because so many were to be kept."""


def back_up(
    database: Database,
    secret_file: Path,
    target: Path,
    *,
    now: datetime,
    keep: int | None = None,
    overwrite: bool = False,
    progress: Progress = unmoved,
) -> BackedUp:
    """Write a backup to the file `target`, or to a dated file in the folder `target`.

    It is read once more before it counts. In a folder the `keep` newest stay. Raises BackupError
    when it cannot be written, or when a file is there and may not be overwritten.
    """
    path = target / f"newsletter-{spell_in_name(now)}.zip"
    path = path if target.is_dir() else target
    if keep is not None and path is target:
        raise BackupError(
            f"{target}: is no folder; backups to keep or remove are those in a folder"
        )
    if path.exists() and not overwrite:
        raise BackupError(f"{path}: is there already; nothing was written")
    try:
        secret = secret_file.read_bytes()
    except OSError as error:
        raise BackupError(f"{secret_file}: the secret cannot be read: {error.strerror}") from error
    with writing(path) as writer, snapshot(database) as look:
        total = sum(look.count(table.name) for table in look.tables())
        done = count(1)
        for table in look.tables():
            rows = _told(look, table.name, done, lambda number: progress(number, total))
            writer.table(table.name, table.columns, rows)
        manifest = writer.finish(
            secret=secret,
            made_at=now,
            program=version("newsletter-service"),
            schema=look.revision,
            engine="sqlite" if database.is_sqlite else "postgresql",
            numbers=look.numbers(),
        )
    Facts(database).put(BACKED_UP, now.isoformat())
    octets = path.stat().st_size
    log.info("backup.made", rows=manifest.rows, octets=octets)
    removed = _remove_older(target, keep) if keep is not None else ()
    return BackedUp(path=path, octets=octets, rows=manifest.rows, made_at=now, removed=removed)


def last_backup(database: Database) -> datetime | None:
    """When the last backup was complete; None if none ever was."""
    found = Facts(database).get(BACKED_UP)
    try:
        return None if found is None else datetime.fromisoformat(found)
    except ValueError:
        return None


def _told(
    look: Snapshot, table: str, done: Iterator[int], tell: Callable[[int], None]
) -> Iterator[Row]:
    for row in look.rows(table):
        if (number := next(done)) % _TELL_EVERY == 0:
            tell(number)
        yield row


def spell_in_name(at: datetime) -> str:
    """A moment as the names of files have it: `20261201T090000Z`, which sorts by time."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _remove_older(folder: Path, keep: int) -> tuple[Path, ...]:
    """Those that carry our name, beyond the newest `keep`."""
    ours = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    gone = ours[: max(len(ours) - max(keep, 1), 0)]
    for path in gone:
        path.unlink(missing_ok=True)
    return tuple(gone)
