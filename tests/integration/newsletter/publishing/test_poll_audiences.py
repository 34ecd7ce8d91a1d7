"""What a note says of whom it is for, and of when it was changed, from the folder to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.ledger import Mailings
from storage.model.deliveries import DeliveryState
from storage.model.errors import NoteError
from storage.model.issues import IssueState, Mailing
from storage.readers.roll import Roll
from tests.worlds.publishing.notes import Folder, Room

READERS = tuple(f"{name}@example.com" for name in ("ada", "bob", "cleo"))


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """Three readers: with the tag `ml`, with `ml` and `beta`, and without any."""
    (tmp_path / "notes").mkdir()
    opened = Room(database_url, Folder(tmp_path / "notes"))
    opened.subscribe(*READERS)
    roll = Roll(opened.database)
    ada, bob, _cleo = roll.find()
    roll.change_tags(ada.id, add=["ML"])
    roll.change_tags(bob.id, add=["ml", "Beta"])
    yield opened
    opened.database.close()


def waiting(room: Room, note_id: str) -> list[str]:
    """Who will get the mail of a note."""
    issue = room.issue(note_id)
    deliveries = room.overview.deliveries(issue.id, state=DeliveryState.QUEUED)
    return [one.address.partition("@")[0] for one in deliveries]


def test_a_note_is_mailed_to_its_audience_and_shown_to_all(room: Room) -> None:
    """An edit before the hold ends is followed; the page is everybody's."""
    room.folder.write("a.md", publish="now", audience="ml and not beta")
    assert room.poll().queued == 1
    assert (room.issue("a").state, waiting(room, "a")) == (IssueState.LIVE, ["ada"])
    room.folder.write("a.md", publish="now", audience="'beta' or not ml")
    room.poll()
    assert waiting(room, "a") == ["bob", "cleo"]
    room.folder.write("a.md", publish="now")
    room.poll()
    assert waiting(room, "a") == ["ada", "bob", "cleo"]


def test_the_audience_of_a_folder_is_followed_like_the_notes_own(room: Room) -> None:
    """It comes, changes and goes while the notes stay as they are; what a note says itself counts more."""
    room.folder.write("b/a.md", publish="now")
    room.folder.write("b/own.md", publish="now", audience="beta")
    room.poll()
    assert waiting(room, "b/a") == ["ada", "bob", "cleo"]
    for said, meant in (("ml", ["ada", "bob"]), ("not ml", ["cleo"]), ("", ["ada", "bob", "cleo"])):
        room.folder.save("b/b.json", f'{{"audience": "{said}", "x": "{len(meant)}"}}')
        room.poll()
        assert waiting(room, "b/a") == meant
        assert waiting(room, "b/own") == ["bob"]


def test_a_note_that_wants_no_mail_before_it_began_has_none(room: Room) -> None:
    """`email: false` of the note or of its folder takes the mail back that waits, also that for digests; without it the
    mail stays away until a command asks for it, and then it is not taken back by an edit.
    """
    room.folder.write("a.md", publish="now")
    room.folder.write("b/a.md", publish="now")
    room.poll()
    room.folder.write("a.md", "Edited.", publish="now", email="false")
    room.folder.save("b/b.json", '{"email": false}')
    room.poll()
    for name in ("a", "b/a"):
        issue = room.issue(name)
        assert (issue.mailing, issue.state) == (Mailing.CANCELLED, IssueState.LIVE)
        assert "email: false" in issue.mailing_reason
        assert waiting(room, name) == []
    room.folder.remove("b/b.json")
    room.folder.write("a.md", "Edited once more.", publish="now", email="false")
    room.poll()
    assert room.issue("b/a").mailing is Mailing.CANCELLED
    now = room.clock.now
    asked = Mailings(room.database).mail_missing(
        room.issue("a").id, now=now, due_at=now + timedelta(minutes=5)
    )
    assert asked.total == 3
    room.folder.write("a.md", "And again.", publish="now", email="false")
    room.poll()
    assert waiting(room, "a") == ["ada", "bob", "cleo"]


def test_a_mail_that_has_begun_goes_on(room: Room) -> None:
    """As with `newsletter cancel`, what has left cannot be taken back, and half an issue is no wish of anybody's."""
    room.folder.write("a.md", publish="now")
    room.poll()
    room.clock.now += timedelta(minutes=10)
    assert room.ledger.claim("w", now=room.clock.now, limit=1, lease=timedelta(minutes=1))
    room.folder.write("a.md", "Edited.", publish="now", email="false")
    room.poll()
    assert room.issue("a").mailing is Mailing.OPEN
    assert len(waiting(room, "a")) == 2


def test_an_audience_of_nobody_is_told(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """By check, with the tags that nobody has, and in the log when it comes out."""
    room.folder.write("a.md", "# A\n\nWords.", publish="now", audience="mll or beta and not ml")
    (checked,) = room.proofs.check(["a.md"])
    (finding,) = [one for one in checked.findings if one.code == "audience"]
    assert (finding.line, "no reader has the tag `mll`" in finding.message) == (3, True)
    report = room.poll()
    assert report.queued == 0
    room.proofs.tell(report.due)
    assert "Nobody who reads is in its audience" in capsys.readouterr().out
    assert room.issue("a").mailing is Mailing.OPEN


@pytest.mark.parametrize("audience", ["ml beta", "ml &", "'(ml'"])
def test_an_audience_that_cannot_be_read_mails_nobody(room: Room, audience: str) -> None:
    """A new note waits for its author; a published one stays as it was, and so does its mail."""
    room.folder.write("old.md", publish="now", audience="ml")
    room.poll()
    room.folder.write("old.md", publish="now", audience=audience)
    room.folder.write("new.md", publish="now", audience=audience)
    report = room.poll()
    assert {fault.path for fault in report.faults} == {"old.md", "new.md"}
    assert all(isinstance(fault, NoteError) and fault.line == 3 for fault in report.faults)
    assert waiting(room, "old") == ["ada", "bob"]
    assert room.archive.by_note("new") is None


def test_a_later_updated_is_the_time_of_the_change(room: Room) -> None:
    """What a note says of its own change is shown, unless it is not news or to come."""
    room.folder.write("a.md", "One.", publish="2026-11-01 09:00")
    room.poll()
    published = room.issue("a").published_at
    for text, said, shown in (
        ("Two.", "2026-11-03 09:00", datetime(2026, 11, 3, 8, tzinfo=UTC)),
        ("Three.", "2026-11-03 09:00", room.clock.now),
        ("Four.", "2036-01-01", room.clock.now + timedelta(hours=1)),
    ):
        if text == "Four.":
            room.clock.now += timedelta(hours=1)
        room.folder.write("a.md", text, publish="2026-11-01 09:00", updated=said)
        room.poll()
        assert (room.issue("a").updated_at, room.issue("a").published_at) == (shown, published)
    assert room.queued == 0
