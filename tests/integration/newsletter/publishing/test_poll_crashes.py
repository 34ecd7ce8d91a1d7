"""The poll when something dies, locks or writes at the same time: nothing twice, nothing lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pytest

from storage.model.errors import DatabaseBusy, StorageError
from storage.model.notes import KnownNote
from storage.notes.notebook import Notebook
from tests.worlds.publishing.first import READERS
from tests.worlds.publishing.notes import Folder, Room


class Forgetful(Notebook):
    """A notebook whose process dies before it can be written to."""

    def save(self, changed: Sequence[KnownNote], gone: Collection[str] = ()) -> None:
        """Dies."""
        raise StorageError("the process died here")


@pytest.fixture
def dying(database_url: str, folder: Folder) -> Iterator[Callable[[], None]]:
    """A poll that does everything but remember it."""

    def poll() -> None:
        room = Room(database_url, folder, notebook=Forgetful)
        with pytest.raises(StorageError, match="died here"):
            room.poll()
        room.database.close()

    return poll


@pytest.fixture
def room(database_url: str, folder: Folder) -> Iterator[Room]:
    """A newsletter with two readers, on each engine."""
    opened = Room(database_url, folder)
    opened.subscribe(*READERS)
    yield opened
    opened.database.close()


@pytest.mark.parametrize("keys", [{}, {"id": "mine"}])
def test_a_crash_after_publishing_publishes_nothing_twice(
    room: Room, dying: Callable[[], None], keys: dict[str, str]
) -> None:
    """What was published before the poll could remember it is known by its issue."""
    room.folder.write("note.md", publish="now", **keys)
    dying()
    assert room.queued == len(READERS)
    dying()
    report = room.poll()
    assert (report.published, report.revised, report.queued) == ((), (), 0)
    assert room.queued == len(READERS)


def test_a_crash_during_a_rename_mails_nobody_again(room: Room, dying: Callable[[], None]) -> None:
    """The issue may have moved already when the poll dies; it is the same afterwards."""
    room.folder.write("note.md", publish="now")
    room.poll()
    room.folder.rename("note.md", "other.md")
    dying()
    report = room.poll()
    assert (report.published, report.withdrawn) == ((), ())
    assert room.live() == {"note"}
    assert room.queued == len(READERS)


def test_a_crash_after_withdrawing_goes_on_where_it_was(
    room: Room, dying: Callable[[], None]
) -> None:
    """Removed, died, restored: live again, and nobody is mailed."""
    room.folder.write("note.md", "Words.", publish="now")
    room.poll()
    room.folder.remove("note.md")
    dying()
    assert room.live() == set()
    room.folder.write("note.md", "Words.", publish="now")
    assert len(room.poll().restored) == 1
    assert room.queued == len(READERS)


def test_a_locked_database_is_said_and_got_over(tmp_path: Path, folder: Folder) -> None:
    """Another program's long transaction fails one poll with a clear error, not the next."""
    file = tmp_path / "newsletter.db"
    room = Room(f"sqlite:///{file}", folder, patience_s=0.01)
    room.subscribe(*READERS)
    folder.write("note.md", publish="now")
    intruder = sqlite3.connect(file, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="trying again is safe"):
        room.poll()
    intruder.execute("ROLLBACK")
    intruder.close()
    assert room.poll().queued == len(READERS)
    room.database.close()


def test_two_processes_publish_one_issue(database_url: str, room: Room) -> None:
    """Polls at the same moment make one issue and one delivery per reader of each note."""
    for number in range(6):
        room.folder.write(f"{number}.md", publish="2026-11-22")
    rooms = [Room(database_url, room.folder) for _ in range(3)]
    start = threading.Barrier(len(rooms))
    unexpected: list[BaseException] = []

    def poll(one: Room) -> None:
        start.wait()
        try:
            one.poll()
        except StorageError:
            pass  # the other was first; the next poll finds its work
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            unexpected.append(error)

    threads = [threading.Thread(target=poll, args=[one]) for one in rooms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == []
    for one in rooms:
        one.poll()
        one.database.close()
    assert len(room.archive.everything()) == len(room.live()) == 6
    assert room.queued == 6 * len(READERS)
    assert len(room.notebook.load()) == 6


class Editor(threading.Thread):
    """Saves one note over and over: at once by renaming, or in three strokes."""

    def __init__(self, file: Path, rounds: int) -> None:
        super().__init__()
        self._file = file
        self._rounds = rounds
        self._strokes = threading.Condition()
        self._made = 0

    def run(self) -> None:
        """All rounds, the strokes far enough apart for a file system to tell them apart."""
        for number in range(self._rounds):
            text = self._text(number)
            if number % 2:
                other = self._file.with_name(f"{self._file.name}.tmp")
                other.write_text(text)
                other.replace(self._file)
                self._rest()
                continue
            with self._file.open("w") as stream:
                self._rest()
                stream.write(text[: len(text) * 2 // 3])
                stream.flush()
                self._rest()
                stream.write(text[len(text) * 2 // 3 :])
            self._rest()

    def await_stroke(self, _seconds: float) -> None:
        """Return after two strokes (the first may be made but not yet counted), or when there is
        none to come: a file never rests halfway for as long as the poll waits.
        """
        with self._strokes:
            before = self._made
            while self._made <= before + 1 and self.is_alive():
                self._strokes.wait(0.05)  # its end is no stroke

    def _rest(self) -> None:
        with self._strokes:
            self._made += 1
            self._strokes.notify_all()
        threading.Event().wait(0.006)

    @staticmethod
    def _text(number: int) -> str:
        body = "".join(f"Line {line} of {number}.\n\n" for line in range(40))
        return f"---\npublish: 2026-11-22\n---\n# Note\n\n{body}THE END\n"


def test_a_half_written_note_is_never_published(
    database_url: str, folder: Folder, slow: bool
) -> None:
    """However an editor saves while the poll looks, readers only ever get whole notes."""
    editor = Editor(folder.root / "note.md", rounds=300 if slow else 24)
    room = Room(database_url, folder, waiting=editor.await_stroke)
    room.subscribe(*READERS)
    editor.start()
    while editor.is_alive():
        report = room.poll()
        assert (report.withdrawn, report.faults) == ((), ())
        for issue in room.archive.everything():
            assert "THE END" in issue.html
    editor.join()
    room.poll()
    assert "THE END" in room.issue("note").html
    assert room.queued == len(READERS)
    room.database.close()
