"""The threads that sign: everybody gets their own message back, whatever the others are."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType, SigningKey, make_key
from mailer.authentication.signers import Signers
from mailer.envelope import Envelope
from storage.model.errors import MessageError

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = SigningKey.load(make_key(KeyType.ED25519), domain="example.com", selector="a")
SIGNER = Signer([KEY])


def envelope(number: int, *, sender: str = "From: a@example.com\r\n") -> Envelope:
    """A message that says its number."""
    return Envelope(
        sender="bounce@example.com",
        recipient=f"reader{number}@example.org",
        content=f"{sender}Subject: {number}\r\n\r\nNumber {number}.\r\n".encode(),
    )


@pytest.mark.parametrize("threads", [1, 3])
def test_everybody_gets_their_own_message_signed(threads: int) -> None:
    """Of a hundred at once each comes back as one signed alone would (rule A26)."""

    async def scenario() -> list[Envelope]:
        signers = Signers(SIGNER, threads=threads)
        return list(await asyncio.gather(*(signers.sign(envelope(n), NOW) for n in range(100))))

    for number, signed in enumerate(asyncio.run(scenario())):
        assert signed.recipient == f"reader{number}@example.org"
        assert signed.content == SIGNER.sign(envelope(number).content, now=NOW)


def test_one_that_cannot_be_signed_stops_no_other() -> None:
    """A message without From is its own fault alone (RFC 6376 5.4)."""

    async def scenario() -> list[Envelope | BaseException]:
        signers = Signers(SIGNER, threads=1)
        waiting = [
            signers.sign(envelope(n, sender="" if n == 3 else "From: a@b\r\n"), NOW)
            for n in range(6)
        ]
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    results = asyncio.run(scenario())
    assert isinstance(results[3], MessageError)
    assert [isinstance(one, Envelope) for one in results].count(True) == 5


def test_who_does_not_wait_any_more_stops_no_other() -> None:
    """A connection that was cancelled leaves the others theirs."""

    async def scenario() -> Envelope:
        signers = Signers(SIGNER, threads=1)
        gone, stays = signers.sign(envelope(1), NOW), signers.sign(envelope(2), NOW)
        gone.cancel()
        return await stays

    assert asyncio.run(scenario()).recipient == "reader2@example.org"


def test_a_new_message_finds_a_thread_after_a_pause() -> None:
    """Threads that had nothing left to do come back."""

    async def scenario() -> None:
        signers = Signers(SIGNER, threads=2)
        for number in range(20):
            assert (await signers.sign(envelope(number), NOW)).content.startswith(b"DKIM-Sig")

    asyncio.run(scenario())
