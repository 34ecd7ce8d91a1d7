"""Many published notes that vanish at once: held, told and asked about; what comes back goes on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.publishing.findings import PollReport
from storage.model.errors import Conflict, NotesFolderError
from storage.model.issues import IssueState, Mailing
from tests.worlds.publishing.notes import Folder, Room
from tests.worlds.store import settled

READERS = tuple(f"reader{number}@example.com" for number in range(3))
COUNT = 20
LEASE = timedelta(minutes=5)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """An archive of twenty notes, the first of which is being mailed."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = open_room(Folder(root))
    opened.subscribe(*READERS)
    for number in range(1, COUNT):
        opened.folder.write(f"old{number:02}.md", f"# Old {number}", publish="2026-11-01")
    opened.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22")
    opened.poll()
    yield opened
    opened.database.close()


def open_room(folder: Folder) -> Room:
    """One process's view of it; what the database does is tested where it is, on both."""
    return Room(f"sqlite:///{folder.root.with_name('newsletter.db')}", folder)


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


Change = Callable[[Room, Path], None]
"""Does something sudden to the folder; the path is a place to put things aside."""


def half_away(room: Room, aside: Path) -> None:
    """A part of it was not mounted."""
    for file in sorted(room.folder.root.iterdir())[:12]:
        file.rename(aside / file.name)


def half_back(room: Room, aside: Path) -> None:
    """All away, which was noticed, and a part of it back: a checkout in its middle."""
    for file in room.folder.root.iterdir():
        file.rename(aside / file.name)
    room.poll()
    for file in sorted(aside.iterdir())[-8:]:
        file.rename(room.folder.root / file.name)


def emptied(room: Room, aside: Path) -> None:
    """The mount point, without its disk."""
    for file in room.folder.root.iterdir():
        file.rename(aside / file.name)


def one_left(room: Room, aside: Path) -> None:
    """Nothing but a note that nobody knew."""
    emptied(room, aside)
    room.folder.write("readme.md", "# What is this")


def another_folder(room: Room, aside: Path) -> None:
    """Another folder in its place, with notes that want to be mailed."""
    emptied(room, aside)
    for number in range(10):
        room.folder.write(f"new{number}.md", f"# New {number}", publish="now")


def all_private(room: Room, aside: Path) -> None:
    """Every header lost its time, as when a branch without them was checked out."""
    for file in sorted(room.folder.root.iterdir()):
        shutil.copy2(file, aside)
        room.folder.write(file.name, f"Words of {file.name}")


def bit_by_bit(room: Room, aside: Path) -> None:
    """Six at a look, as a synchronisation takes them away."""
    names = [file.name for file in sorted(room.folder.root.iterdir())]
    for start in (0, 6, 12):
        room.clock.move(minutes=1)
        room.poll()
        for name in names[start : start + 6]:
            (room.folder.root / name).rename(aside / name)


def put_back(room: Room, aside: Path) -> None:
    """The folder as it was before."""
    for file in room.folder.root.iterdir():
        if not file.name.startswith(("old", "first")):
            file.unlink()
    for file in sorted(aside.iterdir()):
        shutil.move(file, room.folder.root / file.name)


ALL: list[Change] = [half_away, half_back, emptied, one_left, another_folder, all_private]


@pytest.mark.parametrize("change", ALL)
def test_a_sudden_change_of_many_is_held_and_what_comes_back_goes_on(
    room: Room, tmp_path: Path, change: Change
) -> None:
    """For however long it lasts: the pages stay, nothing new is mailed, mail waits and goes on."""
    aside = tmp_path / "aside"
    aside.mkdir()
    room.clock.move(minutes=6)
    sent = mail(room, 1)
    everything = room.live()
    change(room, aside)
    reports = []
    for _ in range(4):
        reports.append(room.poll())
        room.clock.move(hours=2)
    assert all(not (one.withdrawn or one.published or one.given_up) for one in reports)
    assert room.live() == everything
    assert len(everything) == COUNT
    held = room.sudden.standing()
    assert held is not None
    assert held.going >= 12
    assert mail(room) == []
    assert room.issue("first").mailing is Mailing.PAUSED
    put_back(room, aside)
    back = room.poll()
    assert [issue.note_id for issue in back.went_on] == ["first"]
    assert room.sudden.standing() is None
    assert room.live() == everything
    sent += mail(room)
    assert sorted(sent) == sorted(READERS)
    assert room.queued == len(READERS)


def test_what_goes_bit_by_bit_is_held_before_all_is_gone(room: Room, tmp_path: Path) -> None:
    """Nine in an hour are an author's, more of so few are not; mail goes on when all are back."""
    aside = tmp_path / "aside"
    aside.mkdir()
    bit_by_bit(room, aside)
    room.poll()
    assert len(room.live()) == COUNT - 6
    assert room.sudden.standing() is not None
    put_back(room, aside)
    room.poll()
    assert len(room.live()) == COUNT
    room.clock.move(minutes=10)
    assert sorted(mail(room)) == sorted(READERS)


