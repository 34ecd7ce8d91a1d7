"""The rate of a relay over a minute, by a clock that the test turns: exact, and evenly spread."""

from __future__ import annotations

import heapq
from bisect import bisect_left

from mailer.dispatch.pace import Rate
from tests.sizes import is_full
from tests.worlds.clock import Seconds
from tests.worlds.rows import each

RATES = (0.5, 7.0, 100.0, 3000.0)


def span(rate: float) -> float:
    """Seconds that a rate is watched for: a minute; unless all is asked for, a tenth of it will do where
    it holds as many messages as a minute of the next slower rate.
    """
    return 6.0 if rate > 1000 and not is_full() else 60.0


def send(
    clock: Seconds,
    *rates: Rate,
    connections: int,
    seconds: float,
    trip_s: float = 0.0,
    late_s: float = 0.0,
) -> list[list[float]]:
    """When each message left in that time, for each relay with that many connections.

    A connection books, waits as it is told, sends, and is busy for a round trip. A timer wakes it
    late, as timers do.
    """
    end = clock.now + seconds
    # What a connection does next, by time: it books, or asks for the slot that it has booked.
    queue: list[tuple[float, int, float | None]] = [
        (clock.now, number, None) for number in range(connections * len(rates))
    ]
    sent: list[list[float]] = [[] for _ in rates]
    while queue:
        at, number, slot = heapq.heappop(queue)
        if at >= end:
            continue
        clock.now = at
        relay = number % len(rates)
        booked = rates[relay].book() if slot is None else slot
        if wait := rates[relay].until(booked):
            heapq.heappush(queue, (at + wait + late_s, number, booked))
            continue
        sent[relay].append(at)
        heapq.heappush(queue, (at + trip_s, number, None))
    clock.now = end
    return sent


def assert_exact(sent: list[float], rate: float, seconds: float) -> None:
    """Within 2 % of what the time holds; where that is less than a message, within one."""
    assert abs(len(sent) - rate * seconds) <= max(0.02 * rate * seconds, 1)


@each("rate", RATES)
@each("connections", [1, 3, 40])
def test_over_a_minute_the_rate_is_met(rate: float, connections: int) -> None:
    """As many messages leave as configured, however many connections share the rate (rule B17)."""
    clock = Seconds()
    (sent,) = send(clock, Rate(rate, clock), connections=connections, seconds=span(rate))
    assert_exact(sent, rate, span(rate))


@each("rate", RATES)
@each("late_s", [0.001, 0.016])
def test_late_timers_cost_nothing(rate: float, late_s: float) -> None:
    """A timer that wakes a millisecond late, or sixteen, is made up for (rule B17)."""
    clock = Seconds()
    (sent,) = send(
        clock, Rate(rate, clock), connections=10, seconds=span(rate), trip_s=0.001, late_s=late_s
    )
    assert_exact(sent, rate, span(rate))


@each("rate", RATES)
def test_after_a_wait_the_rate_is_met_again(rate: float) -> None:
    """Ten idle minutes are no credit: the minute after them is as exact as the first (rule B17)."""
    clock = Seconds()
    bucket = Rate(rate, clock)
    (first,) = send(clock, bucket, connections=4, seconds=span(rate), late_s=0.001)
    clock.now += 600
    (second,) = send(clock, bucket, connections=4, seconds=span(rate), late_s=0.001)
    assert_exact(first, rate, span(rate))
    assert_exact(second, rate, span(rate))
    starts = second[:: max(len(second) // 10, 1)]
    most = max(bisect_left(second, at + 1) - bisect_left(second, at) for at in starts)
    assert most <= rate * 1.1 + 1  # no second of the minute carries a burst


@each("rate", RATES)
def test_each_relay_has_a_rate_of_its_own(rate: float) -> None:
    """What another relay sends takes nothing from this one, in the same minute (rule B17)."""
    clock = Seconds()
    fast, slow = send(
        clock, Rate(rate, clock), Rate(rate / 4, clock), connections=3, seconds=span(rate)
    )
    assert_exact(fast, rate, span(rate))
    assert_exact(slow, rate / 4, span(rate))


@each("rate", RATES)
def test_a_relay_too_slow_for_its_rate_gets_no_burst_afterwards(rate: float) -> None:
    """Slots that nobody could use are gone: later the rate is met, not exceeded (rule B17)."""
    clock = Seconds()
    bucket = Rate(rate, clock)
    (slow,) = send(clock, bucket, connections=1, seconds=span(rate), trip_s=4 / rate)
    assert len(slow) <= rate * span(rate) / 4 + 1
    (later,) = send(clock, bucket, connections=4, seconds=span(rate))
    assert_exact(later, rate, span(rate))
