"""A file that speaks for a whole folder: what it hides is withdrawn at the next look, and what it shows again is back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage.model import IssueState
from tests.worlds.publishing.notes import Folder, Room

HIDE = "---\ncascade:\n  draft: true\n---\n"


@pytest.mark.parametrize(
    ("guide", "hides", "shows"),
    [
        ("b/_index.md", HIDE, "---\ntitle: B\n---\n"),
        ("b/index.md", "---\nheadless: true\n---\n", "---\ntitle: B\n---\n"),
        ("_config.yml", "exclude: [b/]\n", "title: x\n"),
        ("b/b.json", '{"permalink": false}', '{"tags": "b"}'),
        ("b/_metadata.yml", "draft: true\n", "author: x\n"),
        ("hugo.toml", "[cascade]\ndraft = true\n", "title = 'x'\n"),
        ("b/c/x.11tydata.json", '{"draft": true}', "{}"),
        (".eleventyignore", "b/\n", "other/\n"),
        ("eleventy.config.js", "c.ignores.add('b/**')", "c.addPlugin(x)"),
        ("b/c/x.meta", ".. status: private\n", ".. title: x\n"),
    ],
)
def test_a_guide_that_changes_counts_at_the_next_look(
    database_url: str, tmp_path: Path, guide: str, hides: str, shows: str
) -> None:
    """Come, changed or gone, while the notes stay as they are: what it hides is never mailed, is withdrawn if it was
    published, and comes back unmailed.
    """
    folder = Folder(tmp_path / "notes")
    folder.save(guide, hides)
    folder.write("b/c/x.md", "Words.", publish="now")
    room = Room(database_url, folder)
    room.subscribe("reader@example.com")
    assert not room.poll().published
    folder.save(guide, shows)
    (issue,) = room.poll().published
    assert room.queued == 1
    folder.save(guide, hides)
    room.poll()
    assert room.archive.get(issue.id).state is IssueState.WITHDRAWN
    folder.remove(guide)
    room.poll()
    assert room.archive.get(issue.id).state is IssueState.LIVE
    assert room.queued == 1
    room.database.close()


def test_a_guide_that_came_late_holds_the_mail_that_waits(
    database_url: str, tmp_path: Path
) -> None:
    """A checkout may bring a note before the file that hides it: the mail waits five minutes, and then does not leave."""
    folder = Folder(tmp_path / "notes")
    folder.write("b/x.md", "Words.", publish="now")
    room = Room(database_url, folder)
    room.subscribe("reader@example.com")
    room.poll()
    folder.save("b/_index.md", HIDE)
    (gone,) = room.poll().withdrawn
    assert gone.mailing_reason
    room.clock.now += timedelta(hours=1)
    assert not room.ledger.claim("w", now=room.clock.now, limit=1, lease=timedelta(minutes=1))
    room.database.close()
