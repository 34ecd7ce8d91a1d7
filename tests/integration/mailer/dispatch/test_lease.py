"""Workers that were away for longer than their lease: nobody is mailed twice, nobody forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from mailer.dispatch.dispatcher import Summary
from storage.database.engine import Database
from storage.ledger.ledger import Ledger
from storage.model.deliveries import DeliveryState, Settlement
from storage.model.errors import DatabaseBusy
from tests.integration.mailer.dispatch.test_dispatcher_groups import fill, ids
from tests.peers.relays.smtp import PIPELINING, Peer
from tests.worlds.sending.dispatch import House

READERS = 12
LEASE = timedelta(minutes=1)


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)


class Locked(Ledger):
    """A ledger whose database is locked by somebody else, once it has granted so many begins."""

    def lock(self, after: int, meanwhile: Callable[[], None], *, busy: bool = False) -> Locked:
        """`meanwhile` is what happens until the worker hears its answer."""
        self._after, self._meanwhile, self._busy = after, meanwhile, busy
        return self

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int] = (),
        *,
        now: datetime,
    ) -> frozenset[int]:
        """As ever, but the answer comes late."""
        granted = super().record(worker, settlements, begins, asks, now=now)
        self._after -= len(begins)
        if begins and self._after <= 0 < self._after + len(begins):
            self._meanwhile()
        return granted

    def renew(
        self, worker: str, *, now: datetime, lease: timedelta, begun: Collection[int] = ()
    ) -> frozenset[int]:
        """Refused while it is locked."""
        if self._busy and begun:
            raise DatabaseBusy("locked")
        return super().renew(worker, now=now, lease=lease, begun=begun)


def sent(house: House, peer: Peer, ledger: Locked, connections: int) -> Summary:
    """One run of the worker that is away."""

    async def scenario() -> Summary:
        async with peer.serving():
            away = house.dispatcher(
                peer, fill=fill, connections=connections, ledger=ledger, lease=LEASE
            )
            return await away.drain()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("connections", "alive"), [(1, ()), (4, ("w1",))], ids=["far away", "on the same machine"]
)
@pytest.mark.parametrize("ehlo", [PIPELINING, "250 peer.test"], ids=["groups", "steps"])
def test_who_was_away_sends_nothing_that_another_took_over(
    house: House, database: Database, ehlo: str, connections: int, alive: Collection[str]
) -> None:
    """What was begun and rescued meanwhile is on another's wire: its content is kept back (B9).

    What had been sent and could not be recorded is left to a worker that is seen to live.
    """
    issue = house.publish(READERS)
    peer, other = Peer({"EHLO": ehlo}), Peer({"EHLO": ehlo})

    def meanwhile() -> None:
        house.now += LEASE
        house.rescuer.rescue(now=house.now, resend=True, alive=alive)

        async def scenario() -> None:
            async with other.serving():
                await house.dispatcher(other, fill=fill, worker="w2").drain()

        asyncio.run(scenario())

    ledger = Locked(database).lock(5, meanwhile)
    sent(house, peer, ledger, connections)
    got = Counter([*ids(peer), *ids(other)])
    assert set(got.values()) == {1}
    assert len(got) == READERS
    assert house.count(issue) == {DeliveryState.ACCEPTED: READERS}


def test_who_was_away_and_lost_nothing_goes_on(house: House, database: Database) -> None:
    """A lease that ran out and was taken by nobody is renewed, and the message goes out."""
    issue = house.publish(READERS)
    peer = Peer({"EHLO": PIPELINING})

    def meanwhile() -> None:
        house.now += 3 * LEASE

    assert sent(house, peer, Locked(database).lock(5, meanwhile), 2) == Summary(accepted=READERS)
    assert sorted(ids(peer)) == sorted(set(ids(peer)))
    assert house.count(issue) == {DeliveryState.ACCEPTED: READERS}


def test_who_cannot_renew_sends_nothing(house: House, database: Database) -> None:
    """While the database cannot be asked whose a message is, it stays here, and costs no try."""
    issue = house.publish(1)
    peer = Peer({"EHLO": PIPELINING})

    def meanwhile() -> None:
        house.now += LEASE

    summary = sent(house, peer, Locked(database).lock(1, meanwhile, busy=True), 1)
    assert (summary.accepted, peer.messages) == (0, [])
    (delivery,) = house.overview.deliveries(issue.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEFERRED, 0)


def test_a_worker_that_lives_settles_itself_what_it_has_begun(house: House) -> None:
    """A process that only waits keeps what is on its wire, also from its own rescue; what it had not
    begun goes to others at once.
    """
    issue = house.publish(3)
    claims = house.ledger.claim("w", now=house.now, limit=3, lease=LEASE)
    begun = claims[0].delivery_id
    house.ledger.record("w", [], [begun], now=house.now)
    house.now += LEASE
    rescued = house.rescuer.rescue(now=house.now, resend=True, alive={"w"})
    assert (rescued.returned, rescued.unknown) == (2, 0)
    assert house.ledger.renew("w", now=house.now, lease=LEASE, begun=[begun, 99]) == {begun}
    house.now += LEASE
    assert house.rescuer.rescue(now=house.now, resend=True, alive={"w"}).unknown == 0
    assert house.rescuer.rescue(now=house.now, resend=True).unknown == 1
    assert house.count(issue) == {DeliveryState.QUEUED: 2, DeliveryState.UNKNOWN: 1}


@pytest.mark.parametrize(
    "jump", [timedelta(hours=3), timedelta(days=366), timedelta(days=25 * 365), -timedelta(days=1)]
)
def test_a_clock_that_jumps_in_the_middle_of_sending_makes_no_copies(
    house: House, jump: timedelta
) -> None:
    """All leases end at once, and a living worker's rescue looks: each reader has one mail (B9, G10)."""
    issue = house.publish(READERS)

    def dots() -> Iterator[str]:
        for _ in range(3):
            yield "250 2.0.0 queued"
        house.now += jump
        house.rescuer.rescue(now=house.now, resend=True, alive={"w1"})
        while True:
            yield "250 2.0.0 queued"

    peer = Peer({"EHLO": PIPELINING, "DOT": dots()})

    async def scenario() -> None:
        async with peer.serving():
            while house.count(issue) != {DeliveryState.ACCEPTED: READERS}:
                await house.dispatcher(peer, fill=fill, connections=4, lease=LEASE).drain()

    asyncio.run(scenario())
    assert Counter(ids(peer)).most_common(1)[0][1] == 1
    assert len(ids(peer)) == READERS
