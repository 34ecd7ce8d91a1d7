"""The dispatcher at work: everybody gets one, outcomes are recorded, a crash, a stop and a busy database lose none."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from mailer.dispatch.dispatcher import Summary
from mailer.envelope import Envelope
from mailer.smtp.relay import Relay
from mailer.smtp.session import Exchange, Session
from storage.ledger.ledger import Ledger
from storage.model.deliveries import Claim, DeliveryState, Settlement
from storage.model.errors import DatabaseBusy
from tests.conftest import NOON
from tests.peers.relays.smtp import Peer
from tests.worlds.sending.dispatch import MINUTE, PATIENT, House, fill, policy
from tests.worlds.sending.draining import drain


def test_everybody_gets_one(house: House) -> None:
    """Each reader is mailed once, over no more connections than configured (promise 1)."""
    issue = house.publish(40)
    summary, peer = drain(house)
    assert summary == Summary(accepted=40)
    assert sorted(peer.recipients) == sorted(f"reader{n}@example.org" for n in range(40))
    assert house.count(issue) == {DeliveryState.ACCEPTED: 40}
    assert 1 <= peer.most_open <= 3
    assert peer.verbs.count("QUIT") == peer.connections


def test_no_more_connections_than_messages(house: House) -> None:
    """One message opens one connection, nothing due opens none."""
    house.publish(1)
    _, peer = drain(house)
    assert peer.connections == 1
    summary, peer = drain(house)
    assert (summary, peer.connections) == (Summary(), 0)


def test_outcomes_of_all_kinds_are_recorded(house: House) -> None:
    """Each refusal is kept with its code, and a missing mailbox is never mailed again."""
    issue = house.publish(4)
    replies = ["250 ok", "450 4.2.0 later", "550 5.1.1 no such user", "550 no"]
    summary, _ = drain(house, {"RCPT": replies}, connections=1)
    assert summary == Summary(accepted=1, deferred=1, rejected=2)
    deliveries = {d.state: d for d in house.overview.deliveries(issue.id)}
    deferred = deliveries[DeliveryState.DEFERRED]
    assert (deferred.code, deferred.status, deferred.attempts) == (450, "4.2.0", 1)
    assert deferred.due_at == NOON + MINUTE
    assert len(house.subscribers.suppressions()) == 1


def test_a_deferred_delivery_goes_out_when_due(house: House) -> None:
    """Greylisting costs time and nothing else; the return path stays the same (rule B19)."""
    issue = house.publish(1)
    assert drain(house, {"RCPT": "451 4.7.1 greylisted"})[0].deferred == 1
    assert drain(house)[0] == Summary()
    house.now += MINUTE
    summary, peer = drain(house)
    assert summary.accepted == 1
    (delivery,) = house.overview.deliveries(issue.id)
    assert f"bounce+{delivery.id}@news.test" in peer.commands[1]


def test_a_delivery_that_is_never_taken_expires(house: House) -> None:
    """The schedule is followed as configured, then given up with one record (rule B2)."""
    issue = house.publish(1)
    tries = 0
    while (due := house.ledger.next_due()) is not None:
        house.now = max(house.now, due)
        drain(house, {"RCPT": "450 4.3.0 no"}, policy=policy(expire=12 * MINUTE))
        tries += 1
    assert tries == 4  # at 0, 1, 6, 11 minutes
    assert house.count(issue) == {DeliveryState.EXPIRED: 1}


def test_a_reader_who_left_meanwhile_is_not_mailed(house: House) -> None:
    """Leaving counts up to the moment before MAIL FROM, claimed or not (promise 3)."""
    issue = house.publish(3)
    left: list[int] = []

    def fill_and_leave(claim: Claim) -> Envelope:
        if not left:
            left.append(claim.subscriber_id)
            house.leave(claim.subscriber_id)
        return fill(claim)

    summary, peer = drain(house, fill=fill_and_leave, connections=1)
    assert summary == Summary(accepted=2, suppressed=1)
    assert len(peer.recipients) == 2
    assert house.count(issue)[DeliveryState.SUPPRESSED] == 1


# ── crash, stop, database ────────────────────────────────────────────────────────────────────


class Witness:
    """The real ledger, remembering the order of things; may be told to be busy."""

    def __init__(self, ledger: Ledger, busy: int = 0) -> None:
        self._ledger = ledger
        self._busy = busy
        self.settled: list[int] = []
        self.begun: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    def record(
        self,
        worker: str,
        settlements: list[Settlement],
        begins: list[int],
        asks: list[int],
        *,
        now: datetime,
    ) -> frozenset[int]:
        """Refuses as often as it was told, then does it."""
        if self._busy:
            self._busy -= 1
            raise DatabaseBusy("the database is busy")
        granted = self._ledger.record(worker, settlements, begins, asks, now=now)
        self.settled += [settlement.delivery_id for settlement in settlements]
        self.begun += begins
        return granted


def test_a_connection_has_one_message_in_doubt_at_most(house: House) -> None:
    """When a message is sent, everything the connection sent before is committed (promise 2)."""
    house.publish(30)
    witness = Witness(house.ledger)
    checked = 0

    class Checking:
        """A session that looks at the ledger before it speaks."""

        def __init__(self, inner: Session) -> None:
            self._inner = inner
            self._mine: list[int] = []

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

        async def exchange(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
            nonlocal checked
            if ready is not None:
                number = int(ready.sender.split("@")[0].split("+")[1])
                assert number in witness.begun
                assert set(self._mine) <= set(witness.settled)
                self._mine.append(number)
                checked += 1
            return await self._inner.exchange(ready, following)

    async def connect(relay: Relay) -> Checking:
        return Checking(await Session.open(relay, PATIENT))

    summary, _ = drain(house, ledger=witness, connect=connect)
    assert (summary.accepted, checked) == (30, 30)


def test_no_outcome_is_lost_while_the_database_is_busy(house: House) -> None:
    """Recording is repeated for as long as it takes."""
    issue = house.publish(5)
    summary, peer = drain(house, ledger=Witness(house.ledger, busy=4))
    assert summary.accepted == 5
    assert len(peer.messages) == 5
    assert house.count(issue) == {DeliveryState.ACCEPTED: 5}


def test_a_stop_finishes_what_is_on_the_wire_and_gives_back_the_rest(house: House) -> None:
    """Nothing is left claimed or in doubt by an orderly stop (rule G7)."""
    issue = house.publish(50)
    peer = Peer()
    stop = asyncio.Event()

    def see(summary: Summary) -> None:
        if summary.accepted >= 5:
            stop.set()

    async def scenario() -> Summary:
        async with peer.serving():
            return await house.dispatcher(peer, progress=see).drain(stop)

    summary = asyncio.run(scenario())
    assert 5 <= summary.accepted == len(peer.messages) < 50
    assert house.count(issue) == {
        DeliveryState.ACCEPTED: summary.accepted,
        DeliveryState.QUEUED: 50 - summary.accepted,
    }
    assert house.rescuer.workers() == []


def test_a_cancelled_drain_ends_in_good_order_too(house: House) -> None:
    """Ctrl-C leaves no message in doubt."""
    issue = house.publish(50)
    peer = Peer()
    started = asyncio.Event()

    async def scenario() -> None:
        async with peer.serving():
            task = asyncio.create_task(
                house.dispatcher(peer, progress=lambda _: started.set()).drain()
            )
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    assert set(house.count(issue)) <= {DeliveryState.ACCEPTED, DeliveryState.QUEUED}
    assert house.count(issue)[DeliveryState.ACCEPTED] == len(peer.messages)


def test_the_service_sends_when_woken_and_stops_when_told(house: House) -> None:
    """`run` takes up what becomes due later, and ends in good order."""
    peer = Peer()
    stop = asyncio.Event()

    async def scenario() -> Summary:
        async with peer.serving():
            dispatcher = house.dispatcher(
                peer,
                progress=lambda summary: stop.set() if summary.accepted == 3 else None,
                sleep=asyncio.sleep,
                poll_s=30.0,
            )
            running = asyncio.create_task(dispatcher.run(stop))
            await asyncio.to_thread(house.publish, 3)
            dispatcher.wake()
            await asyncio.wait_for(running, 120)
            return dispatcher.summary

    assert asyncio.run(scenario()) == Summary(accepted=3)
    assert house.rescuer.workers() == []
