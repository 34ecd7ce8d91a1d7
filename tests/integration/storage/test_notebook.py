"""What the poll remembers, and the author's schedules, on real databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.database.engine import Database
from storage.model.notes import KnownNote, Schedule
from storage.notes.notebook import Notebook, Schedules
from tests.conftest import NOON
from tests.worlds.store import MINUTE


def known(path: str) -> KnownNote:
    """A note the poll has seen; sizes and times beyond 32 bits."""
    return KnownNote(
        path=path,
        note_id=path.removesuffix(".md"),
        size=5_000_000_000,
        mtime_ns=1_795_348_800_123_456_789,
        content_hash=f"hash of {path}",
        publish_at=NOON,
        publish_seen_at=None,
        fault="",
        wake_at=NOON + MINUTE,
    )


def schedule(path: str, zone: str = "Europe/Berlin") -> Schedule:
    """The author's wish for a note."""
    return Schedule(
        path=path, publish_at=NOON, wall="2026-11-22T13:00:00", zone=zone, created_at=NOON
    )


@pytest.fixture
def notebook(database: Database) -> Notebook:
    """An empty memory."""
    return Notebook(database)


@pytest.fixture
def schedules(database: Database) -> Schedules:
    """No wishes yet."""
    return Schedules(database)


def test_what_was_learned_is_remembered_exactly(notebook: Notebook) -> None:
    """Every field comes back as it was, nanoseconds and large files too."""
    notes = [known("a.md"), known("sub folder/ü “b”.md")]
    notebook.save(notes)
    assert notebook.load() == {note.path: note for note in notes}


def test_learning_again_replaces_and_leaves_the_rest(notebook: Notebook) -> None:
    """Only what changed is written; what is gone is forgotten."""
    notebook.save([known("a.md"), known("b.md"), known("c.md")])
    broken = replace(known("b.md"), fault="no closing line", publish_at=None)
    notebook.save([broken], gone=["c.md", "never there.md"])
    assert notebook.load() == {"a.md": known("a.md"), "b.md": broken}


def test_nothing_to_learn_changes_nothing(notebook: Notebook) -> None:
    """A poll without news writes nothing."""
    notebook.save([known("a.md")])
    notebook.save([])
    assert list(notebook.load()) == ["a.md"]


def test_a_large_vault_is_remembered_in_one_go(notebook: Notebook) -> None:
    """Thousands of notes at the first poll are one transaction."""
    notes = [known(f"{number}.md") for number in range(3000)]
    notebook.save(notes)
    assert len(notebook.load()) == 3000


def test_a_schedule_is_kept_moved_and_removed(schedules: Schedules) -> None:
    """The last wish for a note counts; removing tells whether there was one."""
    schedules.put(schedule("a.md"))
    schedules.put(schedule("a.md", zone="UTC"))
    assert schedules.load() == {"a.md": schedule("a.md", zone="UTC")}
    assert schedules.remove("a.md")
    assert not schedules.remove("a.md")
    assert schedules.load() == {}


def test_a_renamed_note_takes_its_schedule_along(schedules: Schedules) -> None:
    """The wish follows the note, and replaces one kept for the new name."""
    schedules.put(schedule("old.md", zone="UTC"))
    schedules.put(schedule("new.md"))
    schedules.move("old.md", "new.md")
    assert schedules.load() == {"new.md": schedule("new.md", zone="UTC")}


def test_moving_what_is_not_scheduled_harms_nothing(schedules: Schedules) -> None:
    """A rename of a note without a wish, or to its own name, leaves every wish."""
    schedules.put(schedule("a.md"))
    schedules.move("other.md", "a.md")
    schedules.move("a.md", "a.md")
    assert list(schedules.load()) == ["a.md"]
