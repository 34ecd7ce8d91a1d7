"""Several real relays that divide a run by their shares, and lose and find each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailer.dispatch.dispatcher import Dispatcher, Summary
from mailer.envelope import Envelope
from mailer.policy.settlement import RetryPolicy
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from newsletter.config.config import load_config
from storage.model.deliveries import Claim
from storage.model.errors import ConfigError
from tests.conftest import NOON
from tests.peers.relays.smtp import PIPELINING, Move, Peer
from tests.worlds.store import MINUTE, Store

PATIENT = Timeouts()
"""Minutes: a busy machine is no silent relay."""
POLICY = RetryPolicy(retry=(MINUTE,), expire=48 * 60 * MINUTE)
LOCK_STEP = "250 peer.test"
"""The answer to EHLO of a relay that takes one command at a time, and so is much slower."""


def fill(claim: Claim) -> Envelope:
    """A short letter."""
    return Envelope(sender="b@news.test", recipient=claim.address, content=b"Hi: x\r\n\r\ny\r\n")


async def shortly(seconds: float) -> None:
    """A sleep that takes hardly any time, but lets the others go on."""
    await asyncio.sleep(min(seconds, 0.005))


def send(
    store: Store,
    *relays: tuple[Peer, int, int],
    progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """One run over peers with these shares and connections."""

    async def scenario() -> Summary:
        async with relays[0][0].serving(), relays[1][0].serving():
            known = [
                Relay(
                    host="127.0.0.1",
                    port=peer.port,
                    tls=Tls.NONE,
                    ehlo="c.test",
                    share=share,
                    connections=connections,
                    timeouts=PATIENT,
                )
                for peer, share, connections in relays
            ]
            return await Dispatcher(
                store.ledger,
                known,
                fill,
                POLICY,
                worker="w",
                clock=lambda: NOON,
                sleep=shortly,
                connect=Session.open,
                progress=progress,
                patience=1_000_000,
            ).drain()

    return asyncio.run(scenario())


def part(one: Peer, other: Peer) -> float:
    """The part of the mail that the first of the two has got."""
    return len(one.messages) / (len(one.messages) + len(other.messages))


@pytest.mark.parametrize(
    ("connections", "ehlo"),
    [
        ((2, 2), (PIPELINING, PIPELINING)),
        ((1, 6), (PIPELINING,) * 2),
        ((2, 2), (LOCK_STEP, PIPELINING)),
    ],
    ids=["alike", "few connections for the larger share", "the larger share to a slow relay"],
)
def test_each_relay_takes_its_share(
    store: Store, connections: tuple[int, int], ehlo: tuple[str, str]
) -> None:
    """3 : 1 within three per cent, whatever each relay could do by itself (rule B17)."""
    store.join(800)
    store.publish()
    larger, smaller = Peer({"EHLO": ehlo[0]}), Peer({"EHLO": ehlo[1]})
    summary = send(store, (larger, 3, connections[0]), (smaller, 1, connections[1]))
    assert summary == Summary(accepted=800)
    assert part(larger, smaller) == pytest.approx(0.75, abs=0.03)


def test_without_shares_the_connections_decide(store: Store) -> None:
    """A relay that is faster, or has more connections, gets more: nobody waits for anybody."""
    store.join(800)
    store.publish()
    many, few = Peer({"EHLO": PIPELINING}), Peer({"EHLO": LOCK_STEP})
    assert send(store, (many, 0, 6), (few, 0, 1)) == Summary(accepted=800)
    assert part(many, few) > 0.8


class Waiting(Peer):
    """A relay that takes so many messages, and the next one when it is let."""

    def wait(self, after: int, until: asyncio.Event) -> Waiting:
        """Not for ever: until this happens."""
        self._after, self._until = after, until
        return self

    async def _content(self, reader: asyncio.StreamReader) -> bytes:
        content = await super()._content(reader)
        if len(self.messages) >= self._after:
            await self._until.wait()
        return content


def test_the_share_of_a_relay_that_fails_goes_to_the_other_and_comes_back(store: Store) -> None:
    """Down in the middle, it costs nobody anything; back again it takes its quarter and no more."""
    store.join(1600)
    store.publish()
    is_back = asyncio.Event()
    steady = Waiting({"EHLO": PIPELINING}).wait(600, is_back)

    def greetings() -> Iterator[Move]:
        yield from ["220 hi"] * 2
        while len(steady.messages) < 600:
            yield "421 4.3.2 down"
        yield "220 hi"

    def after_a_hundred() -> Iterator[Move]:
        yield from ["250 ok"] * 100
        yield from ["421 4.3.2 down"] * 2
        is_back.set()
        yield "250 ok"

    shaky = Peer({"EHLO": PIPELINING, "MAIL": after_a_hundred(), "GREET": greetings()})
    back: list[tuple[int, int]] = []

    def see(summary: Summary) -> None:
        if is_back.is_set() and not back:
            back.append((len(steady.messages), len(shaky.messages)))

    summary = send(store, (steady, 3, 2), (shaky, 1, 2), progress=see)
    assert summary.accepted + summary.deferred == 1600
    assert summary.deferred <= 2
    steady_then, shaky_then = back[0]
    assert steady_then >= 600  # it did not wait for the other
    taken = len(shaky.messages) - shaky_then
    rest = summary.accepted - steady_then - shaky_then
    # What it missed it makes up for by no more than a hundred messages.
    assert 0.22 * rest <= taken <= 0.28 * rest + 100


def test_shares_are_given_to_all_relays_or_to_none(tmp_path: Path) -> None:
    """One that is missing is asked for by name; all of them arrive."""
    text = '[newsletter]\ntitle = "T"\nurl = "https://e.org"\nsender = "a@e.org"\n'
    relay = '[[smtp]]\nurl = "smtp://127.0.0.1:{}"\n{}\n'
    file = tmp_path / "newsletter.toml"
    file.write_text(text + relay.format(25, "share = 3") + relay.format(26, "share = 1"))
    assert [relay.share for relay in load_config(file, {}).servers] == [3, 1]
    file.write_text(text + relay.format(25, "share = 3") + relay.format(26, ""))
    with pytest.raises(ConfigError) as caught:
        load_config(file, {})
    assert caught.value.problems == (
        "[[smtp]] 2 share: missing: when one relay has a share, each needs one",
    )
