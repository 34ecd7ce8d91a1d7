"""The relays to submit to, opened; the embedded outbox with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)

from mailer.smtp import Outbox, Relay, Tls
from newsletter.config import RelayConfig, RelayKind


@asynccontextmanager
async def open_relays(configured: Sequence[RelayConfig]) -> AsyncIterator[tuple[Relay, ...]]:
    """The relays to submit to; an embedded outbox listens for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        relays = []
        for config in configured:
            host, port = config.host, config.port
            if config.kind is RelayKind.OUTBOX and config.directory is not None:
                outbox = Outbox(config.directory)
                host, port = "127.0.0.1", await outbox.start()
                stack.push_async_callback(outbox.stop)
            relays.append(
                Relay(
                    host=host,
                    port=port,
                    username=config.username,
                    password=config.password,
                    tls=Tls(config.tls.value),
                    ca=config.ca,
                    connections=config.connections,
                    rate=config.rate,
                    share=config.share,
                    ehlo=config.ehlo,
                    timeouts=config.timeouts,
                )
            )
        yield tuple(relays)
