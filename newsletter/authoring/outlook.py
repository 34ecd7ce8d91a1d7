"""What is to come: the notes folder as it is now, and the schedules. Looks, and changes nothing.

    files | which may come out | parse | wish | decide      what the next polls will do with each

A file that is as the poll last saw it is read only if it has a time; all others are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from feeds.notes import Note
from newsletter.config import Late, slots_after
from newsletter.digests import ComingDigest
from newsletter.publishing import Drafting, Publish, Wait, decide, hash_content, wish_of, written_at
from storage.archive import Issues
from storage.model import KnownNote, NoteError, Schedule, count
from storage.notes import ABOUT, FileStat, Notebook, NotesStore, Schedules

FREE_SLOTS: Final = 5
"""How many free slots the calendar shows."""


class PlannedBy(StrEnum):
    """Who says when a note goes out."""

    COMMAND = "command"
    NOTE = "note"
    QUEUE = "queue"
    """A command, at a slot of `[schedule] slots`."""
    DIGEST = "digest"
    """Readers: it brings what waits for those who want digests. It has no path."""
    SLOT = "slot"
    """Nobody yet: the slot is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A note that will be published, or a free slot, which has no path."""

    path: str
    title: str
    publish_at: datetime
    by: PlannedBy
    email: bool
    problem: str = ""
    """Why it will not go out as it is; empty when nothing is in the way."""
    due: bool = False
    """Whether its time has come: the next look publishes it."""
    reason: str = ""
    """Why it is published and not mailed, or held for its author; empty if it is mailed."""
    said: str = ""
    """What was said when it was scheduled, where that is another time by now: the rules of its zone have changed."""
    held: bool = False
    mail: bool = True
    """Whether it is to be mailed, by its time and its `email` key."""
    note: Note | None = None
    """As it was read; None for a slot, and what cannot be read."""
    content_hash: str = ""

    @property
    def is_late(self) -> bool:
        """Whether it goes to the archive at the next look, and to nobody by mail."""
        return self.due and self.email and bool(self.reason) and not self.held


class Outlook:
    """The author's calendar, made anew at each look."""

    def __init__(
        self,
        *,
        store: NotesStore,
        archive: Issues,
        schedules: Schedules,
        notebook: Notebook,
        drafting: Drafting,
        slots: Sequence[str],
        zone: ZoneInfo,
        grace: timedelta,
        late: Late,
        digests: Callable[[Sequence[datetime]], Sequence[ComingDigest]] = lambda _planned: (),
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._archive = archive
        self._schedules = schedules
        self._notebook = notebook
        self._drafting = drafting
        self._slots = slots
        self._zone = zone
        self._grace = grace
        self._late = late
        self.digests = digests
        """What digests will be made of what waits now and of what is planned for these times, soonest first."""
        self._clock = clock

    def calendar(self) -> list[Planned]:
        """What is to come with digests and the next free slots, soonest first. Raises NotesFolderError."""
        notes = [one for one in self.notes() if not one.is_late]
        free = islice(self.free_slots({one.publish_at for one in notes}), FREE_SLOTS)
        slots = [
            Planned(path="", title="", publish_at=at, by=PlannedBy.SLOT, email=True) for at in free
        ]
        digests = [
            Planned(
                path="",
                title=one.title,
                publish_at=one.at,
                by=PlannedBy.DIGEST,
                email=True,
                due=one.is_due,
                reason=tell_digest(one),
            )
            for one in self.digests(
                [note.publish_at for note in notes if note.mail and not note.problem]
            )
        ]
        return sorted([*notes, *digests, *slots], key=lambda one: (one.publish_at, one.path))

    def slots(self) -> Iterator[datetime]:
        """The slots to come, free or not, soonest first; nothing where none are configured."""
        return slots_after(self._slots, self._zone, self._clock()) if self._slots else iter(())

    def free_slots(self, taken: Iterable[datetime]) -> Iterator[datetime]:
        """Those that no note has."""
        known = frozenset(taken)
        return (at for at in self.slots() if at not in known)

    def note(self, path: str) -> Note | None:
        """The note of this file; None where it cannot be read as one."""
        try:
            return self._drafting.parse(self._store.read(path), path)
        except NoteError:
            return None

    def notes(self, *paths: str) -> list[Planned]:
        """The notes that will be published, or these of them, soonest first.

        Those that are too late to mail are among them: they go to the archive at the next look.
        """
        names = self._archive.names()
        files = {file.path: file for file in self._store.scan().files}
        look = _Look(
            now=self._clock(),
            schedules=self._schedules.load(),
            known=self._notebook.load(),
            files=files,
            published=frozenset(name.path for name in names),
            note_ids=frozenset(name.note_id for name in names),
            moved=frozenset(name.content_hash for name in names if name.path not in files),
        )
        queued = self._queued(look.schedules.values())
        found = [
            planned
            for path in (paths or look.candidates())
            if (planned := self._look_at(path, look, queued)) is not None
        ]
        return sorted(found, key=lambda one: (one.publish_at, one.path))

    def _queued(self, schedules: Iterable[Schedule]) -> frozenset[datetime]:
        """The times among them that are slots."""
        return frozenset(
            at for at in {schedule.publish_at for schedule in schedules} if self.is_slot(at)
        )

    def is_slot(self, at: datetime) -> bool:
        """Whether a note that goes out at that time is one of the queue."""
        before = at - timedelta(microseconds=1)
        return bool(self._slots) and next(slots_after(self._slots, self._zone, before)) == at

    def _look_at(self, path: str, look: _Look, queued: frozenset[datetime]) -> Planned | None:
        schedule, file = look.schedules.get(path), look.files.get(path)
        by = PlannedBy.NOTE
        if schedule is not None:
            by = PlannedBy.QUEUE if schedule.publish_at in queued else PlannedBy.COMMAND
        try:
            source = self._store.read(path)
            note = self._drafting.parse(source, path)
        except NoteError as error:
            if (at := look.time_of(path)) is None:
                return None
            return Planned(
                path=path, title=path, publish_at=at, by=by, email=False, problem=error.reason
            )
        content_hash = hash_content(source)
        if file is None or look.is_published(note.note_id, content_hash):
            return None
        return self._judge(note, content_hash, written_at(file.mtime_ns), look, by)

    def _judge(
        self, note: Note, content_hash: str, written: datetime, look: _Look, by: PlannedBy
    ) -> Planned | None:
        """What will become of a note that was not published yet; None of one without a time."""
        schedule = look.schedules.get(note.path)
        wish = wish_of(
            note,
            written=written,
            schedule=schedule,
            known=look.known.get(note.path),
            now=look.now,
            grace=self._grace,
        )
        decision = decide(
            wish, content_hash, None, now=look.now, grace=self._grace, late=self._late
        )
        comes = isinstance(decision, Publish | Wait)
        if wish.due_at is None or (not comes and schedule is None):
            return None  # of no time, or a draft that says when, as a date in its name
        planned = Planned(
            path=note.path,
            title=note.title,
            publish_at=wish.due_at,
            by=by,
            email=note.email,
            mail=note.email,
            problem="" if comes else note.kept or "its time is past",
            said=_tell_said(schedule) if schedule is not None else "",
            note=note,
            content_hash=content_hash,
        )
        if not isinstance(decision, Publish):
            return planned
        return replace(
            planned, due=True, reason=decision.reason, held=decision.held, mail=decision.mail
        )


def _tell_said(schedule: Schedule) -> str:
    """What was said, if the zone has other rules by now than when that was; it stays at its instant (rule G1)."""
    wall = datetime.fromisoformat(schedule.wall)
    try:
        zone = ZoneInfo(schedule.zone)
    except (KeyError, ValueError, OSError):
        return ""  # its zone is gone, and nobody knows what it would be
    meant = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return "" if schedule.publish_at in meant else f"{wall:%Y-%m-%d %H:%M} in {schedule.zone}"


def tell_digest(one: ComingDigest) -> str:
    """What is in it by now, what will be, and for how many."""
    return f"{tell_contents(one)}, for {count(one.readers, 'reader')}"


def tell_contents(one: ComingDigest) -> str:
    """How many issues are in it: `1 issue so far, 2 more by then`."""
    more = f", {one.to_come:,} more by then" if one.to_come else ""
    return f"{count(one.issues, 'issue')} so far{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look found."""

    now: datetime
    schedules: Mapping[str, Schedule]
    known: Mapping[str, KnownNote]
    files: Mapping[str, FileStat]
    published: frozenset[str]
    """Paths of issues."""
    note_ids: frozenset[str]
    moved: frozenset[str]
    """What the notes of issues say whose files are not there: perhaps they have other names."""

    def candidates(self) -> Iterator[str]:
        """Paths of what may be published some day and is not yet."""
        yield from (path for path in self.schedules if path not in self.published)
        for path, file in self.files.items():
            if path in self.published or path in self.schedules or path == ABOUT:
                continue
            known = self.known.get(path)
            is_new = known is None or (known.size, known.mtime_ns) != (file.size, file.mtime_ns)
            if is_new or (known is not None and known.publish_at is not None):
                yield path

    def time_of(self, path: str) -> datetime | None:
        """When a note that cannot be read would have come out."""
        if (schedule := self.schedules.get(path)) is not None:
            return schedule.publish_at
        known = self.known.get(path)
        return known.publish_at if known is not None else None

    def is_published(self, note_id: str, content_hash: str) -> bool:
        """Whether an issue is this note, perhaps under the name that its file had before."""
        return note_id in self.note_ids or content_hash in self.moved
