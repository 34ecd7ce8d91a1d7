"""A first look at a whole folder: what is in it, what will become of it, and why not of the rest.

    files | parse | decide        what would be published, what is kept back, and why
          | draft                 what of it readers would miss: pictures, notes, a generator's language

Reads and writes nothing else. A note is forgotten once it was counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from feeds.markdown import EMBED, FORM, MATHS, PLAYER, TEMPLATE
from feeds.notes import NO_TIME, Note
from feeds.notes.folders import FOLDER_PROGRAM, OF_SITES
from newsletter.authoring.findings import refuse_taken
from newsletter.publishing import (
    Drafting,
    NoteLinks,
    Publish,
    Wait,
    decide,
    hash_content,
    wish_of,
    written_at,
)
from storage.archive import IssueName, Issues
from storage.model import IssueState, NoteError
from storage.notes import NotesStore, Schedules

EXAMPLES: Final = 3
FAULTS: Final = 20
"""Of notes that cannot be used, more are named."""
_DATED: Final = re.compile(
    r"\A(?:.*[-_])?(?:date|created|posted|publish\w*|pub_?date)(?:[-_].*|d|at|on)?\Z|date\Z"
)
_TOLD: Final = frozenset({"missing-file", EMBED, FORM, MATHS, PLAYER, TEMPLATE})
_LOST_LINKS: Final = frozenset({"unpublished-link", "wiki-link", "local-link", "bad-link"})


class Kind(StrEnum):
    """What a line of a survey is about."""

    NOTES = "notes"
    """Files that are notes."""
    PUBLISHED = "published"
    """Issues of the archive."""
    MAILED = "would-be-mailed"
    """Due now, to the archive and to readers."""
    ARCHIVED = "would-be-published"
    """Due now, to archive and feeds alone, for the reason."""
    LATER = "later"
    """Their time is to come."""
    KEPT = "kept-back"
    """Neither published nor waiting, for the reason."""
    UNUSABLE = "unusable"
    """Cannot be read; the examples say why."""
    UNREAD = "not-read"
    """Files that may hide whole folders, and are programs or lie outside the notes folder."""
    PICTURES = "missing-picture"
    """Pictures that are not in the notes folder."""
    LINKS = "dead-link"
    """Links to nothing that is, or would be, published."""
    FILES = "missing-file"
    """Sounds, films and documents that are not there."""
    EMBEDS = "embed"
    """Notes within notes that are left out."""
    MATHS = "maths"
    """Formulas that are shown as TeX."""
    PLAYERS = "player"
    """Frames, videos and sounds, which are links for readers."""
    FORMS = "form"
    """Forms, fields and links of scripts, which do nothing for readers."""
    TEMPLATES = "template"
    """Of a generator's language, and not known."""


@dataclass(slots=True, kw_only=True)
class Line:
    """One thing that was found, how often, and where for example."""

    kind: Kind
    reason: str = ""
    """A clause; empty where the kind says all."""
    count: int = 0
    examples: list[str] = field(default_factory=list)
    """Paths, with what is wrong there behind a colon; at most EXAMPLES, or FAULTS."""

    def add(self, example: str = "") -> None:
        """One more."""
        self.count += 1
        limit = FAULTS if self.kind is Kind.UNUSABLE else EXAMPLES
        if example and len(self.examples) < limit:
            self.examples.append(example)


