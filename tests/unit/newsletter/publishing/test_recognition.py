"""Whose file is it: notes that were renamed, restored or copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import pytest

from feeds.notes.note import Note, parse_note
from newsletter.publishing.links import NoteLinks
from newsletter.publishing.recognition import (
    Names,
    Recognised,
    is_named_after,
    recognise,
    refuse_double,
)
from storage.archive.rows import IssueName
from storage.model.errors import NoteError
from storage.model.issues import IssueState
from storage.model.notes import KnownNote
from tests.worlds.rows import each

WITHDRAWN = IssueState.WITHDRAWN


def name(
    note_id: str, path: str = "", content: str = "", state: IssueState = IssueState.LIVE
) -> IssueName:
    """An issue as the poll knows it; its bytes are named after the note."""
    return IssueName(
        issue_id=hash((note_id, path)),
        note_id=note_id,
        path=path or f"{note_id}.md",
        slug=note_id,
        title=note_id.title(),
        state=state,
        content_hash=content or note_id,
    )


def names_of(names: Iterable[IssueName]) -> Names:
    """The issues there are."""
    return Names(names, NoteLinks((), "https://notes.example.com"))


def note(path: str, *, note_id: str = "", title: str = "") -> Note:
    """A parsed note, with an `id` of its own if one is given."""
    keys = f"id: {note_id}\n" if note_id else ""
    source = f"---\n{keys}title: {title or 'Untold'}\n---\nText."
    return parse_note(source.encode(), path, zone=ZoneInfo("UTC"))


def memory(path: str, content: str = "", fault: str = "") -> KnownNote:
    """What the poll remembers of a file."""
    return KnownNote(
        path=path,
        note_id=path.removesuffix(".md"),
        size=1,
        mtime_ns=1,
        content_hash=content,
        publish_at=None,
        publish_seen_at=None,
        fault=fault,
    )


def who(
    found: Note,
    content: str,
    *issues: IssueName,
    known: Mapping[str, KnownNote] | None = None,
    others: tuple[str, ...] = (),
) -> Recognised:
    """Whose file it is, when it and the `others` are present and all else that was known is gone."""
    known = known or {}
    present = {found.path, *others}
    return recognise(
        found,
        content,
        names=names_of(issues),
        known=known,
        present=present,
        gone=known.keys() - present,
    )


def test_a_file_known_to_be_an_issue_is_that_issue() -> None:
    """Whatever its text says now, also a new id, and also if the poll lost its memory."""
    issue = name("a")
    assert who(note("a.md", note_id="x"), "new", issue, known={"a.md": memory("a.md")}) == (
        Recognised(note_id="a")
    )
    assert who(note("a.md"), "new", issue) == Recognised(note_id="a")


def test_a_new_id_at_an_old_place_is_a_new_note() -> None:
    """Where a removed note lay, a file with an id of its own is another one."""
    gone = name("a", state=WITHDRAWN)
    assert who(note("a.md", note_id="x"), "new", gone) == Recognised(note_id="x")


def test_an_id_is_followed_to_another_place() -> None:
    """The `id` beats name and text, if its former file is not there any more."""
    issue = name("mine", path="old.md")
    moved = note("new.md", note_id="mine")
    assert who(moved, "new", issue) == Recognised(note_id="mine", origin="old.md")
    assert who(moved, "new", issue, others=("old.md",)) == Recognised(note_id="mine")


@each("state", list(IssueState))
def test_the_same_bytes_are_the_same_note(state: IssueState) -> None:
    """A file with an issue's bytes is its note if the issue's own file is gone, however long."""
    issue = name("a", state=state)
    assert who(note("b.md"), "a", issue) == Recognised(note_id="a", origin="a.md")
    assert who(note("b.md"), "a", issue, others=("a.md",)) == Recognised(note_id="b")
    assert who(note("b.md"), "a", issue, known={"b.md": memory("b.md", "x")}) == (
        Recognised(note_id="a", origin="a.md")
    )


def test_the_same_title_only_if_it_vanished_just_now() -> None:
    """Renamed and edited between two polls; not if it was gone before, or the file was known."""
    issue = name("a")
    renamed = note("b.md", title="A")
    before = {"a.md": memory("a.md", "a")}
    assert who(renamed, "new", issue, known=before) == Recognised(note_id="a", origin="a.md")
    assert who(renamed, "new", issue) == Recognised(note_id="b")
    both = before | {"b.md": memory("b.md", "old")}
    assert who(renamed, "new", issue, known=both) == Recognised(note_id="b")


def test_a_note_renamed_before_publishing_keeps_its_memory() -> None:
    """So that a schedule and the time it was first seen go with it."""
    known = {"a.md": memory("a.md", "bytes")}
    assert who(note("b.md"), "bytes", known=known) == Recognised(note_id="b", origin="a.md")


def test_a_mac_spells_paths_in_another_way() -> None:
    """A decomposed file name is no `id` given by the author."""
    decomposed = "cafe\u0301.md"
    issue = name("caf\u00e9", path=decomposed)
    assert who(note(decomposed), "new", issue) == Recognised(note_id="caf\u00e9")


def test_doubles_are_refused() -> None:
    """A taken id and a copy of what is, or was, published are faults that name the other file."""
    for state, how in ((IssueState.LIVE, "is published"), (WITHDRAWN, "was published")):
        names = names_of([name("a", state=state)])
        present = {"a.md", "b.md"}
        with pytest.raises(NoteError, match=r"that of a\.md"):
            refuse_double(note("b.md"), "a", "new", names=names, present=present)
        with pytest.raises(NoteError, match=rf"a\.md, which {how}"):
            refuse_double(note("b.md"), "b", "a", names=names, present=present)
        refuse_double(note("b.md"), "b", "a", names=names, present={"b.md"})
        refuse_double(note("a.md"), "a", "a", names=names, present=present)


@each(
    "path, is_named",
    [
        ("a/note (1).md", True),
        ("a/Note 2.md", True),
        ("a/note-DESKTOP-7.md", True),
        ("a/note_conflict-20261127.md", True),
        ("a/note.orig.md", True),
        ("a/Kopie von note.md", True),
        ("a/note.markdown", True),
        ("a/note.de.md", False),
        ("a/note.pt-BR.md", False),
        ("a/notebook.md", False),
        ("a/keynote.md", False),
        ("a/other.md", False),
        ("note (1).md", False),
    ],
)
def test_a_copy_is_known_by_its_name(path: str, is_named: bool) -> None:
    """A name with more before or after it, in the same folder; a translation's has its language."""
    assert is_named_after(path, "a/note.md") is is_named
    assert is_named_after("a/note.md", path) is is_named


def test_a_place_belongs_to_the_live_issue() -> None:
    """Two issues may have had one path; the one readers see owns it, in any order."""
    live, gone = name("live", path="x.md"), name("gone", path="x.md", state=WITHDRAWN)
    for order in ([live, gone], [gone, live]):
        names = names_of(order)
        assert names.by_path["x.md"] == live
        assert names.is_there(live, {"x.md"})
        assert not names.is_there(gone, {"x.md"})


def test_a_moved_issue_leaves_its_place() -> None:
    """After a move nothing is at the old path, unless another came there."""
    first, second = name("a", path="x.md"), name("b", path="y.md")
    names = names_of([first, second])
    names.move(first, "y.md")
    assert "x.md" not in names.by_path
    assert names.by_path["y.md"].note_id == "a"
    names.move(second, "z.md")
    assert names.by_path["y.md"].note_id == "a"
    assert names.by_path["z.md"].note_id == "b"
