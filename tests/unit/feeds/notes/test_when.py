"""Times as authors write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.notes.when import parse_when
from storage.model.errors import ScheduleError
from tests.sizes import examples
from tests.worlds.rows import each

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@each(
    ("text", "instant"),
    [
        ("2026-12-01", "2026-11-30T23:00:00+00:00"),
        ("2026-12-01 09:00", "2026-12-01T08:00:00+00:00"),
        ("2026-12-01 9:00:30", "2026-12-01T08:00:30+00:00"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01T09:00:00.250+02:00", "2026-12-01T07:00:00+00:00"),
        ("2026-12-01 09:00:00 -0700", "2026-12-01T16:00:00+00:00"),
        ("2026-12-01 09:00 +02:00", "2026-12-01T07:00:00+00:00"),
        ("2026-07-01 09:00", "2026-07-01T07:00:00+00:00"),
    ],
)
def test_absolute_times(text: str, instant: str) -> None:
    """ISO times are read in the zone, unless they bring an offset."""
    when = parse_when(text, BERLIN)
    assert when.instant.isoformat() == instant
    assert when.instant.tzinfo is UTC
    assert when.zone == "Europe/Berlin"


@each(
    ("text", "instant"),
    [
        ("12/31/2026", "2026-12-30T23:00"),
        ("31/12/2026", "2026-12-30T23:00"),
        ("12-31-2026", "2026-12-30T23:00"),
        ("31-12-2026", "2026-12-30T23:00"),
        ("31.12.2026", "2026-12-30T23:00"),
        ("Dec 31, 2026", "2026-12-30T23:00"),
        ("31-Dec-2026", "2026-12-30T23:00"),
        ("2026-Dec-31", "2026-12-30T23:00"),
        ("20261231", "2026-12-30T23:00"),
        ("2026-12-31T09:00Z", "2026-12-31T09:00"),
        ("20261231T0900Z", "2026-12-31T09:00"),
        ("202612311000", "2026-12-31T09:00"),
        ("20261231100059", "2026-12-31T09:00"),
        ("1798707600", "2026-12-31T09:00"),
        ("1798707600000", "2026-12-31T09:00"),
        ("2026-12-31 10:00 CET", "2026-12-31T09:00"),
        ("2026-12-31T03:00:00\u221206:00", "2026-12-31T09:00"),
        ("2026-12-31 10:00 GMT+1", "2026-12-31T09:00"),
        ("Dec 31, 2026 3:30 AM UTC-5:30", "2026-12-31T09:00"),
        ("Dec 31, 2026 4:00 AM EST", "2026-12-31T09:00"),
        ("31.12.2026 10:00 Uhr", "2026-12-31T09:00"),
        ("12/31/2026, 10:00:00 AM", "2026-12-31T09:00"),
        ("Thu Dec 31 2026 10:00:00 GMT+0100 (Central European Standard Time)", "2026-12-31T09:00"),
        ("2026-12-31 18:00 Asia/Tokyo", "2026-12-31T09:00"),
        ("2026-12-31T10:00:00+01:00[Europe/Berlin]", "2026-12-31T09:00"),
        ("2026-12-31T18:00[Asia/Tokyo]", "2026-12-31T09:00"),
        ("2026-12-31 Europe/Berlin", "2026-12-30T23:00"),
        ("Thu Dec 31 10:00:00 2026", "2026-12-31T09:00"),
        ("Thu Dec 31 10:00:00 CET 2026", "2026-12-31T09:00"),
        ("December 31, 2026 6:00 PM (GMT+9)", "2026-12-31T09:00"),
        ("December 31, 2026 6:00 PM (GMT+09:00)", "2026-12-31T09:00"),
        ("<2026-12-31 Thu 10:00>", "2026-12-31T09:00"),
        ("<2026-12-31 Do.>", "2026-12-30T23:00"),
        ("2026年12月31日 10時00分", "2026-12-31T09:00"),
        ("2026年12月31日 10时0分30秒", "2026-12-31T09:00"),
        ("2026년 12월 31일 10시", "2026-12-31T09:00"),
    ],
)
def test_dates_as_programs_and_countries_write_them(text: str, instant: str) -> None:
    """One meaning each, in the zone that is written, else in the newsletter's; nothing to be told."""
    when = parse_when(text, BERLIN)
    assert when.instant.isoformat().startswith(instant)
    assert when.remark == ""


