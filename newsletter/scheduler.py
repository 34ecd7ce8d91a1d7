"""The ticks: what is looked at, and how often. The only user of APScheduler.

A tick says "look what is due"; what is due stands in the database. So a late, lost or doubled
tick loses and repeats nothing (rules G3, G5), and no job is ever persisted (rule G4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Something done every so often, in a thread; it is over before it is begun again."""

    name: str
    every: timedelta
    work: Callable[[], None]


class Ticks:
    """Runs ticks in the current event loop from `start` until `stop` returns."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._ticks = tuple(ticks)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()
        self.failures = 0
        """Ticks that raised; each was logged and came again."""

    def start(self) -> None:
        """Begin; every tick comes at once and then at its interval."""
        for tick in self._ticks:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[tick],
                seconds=tick.every.total_seconds(),
                id=tick.name,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,  # a late tick is still wanted (rule G3)
                coalesce=True,
                max_instances=1,  # a slow one does not overlap itself (rule G6)
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no more, and wait for what is running: APScheduler would cancel it (rule G7)."""
        self._scheduler.pause()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _run(self, tick: Tick) -> None:
        # A task of our own: shutting the scheduler down must not cancel work in the middle.
        task = asyncio.create_task(self._work(tick))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def _work(self, tick: Tick) -> None:
        try:
            await asyncio.to_thread(tick.work)
        except Exception:
            self.failures += 1
            log.exception("tick.failed", tick=tick.name)
