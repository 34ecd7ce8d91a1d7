"""Whose turn it is to schedule: one process, another stands by."""

from __future__ import annotations

import threading
from collections.abc import Callable

from storage.database import Database, Lock
from storage.model import Conflict, Log, StorageError

log = Log()


class Turn:
    """Whose turn it is to schedule: one process at a time (rule G4).

    On SQLite a second process is a mistake and is refused. On PostgreSQL it stands by, serving
    and sending, and takes over when the first is gone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock: Lock | None = None
        self._asking = threading.Lock()  # ticks run in threads of their own

    def begin(self) -> None:
        """Take the turn if it is free. Raises Conflict on SQLite when it is not."""
        if not self._ours() and self._database.is_sqlite:
            raise Conflict(
                "another `newsletter run` is using this database; stop it first, or use "
                "PostgreSQL to run several"
            )

    def only(self, work: Callable[[], object]) -> Callable[[], None]:
        """The work, done only by the process whose turn it is."""

        def run() -> None:
            if self._ours():
                work()

        return run

    def unless_others(self, work: Callable[[], object]) -> Callable[[], None]:
        """The work, done by the process whose turn it is, and by each while nobody can say whose it is."""

        def run() -> None:
            try:
                is_ours = self._ours()
            except StorageError:
                is_ours = True
            if is_ours:
                work()

        return run

    def end(self) -> None:
        """Give the turn up."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _ours(self) -> bool:
        with self._asking:
            if self._lock is not None and not self._lock.is_held():
                log.warning("scheduler.lock_lost")
                self.end()
            if self._lock is None:
                self._lock = self._database.try_lock("scheduler")
            return self._lock is not None