@each("text", ["12/01/2026", "1-2-2026", "01/02/2026 09:00"])
def test_a_date_that_may_be_one_of_two_is_refused_and_why(text: str) -> None:
    """Neither the first of December nor the twelfth of January is guessed, nor with a clock at hand."""
    for now in (None, SUNDAY):
        with pytest.raises(ScheduleError, match="whether day or month comes first"):
            parse_when(text, BERLIN, now=now)


def test_a_zone_s_name_that_means_several_is_told() -> None:
    """India's, Israel's or Ireland's: the time is read in the newsletter's zone, and its author knows."""
    when = parse_when("2026-12-31 10:00 IST", BERLIN)
    assert when.instant.isoformat().startswith("2026-12-31T09:00")
    assert (
        when.remark == "`IST` names no one zone, so 10:00 is read in Europe/Berlin; write an offset"
    )


@each(
    ("text", "wall"),
    [
        ("now", "2026-11-22T13:00:00"),
        ("today 17:30", "2026-11-22T17:30:00"),
        ("tomorrow 9:00", "2026-11-23T09:00:00"),
        ("Tomorrow at 9am", "2026-11-23T09:00:00"),
        ("monday 9:00", "2026-11-23T09:00:00"),
        ("sunday 12:59", "2026-11-29T12:59:00"),
        ("sun 1:01 pm", "2026-11-22T13:01:00"),
        ("next tuesday", "2026-11-24T00:00:00"),
        ("13:00", "2026-11-23T13:00:00"),
        ("12am", "2026-11-23T00:00:00"),
        ("tomorrow at noon", "2026-11-23T12:00:00"),
        ("9am tomorrow", "2026-11-23T09:00:00"),
        ("at 17:30 on friday", "2026-11-27T17:30:00"),
        ("day after tomorrow at 9", "2026-11-24T09:00:00"),
        ("next tuesday 9am", "2026-11-24T09:00:00"),
        ("monday", "2026-11-23T00:00:00"),
        ("in 2 hours", "2026-11-22T15:00:00"),
        ("IN 2 HRS", "2026-11-22T15:00:00"),
        ("in two hours", "2026-11-22T15:00:00"),
        ("1 december 2026 at 9", "2026-12-01T09:00:00"),
        ("Dec 1 at 9", "2026-12-01T09:00:00"),
        ("friday 17.30", "2026-11-27T17:30:00"),
        ("tomorrow 9", "2026-11-23T09:00:00"),
        ("friday, 17", "2026-11-27T17:00:00"),
        ("the day after tomorrow 9", "2026-11-24T09:00:00"),
        ("9 on monday", "2026-11-23T09:00:00"),
        ("2026-12-01 9", "2026-12-01T09:00:00"),
        ("1 Sep 2027 9", "2027-09-01T09:00:00"),
        ("tonight 9", "2026-11-22T21:00:00"),
        ("tonight at 8:30", "2026-11-22T20:30:00"),
        ("tonight 20", "2026-11-22T20:00:00"),
        ("1 Sep 9:00", "2027-09-01T09:00:00"),
        ("1 Sept. 9:00", "2027-09-01T09:00:00"),
        ("Sept 1st", "2027-09-01T00:00:00"),
        ("9 pm", "2026-11-22T21:00:00"),
        ("at 9:00", "2026-11-23T09:00:00"),
        ("at 9 p.m.", "2026-11-22T21:00:00"),
        ("in a week", "2026-11-29T13:00:00"),
        ("1.9.2026 9:00", "2026-09-01T09:00:00"),
    ],
)
def test_relative_times(text: str, wall: str) -> None:
    """Words are relative to now in the zone; a weekday or a time alone is the next to come."""
    assert parse_when(text, BERLIN, now=SUNDAY).wall == wall


