"""A test copy of a note, sent past the queue: no issue, no delivery and no reader comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.envelope import Envelope
from mailer.replies import Outcome
from mailer.smtp import Outbox, Relay, Session, Timeouts
from newsletter.mailing import open_relays

_PATIENCE: Final = Timeouts(
    greeting=30, tls=30, auth=30, mail=60, rcpt=60, data=60, block=60, dot=120
)
"""Somebody is waiting at the terminal; one message that did not leave harms nobody."""
_FAREWELL_S: Final = 0.1
"""For TLS to end in order, before the loop does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCopy:
    """What the relay said to a test copy."""

    __test__ = False  # no test of pytest, whatever its name

    accepted: bool
    relay: str
    """`host:port`, or `outbox`."""
    code: int | None
    reply: str
    """One line, without the address."""
    signed: bool


async def send_test(
    envelope: Envelope, relays: Sequence[Relay | Outbox], *, signed: bool
) -> TestCopy:
    """Sends one copy through the first relay, past the queue; nothing is recorded.

    Raises RelayError when the relay cannot be used at all.
    """
    first = relays[0]
    async with open_relays([first]) as (relay,):
        try:
            session = await Session.open(relay, _PATIENCE)
            outcome = await session.send(envelope)
            await session.close()
        finally:
            await asyncio.sleep(_FAREWELL_S)
    where = "outbox" if isinstance(first, Outbox) else f"{relay.host}:{relay.port}"
    return _told(outcome, where, signed=signed)


def _told(outcome: Outcome, where: str, *, signed: bool) -> TestCopy:
    return TestCopy(
        accepted=outcome.accepted,
        relay=where,
        code=outcome.code,
        reply=outcome.text,
        signed=signed,
    )
