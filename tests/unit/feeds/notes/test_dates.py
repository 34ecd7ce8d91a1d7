"""Dates as people and their programs write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from feeds.notes.habits import Habits
from feeds.notes.note import parse_note
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
