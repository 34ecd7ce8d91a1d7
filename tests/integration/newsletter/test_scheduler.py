"""The ticks: they come again whatever happens, never overlap, and end in good order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from newsletter.service.scheduler import Tick, Ticks

OFTEN = timedelta(milliseconds=5)


def make(work: Callable[[], None], name: str = "tick") -> Tick:
    """A tick that comes as often as it can."""
    return Tick(name=name, every=OFTEN, work=work)


def test_a_tick_that_fails_is_counted_and_comes_again() -> None:
    """An error ends neither the tick nor its neighbours."""
    again, neighbour = threading.Event(), threading.Event()
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        if len(calls) >= 3:
            again.set()
        raise RuntimeError("this tick always fails")

    async def main() -> int:
        ticks = Ticks([make(fail, "failing"), make(neighbour.set, "neighbour")])
        ticks.start()
        assert await asyncio.to_thread(again.wait, 60)
        assert await asyncio.to_thread(neighbour.wait, 60)
        await ticks.stop()
        return ticks.failures

    assert asyncio.run(main()) == len(calls) >= 3


def test_a_slow_tick_does_not_overlap_itself(caplog: pytest.LogCaptureFixture) -> None:
    """However long one takes, the next begins after it, without a line in the log; others go on meanwhile."""
    guard, others = threading.Lock(), threading.Semaphore(0)
    overlaps: list[int] = []
    slow_twice = threading.Semaphore(0)

    def slow() -> None:
        if not guard.acquire(blocking=False):
            overlaps.append(1)
            return
        for _ in range(5):  # as long as five of the other one
            others.acquire(timeout=60)
        guard.release()
        slow_twice.release()

    async def main() -> None:
        ticks = Ticks([make(slow, "slow"), make(others.release, "quick")])
        ticks.start()
        for _ in range(2):
            assert await asyncio.to_thread(slow_twice.acquire, timeout=60)
        await ticks.stop()

    asyncio.run(main())
    assert overlaps == []
    assert caplog.messages == []


def test_stopping_waits_for_what_is_running() -> None:
    """Work in the middle is finished before `stop` returns, and none begins after (rule G7)."""
    begun, finish = threading.Event(), threading.Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        assert finish.wait(60)
        done.append("whole")

    async def main() -> None:
        ticks = Ticks([make(work)])
        ticks.start()
        assert await asyncio.to_thread(begun.wait, 60)
        stopping = asyncio.create_task(ticks.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        finish.set()
        await stopping
        assert done == ["whole"]

    asyncio.run(main())
    assert done == ["whole"]


def test_an_end_that_waits_no_longer_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A tick that is still busy when the time for an orderly end is over is left, without a traceback in the log."""
    begun, finish = threading.Event(), threading.Event()

    def busy() -> None:
        begun.set()
        assert finish.wait(60)

    async def let_go() -> None:
        try:
            await asyncio.Event().wait()
        finally:  # the loop gives up whatever waits in it
            finish.set()

    async def main() -> None:
        Ticks([Tick(name="busy", every=timedelta(hours=1), work=busy)]).start()
        assert await asyncio.to_thread(begun.wait, 60)
        main.kept = asyncio.create_task(let_go())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    asyncio.run(main())
    assert caplog.messages == []


def test_a_clock_set_back_does_not_stall_the_ticks() -> None:
    """They go on at their interval, though the wall clock is an hour earlier (rule G10)."""
    came = threading.Semaphore(0)

    async def main() -> None:
        ticks = Ticks([make(came.release)], watch=OFTEN)
        ticks.start()
        assert await asyncio.to_thread(came.acquire, timeout=60)
        with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True):
            while came.acquire(blocking=False):
                pass
            for _ in range(5):
                assert await asyncio.to_thread(came.acquire, timeout=60)
            await ticks.stop()

    asyncio.run(main())


@pytest.mark.parametrize("years", [1, 25])
def test_a_clock_set_ahead_costs_nothing(years: int) -> None:
    """The ticks that a leap passed over are not counted up: one comes, and then the next
    (rule G10).
    """
    came = threading.Semaphore(0)

    async def main() -> None:
        ticks = Ticks([make(came.release)], watch=OFTEN)
        ticks.start()
        assert await asyncio.to_thread(came.acquire, timeout=60)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=365 * years), tick=True):
            while came.acquire(blocking=False):
                pass
            for _ in range(5):
                assert await asyncio.to_thread(came.acquire, timeout=60)
            await ticks.stop()

    asyncio.run(main())
