"""A note that is away for a while in the middle of its mail: nobody is left out, and nobody gets it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.model.deliveries import DeliveryState
from storage.model.errors import NotesFolderError
from storage.model.issues import IssueState, Mailing
from tests.worlds.publishing.notes import Folder, Room
from tests.worlds.store import settled

READERS = tuple(f"reader{number}@example.com" for number in range(6))
TEXT = "# First\n\nThe text."


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """Six readers and one note whose mail is in its hold, on each engine."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root))
    opened.subscribe(*READERS)
    opened.folder.write("first.md", TEXT, publish="2026-11-22")
    opened.folder.write("sub/other.md", "# Other", publish="2026-11-01")
    opened.poll()
    yield opened
    opened.database.close()


def mail(room: Room, most: int = 100) -> list[str]:
    """Send what is due and may be sent, to so many at most; to whom it went."""
    sent: list[str] = []
    while len(sent) < most and (
        claims := room.ledger.claim("w", now=room.clock.now, limit=1, lease=LEASE)
    ):
        (claim,) = claims
        if room.ledger.record("w", [], [claim.delivery_id], now=room.clock.now):
            room.ledger.record("w", [settled(claim.delivery_id)], [], now=room.clock.now)
            sent.append(claim.address)
    return sent


LEASE = timedelta(minutes=5)

Away = Callable[[Room], None]
"""Takes the note away, lets the poll see it, and brings it back."""


def removed(room: Room) -> None:
    """Removed and restored, as a checkout does."""
    text = (room.folder.root / "first.md").read_text()
    room.folder.remove("first.md")
    room.poll()
    room.folder.save("first.md", text)


def swapped(room: Room) -> None:
    """The whole folder replaced by another one for a while."""
    root = room.folder.root
    root.rename(root.with_name("aside"))
    root.mkdir()
    room.folder.write("unlike.md", "# Unlike")
    room.poll()
    room.folder.remove("unlike.md")
    root.rmdir()
    root.with_name("aside").rename(root)


def drafted(room: Room) -> None:
    """`draft: true` for a while."""
    room.folder.write("first.md", TEXT, publish="2026-11-22", draft="true")
    room.poll()
    room.folder.write("first.md", TEXT, publish="2026-11-22")


def renamed(room: Room) -> None:
    """Renamed, seen as gone first: folders that are synchronised bit by bit do that."""
    text = (room.folder.root / "first.md").read_text()
    room.folder.remove("first.md")
    room.poll()
    room.folder.save("second.md", text)


def replaced(room: Room) -> None:
    """Another note moved over it, and both put right again."""
    first = (room.folder.root / "first.md").read_text()
    other = (room.folder.root / "sub/other.md").read_text()
    room.folder.rename("sub/other.md", "first.md")
    room.poll()
    room.folder.save("first.md", first)
    room.folder.save("sub/other.md", other)


def halved(room: Room) -> None:
    """Half of the folder away, as when one of its disks was not mounted."""
    room.folder.rename("first.md", "../first.md")
    room.poll()
    room.folder.rename("../first.md", "first.md")


def closed(room: Room) -> None:
    """The folder not there at all: nothing may be concluded from that."""
    root = room.folder.root
    root.rename(root.with_name("aside"))
    with pytest.raises(NotesFolderError):
        room.poll()
    root.with_name("aside").rename(root)


ALL = [removed, swapped, drafted, renamed, replaced, halved, closed]


@pytest.mark.parametrize("away", ALL)
@pytest.mark.parametrize("before", [0, 2])
def test_everybody_is_mailed_once_when_the_note_is_back(
    room: Room, away: Away, before: int
) -> None:
    """What one look saw, the next takes back: in the hold and in the middle of sending."""
    if before:
        room.clock.move(minutes=6)
    sent = mail(room, before)
    assert len(sent) == before
    away(room)
    room.poll()
    room.clock.move(minutes=10)
    sent += mail(room)
    assert sorted(sent) == sorted(READERS)
    assert room.issue("first").state is IssueState.LIVE


@pytest.mark.parametrize("away", [removed, drafted])
def test_nothing_goes_out_while_the_note_is_away(
    room: Room, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes a note away to stop its mail stops it at once, and is told what comes next."""
    room.clock.move(minutes=6)
    look, seen = room.poll, []

    def poll() -> object:
        seen.append(look())
        return seen[-1]

    monkeypatch.setattr(room, "poll", poll)
    monkeypatch.setattr(room.folder, "save", lambda *_args, **_keys: None)
    if away is drafted:
        file = room.folder.root / "first.md"
        file.write_text(file.read_text().replace("---\n", "---\ndraft: true\n", 1))
        room.poll()
    else:
        away(room)
    assert mail(room) == []
    (gone,) = seen[0].withdrawn
    assert gone.mailing is Mailing.PAUSED
    assert "goes on when it is back" in gone.mailing_reason


def test_a_note_that_stays_away_is_meant(room: Room) -> None:
    """Missed at several looks and for an hour its mail is taken back for good: one look is not
    enough, however long ago the first was, and no number of looks is in a short time.
    """
    room.folder.remove("first.md")
    for _ in range(9):
        room.clock.move(seconds=30)
        assert room.poll().given_up == ()
    room.clock.move(hours=1)
    assert [issue.note_id for issue in room.poll().given_up] == ["first"]
    room.folder.write("first.md", TEXT, publish="2026-11-22")
    room.poll()
    room.clock.move(hours=1)
    assert mail(room) == []
    tally = room.overview.tally(room.issue("first").id)
    assert tally.counts == {DeliveryState.CANCELLED: len(READERS)}


def test_an_hour_alone_is_not_enough(room: Room) -> None:
    """A machine that slept looks again before it concludes anything."""
    room.folder.remove("first.md")
    room.poll()
    room.clock.move(days=1)
    assert room.poll().given_up == ()
    room.clock.move(seconds=30)
    assert len(room.poll().given_up) == 1
    assert room.issue("first").mailing is Mailing.CANCELLED
