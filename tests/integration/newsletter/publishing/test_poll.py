"""When a note goes out, and when it does not: the poll over real folders and databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.notes.habits import Habits
from storage.model.deliveries import DeliveryState
from storage.model.errors import NotesFolderError
from storage.model.issues import IssueState, Mailing
from tests.conftest import NOON
from tests.worlds.publishing.first import READERS
from tests.worlds.publishing.notes import Folder, Room, front


@pytest.fixture
def room(database_url: str, folder: Folder) -> Iterator[Room]:
    """A newsletter with two readers, on each engine in turn."""
    opened = Room(database_url, folder)
    opened.subscribe(*READERS)
    yield opened
    opened.database.close()


# ── opting in ────────────────────────────────────────────────────────────────────────────────


def test_private_notes_never_leave(room: Room) -> None:
    """Only a note that says `publish` is published; every other one is private."""
    room.folder.write("diary.md", title="Diary")
    room.folder.save("plain.md", "# No front matter\n\nAt all.\n")
    room.folder.write("off.md", publish="false")
    room.folder.write("empty.md", publish="")
    room.folder.write("public.md", publish="now")
    report = room.poll()
    assert room.live() == {"public"}
    assert report.queued == len(READERS)
    assert not report.faults


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22", datetime(2026, 11, 21, 23, 0, tzinfo=UTC)),
        ("2026-11-22 09:30", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        ("2026-11-22T09:30:00-05:00", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("2026-11-22T11:00Z", datetime(2026, 11, 22, 11, 0, tzinfo=UTC)),
        ("now", NOON + timedelta(hours=4)),
    ],
)
def test_a_publish_time_is_the_authors(
    database_url: str, folder: Folder, written: str, meant: datetime
) -> None:
    """Date, wall time in the newsletter's zone, offset or `now`: it is published then."""
    folder.clock.move(hours=4)
    room = Room(database_url, folder)
    folder.write("note.md", publish=written)
    room.poll()
    assert room.issue("note").published_at == meant
    room.database.close()


def test_a_future_note_waits_for_its_time(room: Room, database_url: str) -> None:
    """It goes out when its time has come, though its file does not change, also after a restart."""
    room.folder.write("note.md", publish="2026-11-23 09:00")
    assert room.poll().published == ()
    room.clock.now = datetime(2026, 11, 23, 7, 59, 59, tzinfo=UTC)
    assert room.poll().published == ()
    room.clock.move(seconds=1)
    restarted = Room(database_url, room.folder)
    report = restarted.poll()
    assert [issue.note_id for issue in report.published] == ["note"]
    assert report.queued == len(READERS)
    assert report.published[0].published_at == room.clock.now
    restarted.database.close()


def test_another_key_can_opt_in(database_url: str, folder: Folder) -> None:
    """An existing blog's `date` may be the key that publishes."""
    room = Room(database_url, folder, habits=Habits(date_keys=("date",)))
    folder.write("post.md", date="2026-11-22 09:00")
    folder.write("other.md", publish="now")
    room.poll()
    assert room.live() == {"post"}
    room.database.close()


def test_lines_are_kept_where_the_folder_is_so(database_url: str, folder: Folder) -> None:
    """Once `[notes] line_breaks` says so, what is published is rendered anew, and nobody is told or mailed."""
    folder.write("post.md", "Best,\nAda", publish="2026-11-22 09:00")
    for asked, shown in ((False, "Best,\nAda"), (True, "Best,<br>\nAda")):
        room = Room(database_url, folder, habits=Habits(line_breaks=asked))
        report = room.poll()
        assert shown in room.issue("post").html
        assert (len(report.published), report.revised) == (not asked, ())
        room.database.close()


# ── who is mailed ────────────────────────────────────────────────────────────────────────────


def test_a_note_first_seen_late_is_not_mailed(room: Room) -> None:
    """More than the grace after its time it goes to feed and archive only, and says why."""
    room.folder.write("late.md", publish="2026-11-21T11:59:00Z")
    room.folder.write("timely.md", publish="2026-11-21T12:00:00Z")
    room.poll()
    assert room.issue("timely").mailing is Mailing.OPEN
    late = room.issue("late")
    assert late.state is IssueState.LIVE
    assert late.mailing is Mailing.OFF
    assert "first seen at 2026-11-22 12:00 UTC" in late.mailing_reason
    assert room.queued == len(READERS)


def test_a_note_seen_in_time_is_mailed_however_late(room: Room, database_url: str) -> None:
    """If the service was down for three days, what it had seen before has its deliveries."""
    room.folder.write("note.md", publish="2026-11-22T18:00Z")
    room.poll()
    room.clock.move(days=3)
    restarted = Room(database_url, room.folder)
    assert restarted.poll().queued == len(READERS)
    restarted.database.close()


