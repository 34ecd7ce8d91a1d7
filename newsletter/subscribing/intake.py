"""Owns keeping requests to join: one transaction for all that arrive while another is under way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from storage.readers import NewSignUp, SignUps


@dataclass(slots=True)
class _Waiting:
    """A request that is being kept."""

    row: NewSignUp
    is_done: bool = False
    error: Exception | None = field(default=None)


class Intake:
    """Keeps rows; `keep` returns when its row is committed. Thread-safe.

    Whoever comes while somebody writes waits, and one of them then writes for all: a flood is few
    transactions, and the decisions find their turn between them.
    """

    def __init__(self, signups: SignUps) -> None:
        self._signups = signups
        self._queue: list[_Waiting] = []
        self._queueing = threading.Lock()
        self._writing = threading.Lock()

    def keep(self, row: NewSignUp) -> None:
        """Keep one row. Raises StorageError when it cannot be."""
        mine = _Waiting(row)
        with self._queueing:
            self._queue.append(mine)
        with self._writing:
            if not mine.is_done:
                self._write()
        if mine.error is not None:
            raise mine.error

    def give_way(self) -> None:
        """Wait for whoever writes just now, if anybody does.

        SQLite has one writer at a time, and one becomes it by asking again and again: whoever writes one transaction after
        another would keep the database from everybody else.
        """
        with self._writing:
            pass

    def _write(self) -> None:
        with self._queueing:
            taken, self._queue = self._queue, []
        error: Exception | None = None
        try:
            self._signups.keep(*(waiting.row for waiting in taken))
        except Exception as failed:  # noqa: BLE001 - each of those who wait is told of it
            error = failed
        for waiting in taken:
            waiting.error = error
            waiting.is_done = True
