"""A look at many notes: all that will come out is known beforehand, and done portion by portion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from newsletter.publishing.findings import FEW
from newsletter.publishing.sweep import PORTION
from storage.notes.folder import FolderNotes
from tests.worlds.clock import NOON
from tests.worlds.publishing.notes import URL, Folder, Room

MANY = PORTION + 20


class Restless(FolderNotes):
    """A folder in which something happens at a certain reading of a note."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[str] = []
        self.happens: dict[int, object] = {}

    def read(self, path: str) -> bytes:
        """The note, or what happens instead."""
        self.reads.append(path)
        happens = self.happens.get(len(self.reads))
        if isinstance(happens, BaseException):
            raise happens
        if isinstance(happens, Path):
            happens.write_text("---\ndraft: true\n---\nNot yet.", "utf-8")
        return super().read(path)


@pytest.fixture
def store(tmp_path: Path) -> Restless:
    """An empty folder."""
    (tmp_path / "notes").mkdir()
    return Restless(tmp_path / "notes")


@pytest.fixture
def room(database_url: str, store: Restless) -> Iterator[Room]:
    """A newsletter over it, on each engine in turn."""
    opened = Room(database_url, Folder(store.root), store=store)
    yield opened
    opened.database.close()


def write(room: Room, number: int, links: str = "") -> None:
    """A note of that day long ago."""
    body = f"# Note {number}\n\nWords of {number}. {links}"
    room.folder.write(
        f"n{number:03}.md", body, publish=f"2001-{number // 28 + 1:02}-{number % 28 + 1:02}"
    )


def test_links_to_later_notes_lead_there_at_once(room: Room, store: Restless) -> None:
    """A note that links to one of a later portion is rendered once, and right."""
    for number in range(MANY):
        write(room, number, f"[[n{MANY - 1 - number:03}]]")
    report = room.poll()
    assert len(report.published) == MANY
    assert {issue.html for issue in report.published} == {""}
    for number in (0, 1, MANY - 1):
        issue = room.issue(f"n{number:03}")
        assert f'href="{URL}/issues/n{MANY - 1 - number:03}"' in issue.html
        assert issue.revision == 1
    assert len(store.reads) == 2 * MANY
    assert room.poll().published == ()


def test_many_old_notes_are_told_in_few_lines(room: Room) -> None:
    """The log of a first look has three of each kind and a count of the rest; what is mailed is told by the check."""
    for number in range(FEW + 4):
        write(room, number, "![](none.png)")
    room.folder.write("new.md", "# New\n\nWords. ![](none.png)", publish="now")
    with capture_logs() as logs:
        report = room.poll()
        report.log()
    lines = [(one["event"], one.get("path") or one.get("slug") or one.get("more")) for one in logs]
    old = [f"n{number:03}" for number in range(FEW)]
    remarks = [path for path in (f"{name}.md" for name in old) for _code in range(2)]
    assert [what for event, what in lines if event == "note.finding"] == remarks
    assert [what for event, what in lines if event == "issue.published"] == [*old, "new"]
    assert [what for event, what in lines if event == "issues.published"] == [4]
    assert [what for event, what in lines if event == "notes.findings"] == [4, 4]


def test_of_two_notes_that_want_one_slug_each_is_linked_by_its_own(room: Room) -> None:
    """The slugs are known beforehand, too; the older note has the one that was wished for."""
    room.folder.write("a/start.md", "See [[b/same]] and [[c/same]].", publish="2001-01-01")
    room.folder.write("b/same.md", "# Younger", publish="2003-01-01")
    room.folder.write("c/same.md", "# Older", publish="2002-01-01")
    room.poll()
    html = room.issue("a/start").html
    assert f'"{URL}/issues/same-2"' in html.partition(" and ")[0]
    assert f'"{URL}/issues/same"' in html.partition(" and ")[2]
    assert (room.issue("c/same").slug, room.issue("a/start").revision) == ("same", 1)


def test_what_was_expected_and_does_not_come_out_is_linked_by_nobody(
    room: Room, store: Restless
) -> None:
    """A note that becomes a draft while the look is under way leaves no link to it behind."""
    for number in range(MANY):
        write(room, number, f"[[n{MANY - 1:03}]]" if number == 3 else "")
    store.happens[MANY + 5] = store.root / f"n{MANY - 1:03}.md"
    assert len(room.poll().published) == MANY - 1
    assert "href" not in room.issue("n003").html


def test_a_look_that_is_broken_off_goes_on_where_it_was(room: Room, store: Restless) -> None:
    """What stood in the archive when the process died is there, known, and not read again; what was about
    to stand there comes with the next look.
    """
    for number in range(MANY):
        write(room, number)
    store.happens[MANY + PORTION + 5] = KeyboardInterrupt()
    with suppress(KeyboardInterrupt):
        room.poll()
    assert len(room.archive.live()) == PORTION
    assert len(room.notebook.load()) == PORTION
    store.reads.clear()
    store.happens.clear()
    assert len(room.poll().published) == MANY - PORTION
    assert len(set(store.reads)) == MANY - PORTION
    assert len(room.archive.live()) == MANY
    assert room.clock.now == NOON
