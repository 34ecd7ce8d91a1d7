"""Notes that are renamed, moved, copied or come back: each is the issue that readers have."""

from __future__ import annotations

import pytest

from storage.model.issues import IssueState
from tests.worlds.publishing.first import ONCE
from tests.worlds.publishing.notes import Room


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


@pytest.mark.parametrize("publish", ["2026-11-22", "now"])
@pytest.mark.parametrize(
    "name", ["first (1).md", "first (In Konflikt stehende Kopie).md", "Copy of first.md"]
)
def test_what_a_synchroniser_puts_beside_a_note_is_no_second_mail(
    room: Room, name: str, publish: str
) -> None:
    """Edited on two machines, a note is there twice: it is told once, and the copy is the issue when the original goes."""
    room.folder.write(name, "# First\n\nThe text.\n\nOne line more.", publish=publish)
    report = room.poll()
    assert [fault.path for fault in report.faults] == [name]
    assert "looks like a copy of first.md" in report.faults[0].reason
    assert room.poll().faults == ()
    room.folder.remove("first.md")
    assert room.poll().withdrawn == ()
    assert room.issue("first").path == name
    assert room.queued == ONCE


def test_a_note_that_only_has_a_title_in_common_is_mailed(room: Room) -> None:
    """Another time, another text, another language, another name, an `id`, or a command: each tells a note from a copy."""
    text = "# First\n\nThe text.\n\nMore."
    room.folder.write("first 2.md", text, publish="2026-11-22T12:30")
    room.folder.write("first 3.md", "# First\n\nNew.\n\nQuite other words.", publish="now")
    room.folder.write("first.de.md", text, publish="2026-11-22")
    room.folder.write("other.md", f"{text}\n\nElsewhere.", publish="2026-11-22")
    room.folder.write("first 4.md", f"{text}\n\nApart.", publish="2026-11-22", id="another")
    room.folder.write("first 5.md", f"{text}\n\nBy command.")
    room.desk.schedule("first 5.md", room.clock.now, zone=None)
    report = room.poll()
    assert report.faults == ()
    assert len(report.published) == 6
