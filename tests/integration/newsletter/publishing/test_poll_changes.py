"""What becomes of an issue when its note is edited, moved, copied or removed: readers keep one
issue with one id, and nobody is mailed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.model.deliveries import DeliveryState
from storage.model.errors import NoteError
from storage.model.issues import IssueState, Mailing
from storage.notes.folder import FolderNotes
from storage.notes.walk import Scan
from tests.conftest import NOON
from tests.worlds.publishing.notes import Folder, Room

READERS = ("ada@example.com", "bob@example.com")
ONCE = len(READERS)
"""Deliveries when everybody got one mail."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty notes folder."""
    root = tmp_path / "notes"
    root.mkdir()
    return Folder(root)


@pytest.fixture
def room(database_url: str, folder: Folder) -> Iterator[Room]:
    """A newsletter with two readers and one published note, `first.md`, on each engine."""
    opened = Room(database_url, folder)
    opened.subscribe(*READERS)
    folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22")
    opened.poll()
    folder.clock.move(hours=1)
    yield opened
    opened.database.close()


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


@pytest.mark.parametrize("name", ["first.md", "sub/elsewhere.md"])
def test_a_restored_note_is_not_mailed_again(room: Room, name: str) -> None:
    """Back under its name or another, it is the issue it was (rule E10)."""
    before = room.issue("first")
    room.folder.remove("first.md")
    room.poll()
    room.clock.move(hours=1)
    room.folder.write(name, "# First\n\nThe text.", publish="2026-11-22")
    report = room.poll()
    assert [issue.guid for issue in report.restored] == [before.guid]
    assert room.issue("first").updated_at == before.updated_at
    assert report.queued == 0
    assert room.queued == ONCE


def test_restored_elsewhere_and_edited_it_is_still_known(room: Room) -> None:
    """Title and publish time tell a withdrawn note, when its text does not: no second mail."""
    room.folder.remove("first.md")
    room.poll()
    room.folder.write("moved.md", "# First\n\nThe text, improved.", publish="2026-11-22")
    assert len(room.poll().restored) == 1
    assert room.queued == ONCE


def test_another_note_of_an_old_title_is_news(room: Room) -> None:
    """A withdrawn title may be used again: at another publish time it is another issue."""
    room.folder.remove("first.md")
    room.poll()
    room.folder.write("new.md", "# First\n\nSomething else.", publish="2026-11-22 13:30")
    assert len(room.poll().published) == 1
    assert room.queued == 2 * ONCE


# ── renaming ─────────────────────────────────────────────────────────────────────────────────


def test_a_renamed_note_is_the_same_issue(room: Room) -> None:
    """Same bytes under another name: nothing published, nothing withdrawn, nobody mailed."""
    before = room.issue("first")
    room.folder.rename("first.md", "2026/other.md")
    report = room.poll()
    assert (report.published, report.withdrawn, report.revised) == ((), (), ())
    after = room.issue("first")
    assert (after.path, after.guid, after.slug) == ("2026/other.md", before.guid, before.slug)
    assert after.state is IssueState.LIVE
    room.folder.rename("2026/other.md", "third.md")
    room.poll()
    room.folder.write("third.md", "# First\n\nEdited.", publish="2026-11-22")
    assert len(room.poll().revised) == 1
    assert room.queued == ONCE


def test_renamed_and_edited_between_two_polls(room: Room) -> None:
    """The same title tells a note that was renamed and edited at once."""
    room.folder.remove("first.md")
    room.folder.write("second.md", "# First\n\nAnother text.", publish="2026-11-22")
    report = room.poll()
    assert len(report.revised) == 1
    assert report.withdrawn == ()
    assert room.queued == ONCE


def test_an_id_tells_a_note_anywhere(room: Room) -> None:
    """With an `id`, name, title and text may all change at once."""
    room.folder.write("kept.md", publish="2026-11-22", id="kept")
    room.poll()
    room.folder.remove("kept.md")
    room.folder.write("new-name.md", "# New\n\nAll new.", publish="2026-11-22", id="kept")
    report = room.poll()
    assert [issue.path for issue in report.revised] == ["new-name.md"]
    assert report.withdrawn == ()
    assert room.poll().withdrawn == ()
    assert room.queued == 2 * ONCE


@pytest.mark.parametrize("keys", [{}, {"id": "mine"}])
def test_moved_over_a_private_note(room: Room, keys: dict[str, str]) -> None:
    """A published note that replaces a known private one is still its own issue."""
    room.folder.write("note.md", "Mine.", publish="2026-11-22", **keys)
    room.folder.write("private.md", "Nothing yet.")
    room.poll()
    issue = room.issue(keys.get("id", "note"))
    room.folder.rename("note.md", "private.md")
    report = room.poll()
    assert (report.published, report.withdrawn) == ((), ())
    moved = room.archive.get(issue.id)
    assert (moved.path, moved.state) == ("private.md", IssueState.LIVE)
    assert room.queued == 2 * ONCE


def test_moved_over_another_published_note(room: Room) -> None:
    """The note that was overwritten is withdrawn; the one that moved goes on under its id."""
    room.folder.write("one.md", "One.", publish="2026-11-22", id="one")
    room.folder.write("two.md", "Two.", publish="2026-11-22", id="two")
    room.poll()
    room.folder.rename("two.md", "one.md")
    report = room.poll()
    assert room.live() == {"first", "two"}
    assert [issue.note_id for issue in report.withdrawn] == ["one"]
    assert room.issue("two").path == "one.md"
    room.poll()
    assert room.live() == {"first", "two"}
    assert room.queued == 3 * ONCE


