"""The author's desk on real databases: schedules, previews and the About page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from storage.archive.issues import Issues
from storage.archive.rows import IssueName
from storage.model.errors import Conflict, NoteError, NotFound, ScheduleError
from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.unit.newsletter.authoring.checks.test_places import NORTH, picture
from tests.worlds.clock import Clock
from tests.worlds.publishing.notes import Folder, Room

TOMORROW_9 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""In Berlin, where the newsletter lives."""


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """A newsletter with a reader and a private note, on each engine."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root))
    opened.subscribe("ada@example.com")
    opened.folder.save("launch.md", "# Launch\n\nWe are off.")
    yield opened
    opened.database.close()


# ── schedules ────────────────────────────────────────────────────────────────────────────────


def test_a_scheduled_note_goes_out_without_front_matter(room: Room) -> None:
    """At its time, to everybody, though the note itself says nothing and was polled before."""
    room.poll()
    done = room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    assert done.schedule.publish_at == TOMORROW_9
    assert (done.schedule.wall, done.schedule.zone) == ("2026-11-23T09:00:00", "Europe/Berlin")
    assert room.poll().published == ()
    room.clock.now = TOMORROW_9
    report = room.poll()
    assert [issue.published_at for issue in report.published] == [TOMORROW_9]
    assert report.queued == 1
    room.clock.move(days=5)
    assert room.poll().withdrawn == ()


def test_scheduled_for_now_it_goes_out_with_the_next_poll(room: Room) -> None:
    """`now` is now, also for a note the poll has never seen."""
    room.clock.move(microseconds=7)
    room.desk.schedule("launch", " Now", zone=None)
    assert room.poll().queued == 1


def test_now_is_not_in_the_past_when_a_second_ends(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much time passes between two looks at the clock."""

    def tick(clock: Clock) -> datetime:
        clock.move(seconds=1)
        return clock.now

    monkeypatch.setattr(Clock, "__call__", tick)
    room.desk.schedule("launch", "now", zone=None)
    assert room.poll().queued == 1


def test_a_schedule_commanded_in_time_loses_no_mail_however_late(room: Room) -> None:
    """The command counts as seen: after a service was down, the mail is there and its author is asked."""
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.clock.move(days=4)
    report = room.poll()
    assert report.queued == 1
    assert report.published[0].mailing is Mailing.PAUSED
    assert "newsletter resume" in report.published[0].mailing_reason


def test_a_command_beats_the_front_matter(room: Room) -> None:
    """The schedule counts, whatever the note says of its time; it can be moved again."""
    room.folder.save("own.md", "---\npublish: 2026-12-24\n---\nText.")
    room.poll()
    room.desk.schedule("own.md", "2026-11-24 10:00", zone="UTC")
    room.desk.schedule("own.md", "2026-11-23 10:00", zone="UTC")
    room.clock.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert [issue.note_id for issue in room.poll().published] == ["own"]


def test_unscheduled_it_stays_private(room: Room) -> None:
    """A schedule taken back is forgotten; what never had one says so."""
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.poll()
    assert room.desk.unschedule("launch.md").publish_at == TOMORROW_9
    room.clock.move(days=2)
    assert room.poll().published == ()
    with pytest.raises(NotFound, match=r"launch\.md"):
        room.desk.unschedule("launch.md")


def test_a_schedule_survives_a_rename(room: Room) -> None:
    """The same note under another name goes out as it was told to, in mail too."""
    room.poll()
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.poll()
    room.folder.rename("launch.md", "2026/start.md")
    room.poll()
    assert set(room.schedules.load()) == {"2026/start.md"}
    room.clock.move(days=3)
    report = room.poll()
    assert [issue.path for issue in report.published] == ["2026/start.md"]
    assert report.queued == 1


def test_a_schedule_left_behind_does_not_stop_the_poll(room: Room) -> None:
    """A note renamed to a name that had a schedule of its own brings its own along."""
    room.folder.write("other.md")
    room.poll()
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.desk.schedule("other.md", "2026-12-24 9:00", zone=None)
    room.folder.remove("other.md")
    room.poll()
    room.folder.rename("launch.md", "other.md")
    room.poll()
    assert {path: row.publish_at for path, row in room.schedules.load().items()} == {
        "other.md": TOMORROW_9
    }


