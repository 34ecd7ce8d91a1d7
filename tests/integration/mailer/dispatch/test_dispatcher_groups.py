"""The dispatcher with a relay that takes groups: what it may announce, and when content may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from mailer.dispatch.dispatcher import Summary
from mailer.envelope import Envelope
from storage.database.engine import Database
from storage.model.deliveries import Claim, DeliveryState
from storage.model.issues import Issue
from tests.peers.relays.smtp import PIPELINING, Act, Move, Peer
from tests.worlds.sending.dispatch import House, Script
from tests.worlds.store import Store

READERS = 20
S = DeliveryState


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)


def fill(claim: Claim) -> Envelope:
    """A letter that says whose it is."""
    return Envelope(
        sender=f"bounce+{claim.delivery_id}@news.test",
        recipient=claim.address,
        content=f"Subject: {claim.delivery_id}\r\n\r\nHello {claim.address}\r\n".encode(),
    )


def drain(house: House, peer: Peer, **changes: object) -> Summary:
    """One drain against this peer."""

    async def scenario() -> Summary:
        async with peer.serving():
            return await house.dispatcher(peer, fill=fill, **changes).drain()

    return asyncio.run(scenario())


def grouping(script: Script | None = None) -> Peer:
    """A relay with PIPELINING."""
    return Peer({"EHLO": PIPELINING, **(script or {})})


def ids(peer: Peer) -> list[int]:
    """The deliveries whose content the relay got, in order."""
    return [delivery_of(content) for content in peer.messages]


def delivery_of(content: bytes) -> int:
    """The delivery that a letter says it is."""
    return int(content.split(b"\r\n", 1)[0].removeprefix(b"Subject: "))


def test_everybody_gets_one_in_groups(house: House) -> None:
    """Each reader is mailed once, in one group per message (promise 1, rule B12)."""
    issue = house.publish(READERS)
    peer = grouping()
    assert drain(house, peer, connections=1) == Summary(accepted=READERS)
    assert len(peer.recipients) == len(set(peer.recipients)) == READERS
    assert house.count(issue) == {S.ACCEPTED: READERS}
    together = [chunk for chunk in peer.chunks if b"\r\n.\r\nMAIL FROM" in chunk]
    assert len(together) == READERS - 1


@pytest.mark.parametrize("farewell", ["421 4.4.2 enough", Act.CLOSE, Act.RESET])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_ends_sessions_costs_nobody(house: House, verb: str, farewell: Move) -> None:
    """Closing behind some message, in a group of the next, is normal (rule B16)."""
    house.publish(READERS)
    peer = grouping({verb: (["354 go" if verb == "DATA" else "250 ok"] * 5 + [farewell]) * 10})
    assert drain(house, peer, connections=1) == Summary(accepted=READERS)
    assert len(peer.messages) == len(set(ids(peer))) == READERS


class Witness(Peer):
    """A relay that looks into the ledger whenever content has come, before it says a word."""

    def look(self, check: Callable[[int], None]) -> Witness:
        """Calls this with each delivery whose content has come."""
        self._check = check
        return self

    async def _content(self, reader: asyncio.StreamReader) -> bytes:
        content = await super()._content(reader)
        self._check(delivery_of(content))
        return content


@pytest.mark.parametrize("connections", [1, 4])
def test_content_leaves_after_its_begin_and_the_outcome_before_it(
    house: House, database: Database, connections: int
) -> None:
    """When content comes, its delivery is begun in the store and, over all connections, at most one
    delivery for each is begun and not settled (promise 2).
    """
    house.publish(READERS * 2)
    store = Store(database)
    looked: list[int] = []

    def check(delivery_id: int) -> None:
        rows = store.rows()
        begun = {id_ for id_, row in rows.items() if row.state is S.SENDING and row.began}
        assert delivery_id in begun
        assert len(begun) <= connections
        if connections == 1:
            assert all(rows[id_].state is S.ACCEPTED for id_ in looked)
        looked.append(delivery_id)

    peer = Witness({"EHLO": PIPELINING}).look(check)
    assert drain(house, peer, connections=connections) == Summary(accepted=READERS * 2)
    assert len(looked) == READERS * 2


# ── between the announcement and the content ─────────────────────────────────────────────────


def at_data(number: int, act: Callable[[], object]) -> Script:
    """Does something when so many messages have been announced, before the relay says 354."""

    def moves() -> Iterator[Move]:
        yield from ["354 go"] * (number - 1)
        act()
        yield "354 go"

    return {"DATA": moves()}


def test_who_leaves_between_announcement_and_content_gets_nothing(house: House) -> None:
    """An announcement binds nobody: the session is given up and the others get theirs once
    (promise 3).
    """
    issue = house.publish(READERS)
    third = list(house.overview.deliveries(issue.id))[2]
    peer = grouping(at_data(3, lambda: house.leave(third.subscriber_id)))
    summary = drain(house, peer, connections=1)
    assert summary == Summary(accepted=READERS - 1, suppressed=1)
    assert third.id not in ids(peer)
    assert len(ids(peer)) == len(set(ids(peer))) == READERS - 1
    assert house.count(issue) == {S.ACCEPTED: READERS - 1, S.SUPPRESSED: 1}


def test_a_pause_between_announcement_and_content_stops_it(house: House) -> None:
    """A paused issue stops before the next content; resumed, the others get it once."""
    issue = house.publish(READERS)
    peer = grouping(at_data(3, lambda: house.ledger.pause_issue(issue.id, "wait", now=house.now)))
    assert drain(house, peer, connections=1).accepted == 2
    assert len(peer.messages) == 2
    assert house.count(issue) == {S.ACCEPTED: 2, S.QUEUED: READERS - 2}
    resume(house, issue)
    again = grouping()
    assert drain(house, again, connections=1).accepted == READERS - 2
    assert set(ids(peer)).isdisjoint(ids(again))


def resume(house: House, issue: Issue) -> None:
    """The author goes on."""
    house.now += timedelta(minutes=1)
    assert house.mailings.resume(issue.id, now=house.now)


def test_a_cancel_between_announcement_and_content_takes_it_back(house: House) -> None:
    """A cancelled issue reaches nobody who was only announced."""
    issue = house.publish(READERS)
    peer = grouping(at_data(3, lambda: house.mailings.cancel(issue.id)))
    assert drain(house, peer, connections=1).accepted == 2
    assert len(peer.messages) == 2
    assert house.count(issue) == {S.ACCEPTED: 2, S.CANCELLED: READERS - 2}


def test_who_left_before_is_not_even_announced(house: House) -> None:
    """A reader who left while the message before was being sent is not named to the relay."""
    issue = house.publish(3)
    last = list(house.overview.deliveries(issue.id))[2]
    peer = grouping(at_data(2, lambda: house.leave(last.subscriber_id)))
    assert drain(house, peer, connections=1) == Summary(accepted=2, suppressed=1)
    assert last.address not in peer.recipients


def test_a_stop_between_announcement_and_content_leaves_no_doubt(house: House) -> None:
    """Whatever was announced is sent or untouched when an orderly stop is over (rule G7)."""
    issue = house.publish(READERS)
    stop = asyncio.Event()
    peer = grouping(at_data(3, stop.set))

    async def scenario() -> Summary:
        async with peer.serving():
            return await house.dispatcher(peer, fill=fill, connections=1).drain(stop)

    summary = asyncio.run(scenario())
    assert summary.accepted == len(peer.messages) < READERS
    assert house.count(issue) == {
        S.ACCEPTED: summary.accepted,
        S.QUEUED: READERS - summary.accepted,
    }
    assert house.rescuer.workers() == []