def test_the_author_says_that_it_is_meant(room: Room, tmp_path: Path) -> None:
    """Then it is withdrawn at the next look, what came with it is published, and mail is taken back."""
    aside = tmp_path / "aside"
    aside.mkdir()
    with pytest.raises(Conflict):
        room.sudden.accept()
    another_folder(room, aside)
    held = room.poll().held
    assert held is not None
    assert (held.going, held.new) == (COUNT, 10)
    assert room.sudden.accept() == held
    done = room.poll()
    assert (len(done.withdrawn), len(done.published)) == (COUNT, 10)
    assert room.sudden.standing() is None
    assert room.issue("first").state is IssueState.WITHDRAWN
    for _ in range(3):
        room.clock.move(hours=1)
        report = room.poll()
    assert room.issue("first").mailing is Mailing.CANCELLED, report


def test_a_word_for_some_is_none_for_more(room: Room, tmp_path: Path) -> None:
    """What vanishes after the author has looked is asked about anew."""
    aside = tmp_path / "aside"
    aside.mkdir()
    half_away(room, aside)
    room.poll()
    room.sudden.accept()
    for file in room.folder.root.glob("old*.md"):
        file.rename(aside / file.name)
    assert room.poll().withdrawn == ()
    assert room.sudden.standing() is not None


def test_what_was_known_and_due_goes_out_beside_what_is_held(room: Room, tmp_path: Path) -> None:
    """A half that is there is still the newsletter's: its schedule is kept, and its edits are shown."""
    aside = tmp_path / "aside"
    aside.mkdir()
    room.folder.write("later.md", "# Later", publish="2026-11-23")
    room.poll()
    for number in range(1, 13):
        (room.folder.root / f"old{number:02}.md").rename(aside / f"old{number:02}.md")
    room.folder.write("old19.md", "# Old 19\n\nCorrected.", publish="2026-11-01")
    room.folder.write("unknown.md", "# Unknown", publish="now")
    report = room.poll()
    assert [issue.note_id for issue in report.revised] == ["old19"]
    assert report.published == ()
    room.clock.move(days=1)
    assert [issue.note_id for issue in room.poll().published] == ["later"]
    room.desk.schedule("unknown.md", "now", zone=None)
    assert [issue.note_id for issue in room.poll().published] == ["unknown"]


def test_renaming_all_is_no_loss(room: Room) -> None:
    """Each is followed by its words: nothing is held, nobody is mailed, and mail goes on."""
    for file in sorted(room.folder.root.iterdir()):
        room.folder.rename(file.name, f"archive/2026/{file.name}")
    for _ in range(2):
        report = room.poll()
        assert (report.withdrawn, report.published, report.held) == ((), (), None)
    room.clock.move(minutes=6)
    assert sorted(mail(room)) == sorted(READERS)


@pytest.mark.only_slow
@pytest.mark.timeout(3600)
def test_ten_thousand_that_are_renamed_are_followed(database_url: str, tmp_path: Path) -> None:
    """A large archive that its author puts in order: none withdrawn, nobody mailed, each at its address
    and with its mail; and the next look has nothing to do.
    """
    root = tmp_path / "notes"
    root.mkdir()
    room = Room(database_url, Folder(root))
    room.subscribe(*READERS)
    for number in range(10_000):
        text = f"# Old {number}\n\nWhat only number {number} says."
        room.folder.write(f"old{number:05}.md", text, publish="2026-11-01")
    room.folder.write("first.md", "# First\n\nThe text.", publish="2026-11-22")
    room.poll()
    before = {issue.id: (issue.slug, issue.state) for issue in room.archive.everything()}
    for file in sorted(root.iterdir()):
        room.folder.rename(file.name, f"archive/2026/{file.stem}-moved.md")
    began = os.times()
    report = room.poll()
    ended = os.times()
    assert (report.withdrawn, report.published, report.revised) == ((), (), ())
    assert (report.held, report.went_on) == (None, ())
    assert room.poll() == PollReport()
    after = room.archive.everything()
    assert {issue.id: (issue.slug, issue.state) for issue in after} == before
    assert len(after) == 10_001
    assert all(issue.path.endswith("-moved.md") for issue in after)
    room.clock.move(minutes=6)
    assert sorted(mail(room)) == sorted(READERS)
    room.database.close()
    seconds = ended.user + ended.system - began.user - began.system
    sys.stdout.write(f"10,001 renamed: {seconds:.1f} s of processor\n")


def test_a_few_that_go_are_meant(room: Room) -> None:
    """Housekeeping needs no question."""
    for number in range(1, 4):
        room.folder.remove(f"old{number:02}.md")
    report = room.poll()
    assert (len(report.withdrawn), report.held) == (3, None)


def test_it_is_told_once_and_kept_over_a_restart(room: Room, tmp_path: Path) -> None:
    """Another process knows what is held, and the log is not filled with it."""
    aside = tmp_path / "aside"
    aside.mkdir()
    half_away(room, aside)
    held = room.poll().held
    again = _after_a_restart(room)
    assert again.held == held
    assert again.withdrawn == ()


def _after_a_restart(room: Room) -> PollReport:
    other = open_room(room.folder)
    try:
        return other.poll()
    finally:
        other.database.close()


def test_a_folder_that_is_not_there_says_nothing(room: Room) -> None:
    """No folder at all is an error of its own, and nothing is remembered of it."""
    root = room.folder.root
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(NotesFolderError):
        room.poll()
    root.with_name("elsewhere").rename(root)
    assert room.poll() == PollReport()
