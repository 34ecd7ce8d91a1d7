"""Troubles with the database: whether there is one, and a line in the log when it begins and ends."""

from __future__ import annotations

import time
from threading import Lock

from storage.model import Log, StorageError

log = Log()


class Troubles:
    """What became of the last attempts, of all threads together."""

    def __init__(self) -> None:
        self.are_told = False
        """Only a service says so: a command ends with the error itself."""
        self.is_writing_in_vain = False
        self._since: float | None = None
        self._lock = Lock()

    def begin(self, error: StorageError, *, writes: bool) -> None:
        """An attempt failed; the first of a trouble is told in the log."""
        with self._lock:
            self.is_writing_in_vain = self.is_writing_in_vain or writes
            is_news, self._since = self._since is None, self._since or time.monotonic()
        if is_news and self.are_told:
            log.error("database.trouble", reason=str(error))

    def end(self) -> None:
        """Something was written: a trouble, if there was one, is over and told so."""
        if self._since is None and not self.is_writing_in_vain:
            return
        with self._lock:
            since, self._since, self.is_writing_in_vain = self._since, None, False
        if since is not None and self.are_told:
            log.info("database.recovered", seconds=round(time.monotonic() - since, 1))
