"""Times of day and slots: read as cron reads them, by the clock on the wall of any zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule, tz
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.times import parse_day_time, parse_slots, slots_after
from tests.worlds.rows import each

YEAR = datetime(2027, 1, 1, tzinfo=UTC)
NEXT = datetime(2028, 1, 1, tzinfo=UTC)


@each(
    "zone",
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"],
)
@each(
    ("line", "rule"),
    [
        ("0 9 * * TUE", {"byweekday": rrule.TU, "byhour": 9, "byminute": 0}),
        ("30 2 * * *", {"byhour": 2, "byminute": 30}),
        ("15 0,1 * * SUN", {"byweekday": rrule.SU, "byhour": (0, 1), "byminute": 15}),
    ],
)
def test_a_year_of_slots_is_another_librarys(zone: str, line: str, rule: dict[str, object]) -> None:
    """In zones that change their clocks in different ways, each local day has its slot once (rule G2)."""
    ours = list(takewhile(lambda at: at < NEXT, slots_after([line], ZoneInfo(zone), YEAR)))
    there = tz.gettz(zone)
    begin = datetime(2026, 12, 30)  # noqa: DTZ001 - wall times, as theirs
    until = datetime(2028, 1, 3)  # noqa: DTZ001
    walls = rrule.rrule(rrule.DAILY, dtstart=begin, until=until, bysecond=0, **rule)  # type: ignore[arg-type]
    moments = {
        tz.resolve_imaginary(wall.replace(tzinfo=there)).astimezone(UTC).replace(tzinfo=UTC)
        for wall in walls
    }
    assert ours == sorted(at for at in moments if YEAR < at < NEXT)


def test_several_lines_are_one_row_of_slots() -> None:
    """Soonest first, and each moment once, though two lines name it."""
    lines = parse_slots("0 9 * * TUE; 0 9 * * TUE,FRI\n0 18 1 * *")
    assert parse_slots('["0 9 * * TUE", "0 9 * * TUE,FRI", "0 18 1 * *"]') == lines
    first = list(islice(slots_after(lines, ZoneInfo("UTC"), YEAR), 5))
    assert [f"{at:%a %d %H}" for at in first] == [
        "Fri 01 09",
        "Fri 01 18",
        "Tue 05 09",
        "Fri 08 09",
        "Tue 12 09",
    ]
    assert list(islice(slots_after(lines, ZoneInfo("UTC"), first[1]), 1)) == [first[2]]


@each("line", ["", "9", "0 9 * * TUE *", "0 25 * * *", "0 9 30 2 *", "@daily", "0 9 * * MOONDAY"])
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    """Seconds, words and days that never come are named."""
    if not line:
        assert parse_slots(line) == ()
        return
    with pytest.raises(ValueError, match=r"cron line|never"):
        parse_slots([line])


@given(st.text(alphabet="0123456789*/-,#L TUEMO;", max_size=24))
def test_any_text_is_slots_or_refused(text: str) -> None:
    """No text makes the configuration fail in any other way, or take long."""
    try:
        lines = parse_slots(text)
    except ValueError:
        return
    if lines:
        assert next(slots_after(lines, ZoneInfo("Europe/Berlin"), YEAR)) > YEAR


@each(("text", "minutes"), [("09:00", 540), ("7:30", 450), ("00:00", 0)])
def test_a_time_of_day(text: str, minutes: int) -> None:
    """Hours and minutes, since midnight."""
    assert parse_day_time(text) == timedelta(minutes=minutes)
    for wrong in ("24:00", "9", "9am", 9, None):
        with pytest.raises(ValueError, match="09:00"):
            parse_day_time(wrong)
