"""The ticks: what is looked at, and how often. The only user of APScheduler.

A tick says "look what is due"; what is due stands in the database. So a late, lost or doubled
tick loses and repeats nothing (rules G3, G5), and no job is ever persisted (rule G4).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from newsletter.service.pulse import Pulse
from newsletter.service.spans import span
from storage.model import Log, StorageError

log = Log()

# It warns of every tick that comes while the one before it works, which is what `max_instances` is for;
# one that works for too long is told by the pulse, in words of ours.
logging.getLogger("apscheduler").setLevel(logging.ERROR)

WATCH: Final = timedelta(seconds=2)
"""How often the wall clock is compared with the steady one."""
STEP: Final = timedelta(seconds=1)
"""A clock that differs by more than this from the steady one has stepped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Something done at an interval, in a thread; never twice at the same time."""

    name: str
    every: timedelta
    work: Callable[[], None]


class Ticks:
    """Runs ticks in the current event loop from `start` until `stop` returns."""

    def __init__(
        self, ticks: Sequence[Tick], *, pulse: Pulse | None = None, watch: timedelta = WATCH
    ) -> None:
        self._ticks = tuple(ticks)
        self._pulse = pulse or Pulse()
        self._watch_every = watch
        self._watcher: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()
        self.failures = 0
        """Ticks that raised; each was logged and came again."""

    def start(self) -> None:
        """Begin; every tick comes at once and then at its interval."""
        for tick in self._ticks:
            self._pulse.expect(tick.name, tick.every.total_seconds())
            self._scheduler.add_job(
                self._run,
                _Again(tick.every),
                args=[tick],
                id=tick.name,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,  # a late tick is still wanted (rule G3)
                coalesce=True,
                max_instances=1,  # a slow one does not overlap itself (rule G6)
            )
        self._scheduler.start()
        self._watcher = asyncio.create_task(self._watch_clock())

    async def stop(self) -> None:
        """Begin no more, and wait for what is running: APScheduler would cancel it (rule G7)."""
        if self._watcher is not None:
            self._watcher.cancel()
        self._scheduler.pause()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _watch_clock(self) -> None:
        """APScheduler waits for a time of day: after a clock was set back by an hour, its ticks
        would come an hour late (rule G10).
        """
        offset = _offset()
        while True:
            await asyncio.sleep(self._watch_every.total_seconds())
            before, offset = offset, _offset()
            if offset - before > STEP.total_seconds():
                log.warning("clock.set_ahead", seconds=round(offset - before))
            if before - offset > STEP.total_seconds():
                log.warning("clock.set_back", seconds=round(before - offset))
                for tick in self._ticks:
                    self._scheduler.modify_job(tick.name, next_run_time=datetime.now(UTC))

    async def _run(self, tick: Tick) -> None:
        # A task of our own: shutting the scheduler down must not cancel work in the middle.
        task = asyncio.create_task(self._work(tick))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        with suppress(asyncio.CancelledError):  # it is left, which APScheduler would call an error
            await asyncio.shield(task)

    async def _work(self, tick: Tick) -> None:
        self._pulse.enter(tick.name)
        is_well = False
        try:
            with span(tick.name):
                await asyncio.to_thread(tick.work)
            is_well = True
        except StorageError as error:  # the database itself tells of it, once for all
            self.failures += 1
            log.debug("tick.failed", tick=tick.name, reason=str(error))
        except Exception:
            self.failures += 1
            log.exception("tick.failed", tick=tick.name)
        finally:
            self._pulse.leave(tick.name, is_well=is_well)


class _Again(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Once more, so long after now.

    APScheduler's own interval lists every tick since the last one before it lets go of all but one:
    after a clock was set a year ahead, gigabytes of times of day that nobody waits for.
    """

    def __init__(self, every: timedelta) -> None:
        self._every = every

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """The only tick there is to come."""
        return now + self._every


def _offset() -> float:
    """How far the wall clock is ahead of the steady one, in seconds."""
    return datetime.now(UTC).timestamp() - time.monotonic()
