"""Owns the writing of outcomes: what all connections have waiting becomes one transaction.

While one commit runs the next group gathers, so the disk sets the size of a group and nobody
has to choose it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from mailer.dispatch.pace import Backoff
from mailer.dispatch.ports import Ledger
from storage.model import Log, Settlement, StorageError

log = Log()


@dataclass(slots=True)
class _Group:
    """What waits to become one transaction."""

    settlements: list[Settlement] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    asks: list[int] = field(default_factory=list)
    waiting: list[asyncio.Future[frozenset[int]]] = field(default_factory=list)
    """Whoever wants to know what was granted."""
    now: datetime | None = None
    """When it was first tried: the ledger knows a repeated question by it."""


class Recorder:
    """Commits settlements and begins for all connections of one worker, in groups.

    A thread commits group after group for as long as there is one, so that the disk never waits
    for the event loop, nor the event loop for the disk. It is handed work without asyncio's futures,
    which cost as much as a small group.
    """

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        committed: Callable[[Sequence[Settlement]], None] = lambda _: None,
        patience: int | None = None,
    ) -> None:
        """`committed` is told of the settlements of each transaction, before whoever waits for it.

        After `patience` tries in a row that failed the database is given up; None: never.
        """
        self._ledger = ledger
        self._worker = worker
        self._clock = clock
        self._sleep = sleep
        self._committed = committed
        self._patience = patience
        self._given_up: StorageError | None = None
        self._lock = threading.Lock()
        """Held while `_gathering` is changed: by the event loop, or by the thread that takes it."""
        self._gathering = _Group()
        self._taken = _Group()
        self._is_busy = False
        """Whether the thread is at work, or will be without being asked. Changed under the lock."""
        self._backoff = Backoff(cap_s=30)
        self._thread = ThreadPoolExecutor(1, "recording")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._retry: asyncio.Task[None] | None = None

    def record(
        self,
        settlements: Sequence[Settlement],
        *,
        begin: int | None = None,
        ask: int | None = None,
    ) -> asyncio.Future[frozenset[int]]:
        """Commits, then tells what was granted: a set that has `begin` if its content may be
        sent now, and `ask` if it may be announced.

        Trouble with the database only makes this take longer, as long as there is patience. Raises
        StorageError when that is at its end: what is not recorded then is in doubt.
        """
        loop = self._loop
        if loop is None:  # Python 3.11 asks the kernel which process this is, each time
            self._loop = loop = asyncio.get_running_loop()
        granted: asyncio.Future[frozenset[int]] = loop.create_future()
        if self._given_up is not None:
            granted.set_exception(self._given_up)
            return granted
        with self._lock:
            group = self._gathering
            group.settlements += settlements
            if begin is not None:
                group.begins.append(begin)
            if ask is not None:
                group.asks.append(ask)
            group.waiting.append(granted)
            is_idle, self._is_busy = not self._is_busy, True
        if is_idle:  # whoever is ready in this turn of the loop joins
            loop.call_soon(self._hand_over, loop)
        return granted

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._thread.submit(self._commit_groups, loop)
        except RuntimeError as error:
            # No memory or no process is left for a thread: nobody waits for ever.
            self._disappoint(error)

    def _commit_groups(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: commits what has gathered, until nothing has."""
        try:
            while self._take():
                group = self._taken
                group.now = group.now or self._clock()
                granted = self._ledger.record(
                    self._worker, group.settlements, group.begins, group.asks, now=group.now
                )
                self._taken = _Group()
                if self._backoff.count:
                    log.info("ledger.recorded", tries=self._backoff.count)
                    self._backoff.clear()
                loop.call_soon_threadsafe(self._tell, group, granted)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told of it
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._fail, error)

    def _take(self) -> bool:
        """Whether there is a group to commit: the one that could not be, or what has gathered."""
        with self._lock:
            if not self._taken.waiting:
                self._taken, self._gathering = self._gathering, _Group()
            self._is_busy = bool(self._taken.waiting)
        return self._is_busy

    def _tell(self, group: _Group, granted: frozenset[int]) -> None:
        waiting = [waiter for waiter in group.waiting if not waiter.done()]  # some were cancelled
        try:
            self._committed(group.settlements)
        except Exception as error:  # noqa: BLE001 - whoever watches has a fault: nobody hangs for it
            for waiter in waiting:
                waiter.set_exception(error)
        else:
            for waiter in waiting:
                waiter.set_result(granted)

    # ── trouble ──────────────────────────────────────────────────────────────────────────

    def _fail(self, error: BaseException) -> None:
        """A group could not be committed: it is tried again later, or whoever waits is told."""
        if not isinstance(error, StorageError):
            self._disappoint(error)
            return
        self._backoff.fail(type(error).__name__)
        tries = self._backoff.count
        if self._patience is not None and tries >= self._patience:
            self._given_up = error
            lost = len(self._taken.settlements) + len(self._gathering.settlements)
            log.warning("ledger.given_up", tries=tries, unrecorded=lost)
            self._disappoint(error)
            return
        if tries == 1:  # it may last for hours; its end is told, too
            log.warning("ledger.record_failed", reason=str(error), then="tried again")
        self._retry = asyncio.create_task(self._try_again())

    async def _try_again(self) -> None:
        try:
            await self._sleep(self._backoff.wait_s)
        except BaseException as error:
            self._disappoint(error)
            raise
        self._hand_over(asyncio.get_running_loop())

    def _disappoint(self, error: BaseException) -> None:
        """Nothing that waits will be recorded."""
        with self._lock:
            waiting = [*self._taken.waiting, *self._gathering.waiting]
            self._taken, self._gathering = _Group(), _Group()
            self._is_busy = False
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(error)
