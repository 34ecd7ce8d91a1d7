"""The running service: scheduler, dispatcher, outbox and site in one event loop, and their end.

The end is orderly: ticks finish, what is on the wire is finished and recorded, the rest goes back
to the queue without an attempt, and only then the site and the outbox close (rule G7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Final

from mailer.smtp import Relay
from newsletter.mailing import open_relays
from newsletter.service.duties import Duties, Site
from newsletter.service.scheduler import Tick, Ticks
from newsletter.service.stopping import ORDERLY_S, Ending, call_soon
from newsletter.service.turn import Turn
from storage.database import Database
from storage.model import Log, SchemaNewer, StorageError

log = Log()

UPKEEP: Final = timedelta(seconds=15)
SIGNUPS: Final = timedelta(seconds=2)
HOUSEKEEPING: Final = timedelta(minutes=1)
ALERTS: Final = timedelta(minutes=1)
HUB: Final = timedelta(seconds=5)
FEED: Final = timedelta(seconds=15)
DIGESTS: Final = timedelta(seconds=30)
WATCH_S: Final = 2.0
"""How often we look whether the database's file is still there."""


async def serve(
    duties: Duties,
    ending: Ending,
    *,
    site: Site | None,
    scheduling: bool,
    ready: Callable[[str], None],
) -> None:
    """Run until SIGTERM or SIGINT. Raises Conflict when another scheduler has this database."""
    with ending.obeying():
        async with AsyncExitStack() as stack:
            turn = Turn(duties.database) if scheduling else None
            if turn is not None:
                stack.callback(turn.end)
                turn.begin()
            if scheduling and duties.listen is not None:
                await stack.enter_async_context(duties.listen())
            relays = await stack.enter_async_context(open_relays(duties.relays))
            await _serve(duties, relays, site, turn, ending, ready)


async def _serve(
    duties: Duties,
    relays: Sequence[Relay],
    site: Site | None,
    turn: Turn | None,
    ending: Ending,
    ready: Callable[[str], None],
) -> None:
    dispatcher = duties.make_dispatcher(relays)
    loop = asyncio.get_running_loop()
    duties.on_dispatcher(lambda: call_soon(loop, dispatcher.wake))
    duties.pulse.begin(lambda: dispatcher.relays)
    ticks = Ticks(_ticks(duties, turn), pulse=duties.pulse)
    duties.database.tell_troubles()
    site_stop = asyncio.Event()  # readers are served until the last message is recorded
    sending = asyncio.create_task(dispatcher.run(ending.stop))
    tasks = [sending, asyncio.create_task(_watch(duties.database, ending.stop))]
    feeling = asyncio.create_task(duties.pulse.feel_loop())
    feeding = asyncio.create_task(duties.supervisor.feed())

    def tell(address: str) -> None:
        ready(address)
        duties.supervisor.ready(f"serving {address}" if address else "sending")

    if site is not None:
        tasks.append(asyncio.create_task(site(stop=site_stop, ready=tell)))
    else:
        tell("")
    ticks.start()
    try:
        await _until_stopped(ending.stop, tasks)
    finally:
        _begin_end(duties, ending, tasks)
        # A tick may wait for a mailbox or a folder for ever; sending ends by itself.
        await asyncio.wait([asyncio.create_task(ticks.stop()), sending], timeout=ORDERLY_S)
        await asyncio.wait([sending])
        ending.is_recorded = True
        duties.on_dispatcher(None)
        site_stop.set()
        await asyncio.wait(tasks)
        feeling.cancel()
        feeding.cancel()
    for task in tasks:
        task.result()
    log.info("service.stopped")


def _begin_end(duties: Duties, ending: Ending, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Tell of a part that failed and that the service ends; from now on nothing waits long for the database."""
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            ending.fail(str(error) or type(error).__name__)
    ending.stop.set()
    log.info("service.reloading" if ending.is_reload else "service.stopping")
    if ending.is_reload:
        duties.supervisor.reloading()
    else:
        duties.supervisor.stopping()
    duties.halt_signups()
    duties.database.hurry()


async def _watch(database: Database, stop: asyncio.Event) -> None:
    """Until the end; raises DatabaseLost when the database's file is not there any more, and SchemaNewer when a
    later program has changed the tables: this one would go on by its own rules, or stand still.
    """
    while not stop.is_set():
        await asyncio.to_thread(database.check)
        try:
            await asyncio.to_thread(database.check_tables)
        except SchemaNewer:
            raise
        except StorageError:
            pass  # it is away: whoever needs it waits and tells
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WATCH_S)


async def _until_stopped(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for a signal, or for a part that ends, which none should before."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


def _ticks(duties: Duties, turn: Turn | None) -> list[Tick]:
    ticks = [Tick(name="upkeep", every=UPKEEP, work=duties.upkeep)]
    if turn is not None:
        ticks += [
            Tick(name="poll", every=duties.poll_every, work=turn.only(duties.poll)),
            Tick(
                name="feed", every=min(FEED, duties.poll_every), work=turn.only(duties.look_at_feed)
            ),
            Tick(name="hub", every=HUB, work=turn.only(duties.tell_hub)),
            Tick(name="housekeeping", every=HOUSEKEEPING, work=turn.only(duties.housekeeping)),
            Tick(name="alerts", every=ALERTS, work=turn.unless_others(duties.alerts)),
            Tick(name="digests", every=DIGESTS, work=turn.only(duties.digests)),
            Tick(name="signups", every=SIGNUPS, work=turn.only(duties.signups)),
            Tick(
                name="reports", every=duties.collect_every, work=turn.only(duties.collect_reports)
            ),
        ]
    return ticks
