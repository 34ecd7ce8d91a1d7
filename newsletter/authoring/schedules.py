"""The author's desk: schedules and the calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from feeds.notes import Note, When, parse_when
from newsletter.publishing import Drafting, hash_content
from storage.archive import Issues
from storage.model import Conflict, Identity, NoteError, NotFound, Schedule, ScheduleError
from storage.notes import FolderNotes, Notebook, Schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A schedule that was set; `remark` tells of a clock change that skips or repeats its time."""

    schedule: Schedule
    remark: str


class PlannedBy(StrEnum):
    """Who says when a note goes out."""

    COMMAND = "command"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A note that will be published."""

    path: str
    title: str
    publish_at: datetime
    by: PlannedBy
    email: bool
    problem: str = ""
    """Why it will not go out as it is; empty when nothing is in the way."""


class Authoring:
    """What an author does before readers see anything."""

    def __init__(
        self,
        *,
        store: FolderNotes,
        archive: Issues,
        schedules: Schedules,
        notebook: Notebook,
        drafting: Drafting,
        identity: Identity,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._archive = archive
        self._schedules = schedules
        self._notebook = notebook
        self._drafting = drafting
        self._identity = identity
        self._clock = clock

    # ── schedules ────────────────────────────────────────────────────────────────────────

    def schedule(self, note: str, at: str | datetime, *, zone: str | None) -> Scheduled:
        """Set or move a note's schedule; see Newsletter.schedule."""
        path = self.find(note)
        source = self._store.read(path)
        found = self._drafting.parse(source, path)
        self._refuse_unpublishable(found)
        when = self._when(at, zone)
        now = self._clock()
        if when.instant < now.replace(microsecond=0):
            raise ScheduleError(f"{when.wall} in {when.zone} is in the past; use --now")
        schedule = Schedule(
            path=found.path,
            publish_at=when.instant,
            wall=when.wall,
            zone=when.zone,
            created_at=now,
            title=found.title,
            content_hash=hash_content(source),
        )
        self._schedules.put(schedule)
        return Scheduled(schedule=schedule, remark=when.remark)

    def unschedule(self, note: str) -> Schedule:
        """Forget a schedule; see Newsletter.unschedule."""
        schedules = self._schedules.load()
        path = note if note in schedules else self.find(note)
        issue = self._issue_at(path)
        if issue is not None:
            raise Conflict(f"{path} is published; `newsletter cancel {issue}` takes its mail back")
        if path not in schedules:
            if self._read(path).publish is not None:
                raise Conflict(
                    f"{path} itself says when it is published; take that line out of it, or add "
                    "`draft: true`"
                )
            raise NotFound("schedule for the note", path)
        self._schedules.remove(path)
        return schedules[path]

    def calendar(self) -> list[Planned]:
        """What is to come, soonest first."""
        schedules = self._schedules.load()
        published = {name.path for name in self._archive.names()}
        now = self._clock()
        planned = [
            self._plan(path, schedule.publish_at, PlannedBy.COMMAND)
            for path, schedule in schedules.items()
            if path not in published
        ]
        planned += [
            self._plan(known.path, known.publish_at, PlannedBy.NOTE)
            for known in self._notebook.load().values()
            if known.publish_at is not None
            and known.publish_at > now
            and known.path not in published | schedules.keys()
        ]
        return sorted(planned, key=lambda one: (one.publish_at, one.path))

    def _plan(self, path: str, publish_at: datetime, by: PlannedBy) -> Planned:
        try:
            note = self._read(path)
        except NoteError as error:
            return Planned(
                path=path,
                title=path,
                publish_at=publish_at,
                by=by,
                email=False,
                problem=error.reason,
            )
        return Planned(
            path=path,
            title=note.title,
            publish_at=publish_at,
            by=by,
            email=note.email,
            problem="it is a draft" if note.draft else "",
        )

    def _when(self, at: str | datetime, zone: str | None) -> When:
        chosen = _zone(zone or self._identity.timezone)
        if isinstance(at, datetime):
            at = at.isoformat()
        return parse_when(at, chosen, now=self._clock())

    def _refuse_unpublishable(self, note: Note) -> None:
        issue = self._issue_at(note.path)
        if issue is not None:
            raise Conflict(f"{note.path} is published already, as the issue {issue!r}")
        if note.draft:
            raise Conflict(f"{note.path} says `draft: true`; take that out first")

    def _issue_at(self, path: str) -> str | None:
        """The slug of the issue made from the note at this path."""
        return next((name.slug for name in self._archive.names() if name.path == path), None)

    # ── notes ────────────────────────────────────────────────────────────────────────────

    def find(self, note: str) -> str:
        """The path below the notes folder that the author means. Raises NotFound.

        A path as the shell completes it, through the folder's own name, is understood too, and so
        is one without the ending that all notes have.
        """
        paths = [file.path for file in self._store.scan().files]
        wanted = Path(note)
        root = self._store.root.resolve()
        spellings = [note]
        if wanted.resolve().is_relative_to(root):
            spellings.append(wanted.resolve().relative_to(root).as_posix())
        bare = {path.rpartition(".")[0]: path for path in reversed(paths)}
        for spelling in spellings:
            if spelling in paths or spelling in bare:
                return spelling if spelling in paths else bare[spelling]
        nearest = get_close_matches(note, paths, n=1)
        raise NotFound("note", note, nearest[0] if nearest else None)

    def _read(self, path: str) -> Note:
        return self._drafting.parse(self._store.read(path), path)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ScheduleError(
            f"there is no time zone {name!r}; write it like Europe/Berlin"
        ) from error
