"""The author's schedules: set, moved, queued, taken back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import chain
from os.path import normpath
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from feeds.notes import Note, When, parse_when
from newsletter.authoring.outlook import Outlook
from newsletter.publishing import Drafting, hash_content
from storage.archive import Issues
from storage.model import Conflict, Identity, NotATime, NotFound, Schedule, ScheduleError
from storage.notes import Notebook, NotesStore, Schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A schedule that was set, or was there already."""

    schedule: Schedule
    remark: str
    """Tells of a clock change that skips or repeats its time; empty if none does."""
    set_now: bool
    """False where the very same schedule was there already."""
    was: datetime | None
    """When the note would have gone out before, if it was scheduled."""
    has_time: bool = True
    """Whether a time of day was said; else it is `[schedule] time`."""


class Scheduling:
    """Sets schedules, moves them and takes them back; knows the note that is meant."""

    def __init__(
        self,
        *,
        store: NotesStore,
        archive: Issues,
        schedules: Schedules,
        notebook: Notebook,
        drafting: Drafting,
        identity: Identity,
        outlook: Outlook,
        day_time: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._archive = archive
        self._schedules = schedules
        self._notebook = notebook
        self._drafting = drafting
        self._identity = identity
        self._outlook = outlook
        self._day_time = day_time
        self._clock = clock

    # ── schedules ────────────────────────────────────────────────────────────────────────

    def schedule(self, note: str, at: str | datetime, *, zone: str | None) -> Scheduled:
        """Set or move a note's schedule; see Newsletter.schedule."""
        path, source, found = self._publishable(note)
        now = self._clock()  # before the time is read: "now" is never in the past
        when = self._when(at, zone)
        if when.instant < now.replace(microsecond=0):
            raise ScheduleError(f"{when.wall} in {when.zone} is in the past; use --now")
        wanted = Schedule(
            path=path,
            publish_at=when.instant,
            wall=when.wall,
            zone=when.zone,
            created_at=now,
            title=found.title,
            content_hash=hash_content(source),
        )
        before = self._schedules.put(wanted)
        return _scheduled(wanted, before, when)

    def queue(self, note: str) -> Scheduled:
        """Give a note the next free slot; see Newsletter.queue."""
        path, source, found = self._publishable(note)
        now, zone = self._clock(), ZoneInfo(self._identity.timezone)
        slots = self._outlook.slots()
        if (first := next(slots, None)) is None:
            raise ScheduleError("there are no slots; name them in `[schedule] slots`")
        others = {one.publish_at for one in self._outlook.notes() if one.path != path}

        def choose(schedules: Mapping[str, Schedule]) -> Schedule:
            mine = schedules.get(path)
            if mine is not None and self._outlook.is_slot(mine.publish_at):
                return mine
            taken = others | {one.publish_at for key, one in schedules.items() if key != path}
            at = next(one for one in chain([first], slots) if one not in taken)
            return Schedule(
                path=path,
                publish_at=at,
                wall=at.astimezone(zone).replace(tzinfo=None).isoformat(),
                zone=str(zone),
                created_at=now,
                title=found.title,
                content_hash=hash_content(source),
            )

        before, chosen = self._schedules.choose(choose)
        return _scheduled(chosen, before)

    def unqueue(self, note: str) -> Schedule:
        """Give its slot back; see Newsletter.unqueue."""
        schedules = self._schedules.load()
        path = note if note in schedules else self.find(note)
        found = schedules.get(path)
        if found is not None and not self._outlook.is_slot(found.publish_at):
            raise Conflict(
                f"{path} is scheduled, and not in the queue; `newsletter unschedule` takes that back"
            )
        return self.unschedule(path)

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
        if (known := self._notebook.load().get(path)) is not None:
            # What the note itself says counts again, and the next look is to see that.
            self._notebook.save([replace(known, wake_at=self._clock())])
        return schedules[path]

    def _when(self, at: str | datetime, zone: str | None) -> When:
        chosen = _zone(zone or self._identity.timezone)
        if isinstance(at, datetime):
            at = at.isoformat()
        return parse_when(at, chosen, now=self._clock(), day_time=self._day_time)

    def _publishable(self, note: str) -> tuple[str, bytes, Note]:
        path = self.find(note)
        source = self._store.read(path)
        found = self._drafting.parse(source, path)
        self._refuse_unpublishable(found)
        return path, source, found

    def _refuse_unpublishable(self, note: Note) -> None:
        issue = self._issue_at(note.path)
        if issue is not None:
            raise Conflict(f"{note.path} is published already, as the issue {issue!r}")
        if note.draft:
            raise Conflict(f"{note.path} would not be published: {note.kept}; change that first")

    def _issue_at(self, path: str) -> str | None:
        """The slug of the issue made from the note at this path."""
        return next((name.slug for name in self._archive.names() if name.path == path), None)

    # ── notes ────────────────────────────────────────────────────────────────────────────

    def find(self, note: str) -> str:
        """The path below the notes folder that the author means. Raises NotFound.

        A path as the shell completes it, through the folder's own name, is understood too, and so
        is one without the ending that all notes have, with `./` or `..` in it, or with its letters and
        accents apart, as some file systems have them.
        """
        paths = [file.path for file in self._store.scan().files]
        root = self._store.root.resolve()
        spellings = [note, normpath(note)]
        if "\0" not in note and (whole := Path(note).resolve()).is_relative_to(root):
            spellings.append(whole.relative_to(root).as_posix())
        meant = {_composed(path.rpartition(".")[0]): path for path in reversed(paths)}
        meant |= {_composed(path): path for path in reversed(paths)}
        meant |= {path: path for path in paths}
        for spelling in (*spellings, *map(_composed, spellings)):
            if spelling in meant:
                return meant[spelling]
        raise NotFound("note", note, _nearest(note, paths))

    def _read(self, path: str) -> Note:
        return self._drafting.parse(self._store.read(path), path)


def _composed(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _nearest(note: str, paths: Sequence[str]) -> str | None:
    """The note that is probably meant: of that name in another folder or case, else one that looks alike."""
    name = _composed(note).lower()
    for path in paths:
        if _composed(path).lower() == name:
            return path
    for path in paths:
        if _composed(PurePosixPath(path).name).lower() in (name, f"{name}.md"):
            return path
    return next(iter(get_close_matches(note, paths, n=1)), None)


def _scheduled(wanted: Schedule, before: Schedule | None, when: When | None = None) -> Scheduled:
    was = before.publish_at if before is not None else None
    return Scheduled(
        schedule=wanted,
        remark=when.remark if when is not None else "",
        set_now=was != wanted.publish_at,
        was=was,
        has_time=when.has_time if when is not None else True,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise NotATime(f"there is no time zone {name!r}; write it like Europe/Berlin") from error
