"""Locks that end with their process: a file's beside SQLite, an advisory one on PostgreSQL."""

from __future__ import annotations

import fcntl
import os
import select
from pathlib import Path
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.model import StorageError

ANSWER_S: Final = 2.0
"""How long the server's answer to the end of a lock is waited for."""


class Lock(Protocol):
    """A lock that dies with its process."""

    def is_held(self) -> bool:
        """Whether it still is ours: a lost connection to the server loses it."""

    def release(self) -> None:
        """Give it back; harmless when done twice."""


class FileLock:
    """`flock` on a file; released by the kernel when the process dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> FileLock | None:
        """The lock on this file, made if missing; None when another process holds it."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"the lock beside the database cannot be made: {error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def is_held(self) -> bool:
        """Whether it is still ours."""
        return self._descriptor is not None

    def release(self) -> None:
        """Let it go; a second time does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class AdvisoryLock:
    """An advisory lock on a connection of its own; gone when the connection is.

    It belongs to a transaction that stays open and does nothing: so it holds behind a pooler, too, which
    may give the session of one to another between two transactions.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, engine: Engine, name: str) -> AdvisoryLock | None:
        """The lock of this name in a session of its own; None when another session holds it."""
        connection = engine.connect()
        try:
            connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            taken = connection.scalar(
                sa.text(
                    "SELECT pg_try_advisory_xact_lock(hashtext('newsletter'), hashtext(:name))"
                ),
                {"name": name},
            )
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        if taken:
            return cls(connection)
        connection.close()
        return None

    def is_held(self) -> bool:
        """Whether it is still ours."""
        if self._connection.closed or self._connection.invalidated:
            return False
        try:
            self._connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        """Let it go; a second time does nothing. Whoever asks next finds it free."""
        if not self._connection.closed:
            if not self._connection.invalidated:
                _roll_back(self._connection)
            self._connection.invalidate()  # closes the session, and the lock with it
            self._connection.close()


def _roll_back(connection: Connection) -> None:
    """End the transaction, and wait for the answer: a session that is only closed keeps its lock until the
    server, or the pooler before it, has seen that. One that does not answer is not waited for.
    """
    session: Any = connection.connection.dbapi_connection
    try:
        session.pgconn.send_query(b"ROLLBACK")
        session.pgconn.flush()
        select.select([session.fileno()], [], [], ANSWER_S)
    except (connection.dialect.loaded_dbapi.Error, OSError):
        pass  # it is lost, and the lock with it