class Survey:
    """Looks at every note of a folder, in memory that does not grow with their texts."""

    def __init__(
        self,
        *,
        store: NotesStore,
        archive: Issues,
        schedules: Schedules,
        drafting: Drafting,
        grace: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._archive = archive
        self._schedules = schedules
        self._drafting = drafting
        self._grace = grace
        self._clock = clock

    def run(
        self,
        *,
        brief: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[Line]:
        """What there is to tell, in the order of Kind and the most first. Changes nothing.

        A `brief` one renders nothing, so it says nothing of pictures, links and languages.
        `progress` is told how many steps are done, of how many. Raises NotesFolderError.
        """
        look = _Look(
            self._archive.names(), self._schedules.load().keys(), self._clock(), self._grace
        )
        scan = self._store.scan()
        files, owners = scan.files, look.find_owners(file.path for file in scan.files)
        for fault in scan.faults:
            look.count(Kind.NOTES)
            look.count(Kind.UNUSABLE, "", f"{fault.path}: {fault.fault}")
        for path in _find_beside(self._store.root):
            look.count(Kind.UNREAD, "", path)
        total = len(files) * (1 if brief else 2)
        for done, file in enumerate(files):
            progress(done, total)
            look.count(Kind.NOTES)
            try:
                source = self._store.read(file.path)
                note = self._drafting.parse(source, file.path)
                refuse_taken(note, owners)
            except NoteError as error:
                look.count(Kind.UNUSABLE, "", f"{_place(error.path, error.line)}: {error.fault}")
                continue
            expected = self._drafting.expect(note, note.note_id, hash_content(source))
            look.take(note, written_at(file.mtime_ns), expected)
        if not brief:
            links = self._drafting.links(look.names.values())
            for done, path in enumerate(look.names, len(files)):
                progress(done, total)
                self._look_closely(look, path, links)
        return look.lines()

    def _look_closely(self, look: _Look, path: str, links: NoteLinks) -> None:
        """What readers would miss of one note."""
        try:
            source = self._store.read(path)
            note = self._drafting.parse(source, path)
            remarks = self._drafting.remarks(note, links)
        except NoteError:
            return  # it was counted, or has just gone
        for remark in remarks:
            where = f"{path}: {remark}"
            if remark.code in _LOST_LINKS:
                look.count(Kind.LINKS, "", where)
            elif remark.code in {"bad-picture", "missing-picture"}:
                look.count(Kind.PICTURES, "", where)
            elif remark.code in _TOLD:
                look.count(Kind(remark.code), "", where)


class _Look:
    """What one survey has counted so far."""

    def __init__(
        self, names: Iterable[IssueName], scheduled: Iterable[str], now: datetime, grace: timedelta
    ) -> None:
        self._now = now
        self._grace = grace
        self._scheduled = frozenset(scheduled)
        self._unread: set[str] = set()
        self._lines: dict[tuple[Kind, str], Line] = {}
        self.names = {name.path: name for name in names if name.state is IssueState.LIVE}
        """The issues that there are or would be, by path."""
        self._published = frozenset(self.names)
        self._lines[Kind.NOTES, ""] = Line(kind=Kind.NOTES)  # told also when there is none
        for path in self.names:
            self.count(Kind.PUBLISHED, "", path)

    def find_owners(self, present: Iterable[str]) -> dict[str, str]:
        """Whose note each id of an issue is; that of a file which is gone may be taken over."""
        names = (self.names.get(path) for path in present)
        return {name.note_id: name.path for name in names if name is not None}

    def count(self, kind: Kind, reason: str = "", example: str = "") -> None:
        """One more of this."""
        line = self._lines.setdefault((kind, reason), Line(kind=kind, reason=reason))
        line.add("" if kind in {Kind.NOTES, Kind.PUBLISHED} else example)

    def take(self, note: Note, written: datetime, expected: IssueName) -> None:
        """Count what would become of a note that was last written then; `expected` is its name then."""
        for remark in note.warnings:
            if remark.code == FOLDER_PROGRAM and remark.sentence not in self._unread:
                self._unread.add(remark.sentence)
                self.count(Kind.UNREAD, "", str(remark))
        if note.path in self._published:
            return
        kind, reason = self._judge(note, written)
        self.count(kind, reason, note.path)
        if kind in {Kind.MAILED, Kind.ARCHIVED, Kind.LATER}:
            self.names[note.path] = expected

    def _judge(self, note: Note, written: datetime) -> tuple[Kind, str]:
        wish = wish_of(
            note, written=written, schedule=None, known=None, now=self._now, grace=self._grace
        )
        if note.path in self._scheduled and not note.kept:
            return Kind.LATER, "scheduled by command"
        match decide(wish, "", None, now=self._now, grace=self._grace):
            case Publish(mail=True):
                return Kind.MAILED, ""
            case Publish():
                late = f"too late to mail: more than {self._grace.total_seconds() / 3600:g} h after their time"
                return Kind.ARCHIVED, late if note.email else "they say `email: false`"
            case Wait():
                return Kind.LATER, ""
        if note.kept:
            return Kind.KEPT, note.kept
        if wish.publish_at is not None:
            return Kind.KEPT, "its `expiryDate` is past"
        return Kind.KEPT, _why_private(note)

    def lines(self) -> list[Line]:
        """In the order of Kind; of one kind the most first."""
        order = list(Kind)
        return sorted(
            self._lines.values(),
            key=lambda line: (order.index(line.kind), -line.count, line.reason),
        )


def _find_beside(root: Path) -> Iterator[str]:
    """What speaks for a whole site and lies in one of the two folders above the notes folder: `../hugo.toml`."""
    for up, folder in enumerate(root.resolve().parents[:2], 1):
        yield from ("../" * up + name for name in OF_SITES if (folder / name).is_file())


def _why_private(note: Note) -> str:
    if any(remark.code == NO_TIME for remark in note.warnings):
        return "it is opted in and says no time"
    dated = sorted({key for key in note.keys if _DATED.search(key.casefold())})
    if not dated:
        return "it has no key that opts it in"
    named = ", ".join(f"`{key}`" for key in dated[:3])
    return f"it has no key that opts it in, but has {named} (see `[notes] date_keys`)"


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"
