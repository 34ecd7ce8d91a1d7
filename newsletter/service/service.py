"""The running service: scheduler, dispatcher, outbox and site in one event loop, and their end.

The end is orderly: ticks finish, what is on the wire is finished and recorded, the rest goes back
to the queue without an attempt, and only then the site and the outbox close (rule G7).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    contextmanager,
)
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from mailer.dispatch import Dispatcher, Summary
from mailer.smtp import Outbox, Relay
from newsletter.mailing import open_relays
from newsletter.service.scheduler import Tick, Ticks
from newsletter.service.turn import Turn
from storage.database import Database

log = structlog.get_logger()

UPKEEP: Final = timedelta(seconds=15)
SIGNUPS: Final = timedelta(seconds=2)


class Site(Protocol):
    """Serves HTTP until `stop` is set; calls `ready` with its address once it listens."""

    def __call__(
        self, *, stop: asyncio.Event, ready: Callable[[str], None]
    ) -> Coroutine[object, object, None]:
        """Runs for as long as the service does. Raises NewsletterError when it cannot listen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What the service does, handed over by newsletter/assembly.py."""

    database: Database
    relays: tuple[Relay | Outbox, ...]
    make_dispatcher: Callable[[Sequence[Relay]], Dispatcher]
    poll: Callable[[], None]
    poll_every: timedelta
    signups: Callable[[], object]
    upkeep: Callable[[], None]
    collect_reports: Callable[[], None]
    collect_every: timedelta
    listen: Callable[[], AbstractAsyncContextManager[object]] | None
    """Takes mail that comes back for as long as the context lasts; None = not configured."""
    on_dispatcher: Callable[[Callable[[], None] | None], None]
    """Told how to wake the dispatcher while there is one, and None when it has ended."""


async def drain(duties: Duties) -> Summary:
    """Send what is due now, then end. SIGTERM ends it early and in good order."""
    stop = asyncio.Event()
    with _stopped_by_signal(stop):
        async with open_relays(duties.relays) as relays:
            return await duties.make_dispatcher(relays).drain(stop)


async def serve(
    duties: Duties, *, site: Site | None, scheduling: bool, ready: Callable[[str], None]
) -> None:
    """Run until SIGTERM or SIGINT. Raises Conflict when another scheduler has this database."""
    stop = asyncio.Event()
    with _stopped_by_signal(stop):
        async with AsyncExitStack() as stack:
            turn = Turn(duties.database) if scheduling else None
            if turn is not None:
                stack.callback(turn.end)
                turn.begin()
            if scheduling and duties.listen is not None:
                await stack.enter_async_context(duties.listen())
            relays = await stack.enter_async_context(open_relays(duties.relays))
            await _serve(duties, relays, site, turn, stop, ready)


async def _serve(
    duties: Duties,
    relays: Sequence[Relay],
    site: Site | None,
    turn: Turn | None,
    stop: asyncio.Event,
    ready: Callable[[str], None],
) -> None:
    dispatcher = duties.make_dispatcher(relays)
    loop = asyncio.get_running_loop()
    duties.on_dispatcher(lambda: _call_soon(loop, dispatcher.wake))
    ticks = Ticks(_ticks(duties, turn))
    site_stop = asyncio.Event()  # readers are served until the last message is recorded
    tasks = [asyncio.create_task(dispatcher.run(stop))]
    if site is not None:
        tasks.append(asyncio.create_task(site(stop=site_stop, ready=ready)))
    else:
        ready("")
    ticks.start()
    try:
        await _until_stopped(stop, tasks)
    finally:
        stop.set()
        log.info("service.stopping")
        await ticks.stop()
        await asyncio.wait(tasks[:1])
        duties.on_dispatcher(None)
        site_stop.set()
        await asyncio.wait(tasks)
    for task in tasks:
        task.result()
    log.info("service.stopped")


async def _until_stopped(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Until a signal came or a part ended, which none should."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)


def _ticks(duties: Duties, turn: Turn | None) -> list[Tick]:
    ticks = [Tick(name="upkeep", every=UPKEEP, work=duties.upkeep)]
    if turn is not None:
        ticks += [
            Tick(name="poll", every=duties.poll_every, work=turn.only(duties.poll)),
            Tick(name="signups", every=SIGNUPS, work=turn.only(duties.signups)),
            Tick(
                name="reports", every=duties.collect_every, work=turn.only(duties.collect_reports)
            ),
        ]
    return ticks


@contextmanager
def _stopped_by_signal(stop: asyncio.Event) -> Iterator[None]:
    """Within it, SIGTERM and SIGINT set the event instead of ending the process."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread alone
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