@each(
    ("text", "wall", "told"),
    [
        ("in 1 day", "2026-03-29T02:30:00", "read as 03:30"),
        ("in 24 hours", "2026-03-29T03:30:00", ""),
        ("in a week", "2026-04-04T02:30:00", ""),
        ("in 168 hours", "2026-04-04T03:30:00", ""),
    ],
)
def test_days_ahead_keep_the_time_of_day(text: str, wall: str, told: str) -> None:
    """Over a change of clocks a day is one of the calendar and an hour is sixty minutes (RFC 5545 3.3.6)."""
    when = parse_when(text, BERLIN, now=datetime(2026, 3, 28, 1, 30, tzinfo=UTC))
    assert when.wall == wall
    assert told in when.remark


@each(
    ("zone", "text", "instant", "word"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30", "read as 03:30"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30", "comes twice"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T07:30", "read as 03:30"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30", "comes twice"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:45", "read as 02:45"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45", "comes twice"),
        ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00", ""),
    ],
)
def test_changes_of_clocks(zone: str, text: str, instant: str, word: str) -> None:
    """A skipped time takes the offset before the gap, a repeated one comes first, and both are told
    (rule G1).
    """
    when = parse_when(text, ZoneInfo(zone))
    assert when.instant.isoformat().startswith(instant)
    assert word in when.remark
    assert bool(when.remark) == bool(word)
    assert when.wall == text.replace(" ", "T") + ":00"


@each(
    "text",
    ["", "soon", "2026-13-01", "2026-02-30", "2026-12-01 25:00", "0001-01-01", "9999-12-31T23:59-23:59",
     "2026-12-01 09:00 +99:00", "tomorrow 9:00", "12/01/2026", "2026-12-01x"],
)  # fmt: skip
def test_impossible_times_are_refused(text: str) -> None:
    """What is no time, no possible time, or relative to nothing is a ScheduleError."""
    with pytest.raises(ScheduleError):
        parse_when(text, BERLIN)


@each("text", ["someday 9:00", "tomorrow 25:00", "tomorrow 13pm", "tomorrow 24", "1 Sep 9"])
def test_unclear_wishes_are_refused(text: str) -> None:
    """A wish that could mean several things is asked back, not guessed."""
    with pytest.raises(ScheduleError):
        parse_when(text, BERLIN, now=SUNDAY)


@each(
    ("text", "told"),
    [
        ("tonight", "`tonight` says no time of day; write it like `today 20:00`"),
        ("tonight at 1", "`tonight at 1` may be today or tomorrow; write it like `today 20:00`"),
        ("tonight 12", "`tonight 12` may be today or tomorrow; write it like `today 20:00`"),
        ("2026-W50-8", "`2026-W50-8` is not a date or time; write it like"),
        ("10000-01-01", "`10000-01-01` is not a date or time; write it like"),
        (
            "in twenty hours",
            "`in twenty hours` is not a date or time; write it like `tomorrow 9:00`",
        ),
        ("9.30", "`9.30` is not a date or time; write it like `tomorrow 9:00`"),
        *(
            (text, f"`{text}` has passed; write a time to come, like `tomorrow 9:00`")
            for text in (
                "yesterday",
                "9am yesterday",
                "Last Friday 9:00",
                "last mon",
                "2 hours ago",
                "a week ago",
            )
        ),
        ("demain 9h", "`demain 9h` names no day; write `today`, `tomorrow` or a weekday"),
        ("tomorrow 9h", "`9h` is not a time of day; write it like `9:00` or `9am`"),
    ],
)
def test_a_refusal_names_what_was_not_understood(text: str, told: str) -> None:
    """All that was written, or the part of it that is the trouble; `tonight` is not nine in the morning."""
    with pytest.raises(ScheduleError) as caught:
        parse_when(text, BERLIN, now=SUNDAY)
    assert str(caught.value).startswith(told)


@settings(max_examples=examples(100), deadline=None)
@given(st.text(alphabet="0123456789-:TZ+ .apmtodyw", max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """No text gets anything but a time in UTC or a ScheduleError."""
    try:
        when = parse_when(text, BERLIN, now=SUNDAY)
    except ScheduleError:
        return
    assert when.instant.tzinfo is UTC
