"""A stop while a relay is silent: nobody waits for it, and what is in doubt is on record."""

from __future__ import annotations

import asyncio

import pytest

from mailer.smtp.relay import Timeouts
from mailer.smtp.session import Session
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from tests.peers.relays.smtp import PIPELINING, Act, Peer
from tests.worlds.sending.dispatch import House

READERS = 6
PATIENT = Timeouts()
"""Minutes, as RFC 5321 has them: only the stop can end these waits."""


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)


class Silent(Peer):
    """A relay that tells when it falls silent."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_silent = asyncio.Event()

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        if self.script.get(name) is Act.HANG:
            self.is_silent.set()
        return await super()._move(name, writer)


@pytest.mark.parametrize("way", ["drain", "run"])
@pytest.mark.parametrize("ehlo", [PIPELINING, "250 peer.test"], ids=["groups", "steps"])
@pytest.mark.parametrize(
    ("step", "in_doubt"),
    [("GREET", 0), ("EHLO", 0), ("MAIL", 0), ("RCPT", 0), ("DATA", 0), ("DOT", 2), ("QUIT", 0)],
)
def test_a_stop_waits_for_no_relay(
    house: House, step: str, in_doubt: int, ehlo: str, way: str
) -> None:
    """Wherever the relay falls silent the worker ends, gives its claims back, and has on record what
    the relay may have taken: after the dot, and nothing else (rules B8, G7).
    """
    issue = house.publish(READERS)
    stop = asyncio.Event()

    async def scenario() -> None:
        peer = Silent({"EHLO": ehlo, step: Act.HANG})
        async with peer.serving():
            worker = house.dispatcher(
                peer,
                connections=2,
                connect=lambda relay: Session.open(relay, PATIENT),
                farewell_s=0.05,
                poll_s=0.01,
            )
            going = worker.drain(stop) if way == "drain" else worker.run(stop)
            task = asyncio.create_task(going)
            await peer.is_silent.wait()
            stop.set()
            async with asyncio.timeout(60):  # hours, if it waited for the relay
                await task

    asyncio.run(scenario())
    counts = house.count(issue)
    assert counts.get(DeliveryState.UNKNOWN, 0) <= in_doubt
    assert (DeliveryState.UNKNOWN in counts) == bool(in_doubt)
    assert DeliveryState.SENDING not in counts
    assert house.rescuer.workers() == []
