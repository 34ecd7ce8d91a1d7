"""The shelf: lists and neighbours that follow the archive without reading it again each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.model.issues import Issue
from tests.worlds.publishing.issues import an_issue
from web.pages.shelf import Neighbours, ShelfKeeper

DAY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def make_issue(number: int, *tags: str) -> Issue:
    """An issue published `number` days after the first."""
    at = DAY + timedelta(days=number)
    return an_issue(
        id=number,
        note_id=f"n{number}",
        path=f"n{number}.md",
        guid=f"urn:uuid:{number}",
        slug=f"n{number}",
        title=f"Note {number}",
        html="<p>long</p>",
        text="long",
        tags=tags,
        published_at=at,
        updated_at=at,
    )


class Memory:
    """An archive in memory that counts how often it is read."""

    def __init__(self, *issues: Issue) -> None:
        self.issues = list(issues)
        self.reads = 0
        self.changes = 0

    def version(self) -> int:
        """How often it changed."""
        return self.changes

    def live(self, *, tag: str | None = None, limit: int | None = None) -> list[Issue]:
        """All issues, as they stand."""
        self.reads += 1
        return self.issues


def test_reads_once_per_change() -> None:
    """The archive is read when it changed, and only then; bodies are not kept."""
    archive = Memory(make_issue(2), make_issue(1))
    keeper = ShelfKeeper(archive)
    assert keeper.shelf() is keeper.shelf()
    assert archive.reads == 1
    assert all(not issue.html and not issue.text for issue in keeper.shelf().issues)
    archive.issues.insert(0, make_issue(3))
    archive.changes += 1
    assert [issue.id for issue in keeper.shelf().issues] == [3, 2, 1]
    assert archive.reads == 2


def test_neighbours_in_time() -> None:
    """The newest has nothing newer, the oldest nothing older, a stranger has none."""
    shelf = ShelfKeeper(Memory(make_issue(3), make_issue(2), make_issue(1))).shelf()
    newest, middle, oldest = shelf.issues
    assert shelf.neighbours(3) == Neighbours(older=middle)
    assert shelf.neighbours(2) == Neighbours(older=oldest, newer=newest)
    assert shelf.neighbours(1) == Neighbours(newer=middle)
    assert shelf.neighbours(9) == Neighbours()


def test_tags_are_counted_and_sorted() -> None:
    """Tags come in alphabetical order whatever their case, and are compared as written."""
    shelf = ShelfKeeper(Memory(make_issue(2, "zoo", "Art"), make_issue(1, "bread", "zoo"))).shelf()
    assert shelf.tags() == [("Art", 1), ("bread", 1), ("zoo", 2)]
    assert [issue.id for issue in shelf.tagged("zoo")] == [2, 1]
    assert shelf.tagged("art") == []