def test_a_time_edited_into_the_past_is_not_mailed(room: Room) -> None:
    """Lateness counts from when this very time was first seen."""
    room.folder.write("note.md", publish="2026-11-23")
    room.poll()
    room.folder.write("note.md", publish="2020-01-01")
    room.poll()
    assert room.issue("note").mailing is Mailing.OFF
    assert room.queued == 0


def test_an_old_note_saying_now_is_not_mailed(room: Room) -> None:
    """`publish: now` in a file that was written long ago is no news."""
    room.folder.save("old.md", front(publish="now"), ago=timedelta(days=400))
    room.poll()
    issue = room.issue("old")
    assert issue.mailing is Mailing.OFF
    assert issue.published_at < NOON - timedelta(days=399)


def test_a_note_may_decline_mail(room: Room) -> None:
    """`email: false` is for feeds and archive alone."""
    room.folder.write("note.md", publish="now", email="false")
    room.poll()
    assert room.issue("note").mailing is Mailing.OFF
    assert "email: false" in room.issue("note").mailing_reason
    assert room.queued == 0


def test_ten_years_of_notes_mail_nobody(room: Room, slow: bool) -> None:
    """Pointed at an old store, every note becomes an issue and no delivery is made."""
    size = 500 if slow else 30
    for number in range(size):
        day = NOON - timedelta(days=2 + number * 7)
        room.folder.write(f"{day:%Y}/{number}.md", f"Number {number}.", publish=f"{day:%Y-%m-%d}")
    report = room.poll()
    assert len(report.published) == len(room.archive.live()) == size
    assert report.queued == room.queued == 0
    assert room.poll().published == ()


def test_mail_waits_for_the_hold(room: Room) -> None:
    """Deliveries are due only after the hold; taken back before, nothing is ever sent."""
    room.folder.write("note.md", publish="now")
    room.poll()
    assert room.ledger.next_due() == NOON + timedelta(minutes=5)
    early = room.ledger.claim("w", now=NOON, limit=9, lease=timedelta(minutes=1))
    assert early == []
    assert room.mailings.cancel(room.issue("note").id) == len(READERS)
    room.clock.move(minutes=6)
    assert room.ledger.claim("w", now=room.clock(), limit=9, lease=timedelta(minutes=1)) == []
    assert room.overview.tally()[DeliveryState.CANCELLED] == len(READERS)


# ── drafts ───────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_held_back(room: Room) -> None:
    """Whatever else it says; once it is no draft its time counts from then."""
    room.folder.write("note.md", publish="now", draft="true")
    assert room.poll().published == ()
    room.clock.move(hours=1)
    room.folder.write("note.md", publish="now")
    assert room.poll().queued == len(READERS)


def test_a_draft_mark_withdraws_what_was_published(room: Room) -> None:
    """`draft: true` and taking `publish` away both withdraw, and give it back without mail."""
    for words in ({"publish": "now", "draft": "true"}, {"title": "Private"}):
        room.folder.write("note.md", publish="now")
        room.poll()
        assert room.live() == {"note"}
        room.folder.write("note.md", **words)
        assert [issue.note_id for issue in room.poll().withdrawn] == ["note"]
        assert room.live() == set()
    room.folder.write("note.md", publish="now")
    assert room.poll().queued == 0
    assert room.queued == len(READERS)


# ── trouble ──────────────────────────────────────────────────────────────────────────────────


def test_a_broken_note_is_reported_once_per_content(room: Room) -> None:
    """It holds nothing else up, is told again only when it changes, and works once it is mended."""
    room.folder.write("broken.md", publish="perhaps")
    room.folder.write("good.md", publish="now")
    report = room.poll()
    assert [fault.path for fault in report.faults] == ["broken.md"]
    assert room.live() == {"good"}
    assert room.poll().faults == ()
    room.folder.write("broken.md", publish="perhaps")
    assert room.poll().faults == (), "touched, not changed"
    room.folder.write("broken.md", publish="who knows")
    assert len(room.poll().faults) == 1
    room.folder.write("broken.md", publish="now")
    assert room.poll().queued == len(READERS)


def test_a_published_note_that_breaks_stays_as_it_is(room: Room) -> None:
    """Readers keep what they have until the note can be read again."""
    room.folder.write("note.md", "First.", publish="now")
    room.poll()
    room.folder.save("note.md", "---\npublish: [now\n---\nSecond.")
    report = room.poll()
    assert len(report.faults) == 1
    assert report.withdrawn == ()
    assert "First." in room.issue("note").html


def test_a_file_emptied_by_accident_withdraws_nothing(room: Room) -> None:
    """A full disk or a stopped sync leaves empty files; that is no wish of the author's."""
    room.folder.write("note.md", publish="now")
    room.poll()
    room.folder.save("note.md", "")
    report = room.poll()
    assert [fault.path for fault in report.faults] == ["note.md"]
    assert room.live() == {"note"}
    assert room.overview.tally()[DeliveryState.QUEUED] == len(READERS)


