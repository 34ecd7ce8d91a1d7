"""A file that changes: what cites or shows it follows at the next look, though its own file stays as it is."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from storage.notes.folder import FolderNotes
from tests.worlds.publishing.notes import Folder, Room

WORK = "@book{doe99, author={Doe, Ada}, title={%s}, year={1999}}"


def test_who_cites_a_file_that_changes_is_rendered_again(database_url: str, tmp_path: Path) -> None:
    """Changed, come or gone, also while nothing runs; it is no news, mails nobody, and others stay as they are."""
    folder = Folder(tmp_path / "notes")
    folder.save("lit/refs.bib", WORK % "Drift")
    folder.write("a.md", "See [@doe99].", publish="2026-11-22", bibliography="lit/refs.bib")
    folder.write("sub/b.md", "See [@doe99].", publish="2026-11-22", bibliography="own.bib")
    folder.write("c.md", "Nothing.", publish="2026-11-22")
    room = Room(database_url, folder)
    room.subscribe("reader@example.com")
    room.poll()
    queued = room.queued
    before = {name: room.issue(name) for name in ("a", "sub/b", "c")}
    assert "Drift" in before["a"].html
    folder.save("lit/refs.bib", WORK % "Pagers")
    room.poll()
    after = room.issue("a")
    assert "Pagers" in after.html
    assert "Drift" not in after.html
    assert after.updated_at == before["a"].updated_at
    room.database.close()
    folder.save("sub/own.bib", WORK % "Found")
    folder.save("lit/refs.bib", WORK % "Again")
    room = Room(database_url, folder)
    room.poll()
    assert "Again" in room.issue("a").html
    assert "Found" in room.issue("sub/b").html
    folder.remove("lit/refs.bib")
    room.poll()
    assert "Again" not in room.issue("a").html
    assert room.issue("c") == before["c"]
    assert room.queued == queued
    room.database.close()


def picture(width: int, height: int) -> bytes:
    """The beginning of a PNG, which says how large it is."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(9)


def sizes(room: Room, name: str) -> list[str]:
    """The sides of the pictures of an issue."""
    return re.findall(r' width="(\d+)" height="(\d+)"', room.issue(name).html)


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("![A](a.png)", "content/a.png"),
        ("![A](/img/a.png)", "static/img/a.png"),
        ("![A](/a.png)", "content/static/a.png"),
        ("![[a.PNG]]", "content/deep/er/a.PNG"),
        ("![A](b%20c.png)", "public/b c.png"),
        ("![A](\u00e9.png)", "content/e\u0301.png"),
    ],
)
def test_who_shows_a_picture_that_changes_follows(
    database_url: str, tmp_path: Path, written: str, file: str
) -> None:
    """Come, grown, replaced while nothing runs, or gone: page and feed say its size; it is no news and mails nobody."""
    folder, shown = Folder(tmp_path / "content"), tmp_path / file
    shown.parent.mkdir(parents=True, exist_ok=True)
    folder.write("a.md", f"Words. {written}", publish="now")
    folder.write("b.md", "Words. ![B](other.png)", publish="now")
    shown.write_bytes(picture(30, 20))

    def start() -> Room:
        store = FolderNotes(folder.root, static=("static", "public", "assets"))
        return Room(database_url, folder, store=store)

    room = start()
    room.subscribe("reader@example.com")
    room.poll()
    queued, before, other = room.queued, room.issue("a"), room.issue("b")
    assert (sizes(room, "a"), queued) == ([("30", "20")], 2)
    version = room.archive.version()
    room.poll()
    assert room.archive.version() == version
    shown.write_bytes(picture(60, 40) + b"longer")
    room.poll()
    assert sizes(room, "a") == [("60", "40")]
    assert room.archive.version() > version
    room.database.close()
    shown.unlink()
    shown.write_bytes(picture(90, 40))
    room = start()
    room.poll()
    assert sizes(room, "a") == [("90", "40")]
    shown.unlink()
    room.poll()
    assert sizes(room, "a") == []
    shown.write_bytes(picture(10, 10))
    room.poll()
    assert sizes(room, "a") == [("10", "10")]
    assert room.issue("a").updated_at == before.updated_at
    assert (room.issue("b"), room.queued) == (other, queued)
    room.database.close()


def test_other_bytes_of_the_same_size_change_no_page(database_url: str, tmp_path: Path) -> None:
    """A picture that was only drawn anew is served as it is; no page and no feed is made anew for it."""
    folder = Folder(tmp_path / "notes")
    folder.write("a.md", "![A](a.png)", publish="2026-11-22")
    (folder.root / "a.png").write_bytes(picture(30, 20))
    room = Room(database_url, folder)
    room.poll()
    version = room.archive.version()
    (folder.root / "a.png").write_bytes(picture(30, 20) + b"other")
    room.poll()
    assert room.archive.version() == version
    room.database.close()


def test_what_is_no_picture_of_the_notes_is_not_looked_at(tmp_path: Path) -> None:
    """A static folder that leads elsewhere, hidden files, and links: no look at them is begun."""
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "x.png").write_bytes(picture(1, 1))
    site = tmp_path / "site"
    for name in ("notes", "public", "public/.git"):
        (site / name).mkdir(parents=True)
    (site / "static").symlink_to(tmp_path / "else")
    (site / "public" / "in.png").symlink_to(tmp_path / "else" / "x.png")
    (site / "public" / ".git" / "y.png").write_bytes(picture(1, 1))
    (site / "public" / "z.png").write_bytes(picture(1, 1))
    store = FolderNotes(site / "notes", static=("static", "public", "..", "gone"))
    assert [file.path for file in store.scan().cited] == ["public/z.png"]
