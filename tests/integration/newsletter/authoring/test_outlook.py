"""The calendar and the queue, on real databases: what is to come is what the folder says now."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest
import vobject

from newsletter.authoring.ics import write_calendar
from newsletter.authoring.outlook import PlannedBy
from storage.model.errors import Conflict, ScheduleError
from tests.worlds.publishing.notes import IDENTITY, Folder, Room
from tests.worlds.zones import other_zones

TUESDAYS = ("0 9 * * TUE", "0 9 * * FRI")
"""The next are Tuesday the 24th and Friday the 27th of November 2026."""


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """A newsletter with a reader, a private note and slots, on each engine."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root), slots=TUESDAYS)
    opened.subscribe("ada@example.com")
    opened.folder.save("launch.md", "# Launch\n\nWe are off.")
    yield opened
    opened.database.close()


def planned(room: Room) -> list[tuple[str, PlannedBy]]:
    """What the calendar says of notes, without free slots."""
    return [(one.path, one.by) for one in room.outlook.calendar() if one.by is not PlannedBy.SLOT]


def test_the_calendar_shows_what_is_to_come(room: Room) -> None:
    """Commands and notes, soonest first, with what stands in the way; nothing published."""
    room.folder.write("own.md", "# Own\n\nText.", publish="2026-11-22 20:00", email="false")
    room.folder.write("out.md", publish="now")
    room.folder.write("held.md")
    room.desk.schedule("held.md", "2026-12-02", zone=None)
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.folder.write("held.md", draft="true")
    room.poll()
    planned = [one for one in room.outlook.calendar() if one.by is not PlannedBy.SLOT]
    assert [(one.path, one.by, one.problem) for one in planned] == [
        ("own.md", PlannedBy.NOTE, ""),
        ("launch.md", PlannedBy.COMMAND, ""),
        ("held.md", PlannedBy.COMMAND, "it is a draft"),
    ]
    assert [one.email for one in planned[:2]] == [False, True]
    room.folder.remove("launch.md")
    assert "does not exist" in room.outlook.calendar()[1].problem


def test_a_schedule_stays_at_its_instant_when_its_zone_gets_other_rules(
    room: Room, tmp_path: Path
) -> None:
    """A country changes its clocks otherwise, and the machine learns it: the calendar tells what was said, the same
    command moves it; a note's own date is by the new rules, and an hour that comes twice is no such change (rule G1).
    """
    room.folder.save("twice.md", "# Twice\n\nText.")
    room.desk.schedule("launch.md", "2027-02-01 09:00", zone="Europe/Berlin")
    room.desk.schedule("twice.md", "2027-10-31T02:30+01:00", zone="Europe/Berlin")
    room.folder.write("own.md", "# Own\n\nText.", publish="2027-02-01 09:00 Europe/Berlin")

    def seen() -> dict[str, tuple[str, str]]:
        return {one.path: (f"{one.publish_at:%d %H:%M}", one.said) for one in room.outlook.notes()}

    before = {"launch.md": ("01 08:00", ""), "own.md": ("01 08:00", "")}
    assert seen() == before | {"twice.md": ("31 01:30", "")}
    with other_zones(tmp_path / "zones", {"Europe/Berlin": "Africa/Nairobi"}):
        told = "2027-02-01 09:00 in Europe/Berlin"
        after = {"launch.md": ("01 08:00", told), "own.md": ("01 06:00", "")}
        assert seen() == after | {"twice.md": ("31 01:30", "2027-10-31 02:30 in Europe/Berlin")}
        room.desk.schedule("launch.md", "2027-02-01 09:00", zone="Europe/Berlin")
        assert seen()["launch.md"] == ("01 06:00", "")


def test_it_looks_at_the_folder_itself(room: Room) -> None:
    """Before the first poll it knows what notes say; what is taken back, or edited, is gone at once."""
    room.folder.write("own.md", publish="2026-12-24")
    assert planned(room) == [("own.md", PlannedBy.NOTE)]
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    room.poll()
    assert planned(room) == [("launch.md", PlannedBy.COMMAND), ("own.md", PlannedBy.NOTE)]
    room.desk.unschedule("launch.md")
    room.folder.write("own.md", "# Own")
    assert planned(room) == []


def test_a_note_whose_schedule_was_taken_back_says_itself_when(room: Room) -> None:
    """A later schedule forgotten, the earlier time in the note counts again, at the next look."""
    room.folder.write("own.md", publish="2026-11-22 14:00")
    room.desk.schedule("own.md", "2026-12-24", zone=None)
    room.poll()
    room.desk.unschedule("own.md")
    assert planned(room) == [("own.md", PlannedBy.NOTE)]
    room.clock.move(hours=2)
    assert [issue.path for issue in room.poll().published] == ["own.md"]


