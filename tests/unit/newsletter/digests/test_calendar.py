"""When digests are due: once for each local day and zone, whatever the clocks do (rules G1, G2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import WeekTime
from newsletter.digests.calendar import last_occasion, next_occasion
from storage.model import Pace
from tests.worlds.rows import each

SUNDAY_17 = WeekTime(weekday=6, time=time(17))
NIGHT = WeekTime(weekday=6, time=time(2, 30))
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"),
    *("Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "UTC"),
)
MOMENTS = st.datetimes(
    min_value=datetime(2005, 1, 1),  # noqa: DTZ001 - Hypothesis wants it so
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@each(
    ("zone", "day", "hour", "at"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29T01:30:00+00:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30:00+00:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30:00+00:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45:00+00:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04T14:45:00+00:00"),
        ("Asia/Tokyo", date(2026, 3, 29), time(2, 30), "2026-03-28T17:30:00+00:00"),
    ],
)
def test_a_time_that_is_skipped_or_comes_twice_is_one_time(
    zone: str, day: date, hour: time, at: str
) -> None:
    """In the gap it is read with the offset before it, of two the first is taken (rule G1)."""
    when, due = WeekTime(weekday=6, time=hour), datetime.fromisoformat(at)
    for later in (timedelta(), timedelta(minutes=30), timedelta(hours=1), timedelta(days=6)):
        found = last_occasion(Pace.WEEKLY, when, ZoneInfo(zone), due + later)
        assert (found.day, found.at) == (day, due)
    before = last_occasion(Pace.WEEKLY, when, ZoneInfo(zone), due - timedelta(microseconds=1))
    assert before.day == day - timedelta(weeks=1)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from([Pace.WEEKLY, Pace.MONTHLY]))
def test_the_last_and_the_next_stand_around_now(now: datetime, name: str, pace: Pace) -> None:
    """They are on the weekday, follow each other, and nothing is between them."""
    zone = ZoneInfo(name)
    for when in (SUNDAY_17, NIGHT):
        last, coming = (
            last_occasion(pace, when, zone, now),
            next_occasion(pace, when, zone, now),
        )
        assert last.at <= now < coming.at
        assert last.day.weekday() == coming.day.weekday() == 6
        assert next_occasion(pace, when, zone, last.at) == coming
        assert last_occasion(pace, when, zone, coming.at) == coming
        apart = (coming.day - last.day).days
        assert apart == 7 if pace is Pace.WEEKLY else apart in (28, 35)
        assert pace is Pace.WEEKLY or coming.day.day <= 7


def test_a_look_every_quarter_of_an_hour_sees_each_day_once() -> None:
    """Over a year in four zones, with both changes of the clocks, no week is seen twice or missed."""
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"):
        now, seen = datetime(2026, 1, 1, tzinfo=UTC), set[tuple[date, datetime]]()
        while now < datetime(2027, 1, 1, tzinfo=UTC):
            found = last_occasion(Pace.WEEKLY, NIGHT, ZoneInfo(name), now)
            seen.add((found.day, found.at))
            now += timedelta(hours=6)
        days = sorted(day for day, _ in seen)
        assert days == [days[0] + timedelta(weeks=number) for number in range(len(days))]
        assert len(days) == 53
