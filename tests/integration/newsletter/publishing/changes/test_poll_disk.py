"""A folder whose disk has bad moments: nothing is withdrawn, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.model.errors import NoteError
from storage.notes.folder import FolderNotes
from storage.notes.walk import Scan
from tests.conftest import NOON
from tests.worlds.publishing.first import ONCE, READERS
from tests.worlds.publishing.notes import Folder, Room


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
