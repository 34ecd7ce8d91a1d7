"""What becomes of an issue when its note is edited, moved, copied or removed: readers keep one
issue with one id, and nobody is mailed twice.
"""

from __future__ import annotations

import os

import pytest

from storage.model.deliveries import DeliveryState
from storage.model.issues import IssueState, Mailing
from tests.worlds.publishing.first import ONCE
from tests.worlds.publishing.notes import Room, front

# ── editing ──────────────────────────────────────────────────────────────────────────────────


def test_an_edit_updates_and_mails_nobody(room: Room) -> None:
    """`updated` moves; id, date and slug stay (rules E7 to E9)."""
    before = room.issue("first")
    room.folder.write("first.md", "# Another title\n\nNew text.", publish="2026-11-22")
    report = room.poll()
    after = room.issue("first")
    assert [issue.id for issue in report.revised] == [before.id]
    assert "New text." in after.html
    assert (after.guid, after.slug) == (before.guid, before.slug)
    assert after.published_at == before.published_at
    assert after.updated_at == room.clock.now > before.updated_at
    assert room.queued == ONCE


def test_a_touch_changes_nothing(room: Room) -> None:
    """A new time on the same content is no edit."""
    before = room.issue("first")
    room.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22")
    report = room.poll()
    assert report.revised == ()
    assert room.issue("first") == before


@pytest.mark.parametrize("ahead", [0, 30])
def test_a_second_change_within_the_second_is_seen(room: Room, ahead: int) -> None:
    """A file system may keep whole seconds only, and its server have another clock (rule G11): two changes of one length have the
    same time then.
    """
    room.clock.now = room.clock.now.replace(microsecond=700_000)
    whole = (int(room.clock.now.timestamp()) + ahead) * 1_000_000_000

    def write(words: str) -> None:
        file = room.folder.save("first.md", front(words, publish="2026-11-22"))
        os.utime(file, ns=(whole, whole))

    write("# First\n\nOne words.")
    assert len(room.poll().revised) == 1
    write("# First\n\nTwo words.")
    assert len(room.poll().revised) == 1
    write("# First\n\nTen words.")
    room.clock.move(seconds=ahead + 2)
    assert len(room.poll().revised) == 1
    assert "Ten words." in room.issue("first").text
    assert room.notebook.load()["first.md"].mtime_ns == whole  # no look reads it again


def test_a_new_publish_time_does_not_publish_again(room: Room) -> None:
    """The date of an issue is fixed for ever, and it never waits again (rule E8)."""
    before = room.issue("first")
    room.folder.write("first.md", "# First\n\nThe text.", publish="2027-01-01")
    room.poll()
    room.clock.move(days=60)
    room.poll()
    assert room.issue("first").published_at == before.published_at
    assert room.queued == ONCE


def test_an_id_added_later_keeps_the_issue(room: Room) -> None:
    """A published note that is given an `id` stays the same issue."""
    before = room.issue("first")
    room.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22", id="mine")
    room.poll()
    assert [issue.guid for issue in room.archive.everything()] == [before.guid]
    room.folder.write("first.md", "# First\n\nMore.", publish="2026-11-22", id="mine")
    room.poll()
    assert room.live() == {"first"}
    assert room.queued == ONCE


def test_a_slug_changed_keeps_the_old_one_leading_here(room: Room) -> None:
    """The author's own slug wins; addresses already sent go on working."""
    room.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22", slug="chosen")
    room.poll()
    by_old, by_new = room.archive.by_slug("first"), room.archive.by_slug("chosen")
    assert by_old is not None
    assert by_old == by_new
    assert by_old.slug == "chosen"


def test_notes_of_one_name_have_slugs_of_their_own(room: Room) -> None:
    """Two notes whose files have the same name are two issues with two addresses."""
    room.folder.write("again/first.md", "# Another\n\nAnother text.", publish="2026-11-22")
    room.poll()
    assert sorted(issue.slug for issue in room.archive.live()) == ["first", "first-2"]


# ── removing ─────────────────────────────────────────────────────────────────────────────────


def test_a_removed_note_is_withdrawn(room: Room) -> None:
    """It leaves archive and feed, and its mail stops at once and is cancelled by and by (rule E10)."""
    room.folder.remove("first.md")
    assert [issue.note_id for issue in room.poll().withdrawn] == ["first"]
    issue = room.issue("first")
    assert issue.state is IssueState.WITHDRAWN
    assert issue.mailing is Mailing.PAUSED
    room.clock.move(hours=1)
    assert room.poll().given_up == ()
    room.clock.move(minutes=1)
    assert [issue.note_id for issue in room.poll().given_up] == ["first"]
    assert room.issue("first").mailing is Mailing.CANCELLED
    assert room.overview.tally()[DeliveryState.CANCELLED] == ONCE


def test_an_id_used_twice_is_a_fault(room: Room) -> None:
    """The first keeps the id; the second is told, and published once it has its own."""
    room.folder.write("one.md", "One.", publish="2026-11-22", id="same")
    room.folder.write("two.md", "Two.", publish="2026-11-22", id="same")
    report = room.poll()
    assert [fault.path for fault in report.faults] == ["two.md"]
    assert "'same'" in report.faults[0].reason
    room.folder.write("two.md", "Two.", publish="2026-11-22", id="other")
    assert [issue.note_id for issue in room.poll().published] == ["other"]
    assert room.live() == {"first", "same", "other"}


# ── links between notes ──────────────────────────────────────────────────────────────────────


def test_links_follow_what_is_published_later(room: Room) -> None:
    """A link to a private note is text; once published it leads there, and `updated` stays."""
    room.folder.write("linking.md", "See [[target]].", publish="2026-11-22")
    room.poll()
    before = room.issue("linking")
    assert "/issues/" not in before.html
    room.clock.move(hours=1)
    room.folder.write("sub/target.md", "# The target\n\nHere.", publish="2026-11-22")
    assert room.poll().revised == ()
    after = room.issue("linking")
    assert "https://notes.example.com/issues/target" in after.html
    assert after.updated_at == before.updated_at
    assert after.revision > before.revision
    room.folder.remove("sub/target.md")
    room.poll()
    assert "/issues/" not in room.issue("linking").html
    assert room.queued == 3 * ONCE


def test_links_follow_a_rename(room: Room) -> None:
    """A link by file name stops leading anywhere once no note has that name."""
    room.folder.write("linking.md", "See [[first]] and [[renamed]].", publish="2026-11-22")
    room.poll()
    assert room.issue("linking").html.count("/issues/first") == 1
    room.folder.rename("first.md", "renamed.md")
    room.poll()
    assert room.issue("linking").html.count("/issues/first") >= 1
