"""Programs that sign beside an event loop: they sign as a thread does, and whatever becomes of them, everybody gets theirs."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType, SigningKey, make_key
from mailer.authentication.signers import Signers
from mailer.envelope import Envelope
from storage.model.errors import MessageError

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
RSA = Path(__file__).parents[3] / "fixtures" / "keys" / "rsa.pem"
SIGNER = Signer(
    SigningKey.load(key, domain="example.com", selector="s")
    for key in (RSA.read_bytes(), make_key(KeyType.ED25519))
)
PATIENCE_S = 60.0
"""Longer than any test takes: who says nothing is waited for."""


def envelope(number: int, *, sender: str = "From: a@example.com\r\n") -> Envelope:
    """A message that says its number."""
    return Envelope(
        sender="bounce@example.com",
        recipient=f"reader{number}@example.org",
        content=f"{sender}Subject: {number}\r\n\r\nNumber {number}.\r\n".encode(),
    )


async def be_helped(signers: Signers) -> None:
    """Gives so much to sign that two programs are started, and waits until they can."""
    await asyncio.gather(*(signers.sign(envelope(n), NOW) for n in range(20)))
    while len(signers.helpers) < 2:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)  # signing meanwhile would keep them from it


@asynccontextmanager
async def helped(patience_s: float = PATIENCE_S) -> AsyncIterator[Signers]:
    """Signers with two programs that are ready to sign."""
    signers = Signers(SIGNER, threads=2, enough=1, patience_s=patience_s)
    await be_helped(signers)
    try:
        yield signers
    finally:
        signers.rest()


@cache
def signed_alone(number: int) -> bytes:
    """That message with its signatures, which are the same ones whenever it is signed."""
    return SIGNER.sign(envelope(number).content, now=NOW)


def are_signed(signed: Sequence[Envelope]) -> bool:
    """Whether each is its own message, as one signed alone would be (rule A26)."""
    return all(
        one.content == signed_alone(number) and one.recipient == envelope(number).recipient
        for number, one in enumerate(signed)
    )


def test_programs_sign_as_threads_do() -> None:
    """Everybody gets their own message back, with a signature of each key, as one signed alone would."""

    async def scenario() -> list[Envelope]:
        async with helped() as signers:
            return list(await asyncio.gather(*(signers.sign(envelope(n), NOW) for n in range(200))))

    assert are_signed(asyncio.run(scenario()))


def test_one_that_cannot_be_signed_and_one_that_nobody_waits_for_stop_no_other() -> None:
    """A message without From is its own fault alone (RFC 6376 5.4), and a cancelled one is let go of."""

    async def scenario() -> list[Envelope | BaseException]:
        async with helped() as signers:
            waiting = [
                signers.sign(envelope(n, sender="" if n == 3 else "From: a@example.com\r\n"), NOW)
                for n in range(40)
            ]
            waiting[5].cancel()
            await waiting[6]
            waiting[39].cancel()
            return list(await asyncio.gather(*waiting, return_exceptions=True))

    results = asyncio.run(scenario())
    assert isinstance(results[3], MessageError)
    assert isinstance(results[5], asyncio.CancelledError)
    assert [isinstance(one, Envelope) for one in results].count(True) >= 37


def kill(helper: int) -> None:
    """As the kernel does where memory is short."""
    os.kill(helper, signal.SIGKILL)


def stop(helper: int) -> None:
    """It hangs: neither ends nor answers."""
    os.kill(helper, signal.SIGSTOP)


@pytest.mark.parametrize("harm", [kill, stop])
@pytest.mark.parametrize("which", [slice(0, 1), slice(0, 2)], ids=["one", "both"])
def test_what_a_program_does_not_sign_somebody_else_does(
    harm: Callable[[int], None], which: slice
) -> None:
    """Killed or hung with messages in hand: each is signed all the same, once, and nothing waits for ever."""

    async def scenario() -> tuple[list[Envelope], tuple[int, ...], tuple[int, ...]]:
        async with helped(patience_s=0.5) as signers:
            harmed = signers.helpers[which]
            waiting = [signers.sign(envelope(n), NOW) for n in range(200)]
            await asyncio.sleep(0)  # they are asked
            for helper in harmed:
                harm(helper)
            signed = list(await asyncio.gather(*waiting))
            return signed, harmed, signers.helpers

    signed, harmed, left = asyncio.run(scenario())
    assert are_signed(signed)
    assert not set(harmed) & set(left)


def test_programs_that_rest_have_ended_and_come_back_when_there_is_much_to_sign() -> None:
    """Between two sendings nothing is left of them, and what comes one by one is signed by threads."""

    async def scenario() -> None:
        async with helped() as signers:
            before = signers.helpers
            signers.rest()
            assert not signers.helpers
            for helper in before:
                with pytest.raises(ProcessLookupError):
                    os.kill(helper, 0)
            assert are_signed([await signers.sign(envelope(0), NOW)])
            await be_helped(signers)

    asyncio.run(scenario())


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_is_for_whoever_asks_a_program(sent: signal.Signals) -> None:
    """Ctrl-C and systemd tell every process of a service: what is on its way is still signed by the same ones."""

    async def scenario() -> None:
        async with helped() as signers:
            before = signers.helpers
            for helper in before:
                os.kill(helper, sent)
            waiting = [signers.sign(envelope(n), NOW) for n in range(100)]
            assert are_signed(await asyncio.gather(*waiting))
            assert signers.helpers == before

    asyncio.run(scenario())


def test_without_programs_threads_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, or Python is not where it says, mail is signed as before."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    async def scenario() -> tuple[list[Envelope], tuple[int, ...]]:
        signers = Signers(SIGNER, threads=2, enough=1)
        waiting = [signers.sign(envelope(n), NOW) for n in range(100)]
        return list(await asyncio.gather(*waiting)), signers.helpers

    signed, helpers = asyncio.run(scenario())
    assert are_signed(signed)
    assert not helpers


SENDER = """
import asyncio, sys
from tests.integration.mailer.authentication.test_helpers import helped
async def work():
    async with helped() as signers:
        print(*signers.helpers, flush=True)
        await asyncio.Event().wait()
asyncio.run(work())
"""


def test_no_program_outlives_a_sender_that_was_killed() -> None:
    """A process that ends without a word, as under SIGKILL, leaves nobody behind who holds its key."""
    with subprocess.Popen([sys.executable, "-c", SENDER], stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        ends = [os.pidfd_open(int(helper)) for helper in sender.stdout.readline().split()]
        sender.kill()
    assert len(ends) == 2
    for end in ends:
        assert select.select([end], [], [], 60)[0]
        os.close(end)
