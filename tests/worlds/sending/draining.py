"""A house whose queue is drained at a relay that does as a script says."""

from __future__ import annotations

import asyncio

from mailer.dispatch.dispatcher import Summary
from tests.peers.relays.smtp import Peer
from tests.worlds.sending.dispatch import House, Script


def drain(house: House, script: Script | None = None, **changes: object) -> tuple[Summary, Peer]:
    """One drain against one peer."""
    peer = Peer(script or {})

    async def scenario() -> Summary:
        async with peer.serving():
            return await house.dispatcher(peer, **changes).drain()

    return asyncio.run(scenario()), peer
