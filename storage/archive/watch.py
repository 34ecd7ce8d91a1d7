"""Whether readers would see anything new: asked before each answer of the site, in microseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from storage.archive.issues import Issues
from storage.archive.rows import ARCHIVE_VERSION
from storage.database import Database, Glance
from storage.model import StorageError

FRESH_S: Final = 0.1
"""How long on PostgreSQL a version counts that was read, unless this process has written since."""


@dataclass(frozen=True, slots=True)
class _Known:
    version: int
    at: float
    """When the reading of it began."""
    mark: object


class ArchiveWatch:
    """The archive's version, for one thread that must not wait.

    What is promised: on SQLite a change is seen by the first question after its commit, whichever
    process made it. On PostgreSQL, where a query is a round trip, a change of this process is seen
    by the first question after it, and one of another process within FRESH_S.
    """

    def __init__(
        self, database: Database, archive: Issues, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._archive = archive
        self._clock = clock
        self._known: _Known | None = None
        self._glance: Glance | None = database.glance(ARCHIVE_VERSION)

    def glance(self) -> int | None:
        """The version, without waiting for anything; None where `read` has to tell it."""
        if self._glance is not None:
            try:
                return int(str(self._glance.ask() or 0))
            except StorageError:
                return None
        known = self._known
        if known is None or known.mark is not self._database.written:
            return None
        return known.version if self._clock() - known.at < FRESH_S else None

    def read(self) -> int:
        """The version, in a thread of its own. Raises StorageError."""
        mark, at = self._database.written, self._clock()
        version = self._archive.version()
        self._known = _Known(version, at, mark)
        return version
