"""What a service does, handed to it as one; and a sending, which does the least of it.

Apart from the running service, whose scheduler no `newsletter send` need load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from mailer.dispatch import Dispatcher, Summary
from mailer.smtp import Outbox, Relay
from newsletter.mailing import open_relays
from newsletter.service.pulse import Pulse
from newsletter.service.stopping import Ending
from newsletter.service.supervisor import Supervisor
from storage.database import Database


class Site(Protocol):
    """Serves HTTP until `stop` is set; calls `ready` with its address once it listens."""

    def __call__(
        self, *, stop: asyncio.Event, ready: Callable[[str], None]
    ) -> Coroutine[object, object, None]:
        """Runs for as long as the service does. Raises NewsletterError when it cannot listen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What the service does, handed over by newsletter/working.py."""

    database: Database
    pulse: Pulse
    relays: tuple[Relay | Outbox, ...]
    make_dispatcher: Callable[[Sequence[Relay]], Dispatcher]
    poll: Callable[[], None]
    poll_every: timedelta
    signups: Callable[[], object]
    halt_signups: Callable[[], None]
    """Has a long run of `signups` end soon."""
    upkeep: Callable[[], None]
    housekeeping: Callable[[], object]
    """Lets go of what served its time; some at a time."""
    alerts: Callable[[], object]
    """Tells the operator of troubles."""
    collect_reports: Callable[[], None]
    collect_every: timedelta
    tell_hub: Callable[[], None]
    look_at_feed: Callable[[], object]
    """Asks for the feed whose entries are notes, when it is time to."""
    digests: Callable[[], object]
    listen: Callable[[], AbstractAsyncContextManager[object]] | None
    """Takes mail that comes back for as long as the context lasts; None = not configured."""
    supervisor: Supervisor
    """Told how we are."""
    on_dispatcher: Callable[[Callable[[], None] | None], None]
    """Told how to wake the dispatcher while there is one, and None when it has ended."""


async def drain(
    relays: Sequence[Relay | Outbox],
    make_dispatcher: Callable[[Sequence[Relay]], Dispatcher],
    ending: Ending,
) -> Summary:
    """Send what is due now, then end. SIGTERM ends it early and in good order."""
    with ending.obeying():
        async with open_relays(relays) as opened:
            summary = await make_dispatcher(opened).drain(ending.stop)
            ending.is_recorded = True
            return summary
