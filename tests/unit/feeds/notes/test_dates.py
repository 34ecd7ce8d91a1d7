"""Dates as people and their programs write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.notes.habits import Habits
from feeds.notes.note import parse_note
from storage.model.errors import NoteError
from tests.worlds.publishing.written import BERLIN
from tests.worlds.rows import each


def test_a_date_in_parts_is_read() -> None:
    """Material's `date` with when it was created and updated; a picture that is switched off is none."""
    lines = "date:\n  created: 2023-12-31\n  updated: 2024-01-02\ncover: false\nthumbnail: a.png"
    note = parse_note(
        f"---\n{lines}\n---\nx".encode(),
        "a.md",
        zone=ZoneInfo("UTC"),
        habits=Habits(date_keys=("date",)),
    )
    assert note.publish == datetime(2023, 12, 31, tzinfo=UTC)
    assert note.updated == datetime(2024, 1, 2, tzinfo=UTC)
    assert note.image == "a.png"


@each(
    ("written", "day"),
    [
        ("20200115", 14),
        ("2020年1月15日", 14),
        ("'[[2020-01-15]]'", 14),
        ("[[2020-01-15]]", 14),
        ("2020-01-15 10:00:00 +0100 CET", 15),
        ("Wed Jan 15 2020 10:00:00 GMT+0100 (CET)", 15),
    ],
)
def test_days_as_programs_write_them(written: str, day: int) -> None:
    """Compact, in Japanese and Chinese, as a link of Obsidian, as Go and JavaScript print them."""
    note = parse_note(f"---\npublish: {written}\n---\nx".encode(), "a.md", zone=BERLIN)
    assert isinstance(note.publish, datetime)
    assert (note.publish.year, note.publish.month, note.publish.day) == (2020, 1, day)


@each(
    "written",
    [
        *(
            "2021. 3. 4.",
            "2021.3.4",
            "2021_03_04",
            "2021–03–04",
            "2021-W09-4",
            "2021W094",
            "2021-063",
            "٢٠٢١-٠٣-٠٤",
        ),
        *(
            "4 Mär 2021",
            "Donnerstag, den 4. März 2021",
            "Do, 4. März 2021",
            "jeudi 4 mars 2021",
            "4th of March, 2021",
        ),
        *(
            "2021年3月4日（木）",
            "2021년 3월 4일 (목)",
            "۴ مارس ۲۰۲۱",
            "4 במרץ 2021",
            "ngày 4 tháng 3 năm 2021",
        ),
        "[[March 4th, 2021]]",
    ],
)
def test_days_as_people_write_them(written: str) -> None:
    """With blanks, weekdays, other digits and other languages, by their week or their place in the year."""
    note = parse_note(f"---\npublish: {written}\n---\nx".encode(), "a.md", zone=ZoneInfo("UTC"))
    assert note.publish == datetime(2021, 3, 4, tzinfo=UTC)


@each(
    "written",
    [
        *(
            "jeudi 4 mars 2021 à 15h30",
            "4. März 2021, 15.30 Uhr",
            "2021-03-04 @ 15:30",
            "4 марта 2021 г. в 15:30",
        ),
        *("2021年3月4日 下午3:30", "2021년 3월 4일 오후 3:30", "1614871800.25", "2021-03-04 15h30"),
    ],
)
def test_times_as_people_write_them(written: str) -> None:
    """A time of day stands behind its day in many ways."""
    note = parse_note(f"---\npublish: {written}\n---\nx".encode(), "a.md", zone=ZoneInfo("UTC"))
    assert note.publish == datetime(2021, 3, 4, 15, 30, tzinfo=UTC)


def test_a_week_is_its_monday() -> None:
    """ISO 8601's weeks begin so."""
    note = parse_note(b"---\npublish: 2021-W09\n---\nx", "a.md", zone=ZoneInfo("UTC"))
    assert note.publish == datetime(2021, 3, 1, tzinfo=UTC)


@each(
    ("written", "why"),
    [
        ("2021-02-29", "is not a possible date"),
        ("2021-W60", "is not a possible date"),
        ("۱۳۹۹/۱۲/۱۴", "must be"),
        ("04-Mar-21", "must be"),
        ("March 2021", "must be"),
    ],
)
def test_what_is_no_day_is_refused(written: str, why: str) -> None:
    """A day that there is not, another calendar's year, half a year and a month alone are told and not guessed."""
    with pytest.raises(NoteError, match=why):
        parse_note(f"---\npublish: {written}\n---\nx".encode(), "a.md", zone=ZoneInfo("UTC"))