def test_a_note_renamed_while_it_is_written_is_not_withdrawn(
    database_url: str, folder: Folder
) -> None:
    """As long as a new file is still being written, it may be the one that is missing."""
    writes: list[str] = []

    def keep_writing(_seconds: float) -> None:
        if writes:
            folder.save("second.md", writes.pop(), ago=timedelta())

    room = Room(database_url, folder, waiting=keep_writing)
    room.subscribe(*READERS)
    folder.write("first.md", "# Old title\n\nThe text.", publish="2026-11-22")
    room.poll()
    folder.rename("first.md", "second.md")
    text = "---\npublish: 2026-11-22\n---\n# Old title\n\nThe text, ever longer"
    writes += [f"{text}.", f"{text} and longer."]
    report = room.poll()
    assert report.unstable == {"second.md"}
    assert report.withdrawn == ()
    folder.save("second.md", f"{text} and longer.")
    report = room.poll()
    assert [issue.path for issue in report.revised] == ["second.md"]
    assert room.queued == ONCE
    room.database.close()


# ── copying ──────────────────────────────────────────────────────────────────────────────────


def test_a_copy_is_a_fault_and_no_second_mail(room: Room) -> None:
    """The same content twice is told once; when the original goes, the copy is the issue."""
    room.folder.write("copy.md", "# First\n\nThe text.", publish="2026-11-22")
    report = room.poll()
    assert [fault.path for fault in report.faults] == ["copy.md"]
    assert "first.md" in report.faults[0].reason
    assert room.poll().faults == ()
    room.folder.remove("first.md")
    assert room.poll().withdrawn == ()
    assert room.issue("first").path == "copy.md"
    assert room.queued == ONCE


def test_a_copy_of_a_note_taken_back_is_a_fault(room: Room) -> None:
    """Withdrawn by `draft: true`, its former text under another name is not mailed again."""
    room.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22", draft="true")
    room.poll()
    room.folder.write("copy.md", "# First\n\nThe text.", publish="2026-11-22")
    report = room.poll()
    assert "was published" in report.faults[0].reason
    assert room.queued == ONCE


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


# ── a store that misbehaves ──────────────────────────────────────────────────────────────────


class Moody(FolderNotes):
    """A folder whose disk has bad moments."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.before_read: Callable[[str], None] = lambda _path: None
        self.unseen: str | None = None

    def scan(self) -> Scan:
        """Without what cannot be looked at now."""
        scan = super().scan()
        if self.unseen is None:
            return scan
        return Scan(
            files=tuple(file for file in scan.files if not file.path.startswith(self.unseen)),
            faults=(NoteError(self.unseen, "the folder cannot be read: Permission denied"),),
        )

    def read(self, path: str) -> bytes:
        """After whatever happens first."""
        self.before_read(path)
        return super().read(path)


@pytest.fixture
def moody(database_url: str, folder: Folder) -> Iterator[tuple[Room, Moody]]:
    """A newsletter whose disk has bad moments, with a published and a waiting note."""
    store = Moody(folder.root)
    room = Room(database_url, folder, store=store)
    room.subscribe(*READERS)
    folder.write("sub/live.md", publish="2026-11-22")
    folder.write("sub/waiting.md", publish="2026-11-22T13:00Z")
    room.poll()
    yield room, store
    room.database.close()


def test_an_unreadable_folder_withdraws_nothing(moody: tuple[Room, Moody]) -> None:
    """It is told once; what waited in it goes out when it can be read again."""
    room, store = moody
    store.unseen = "sub"
    assert len(room.poll().faults) == 1
    assert room.poll().faults == ()
    assert room.live() == {"sub/live"}
    store.unseen = None
    room.clock.now = NOON + timedelta(hours=2)
    report = room.poll()
    assert report.withdrawn == ()
    assert [issue.note_id for issue in report.published] == ["sub/waiting"]
    assert room.queued == 2 * ONCE


def test_an_unreadable_file_is_tried_again(moody: tuple[Room, Moody]) -> None:
    """Told once; read as soon as it can be, though its content never changed."""
    room, store = moody

    def refuse(path: str) -> None:
        raise NoteError(path, "the file cannot be read: Permission denied")

    store.before_read = refuse
    room.clock.now = NOON + timedelta(hours=2)
    assert [fault.path for fault in room.poll().faults] == ["sub/waiting.md"]
    assert room.poll().faults == ()
    store.before_read = lambda _path: None
    assert [issue.note_id for issue in room.poll().published] == ["sub/waiting"]
    assert room.queued == 2 * ONCE


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    moody: tuple[Room, Moody],
) -> None:
    """An editor that begins to save just then leaves no half note behind."""
    room, store = moody
    whole = "---\npublish: 2026-11-22\n---\n# Long\n\nThe end is missing in half of this."
    room.folder.save("long.md", whole)

    def truncate(path: str) -> None:
        if path == "long.md":
            room.folder.save(path, whole[:60], ago=timedelta())

    store.before_read = truncate
    report = room.poll()
    assert "long.md" in report.unstable
    assert (report.published, report.faults) == ((), ())
    store.before_read = lambda _path: None
    room.folder.save("long.md", whole)
    room.poll()
    assert "half of this" in room.issue("long").html
