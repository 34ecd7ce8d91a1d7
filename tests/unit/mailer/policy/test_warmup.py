"""The warm-up's ramp, day by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailer.policy.warmup import MEMORY_DAYS, WarmUp
from tests.worlds.rows import each

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RAMP = WarmUp(first=50, timezone="Europe/Berlin")


def days(*last: int) -> list[int]:
    """A history that ends with these days; the last is today."""
    return [0] * (MEMORY_DAYS + 1 - len(last)) + list(last)


@each(
    ("history", "most", "room", "then"),
    [
        (days(0), 50, 50, 50),
        (days(20), 50, 30, 50),
        (days(50), 50, 0, 100),
        (days(50, 0), 100, 100, 100),
        (days(50, 100), 100, 0, 200),
        (days(50, 100, 0, 0, 0), 200, 200, 200),  # a pause of some days loses nothing
        (days(50, 100, 30), 200, 170, 200),  # and a small day earns nothing
        (days(9, 0), 50, 50, 50),  # the first day's number is always allowed
        (days(4000, 9000), 8000, 0, 18000),  # more than allowed was sent before it was configured
    ],
)
def test_a_day_allows_twice_the_busiest_before_it(
    history: list[int], most: int, room: int, then: int
) -> None:
    """Each day at most twice what was used before, never less than the first (rule B17)."""
    allowance = RAMP.decide(history, NOON)
    assert (allowance.most, allowance.room, allowance.then) == (most, room, then)


def test_a_month_of_silence_begins_anew() -> None:
    """What is longer ago than the days that are looked back on earns nothing."""
    remembered = [5000] + [0] * MEMORY_DAYS
    assert RAMP.decide(remembered, NOON).most == 10_000
    assert RAMP.decide(remembered, NOON).then == 50


def test_a_list_is_through_after_as_many_days_as_doubling_takes() -> None:
    """5,000 readers at 50 a day take seven days: 50 + 100 + … + 1,600 + the rest."""
    history, left, taken = days(0), 5000, []
    while left:
        now = min(RAMP.decide(history, NOON).room, left)
        left -= now
        taken.append(now)
        history = [*history[1:-1], now, 0]
    assert taken == [50, 100, 200, 400, 800, 1600, 1850]


@each(
    ("now", "until"),
    [
        ("2026-11-22T12:00+00:00", "2026-11-22T23:00+00:00"),
        ("2026-11-22T22:59+00:00", "2026-11-22T23:00+00:00"),
        ("2026-11-22T23:00+00:00", "2026-11-23T23:00+00:00"),
        ("2026-03-28T23:30+00:00", "2026-03-29T22:00+00:00"),  # a day of 23 hours
        ("2026-10-24T22:30+00:00", "2026-10-25T23:00+00:00"),  # and one of 25
    ],
)
def test_a_day_ends_at_the_authors_midnight(now: str, until: str) -> None:
    """A day is a calendar day of the newsletter's zone, also when clocks change."""
    at = datetime.fromisoformat(now)
    assert RAMP.decide(days(0), at).until == datetime.fromisoformat(until)


@given(
    st.integers(0, 10 * 366 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Beirut"]),
)
def test_today_is_always_the_last_day(now: datetime, zone: str) -> None:
    """The days looked back on end at this day's midnight, and the next one is at most 26 h away."""
    ramp = WarmUp(first=1, timezone=zone)
    since, before_today = ramp.look_back(now)
    until = ramp.decide(days(0), now).until
    midnight = since + before_today * timedelta(days=1)
    assert midnight <= now < until
    assert until - midnight <= timedelta(hours=26)