def test_what_is_due_is_told_and_what_is_too_late_is_not_to_come(room: Room) -> None:
    """A note due now is in it until it is published; one for the archive alone is no mail to come."""
    room.folder.write("now.md", publish="now")
    room.folder.write("old.md", publish="2019-01-01")
    [one] = [one for one in room.outlook.calendar() if one.by is PlannedBy.NOTE]
    assert (one.path, one.due) == ("now.md", True)
    assert [one.path for one in room.outlook.notes() if one.is_late] == ["old.md"]
    room.poll()
    room.folder.rename("now.md", "then.md")
    assert planned(room) == [], "it is published under its old name"


# ── the queue ────────────────────────────────────────────────────────────────────────────────


def test_notes_of_the_queue_take_the_slots_in_order(room: Room) -> None:
    """Each the next free one; twice is once; a slot given back is the next one's."""
    for name in ("a", "b", "c"):
        room.folder.write(f"{name}.md")
    room.folder.write("own.md", publish="2026-11-27 09:00")
    first = room.desk.queue("a.md")
    assert first.schedule.publish_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    again = room.desk.queue("a.md")
    assert (again.set_now, again.schedule.publish_at) == (False, first.schedule.publish_at)
    assert room.desk.queue("b.md").schedule.publish_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert planned(room) == [
        ("a.md", PlannedBy.QUEUE),
        ("own.md", PlannedBy.NOTE),
        ("b.md", PlannedBy.QUEUE),
    ]
    room.desk.unqueue("a.md")
    assert room.desk.queue("c.md").schedule.publish_at == first.schedule.publish_at
    room.clock.now = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
    assert [issue.path for issue in room.poll().published] == ["c.md"]


def test_notes_queued_at_once_get_slots_of_their_own(room: Room) -> None:
    """However many ask in the same moment, no slot has two notes."""
    names = [f"n{number}.md" for number in range(8)]
    for name in names:
        room.folder.write(name)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(room.desk.queue, names))
    assert len({one.schedule.publish_at for one in done}) == len(names)


def test_what_is_not_in_the_queue_is_not_taken_out(room: Room) -> None:
    """A schedule of one's own is told apart."""
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    with pytest.raises(Conflict, match="newsletter unschedule"):
        room.desk.unqueue("launch.md")


def test_without_slots_there_is_no_queue(tmp_path: Path) -> None:
    """It says which key names them."""
    (tmp_path / "notes").mkdir()
    room = Room(f"sqlite:///{tmp_path / 'a.db'}", Folder(tmp_path / "notes"))
    room.folder.write("a.md")
    with pytest.raises(ScheduleError, match="slots"):
        room.desk.queue("a.md")
    room.database.close()


# ── one send ─────────────────────────────────────────────────────────────────────────────────


def test_twenty_times_at_once_is_one_send(room: Room, database_url: str) -> None:
    """The same command twenty times at once, edited, renamed, restarted and again: one issue, one mail."""
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(
                lambda _: room.desk.schedule("launch.md", "2026-11-23 9:00", zone=None), range(20)
            )
        )
    assert sum(one.set_now for one in done) == 1
    room.poll()
    room.folder.save("launch.md", "# Launch\n\nWe are really off.")
    room.poll()
    room.folder.rename("launch.md", "start.md")
    room.poll()
    room.database.close()
    again = Room(database_url, room.folder, slots=TUESDAYS)
    assert not again.desk.schedule("start.md", "2026-11-23 9:00", zone=None).set_now
    again.clock.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: again.poll(), range(3)))
    assert sum(len(report.published) for report in reports) == 1
    assert again.queued == 1
    again.clock.move(days=2)
    assert again.poll().published == ()
    again.database.close()


# ── iCalendar ────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_read_by_another_program(room: Room) -> None:
    """Every event has what RFC 5545 asks for, its own lasting name, and its time in UTC, whatever the
    title holds.
    """
    title = "Ünïcödé; commas, back\\slash and " + "a very long title " * 8
    room.folder.write("own.md", f"# {title}\n\nText.", publish="2026-12-24 18:00", email="false")
    room.desk.schedule("launch.md", "tomorrow 9:00", zone=None)
    events = room.outlook.calendar()
    content = write_calendar(events, IDENTITY, room.clock.now)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    read = vobject.readOne(content.decode())
    found = {str(event.summary.value): event for event in read.vevent_list}
    assert found[title.strip()].dtstart.value == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert found["Launch"].dtstart.value == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert len(read.vevent_list) == len(events)
    uids = {event.uid.value for event in read.vevent_list}
    assert len(uids) == len(events)
    room.desk.schedule("launch.md", "2026-11-25 9:00", zone=None)
    moved = icalendar.Calendar.from_ical(
        write_calendar(room.outlook.calendar(), IDENTITY, room.clock.now)
    )
    assert str(found["Launch"].uid.value) in {str(event["uid"]) for event in moved.walk("VEVENT")}
