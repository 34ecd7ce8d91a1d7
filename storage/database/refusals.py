"""What a driver's error means for whoever uses the database: busy, full, barred, damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from storage.database.connections import SQLITE_LOCKED
from storage.database.place import Place
from storage.model import DatabaseBusy, DatabaseDamaged, DatabaseFull, StorageError

_FULL: Final = ("53100", "SQLITE_IOERR_SHMSIZE")
"""No room: as PostgreSQL says it, and SQLite where there is none for the index of its log, which it makes
anew when nobody else has the database open.
"""
_SQLITE_FAILED: Final = "SQLITE_IOERR"
"""With what the codes begin that say that the disk did not do what it was asked."""
_SQLITE_BARRED: Final = ("readonly database", "unable to open database file")
_SQLITE_DAMAGED: Final = ("malformed", "file is not a database", "malformed database schema")
_UNREACHED: Final = "OperationalError"
"""What psycopg raises when no server answered, or does not any more: without a code, for that is a server's word."""
_PG_RETRY: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""


def explain(error: BaseException | None, place: Place | None = None) -> StorageError:
    """The error for people; `place` is an SQLite database's file."""
    cause = _cause(error)
    if cause in SQLITE_LOCKED or getattr(error, "sqlstate", None) in _PG_RETRY:
        return DatabaseBusy(f"the database is busy ({cause}); trying again is safe")
    if any(word in cause for word in _SQLITE_DAMAGED):
        return DatabaseDamaged(
            f"the database is damaged ({cause}): stop what uses it, keep a copy of the file with "
            "its -wal, and bring back your last backup (or try `sqlite3 FILE .recover`)"
        )
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    if "disk is full" in cause or code in _FULL:
        return DatabaseFull(f"the disk of the database is full ({cause}); make room on it")
    if place is not None and str(code).startswith(_SQLITE_FAILED):
        return _explain_failure(cause, place)
    if place is not None and any(word in cause for word in _SQLITE_BARRED):
        why = (
            place.hindrance()
            or f"{cause}; whoever runs this must be able to write to it and its folder"
        )
        return StorageError(f"the database {place.path} cannot be written: {why}")
    if place is None and code is None and type(error).__name__ == _UNREACHED:
        reason = cause.partition("\n")[0]  # below it guesses what may be wrong
        return StorageError(
            f"the database cannot be reached: {reason}; does it run, and is `[storage] url` right?"
        )
    return StorageError(f"the database refused: {cause}")


def _explain_failure(cause: str, place: Place) -> StorageError:
    """SQLite tells a quota from a disk that fails as little as one that the system made read-only for its faults."""
    if place.is_out_of_quota():
        return DatabaseFull(
            f"this account's quota on the disk of the database is used up ({cause}); make room, or have it raised"
        )
    why = place.hindrance() or (
        "the system's log (`dmesg`) says why; if the disk fails, move the newsletter to another, or bring back a backup"
    )
    return StorageError(f"the disk of the database {place.path} does not work ({cause}): {why}")


def _cause(error: BaseException | None) -> str:
    """What the driver says, without the row that PostgreSQL adds: it may hold an address."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(primary or error)


@contextmanager
def explaining(refusal: type[Exception], place: Place | None) -> Iterator[None]:
    """Raises what SQLAlchemy and the driver, whose error `refusal` is, raise within it as ours, chained."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise explain(error.orig, place) from error
    except refusal as error:
        raise explain(error, place) from error
    except sa.exc.SQLAlchemyError as error:
        raise StorageError(f"the database cannot be used: {error}") from error
