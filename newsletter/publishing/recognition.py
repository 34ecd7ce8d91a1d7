"""Whose file is it: recognises notes that were renamed, restored or copied. Pure.

A mail cannot be taken back, so the rule is: when in doubt it is the issue that readers have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Final
from unicodedata import normalize

from feeds.notes import Note, Now
from newsletter.publishing.links import NoteLinks
from storage.archive import IssueName
from storage.model import Issue, IssueState, KnownNote, NoteError

_MADE_OF: Final = re.compile(r"\W|_")
"""What stands between a file's name and what a program adds to it when it makes a copy."""
_IN_A_LANGUAGE: Final = re.compile(r"\.[a-z]{2,3}(?:-\w+)*", re.IGNORECASE)
"""What the name of a translation has more."""


class Names:
    """The issues there are, by all that tells one note from another; kept true during a poll."""

    def __init__(self, names: Iterable[IssueName], links: NoteLinks) -> None:
        self.links = links
        """Where links among these issues lead; kept true like everything here."""
        self.by_note: dict[str, IssueName] = {}
        self.by_path: dict[str, IssueName] = {}
        self._by_content: defaultdict[str, set[str]] = defaultdict(set)
        self._by_title: defaultdict[str, set[str]] = defaultdict(set)
        # Where a live and a withdrawn issue share a path, the live one owns it.
        for name in sorted(names, key=lambda name: name.state is IssueState.LIVE):
            self.put(name)

    def put(self, name: IssueName) -> None:
        """Learn or correct one."""
        before = self.by_note.get(name.note_id)
        if before is not None and before.path != name.path and self._owns_path(before):
            del self.by_path[before.path]
        self.by_note[name.note_id] = self.by_path[name.path] = name
        self._by_content[name.content_hash].add(name.note_id)
        self._by_title[name.title].add(name.note_id)
        self.links.put(name)

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
                aliases=issue.aliases,
            )
        )

    def move(self, name: IssueName, path: str) -> None:
        """The note of this issue is at another path now."""
        self.put(replace(name, path=path))

    def with_content(self, content_hash: str) -> list[IssueName]:
        """Issues made from these very bytes, oldest first."""
        found = [self.by_note[note_id] for note_id in self._by_content.get(content_hash, ())]
        return _in_order(name for name in found if name.content_hash == content_hash)

    def with_title(self, title: str) -> list[IssueName]:
        """Issues of this title, oldest first."""
        found = [self.by_note[note_id] for note_id in self._by_title.get(title, ())]
        return _in_order(name for name in found if name.title == title)

    def is_there(self, name: IssueName, present: Container[str]) -> bool:
        """Whether the issue's own file is among the paths that are present."""
        return name.path in present and self._owns_path(name)

    def _owns_path(self, name: IssueName) -> bool:
        owner = self.by_path.get(name.path)
        return owner is not None and owner.note_id == name.note_id


def _in_order(names: Iterable[IssueName]) -> list[IssueName]:
    return sorted(names, key=lambda name: name.issue_id)


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
    present: Container[str],
    gone: Iterable[str],
) -> Recognised:
    """The identity of the note in a file.

    `known` is the poll's memory by path, `present` has the paths that are there, `gone` are known
    paths that vanished since the last poll.
    """
    memory = known.get(note.path)
    here = names.by_path.get(note.path)
    owner = names.by_note.get(note.note_id) if _says_id(note) else None
    if owner is not None and owner.path != note.path and not names.is_there(owner, present):
        return Recognised(note_id=owner.note_id, origin=owner.path)
    if here is not None and (memory is not None or not _says_id(note)):
        return Recognised(note_id=here.note_id)
    if owner is not None:
        return Recognised(note_id=owner.note_id)
    is_known = memory is not None and not memory.fault
    return _renamed(
        note, content_hash, names, known, present, () if is_known else gone
    ) or Recognised(note_id=note.note_id)


