"""Where links between notes lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.publishing.links import NoteLinks
from storage.archive.issues import IssueName
from storage.model.issues import IssueState

URL = "https://notes.example.com"


def name(
    path: str, title: str, slug: str, *, number: int = 1, state: IssueState = IssueState.LIVE
) -> IssueName:
    """An issue as links know it."""
    return IssueName(
        issue_id=number,
        note_id=path.removesuffix(".md"),
        path=path,
        slug=slug,
        title=title,
        state=state,
        content_hash="",
    )


@pytest.mark.parametrize(
    "target", ["2026/trip.md", "2026/trip", "trip", "Trip", "The long way home", "trip.md"]
)
def test_a_note_is_meant_by_path_file_name_or_title(target: str) -> None:
    """As authors write wiki links, in any case, with or without suffix."""
    links = NoteLinks([name("2026/trip.md", "The Long Way Home", "home")], URL)
    assert links.note_url(target) == f"{URL}/issues/home"


def test_only_live_issues_are_led_to() -> None:
    """A withdrawn issue, and what was never published, have no address."""
    gone = name("a.md", "A", "a", state=IssueState.WITHDRAWN)
    links = NoteLinks([gone], URL)
    assert links.note_url("a") is None
    assert links.note_url("private") is None


def test_an_exact_path_beats_a_name_or_title() -> None:
    """A title that looks like another note's path does not steal its links, in any order."""
    thief, owner = name("a/x.md", "b", "thief"), name("b.md", "Owner", "owner", number=2)
    for names in ([thief, owner], [owner, thief]):
        assert NoteLinks(names, URL).note_url("b") == f"{URL}/issues/owner"


def test_two_notes_of_one_name_resolve_the_same_way_every_time() -> None:
    """The same store gives the same links, whatever order the names come in."""
    one, two = name("x/n.md", "N", "one"), name("y/n.md", "N", "two", number=2)
    urls = {NoteLinks(order, URL).note_url("n") for order in ([one, two], [two, one])}
    assert urls == {f"{URL}/issues/one"}


def test_media_addresses_are_quoted() -> None:
    """A picture's path may have blanks, question marks and letters of any script."""
    assert NoteLinks([], URL).media_url("img/größe 1?.png") == (
        f"{URL}/media/img/gr%C3%B6%C3%9Fe%201%3F.png"
    )


def test_a_name_is_corrected_in_its_place() -> None:
    """Renamed, retitled, withdrawn: old ways of meaning a note end, others go on."""
    links = NoteLinks([name("x/n.md", "N", "one"), name("y/n.md", "N", "two", number=2)], URL)
    moved = replace(name("x/n.md", "N", "one"), path="z/m.md", title="M")
    links.put(moved)
    assert links.note_url("n") == f"{URL}/issues/two"
    assert links.note_url("m") == f"{URL}/issues/one"
    assert links.note_url("x/n") is None
    links.put(replace(moved, state=IssueState.WITHDRAWN))
    assert links.note_url("m") is None
