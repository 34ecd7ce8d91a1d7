"""Troubles with the database: whether there is one, and a line in the log when it begins and ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from storage.model import DatabaseFull, Log, StorageError

log = Log()

FULL_S: Final = 60.0
"""For so long after a server had no room nothing that it writes proves that it has: a table whose pages have some
takes rows while the next one does not.
"""


class Troubles:
    """What became of the last attempts, of all threads together."""

    def __init__(self, *, full_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`full_s`: how long a full disk is believed to be full, whatever can be written."""
        self.are_told = False
        """Only a service says so: a command ends with the error itself."""
        self.is_writing_in_vain = False
        self._full_s = full_s
        self._clock = clock
        self._since: float | None = None
        self._full_at: float | None = None
        self._lock = Lock()

    def begin(self, error: StorageError, *, writes: bool) -> None:
        """An attempt failed; the first of a trouble is told in the log."""
        with self._lock:
            self.is_writing_in_vain = self.is_writing_in_vain or writes
            now = self._clock()
            if isinstance(error, DatabaseFull):
                self._full_at = now
            is_news, self._since = self._since is None, self._since or now
        if is_news and self.are_told:
            log.error("database.trouble", reason=str(error))

    def end(self) -> None:
        """Something was written: a trouble, if there was one, is over and told so."""
        if self._since is None and not self.is_writing_in_vain:
            return
        with self._lock:
            now = self._clock()
            if self._full_at is not None and now - self._full_at < self._full_s:
                return
            since, self._since, self.is_writing_in_vain = self._since, None, False
        if since is not None and self.are_told:
            log.info("database.recovered", seconds=round(now - since, 1))