def _renamed(
    note: Note,
    content_hash: str,
    names: Names,
    known: Mapping[str, KnownNote],
    present: Container[str],
    gone: Iterable[str],
) -> Recognised | None:
    """The same bytes as an issue whose file is not there any more, even if they are now in a file
    known before; or, among what vanished just now, the same bytes, or the same title: renamed and
    edited between two polls.
    """
    for name in names.with_content(content_hash):
        if not names.is_there(name, present):
            return Recognised(note_id=name.note_id, origin=name.path)
    for path in sorted(gone):
        if known[path].content_hash == content_hash:
            return Recognised(note_id=note.note_id, origin=path)
        if (issue := names.by_path.get(path)) is not None and issue.title == note.title:
            return Recognised(note_id=issue.note_id, origin=path)
    return None


def refuse_double(
    note: Note, note_id: str, content_hash: str, *, names: Names, present: Container[str]
) -> None:
    """A second file must not become a second mail. Raises NoteError for a taken id or a copy."""
    owner = names.by_note.get(note_id)
    if owner is not None and owner.path != note.path and names.is_there(owner, present):
        raise NoteError(note.path, f"its id {note_id!r} is that of {owner.path}; give it another")
    for name in names.with_content(content_hash):
        if name.path != note.path and names.is_there(name, present):
            how = "is" if name.state is IssueState.LIVE else "was"
            raise NoteError(
                note.path,
                f"has the same content as {name.path}, which {how} published; change or remove it",
            )


def _says_id(note: Note) -> bool:
    """Whether the author gave an `id`, or it is just the path."""
    return note.note_id != normalize("NFC", str(PurePosixPath(note.path).with_suffix("")))


def refuse_copy_by_a_program(
    note: Note,
    names: Names,
    *,
    present: Container[str],
    issue_of: Callable[[IssueName], Issue],
    source_of: Callable[[IssueName], str],
) -> None:
    """What a synchroniser or a file manager puts beside a note (`note (1).md`, `note (Copie en conflit …).md`)
    must not become a second mail, also where one of the two was edited. Raises NoteError.

    That is a note of the same title and language in the same folder, whose name is made of the issue's, with
    the same publish time; or with `publish: now`, if half of the shorter one stands in the other as well. An
    `id` of its own tells them apart. `issue_of` and `source_of` are asked for such an issue alone.
    """
    if _says_id(note):
        return
    for name in names.with_title(note.title):
        if (
            name.state is IssueState.LIVE
            and name.path != note.path
            and names.is_there(name, present)
            and is_named_after(note.path, name.path)
            and _is_the_same(note, issue_of(name), partial(source_of, name))
        ):
            raise NoteError(
                note.path,
                f"looks like a copy of {name.path}, which is published; remove it, or give it "
                "a title or an `id` of its own",
            )


def _is_the_same(note: Note, issue: Issue, source: Callable[[], str]) -> bool:
    if note.language != issue.language:
        return False
    if isinstance(note.publish, Now):
        return _shares_half(note.body, source())
    return note.publish == issue.published_at


def _shares_half(text: str, other: str) -> bool:
    """Whether half of the lines of the shorter text stand in the other one."""
    ours, theirs = ({line.strip() for line in one.splitlines()} - {""} for one in (text, other))
    return 2 * len(ours & theirs) >= min(len(ours), len(theirs)) > 0


def is_named_after(path: str, other: str) -> bool:
    """Whether two files of a folder have one name, but for what stands before or after it in one of them."""
    one, two = PurePosixPath(path), PurePosixPath(other)
    if one.parent != two.parent:
        return False
    names = (normalize("NFC", each.stem).casefold() for each in (one, two))
    short, long = sorted(names, key=len)
    if long.startswith(short):
        added = long[len(short) :]
        is_made = _MADE_OF.match(added) is not None and not _IN_A_LANGUAGE.fullmatch(added)
        return is_made or not added
    return long.endswith(short) and _MADE_OF.match(long[-len(short) - 1]) is not None


def find_lost(
    note: Note,
    names: Names,
    *,
    present: Container[str],
    published: Callable[[int], datetime],
) -> Recognised | None:
    """A withdrawn issue without a file, of the same title and publish time: its note came back
    elsewhere and edited, as folders that are synchronised bit by bit bring it.

    `published` tells when an issue was published, by its id.
    """
    for name in names.with_title(note.title):
        is_lost = name.state is IssueState.WITHDRAWN and not names.is_there(name, present)
        if is_lost and published(name.issue_id) == note.publish:
            return Recognised(note_id=name.note_id, origin=name.path)
    return None
