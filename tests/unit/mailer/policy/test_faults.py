"""Rate and back-off, with a clock that the test turns."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.dispatch.pace import Backoff, Rate
from tests.sizes import examples
from tests.worlds.clock import Seconds


@settings(max_examples=examples(50))
@given(
    st.floats(0.5, 500), st.lists(st.floats(0, 5, allow_subnormal=False), min_size=1, max_size=60)
)
def test_the_rate_is_never_exceeded(rate: float, gaps: list[float]) -> None:
    """Over any stretch of messages the rate holds, but for a tenth of a second's credit."""
    clock = Seconds()
    bucket = Rate(rate, clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        clock.now += bucket.until(bucket.book())
        sent.append(clock.now)
    for start in range(len(sent)):
        for end in range(start, len(sent)):
            assert end - start <= (sent[end] - sent[start] + 0.1) * rate + 1e-6


def test_without_a_rate_nobody_waits() -> None:
    """0 is as fast as the relay takes them."""
    bucket = Rate(0, Seconds())
    assert [bucket.until(bucket.book()) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_messages_are_spread_evenly() -> None:
    """At two a second each waits half a second for the one before."""
    bucket = Rate(2, Seconds())
    assert [bucket.until(bucket.book()) for _ in range(3)] == [0.0, 0.5, 1.0]


def test_waits_double_up_to_a_cap_and_start_again() -> None:
    """Each failure doubles the wait up to a cap, and a success ends it."""
    backoff = Backoff(first_s=1, cap_s=10)
    waits = [backoff.wait_s]
    for _ in range(6):
        backoff.fail("down")
        waits.append(backoff.wait_s)
    assert waits == [0, 1, 2, 4, 8, 10, 10]
    backoff.clear()
    assert (backoff.wait_s, backoff.words) == (0, "")


def test_connections_that_die_together_are_one_failure() -> None:
    """Only the first failure since the last count is counted."""
    backoff = Backoff()
    for _ in range(50):
        backoff.fail("gone", since=0)
    assert backoff.count == 1
