"""What another version read is read anew at the first look: a key that it passed over may hide a note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.publishing.drafting import hash_content
from storage.database import schema
from storage.model.issues import IssueState
from tests.worlds.publishing.notes import Folder, Room

KEYS = (
    ("private", "true", "`private: true`"),
    ("hidden", "true", "`hidden: true`"),
    ("unlisted", "true", "`unlisted: true`"),
    ("password", "1234", "asks for a password"),
    ("visibility", "members", "`visibility: members`"),
    ("status", "private", "`status: private`"),
    ("is_published", "false", "`is_published: false`"),
)


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """A folder of notes, none read yet, and a reader."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root))
    opened.subscribe("reader@example.com")
    yield opened
    opened.database.close()


def leave_as_older(room: Room, path: str, **keys: object) -> None:
    """The note has had these keys all along, and an older version, which knew none of them, published it."""
    file = room.folder.write(path, publish="2026-11-22", **keys)
    info, content = file.stat(), hash_content(file.read_bytes())
    known = {"size": info.st_size, "mtime_ns": info.st_mtime_ns, "content_hash": content}
    with room.database.transaction() as connection:
        notes, issues = schema.notes, schema.issues
        connection.execute(sa.update(notes).where(notes.c.path == path).values(known))
        connection.execute(
            sa.update(issues)
            .where(issues.c.path == path)
            .values(content_hash=content, rendering="older")
        )


def test_what_a_key_hides_goes_at_the_first_look_and_comes_back(
    room: Room, database_url: str
) -> None:
    """Each of the notes that readers should not have seen is withdrawn, with its key as the reason; nobody is mailed,
    and without the key it is back, unmailed.
    """
    for number in range(len(KEYS) * 2):
        room.folder.write(f"n{number}.md", publish="2026-11-22")
    room.poll()
    queued = room.queued
    for number, (key, value, _) in enumerate(KEYS):
        leave_as_older(room, f"n{number}.md", **{key: value})
    upgraded = Room(database_url, room.folder)
    report = upgraded.poll()
    hidden = {issue.path: issue for issue in report.withdrawn}
    assert hidden.keys() == {f"n{number}.md" for number in range(len(KEYS))}
    assert (report.published, report.revised, report.held) == ((), (), None)
    for number, (_, _, told) in enumerate(KEYS):
        assert told in report.why[hidden[f"n{number}.md"].id]
    assert upgraded.poll().withdrawn == ()
    upgraded.folder.write("n0.md", publish="2026-11-22")
    (back,) = upgraded.poll().restored
    assert back.state is IssueState.LIVE
    assert upgraded.queued == queued
    upgraded.database.close()


def test_many_that_would_go_are_held_and_asked_about(room: Room, database_url: str) -> None:
    """Where it is most of an archive its author is asked first; what is meant goes at the next look."""
    for number in range(20):
        room.folder.write(f"n{number}.md", publish="2026-11-22")
    room.poll()
    for number in range(15):
        leave_as_older(room, f"n{number}.md", private="true")
    upgraded = Room(database_url, room.folder)
    report = upgraded.poll()
    assert report.held is not None
    assert (report.held.going, report.withdrawn) == (15, ())
    assert len(upgraded.live()) == 20
    again = Room(database_url, room.folder)
    assert (again.poll().withdrawn, len(again.live())) == ((), 20)
    upgraded.sudden.accept()
    assert len(upgraded.poll().withdrawn) == 15
    assert (len(upgraded.live()), upgraded.poll().withdrawn) == (5, ())
    upgraded.database.close()
    again.database.close()
