"""Posts of another system, moved in: a full archive at once, and not one mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.importing import SYSTEMS, import_posts
from storage.model.issues import Mailing
from tests.worlds.publishing.notes import Folder, Room
from tests.worlds.readers.exports import MAKERS, WANTED


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_moved_in_is_published_and_never_mailed(system: str, tmp_path: Path) -> None:
    """The first look publishes all that was public where it was, under its own date, and mails nobody."""
    root = tmp_path / "notes"
    import_posts(MAKERS[system](tmp_path), root)
    room = Room(f"sqlite:///{tmp_path}/newsletter.db", Folder(root))
    room.subscribe("ada@example.com")
    report = room.poll()
    public = {name for name, draft in WANTED[system][0].items() if not draft}
    assert room.live() == public
    assert report.queued == 0
    assert not report.faults
    assert {room.issue(name).mailing for name in public} == {Mailing.OFF}
    room.database.close()
