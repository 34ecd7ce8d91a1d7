"""A file of works that changes: what cites it follows at the next look, though its own file stays as it is."""

from __future__ import annotations

from pathlib import Path

from tests.worlds.notes import Folder, Room

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
