"""A note that was to come out and was renamed, spoilt or missed: it comes out, or its author is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.config.values import Late
from storage.model.issues import Mailing
from tests.worlds.publishing.first import READERS
from tests.worlds.publishing.notes import Folder, Room, front


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """Two readers and a note that is scheduled for in an hour, on each engine."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root))
    opened.subscribe(*READERS)
    opened.folder.save("launch.md", "# Launch\n\nThe text.")
    opened.desk.schedule("launch.md", "2026-11-22T13:00+00:00", zone=None)
    yield opened
    opened.database.close()


@pytest.mark.parametrize("is_seen", [False, True])
@pytest.mark.parametrize("text", ["# Launch\n\nThe text.", "# Launch\n\nEdited."])
def test_a_schedule_follows_its_note(room: Room, text: str, is_seen: bool) -> None:
    """Renamed, also edited in the same stroke, also before any poll has seen it."""
    if is_seen:
        room.poll()
    room.folder.remove("launch.md")
    room.folder.save("start.md", text)
    assert room.poll().stuck == ()
    room.clock.move(hours=2)
    report = room.poll()
    assert [issue.path for issue in report.published] == ["start.md"]
    assert report.queued == len(READERS)


def test_a_schedule_whose_note_is_not_there_is_told(room: Room) -> None:
    """At every look, with what to do; and it comes out when the note is back."""
    room.folder.remove("launch.md")
    for _ in range(2):
        (stuck,) = room.poll().stuck
        assert "no such file" in str(stuck)
        assert "newsletter unschedule" in str(stuck)
    room.folder.save("launch.md", "# Launch\n\nThe text.")
    assert room.poll().stuck == ()


def test_a_schedule_of_a_draft_is_told_when_it_is_due(room: Room) -> None:
    """Until then a draft may well be one."""
    room.folder.save("launch.md", front("# Launch", draft="true"))
    assert room.poll().stuck == ()
    room.clock.move(hours=2)
    room.poll()
    (stuck,) = room.poll().stuck
    assert "it is a draft" in str(stuck)


@pytest.mark.parametrize("late", Late)
@pytest.mark.parametrize("by_note", [False, True])
def test_what_was_due_while_nothing_ran_is_the_authors_to_decide(
    database_url: str, room: Room, late: Late, by_note: bool
) -> None:
    """Published it is in any case; past the grace its mail is held, sent or left out."""
    if by_note:
        room.folder.write("launch.md", "# Launch\n\nWords.", publish="2026-11-22T12:30Z")
    room.poll()
    room.clock.move(days=30)
    back = Room(database_url, room.folder, late=late)
    back.poll()
    issue = back.issue("launch")
    expected = {Late.HOLD: Mailing.PAUSED, Late.SEND: Mailing.OPEN, Late.SKIP: Mailing.OFF}
    assert issue.mailing is expected[late]
    assert back.queued == (0 if late is Late.SKIP else len(READERS))
    assert ("while nothing was running" in issue.mailing_reason) == (late is not Late.SEND)
    if late is Late.HOLD:
        assert "newsletter resume" in issue.mailing_reason
        assert back.mailings.resume(issue.id, now=room.clock.now)
    back.database.close()
