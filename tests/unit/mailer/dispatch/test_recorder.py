"""The recorder: everybody's outcomes in groups, none lost, none told before it is committed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mailer.dispatch.recorder import Recorder
from storage.model.deliveries import DeliveryState, Settlement
from storage.model.errors import DatabaseBusy

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@dataclass
class Entry:
    """What one transaction was asked to hold."""

    settled: list[int]
    begins: list[int]
    asks: list[int]
    now: datetime


@dataclass
class MemoryLedger:
    """A ledger in memory that refuses as often as it is told to."""

    busy: int = 0
    refused: Collection[int] = ()
    kept: list[Entry] = field(default_factory=list)
    tried: list[Entry] = field(default_factory=list)
    hold: threading.Event | None = None
    """If set, a transaction does not end before this is."""
    entered: threading.Event = field(default_factory=threading.Event)

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int] = (),
        *,
        now: datetime,
    ) -> frozenset[int]:
        """Keeps the entry, or raises DatabaseBusy."""
        entry = Entry([one.delivery_id for one in settlements], list(begins), list(asks), now)
        self.tried.append(entry)
        self.entered.set()
        if self.hold is not None:
            assert self.hold.wait(20)
        if self.busy:
            self.busy -= 1
            raise DatabaseBusy("another process writes")
        self.kept.append(entry)
        return frozenset({*begins, *asks} - {*self.refused})


def settled(number: int) -> Settlement:
    """An accepted message."""
    return Settlement(delivery_id=number, state=DeliveryState.ACCEPTED, at=NOW)


def ticking() -> Callable[[], datetime]:
    """A clock that never says the same twice."""
    moments = (NOW + timedelta(seconds=second) for second in range(10_000))
    return lambda: next(moments)


async def no_sleep(seconds: float) -> None:
    """A wait that is over at once."""


def make_recorder(
    ledger: MemoryLedger, sleep: Callable[[float], Awaitable[None]] = no_sleep
) -> Recorder:
    """A recorder that writes to this ledger."""
    return Recorder(ledger, "worker", clock=ticking(), sleep=sleep)


def test_everybody_waits_for_the_transaction_that_holds_theirs() -> None:
    """A hundred who come together are told what they asked, each after the commit of its outcome."""
    ledger = MemoryLedger(refused={7})

    async def scenario() -> None:
        recorder = make_recorder(ledger)

        async def one(number: int) -> None:
            granted = await recorder.record(
                [settled(number)], begin=number + 1000, ask=number + 2000
            )
            kept = [entry for entry in ledger.kept if number in entry.settled]
            assert len(kept) == 1
            assert {number + 1000, number + 2000} <= granted
            assert number + 1000 in kept[0].begins

        await asyncio.gather(*(one(number) for number in range(100)))
        assert 7 not in await recorder.record([], begin=7)

    asyncio.run(scenario())
    assert sorted(number for entry in ledger.kept for number in entry.settled) == list(range(100))
    assert len(ledger.kept) < 10


def test_who_comes_during_a_commit_is_in_the_next_one() -> None:
    """While the disk works the next group gathers, and is committed without being asked again."""
    ledger = MemoryLedger(hold=threading.Event())

    async def scenario() -> None:
        recorder = make_recorder(ledger)
        first = recorder.record([settled(1)])
        await asyncio.to_thread(ledger.entered.wait, 20)
        others = [recorder.record([settled(n)]) for n in (2, 3)]
        await asyncio.sleep(0)  # they have said what they have to say
        assert ledger.hold is not None
        ledger.hold.set()
        await asyncio.gather(first, *others)

    asyncio.run(scenario())
    assert [entry.settled for entry in ledger.kept] == [[1], [2, 3]]


def test_a_busy_database_is_asked_the_same_again() -> None:
    """Nothing is dropped and nothing added, and the moment stays, by which a ledger knows the
    question again; whoever came meanwhile follows.
    """
    ledger = MemoryLedger(busy=3)

    async def scenario() -> None:
        recorder = make_recorder(ledger)
        later: list[asyncio.Future[frozenset[int]]] = []

        async def sleep(seconds: float) -> None:
            later.append(recorder.record([settled(2)]))
            await asyncio.sleep(0)

        recorder = make_recorder(ledger, sleep)
        await recorder.record([settled(1)], begin=5)
        await asyncio.gather(*later)

    asyncio.run(scenario())
    first = [entry for entry in ledger.tried if 1 in entry.settled]
    assert len(first) == 4
    assert all(entry == first[0] for entry in first)
    assert sum(entry.settled.count(2) for entry in ledger.kept) == 3


def test_a_database_that_stays_away_is_given_up_where_there_is_an_end_to_patience() -> None:
    """A sending that is to end does: everybody who waits is told why, and so is who comes later, at once."""
    ledger = MemoryLedger(busy=1_000)

    async def scenario() -> None:
        recorder = Recorder(ledger, "worker", clock=ticking(), sleep=no_sleep, patience=5)
        waiting = [recorder.record([settled(n)], begin=n) for n in (1, 2)]
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in done] == [DatabaseBusy, DatabaseBusy]
        assert len(ledger.tried) == 5
        with pytest.raises(DatabaseBusy):
            await recorder.record([settled(3)])
        assert len(ledger.tried) == 5

    asyncio.run(scenario())
    assert ledger.kept == []


def test_a_database_that_comes_back_in_time_is_not_given_up() -> None:
    """Tries are counted from the last success on: many short troubles are no long one."""
    ledger = MemoryLedger(busy=4)

    async def scenario() -> None:
        recorder = Recorder(ledger, "worker", clock=ticking(), sleep=no_sleep, patience=5)
        for number in range(3):
            await recorder.record([settled(number)])
            ledger.busy = 4
        assert len(ledger.kept) == 3

    asyncio.run(scenario())


def test_who_does_not_wait_any_more_loses_no_outcome() -> None:
    """A connection that is cancelled leaves its outcome behind; the others are told as ever."""
    ledger = MemoryLedger(hold=threading.Event())

    async def scenario() -> None:
        recorder = make_recorder(ledger)
        gone = recorder.record([settled(1)])
        await asyncio.to_thread(ledger.entered.wait, 20)
        stays = recorder.record([settled(2)], begin=3)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        assert ledger.hold is not None
        ledger.hold.set()
        assert await stays == {3}

    asyncio.run(scenario())
    assert [entry.settled for entry in ledger.kept] == [[1], [2]]


def test_a_fault_of_who_watches_reaches_everybody_who_waits() -> None:
    """A progress display that raises ends the run; what was committed stays committed."""
    ledger = MemoryLedger()

    def broken(_: Sequence[Settlement]) -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        recorder = Recorder(ledger, "worker", clock=ticking(), committed=broken)
        done = await asyncio.gather(recorder.record([settled(1)]), return_exceptions=True)
        assert [type(one) for one in done] == [ZeroDivisionError]

    asyncio.run(scenario())
    assert [entry.settled for entry in ledger.kept] == [[1]]


def test_a_fault_of_ours_reaches_everybody_who_waits() -> None:
    """A bug in the ledger ends the run loudly instead of letting it hang."""
    ledger = MemoryLedger()

    def broken(*_: object, **__: object) -> frozenset[int]:
        raise ZeroDivisionError

    ledger.record = broken  # type: ignore[method-assign]

    async def scenario() -> None:
        recorder = make_recorder(ledger)
        waiting = [recorder.record([settled(n)]) for n in (1, 2)]
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in done] == [ZeroDivisionError] * 2

    asyncio.run(scenario())


def test_where_no_thread_can_be_started_nobody_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With no memory or no process left for a thread whoever waits is told."""
    told = "can't start new thread"

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError(told)

    async def scenario() -> None:
        recorder = make_recorder(MemoryLedger())
        monkeypatch.setattr(threading.Thread, "start", refuse)
        waiting = [recorder.record([settled(n)]) for n in (1, 2)]
        async with asyncio.timeout(20):
            done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(one) for one in done] == [told] * 2

    asyncio.run(scenario())
