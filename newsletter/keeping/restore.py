"""Brings a backup back, so that nothing is mailed that may have been mailed since it was made.

All tables are replaced in one transaction, and with them everything is held: a kill at any time
leaves what there was, or the copy, held. Done again it does the same.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.keeping.backup import Progress, back_up, spell_in_name, unmoved
from newsletter.keeping.copyfile import CopyReader, Manifest
from newsletter.secret import merge_secrets
from newsletter.service import gone_workers
from newsletter.tokens import fingerprints
from newsletter.watermark import FACT, Watermark
from storage.copies import Departed, restoring
from storage.database import Database, refuse_newer
from storage.ledger import Rescuer
from storage.model import BackupError, Conflict, DatabaseDamaged, Log

log = Log()

_NAMESPACE: Final = "namespace"
_FILES: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and what its author must know."""

    made_at: datetime
    """When the backup was made: what came later is not in it."""
    rows: int
    held: int
    """Issues that were being mailed, and are paused now."""
    departed: Departed
    """Those who left since, as the database before knew; they stay gone."""
    is_anothers: bool = False
    """Whether what was there before was another newsletter's."""
    aside: tuple[Path, ...] = ()
    """Where what was there before is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a backup is to take the place of."""

    url: str
    """Of the database."""
    secret_file: Path
    clock: Callable[[], datetime]

    @property
    def name(self) -> str:
        """Where the database is, without a password."""
        database = Database.open(self.url)
        database.close()
        return database.name


def target_of(config: Config) -> Target:
    """The database and secret that a configuration names."""
    return Target(
        url=config.storage.url,
        secret_file=config.web.secret_file,
        clock=lambda: datetime.now(UTC),
    )


def restore(
    target: Target,
    path: Path,
    *,
    exactly: bool = False,
    discard: bool = False,
    progress: Progress = unmoved,
) -> Restored:
    """Put the backup in the place of the database and of the secret.

    What was there is backed up beside the secret first, unless `discard`; a database that is damaged
    is moved aside. Whoever had left there, was suppressed or erased, stays so, unless `exactly`.

    Raises BackupError for a file that cannot be believed, Conflict while a service or a worker uses the
    database, SchemaNewer for a backup or a database of a later program, SchemaOutdated for a database
    that cannot be backed up. Nothing is changed then.
    """
    now = target.clock()
    with CopyReader(path) as reader:
        refuse_newer(reader.manifest.schema)
        reader.verify()
        secret = reader.secret()
        database, aside = _open(target, now)
        try:
            with _alone(database, now):
                if not discard and not database.is_empty():
                    aside += (_back_up_first(target, database, now),)
                done = _replace(target, database, reader, now, exactly, progress)
                aside += _put_secret(target, secret, now)
                rescuer = Rescuer(database)
                rescuer.rescue(now=now, resend=False, gone=rescuer.workers())
                database.fold()
        finally:
            database.close()
    return replace(done, aside=aside)


def _back_up_first(target: Target, database: Database, now: datetime) -> Path:
    database.prepare()
    kept = _beside(target, f"newsletter-before-restore-{spell_in_name(now)}.zip")
    return back_up(database, target.secret_file, kept, now=now, overwrite=True).path


def _replace(
    target: Target,
    database: Database,
    reader: CopyReader,
    now: datetime,
    exactly: bool,
    progress: Progress,
) -> Restored:
    manifest = reader.manifest
    watermark = Watermark(target.secret_file, database, target.clock)
    with restoring(database) as copy:
        whose, departures = copy.departures()
        copy.begin(manifest.schema)
        before = 0
        for name, entry in manifest.tables.items():
            tell = partial(_tell, progress, before, manifest.rows)
            before += copy.fill(name, entry.columns, reader.rows(name), tell)
        copy.number(manifest.numbers)
        copy.finish()
        is_same = whose is not None and whose == copy.fact(_NAMESPACE)
        keeps = is_same and not exactly
        departed = copy.keep_departures(departures) if keeps else Departed()
        held = copy.hold(_reason(manifest), now=now)
        level = watermark.outdo(int(copy.fact(FACT) or 0))
        copy.put_fact(FACT, str(level))
    watermark.raise_to(level)
    log.warning("database.restored", made_at=manifest.made_at.isoformat(), held=held)
    return Restored(
        made_at=manifest.made_at,
        rows=manifest.rows,
        held=held,
        departed=departed,
        is_anothers=whose is not None and not is_same,
    )


def _tell(progress: Progress, before: int, total: int, count: int) -> None:
    progress(before + count, total)


def _reason(manifest: Manifest) -> str:
    return (
        f"restored from a backup of {manifest.made_at.isoformat(timespec='seconds')}, which does not "
        "know what was sent since; `newsletter resume` sends it to all who seem to be waiting, "
        "`cancel` to nobody"
    )


@contextmanager
def _alone(database: Database, now: datetime) -> Iterator[None]:
    """Within it no service schedules here. Raises Conflict when one does, or a worker sends."""
    lock = database.try_lock("scheduler")
    if lock is None:
        raise Conflict(
            f"a `newsletter run`, or another restore, is using {database.name}: stop it first; "
            "nothing was changed"
        )
    try:
        if not database.is_empty():
            _refuse_workers(database, now)
        yield
    finally:
        lock.release()


def _refuse_workers(database: Database, now: datetime) -> None:
    names = Rescuer(database).workers(leased_at=now)
    if living := set(names) - gone_workers(names):
        raise Conflict(
            f"{len(living)} process(es) are sending from {database.name}: stop them first or, if they "
            "were killed on another machine, wait a minute; nothing was changed"
        )


# ── files ────────────────────────────────────────────────────────────────────────────────────


def _open(target: Target, now: datetime) -> tuple[Database, tuple[Path, ...]]:
    """The database, and where the files went that cannot be read as one any more."""
    database = Database.open(target.url)
    try:
        refuse_newer(database.revision())
    except DatabaseDamaged:
        database.close()
        return Database.open(target.url), _move_aside(Path(database.name), now)
    except BaseException:
        database.close()
        raise
    return database, ()


def _move_aside(path: Path, now: datetime) -> tuple[Path, ...]:
    moved = []
    for ending in _FILES:
        old = path.with_name(f"{path.name}{ending}")
        if old.exists():
            moved.append(old.rename(f"{path}.damaged-{spell_in_name(now)}{ending}"))
    return tuple(moved)


def _put_secret(target: Target, secret: bytes, now: datetime) -> tuple[Path, ...]:
    """In one step, readable by its owner only; another one that was there is kept beside it. Secrets that came
    into use since the backup stay: mails were sent with them.
    """
    path = target.secret_file
    before = path.read_bytes() if path.exists() else None
    secret = secret if before is None else merge_secrets(before, secret, fingerprints)
    if before == secret:
        return ()
    try:
        aside = _beside(target, f"{path.name}.replaced-{spell_in_name(now)}")
        if before is not None:
            _write(aside, before)
        _write(path, secret)
    except OSError as error:
        raise BackupError(
            f"the database is restored, but its secret cannot be written to {path} "
            f"({error.strerror}): restore once more when it can"
        ) from error
    return () if before is None else (aside,)


def _write(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _beside(target: Target, name: str) -> Path:
    return target.secret_file.with_name(name)