def test_a_missing_folder_withdraws_nothing(room: Room) -> None:
    """Without a folder nothing can be concluded, so everything stays."""
    room.folder.write("note.md", publish="now")
    room.poll()
    room.folder.root.rename(room.folder.root.with_name("elsewhere"))
    with pytest.raises(NotesFolderError, match="cannot be read"):
        room.poll()
    assert room.live() == {"note"}


def test_a_folder_that_leads_away_withdraws_nothing(room: Room, tmp_path: Path) -> None:
    """What lies below a folder that cannot be looked into is neither there nor gone."""
    room.folder.write("sub/note.md", publish="now")
    room.poll()
    away = tmp_path / "away"
    (room.folder.root / "sub").rename(away)
    (room.folder.root / "sub").symlink_to(away)
    report = room.poll()
    assert [fault.path for fault in report.faults] == ["sub"]
    assert room.live() == {"note"} or room.live() == {"sub/note"}
    assert room.poll().faults == (), "reported once"
    (room.folder.root / "sub").unlink()
    away.rename(room.folder.root / "sub")
    assert room.poll().withdrawn == ()
    assert room.overview.tally()[DeliveryState.QUEUED] == len(READERS)


def test_editors_litter_is_not_read(room: Room) -> None:
    """Swap, backup, lock and conflict files are nobody's notes."""
    for name in (".note.md.swp", "note.md~", "#note.md#", ".#note.md", "note.md.tmp", "~$note.md"):
        room.folder.write(name, publish="now")
    room.folder.write("note.sync-conflict-20261122-120000.md", publish="now")
    assert room.poll().published == ()


def test_a_clock_that_steps_back_repeats_nothing(room: Room) -> None:
    """What was published stays published, and what waits goes on waiting (rule G10)."""
    room.folder.write("note.md", publish="2026-11-22T11:00Z")
    room.folder.write("later.md", publish="2026-11-22T12:30Z")
    room.poll()
    room.clock.move(hours=-3)
    report = room.poll()
    assert (report.published, report.withdrawn, report.queued) == ((), (), 0)
    room.clock.move(hours=4)
    assert [issue.note_id for issue in room.poll().published] == ["later"]
    assert room.queued == 2 * len(READERS)


def test_feed_ids_survive_a_lost_database(folder: Folder, tmp_path: Path) -> None:
    """Rebuilt from the notes, every issue has the guid it had (rule E7)."""
    folder.write("one.md", publish="2026-11-01")
    folder.write("two.md", "Two.", publish="2026-11-02", id="second")
    guids = []
    for name in ("first", "rebuilt"):
        room = Room(f"sqlite:///{tmp_path / name}.db", folder)
        room.poll()
        guids.append({issue.note_id: issue.guid for issue in room.archive.live()})
        room.database.close()
        folder.clock.move(days=30)
    assert guids[0] == guids[1]
    assert set(guids[0]) == {"one", "second"}


def test_a_tag_is_one_whatever_its_case(room: Room) -> None:
    """The first spelling is shown by every issue, also by one that was revised."""
    room.folder.write("a.md", publish="2026-11-20", tags="[Python, One]")
    room.folder.write("b.md", publish="2026-11-21", tags="[python, PYTHON]")
    room.poll()
    room.folder.write("c.md", publish="2026-11-22", tags="pYTHON")
    room.folder.write("a.md", "More words.", publish="2026-11-20", tags="[Python, ONE]")
    room.poll()
    assert [issue.tags for issue in room.archive.live()] == [
        ("Python",),
        ("Python",),
        ("Python", "ONE"),
    ]
    room.folder.write("a.md", "More words.", publish="2026-11-20")
    room.poll()
    assert [issue.tags for issue in room.archive.live()] == [("Python",), ("Python",), ()]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-21T10:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2013-01-01", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2099-01-01", NOON),
        ("", datetime(2026, 11, 20, 12, tzinfo=UTC)),
    ],
)
def test_the_author_s_date_of_change_is_shown_and_mails_nobody(
    room: Room, said: str, meant: datetime
) -> None:
    """Never before it was published, nor to come. A later date counts; an edit without is of now. No mail."""
    room.folder.write("a.md", publish="2026-11-20T12:00Z", lastmod=said)
    room.poll()
    assert room.issue("a").updated_at == meant
    room.clock.move(days=1)
    room.folder.write("a.md", "Edited.", publish="2026-11-20T12:00Z", lastmod="2026-11-22")
    room.poll()
    later = datetime(2026, 11, 21, 23, tzinfo=UTC)  # that day begins in the newsletter's zone
    assert room.issue("a").updated_at == (room.clock.now if said == "2099-01-01" else later)
    room.folder.write("a.md", "Again.", publish="2026-11-20T12:00Z", lastmod="2026-11-22")
    room.poll()
    assert room.issue("a").updated_at == room.clock.now
    assert room.queued == 0
