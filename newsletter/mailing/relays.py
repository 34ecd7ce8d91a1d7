"""The relays to submit to, opened; the embedded outbox with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from mailer.smtp import Outbox, Relay


@asynccontextmanager
async def open_relays(configured: Sequence[Relay | Outbox]) -> AsyncIterator[tuple[Relay, ...]]:
    """The relays to submit to; an embedded outbox listens for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        relays = []
        for one in configured:
            if isinstance(one, Outbox):
                from mailer.smtp import OutboxServer  # a server of SMTP is dear to load

                server = OutboxServer(one.directory)
                relays.append(replace(one.relay, port=await server.start()))
                stack.push_async_callback(server.stop)
            else:
                relays.append(one)
        yield tuple(relays)
