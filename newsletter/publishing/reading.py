"""Reads notes for a sweep: only files that rest, and only what stayed the same while it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feeds.notes import read_body
from newsletter.config import Late
from newsletter.publishing.drafting import Drafting, hash_content
from newsletter.publishing.findings import Findings, Seen, keep_fault, refuse_emptied
from newsletter.publishing.sudden import SuddenChange
from storage.archive import Absences, Issues
from storage.model import NoteError
from storage.notes import CitedFiles, FileStat, Notebook, NotesStore, Schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a look at the notes works with: where they come from, where they go, and the rules."""

    store: NotesStore
    archive: Issues
    absences: Absences
    sudden: SuddenChange
    notebook: Notebook
    cited: CitedFiles
    schedules: Schedules
    drafting: Drafting
    grace: timedelta
    hold: timedelta
    late: Late = Late.HOLD
    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    """Lets seconds pass, so that a file can come to rest."""


def read_resting(means: Means, found: Findings, paths: Sequence[str]) -> Iterator[Seen]:
    """The notes in files that rest, as they are kept until their turn comes; what is still being written
    waits for the next poll.

    One at a time: a folder may hold more than memory should.
    """
    resting = means.store.resting(
        [found.files[path] for path in paths],
        wait=means.wait,
        now_ns=lambda: int(means.clock().timestamp() * 1e9),
    )
    found.unstable |= resting.unstable
    for path in paths:
        if path in resting.stable and (one := read_note(means, found, path)) is not None:
            yield found.keep(one)


def read_note(means: Means, found: Findings, path: str) -> Seen | None:
    """The note in a file as it is now; None, kept as a fault, for one that cannot be used, and for one
    that is being written.
    """
    content_hash, file = "", found.files[path]
    try:
        source = means.store.read(path)
        content_hash = hash_content(source)
        note = means.drafting.parse(source, path)
        refuse_emptied(source, found.names.by_path.get(path), path)
    except NoteError as error:
        if _is_same(means, found, file):
            keep_fault(found, path, content_hash, error, found.known.get(path))
        return None
    if not _is_same(means, found, file):
        return None
    return Seen(note=note, content_hash=content_hash, file=file)


def read_again(means: Means, found: Findings, one: Seen) -> Seen | None:
    """The note with its body, which was not kept; None if its file is not what it was: the next look takes
    it up.
    """
    path = one.note.path
    try:
        source = means.store.read(path)
        if hash_content(source) == one.content_hash:
            body = read_body(source, path, one.length)
            return replace(one, note=replace(one.note, body=body))
    except NoteError:
        pass  # told by the reading below
    read_note(means, found, path)
    return None


def _is_same(means: Means, found: Findings, file: FileStat) -> bool:
    """Whether the file is as it was: else what was read of it may be half of something."""
    changed = means.store.resting([file], wait=_at_once, now_ns=lambda: file.mtime_ns).unstable
    found.unstable |= changed
    return not changed


def _at_once(_seconds: float) -> None:
    """The same wait, ended at once."""
