"""Whose file is it: recognises notes that were renamed, restored or copied. Pure.

A mail cannot be taken back, so the rule is: when in doubt it is the issue that readers have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from unicodedata import normalize

from feeds.notes import Note
from storage.errors import NoteError
from storage.issues import IssueName
from storage.records import Issue, IssueState, KnownNote


@dataclass(slots=True)
class Names:
    """The issues there are, by the note's identity and by its path; kept true during a poll."""

    by_note: dict[str, IssueName] = field(default_factory=dict)
    by_path: dict[str, IssueName] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[IssueName]) -> Names:
        """Where a live and a withdrawn issue share a path, the live one owns it."""
        known = cls()
        for name in sorted(names, key=lambda name: name.state is IssueState.LIVE):
            known.put(name)
        return known

    def put(self, name: IssueName) -> None:
        """Learn or correct one."""
        self.by_note[name.note_id] = self.by_path[name.path] = name

    def put_issue(self, issue: Issue) -> None:
        """Learn what has just been written."""
        self.put(
            IssueName(
                issue_id=issue.id,
                note_id=issue.note_id,
                path=issue.path,
                slug=issue.slug,
                title=issue.title,
                state=issue.state,
                content_hash=issue.content_hash,
            )
        )

    def move(self, name: IssueName, path: str) -> None:
        """The note of this issue is at another path now."""
        self.by_path.pop(name.path, None)
        self.put(replace(name, path=path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Whose file it is. `origin` is the path it was at before, when it was renamed."""

    note_id: str
    origin: str | None = None


def recognise(
    note: Note,
    content_hash: str,
    *,
    names: Names,
    known: Mapping[str, KnownNote],
    present: Mapping[str, object],
    gone: Iterable[str],
) -> Recognised:
    """The identity of the note in a file.

    `known` is the poll's memory by path, `present` has the paths that are there, `gone` are known
    paths that vanished since the last poll.
    """
    memory = known.get(note.path)
    here = names.by_path.get(note.path)
    if here is not None and (memory is not None or not _says_id(note)):
        return Recognised(note_id=here.note_id)
    if memory is not None and not memory.fault:
        return Recognised(note_id=note.note_id)
    if note.note_id in names.by_note and _says_id(note):
        owner = names.by_note[note.note_id]
        return Recognised(
            note_id=note.note_id, origin=owner.path if owner.path not in present else None
        )
    return _renamed(note, content_hash, names, known, present, gone) or Recognised(
        note_id=note.note_id
    )


def _renamed(
    note: Note,
    content_hash: str,
    names: Names,
    known: Mapping[str, KnownNote],
    present: Mapping[str, object],
    gone: Iterable[str],
) -> Recognised | None:
    """The same bytes as something that is not there any more; or, if it vanished just now, the
    same title: renamed and edited between two polls.
    """
    for name in names.by_note.values():
        if name.path not in present and name.content_hash == content_hash:
            return Recognised(note_id=name.note_id, origin=name.path)
    for path in sorted(gone):
        if known[path].content_hash == content_hash:
            return Recognised(note_id=note.note_id, origin=path)
        if (issue := names.by_path.get(path)) is not None and issue.title == note.title:
            return Recognised(note_id=issue.note_id, origin=path)
    return None


def refuse_double(
    note: Note, note_id: str, content_hash: str, *, names: Names, present: Mapping[str, object]
) -> None:
    """A second file must not become a second mail. Raises NoteError for a taken id or a copy."""
    owner = names.by_note.get(note_id)
    if owner is not None and owner.path != note.path and owner.path in present:
        raise NoteError(note.path, f"its id {note_id!r} is that of {owner.path}; give it another")
    for name in names.by_path.values():
        copied = name.content_hash == content_hash and name.path != note.path
        if copied and name.path in present and name.state is IssueState.LIVE:
            raise NoteError(
                note.path,
                f"has the same content as {name.path}, which is published; change or remove it",
            )


def _says_id(note: Note) -> bool:
    """Whether the author gave an `id`, or it is just the path."""
    return note.note_id != normalize("NFC", str(PurePosixPath(note.path).with_suffix("")))