def test_a_published_schedule_survives_rename_removal_and_return(room: Room) -> None:
    """An issue that only a command made public is not lost with its file's name."""
    room.desk.schedule("launch.md", "now", zone=None)
    room.poll()
    room.folder.rename("launch.md", "there.md")
    assert room.poll().withdrawn == ()
    room.folder.remove("there.md")
    assert len(room.poll().withdrawn) == 1
    room.folder.save("back.md", "# Launch\n\nWe are off.")
    assert len(room.poll().restored) == 1
    assert room.queued == 1


@pytest.mark.parametrize(
    ("at", "zone", "error"),
    [
        ("yesterday", None, ScheduleError),
        ("2026-11-22 11:59", "UTC", ScheduleError),
        ("2020-01-01", None, ScheduleError),
        ("whenever", None, ScheduleError),
        ("tomorrow 9:00", "Mars/Olympus", ScheduleError),
        ("tomorrow 9:00", "../etc/passwd", ScheduleError),
    ],
)
def test_a_wish_that_cannot_be_granted_says_why(
    room: Room, at: str, zone: str | None, error: type[Exception]
) -> None:
    """The past, nonsense and unknown zones are refused, and nothing is kept."""
    with pytest.raises(error):
        room.desk.schedule("launch.md", at, zone=zone)
    assert room.schedules.load() == {}


@pytest.mark.parametrize(
    ("at", "instant", "word"),
    [
        ("2027-03-28 02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "does not exist"),
        ("2027-10-31 02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "twice"),
    ],
)
def test_a_clock_change_is_told(room: Room, at: str, instant: datetime, word: str) -> None:
    """A skipped time takes the offset before the gap, a repeated one its first (rule G1)."""
    done = room.desk.schedule("launch.md", at, zone="Europe/Berlin")
    assert done.schedule.publish_at == instant
    assert word in done.remark
    assert room.desk.schedule("launch.md", "2027-06-01 9:00", zone=None).remark == ""


def test_a_datetime_is_taken_as_it_is(room: Room) -> None:
    """With an offset it is an instant, without one a wall time in the zone."""
    aware = room.desk.schedule("launch.md", NOON + timedelta(hours=1, microseconds=5), zone=None)
    assert aware.schedule.publish_at == NOON + timedelta(hours=1)
    naive = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - a wall time is what is tested
    assert room.desk.schedule("launch.md", naive, zone=None).schedule.publish_at == TOMORROW_9


def test_what_is_published_or_a_draft_is_not_scheduled(room: Room) -> None:
    """Each refusal names what stands in the way."""
    room.folder.write("out.md", publish="now")
    room.folder.write("draft.md", draft="true")
    room.folder.write("broken.md", publish="perhaps")
    room.poll()
    with pytest.raises(Conflict, match="published already"):
        room.desk.schedule("out.md", "tomorrow 9:00", zone=None)
    with pytest.raises(Conflict, match="it is a draft"):
        room.desk.schedule("draft.md", "tomorrow 9:00", zone=None)
    with pytest.raises(NoteError):
        room.desk.schedule("broken.md", "tomorrow 9:00", zone=None)
    with pytest.raises(NotFound, match=r"did you mean 'launch\.md'"):
        room.desk.schedule("lunch.md", "tomorrow 9:00", zone=None)
    with pytest.raises(NotFound):
        room.desk.schedule("../launch.md", "tomorrow 9:00", zone=None)


def test_unscheduling_says_what_else_holds(room: Room) -> None:
    """A note that says itself when it goes out, and one that is out, cannot be unscheduled."""
    room.folder.write("own.md", publish="2026-12-24")
    room.desk.schedule("launch.md", "now", zone=None)
    room.poll()
    with pytest.raises(Conflict, match="itself says"):
        room.desk.unschedule("own.md")
    with pytest.raises(Conflict, match="newsletter cancel launch"):
        room.desk.unschedule("launch.md")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("./launch.md", "launch.md"),
        ("deep/../launch.md", "launch.md"),
        ("deep/same", "deep/same.md"),
        ("same", "same.md"),
        ("two words/my note", "two words/my note.md"),
        ("\u00fcbung.md", "u\u0308bung.md"),
        ("u\u0308bung", "u\u0308bung.md"),
        ("gr\u00fcn.md", "gr\u00fcn.md"),
        ("gru\u0308n.md", "gr\u00fcn.md"),
    ],
)
def test_a_note_is_found_however_its_path_is_written(room: Room, written: str, found: str) -> None:
    """With blanks, dots, no ending, and accents apart or not: what is in the folder under that very path first."""
    for path in (
        "same.md",
        "deep/same.md",
        "two words/my note.md",
        "u\u0308bung.md",
        "gr\u00fcn.md",
    ):
        room.folder.save(path, "# One\n\nWords.")
    assert room.desk.find(written) == found


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("LAUNCH.MD", "launch.md"),
        ("my note", "two words/my note.md"),
        ("lunch.md", "launch.md"),
        ("../launch.md", "launch.md"),
    ],
)
def test_a_note_that_is_not_there_names_the_one_that_is_meant(
    room: Room, written: str, nearest: str
) -> None:
    """The one of another case, in another folder, or with a slip of the finger."""
    room.folder.save("two words/my note.md", "# One\n\nWords.")
    with pytest.raises(NotFound, match=f"did you mean '{nearest}'"):
        room.desk.find(written)


