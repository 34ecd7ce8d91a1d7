"""Owns the writing of outcomes: what all connections have waiting becomes one transaction.

While one commit runs the next group gathers, so the disk sets the size of a group and nobody
has to choose it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from mailer.pace import Trouble
from storage.errors import StorageError
from storage.records import Settlement

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Book(Protocol):
    """Where outcomes are kept (storage.ledger.Ledger)."""

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int] = (),
        *,
        now: datetime,
    ) -> frozenset[int]:
        """One transaction: stores settlements, marks `begins` as on the wire, returns the granted
        of `begins` and `asks`.
        """


@dataclass(frozen=True, slots=True)
class _Entry:
    settlements: tuple[Settlement, ...]
    begin: int | None
    ask: int | None
    granted: asyncio.Future[frozenset[int]]


class Recorder:
    """Commits settlements and begins for all connections of one worker, in groups."""

    def __init__(
        self,
        book: Book,
        worker: str,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._book = book
        self._worker = worker
        self._clock = clock
        self._sleep = sleep
        self._waiting: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None

    async def record(
        self,
        settlements: Sequence[Settlement],
        *,
        begin: int | None = None,
        ask: int | None = None,
    ) -> frozenset[int]:
        """Commits, then returns what was granted: a set that has `begin` if its content may be
        sent now, and `ask` if it may be announced.

        Trouble with the database only makes this take longer: an outcome is never dropped.
        """
        granted = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(tuple(settlements), begin, ask, granted))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await asyncio.shield(granted)

    async def _write(self) -> None:
        group: Sequence[_Entry] = ()
        try:
            while self._waiting:
                await asyncio.sleep(0)  # whoever is ready in this turn of the loop joins
                group, self._waiting = self._waiting, []
                granted = await self._commit(group)
                for entry in group:
                    entry.granted.set_result(granted)
        except BaseException as error:
            for entry in (*group, *self._waiting):
                if not entry.granted.done():
                    entry.granted.set_exception(error)
            self._waiting = []
            raise
        finally:
            self._writer = None

    async def _commit(self, group: Sequence[_Entry]) -> frozenset[int]:
        settlements = [settlement for entry in group for settlement in entry.settlements]
        begins = [entry.begin for entry in group if entry.begin is not None]
        asks = [entry.ask for entry in group if entry.ask is not None]
        now = self._clock()  # one for all tries: the ledger knows a repeated question by it
        trouble = Trouble(cap_s=30)
        while True:
            try:
                return await asyncio.to_thread(
                    self._book.record, self._worker, settlements, begins, asks, now=now
                )
            except StorageError as error:
                trouble.note(type(error).__name__)
                # Not the error itself: a driver quotes the row, and with it an address.
                log.warning("ledger.record_failed", error=trouble.words, tries=trouble.count)
                await self._sleep(trouble.wait_s)
