"""When a note is published, as its author says it."""

from __future__ import annotations

from datetime import UTC, datetime

from feeds.notes.timing import NOW
from tests.unit.feeds.notes.test_note import parse
from tests.worlds.rows import each


@each(
    ("line", "publish"),
    [
        ("publish: now", NOW),
        ("Publish: NOW", NOW),
        ("publish:", None),
        ("publish: ''", None),
        ("publish: false", None),
        ("date: now", None),
    ],
)
def test_publish(line: str, publish: object) -> None:
    """Only a time or `now` opts a note in; an empty or denied wish leaves it private."""
    assert parse(f"---\n{line}\n---\n").publish == publish


def test_another_publish_key() -> None:
    """An existing blog's key takes the place of `publish`, which then means nothing."""
    assert parse("---\ndate: now\npublish: soon\n---\n", key="date").publish is NOW


def test_a_skipped_time_is_told() -> None:
    """A publish time that clocks skip is resolved and said to the author (rule G1)."""
    note = parse("---\npublish: 2026-03-29 02:30\n---\n")
    assert note.publish == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert "read as 03:30" in note.ambiguity
    assert [one.sentence for one in note.warnings] == [note.ambiguity]