def test_a_note_is_found_as_the_shell_completes_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`notes/launch.md` from outside the folder is the note `launch.md`."""
    monkeypatch.chdir(room.folder.root.parent)
    assert room.desk.schedule("notes/launch.md", "now", zone=None).schedule.path == "launch.md"


# ── previews ─────────────────────────────────────────────────────────────────────────────────


def test_a_preview_is_the_mail_and_changes_nothing(room: Room) -> None:
    """Subject, HTML, text and the whole message, of a private note too."""
    room.folder.save("hello.md", "# Hello\n\nDear {{ name | reader }}, {{ nick }}.")
    shown = room.proofs.preview("hello")
    message = message_from_bytes(shown.eml, policy=default)
    assert "Hello" in str(message["Subject"])
    assert "Dear Ada Example" in shown.html
    assert "Dear Ada Example" in shown.text
    assert any("nick" in warning.sentence for warning in shown.warnings)
    assert room.archive.everything() == []
    assert room.notebook.load() == {}


def test_a_picture_that_says_where_it_was_taken_is_told(room: Room) -> None:
    """In the text or as the preview, for it is served as it is; a warning, which its author is to judge."""
    write = room.folder.write
    write("a.md", "# A\n\nSee ![Here|9](my%20photo.jpg) of mine.", publish="now", image="b.jpg")
    for name in ("my photo.jpg", "b.jpg"):
        (room.folder.root / name).write_bytes(picture("JPEG", NORTH))
    (checked,) = room.proofs.check(["a.md"])
    assert [(one.code, one.line) for one in checked.findings] == [("place", 3), ("place", 8)]
    assert not checked.has_errors


def test_a_check_tells_of_an_id_that_is_taken(room: Room) -> None:
    """Two notes of one id: the second would not be published, whether or not the first is; a draft takes none."""
    room.folder.write("a-draft.md", "words", publish="now", id="same", draft="true")
    room.folder.write("b.md", "# B\n\nfirst words", publish="now", id="same")
    room.folder.write("c.md", "# C\n\nother words", publish="now", id="same")
    for _ in range(2):
        checked = room.proofs.check(["a-draft.md", "b.md", "c.md"])
        told = {one.note: [finding.message for finding in one.findings] for one in checked}
        taken = "its id 'same' is that of b.md; give it another"
        assert taken not in told["a-draft.md"] + told["b.md"]
        assert told["c.md"] == [taken]
        room.poll()


def test_a_check_reads_the_names_of_all_issues_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it looks up in them: of ten years there are many, and each new issue is checked."""
    read: list[Issues] = []

    def names(issues: Issues) -> list[IssueName]:
        read.append(issues)
        return kept(issues)

    kept = Issues.names
    monkeypatch.setattr(Issues, "names", names)
    assert [one.note for one in room.proofs.check([])] == []
    assert [one.note for one in room.proofs.check(["launch.md"])] == ["launch.md"]
    assert len(read) == 2
