"""An entry as a note: what the note says is what the entry said, whatever stands in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.notes import OF_ENTRIES, Note, parse_note
from newsletter.following.noting import name_entry, write_note
from newsletter.following.saying import SaidEntry, read_said
from storage.model import FeedEntry
from tests.conftest import NOON
from tests.sizes import examples

_EMPTY = {
    "id": "1", "link": "", "base": "", "title": "", "title_is_html": False, "html": "", "too_long": False,
    "summary": "", "published": None, "updated": None, "tags": [], "language": "", "image": "",
}  # fmt: skip


def said(**values: object) -> SaidEntry:
    """An entry as the program hands it over."""
    entries = [{**_EMPTY, **values}]
    document = json.dumps({"entries": entries, "more": 0, "broken": False, "hubs": []})
    return read_said(document, "https://blog.example/feed.xml").entries[0]


def noted(one: SaidEntry, **values: object) -> Note:
    """The note of an entry, read as any note is."""
    entry = FeedEntry(
        path=name_entry(one),
        entry_id=one.entry_id,
        guid=one.entry_id,
        link=one.link,
        likeness=one.likeness,
        said=one.said,
        dated_at=one.published,
        first_seen_at=NOON,
        changed_at=NOON,
        mail=True,
    )
    entry = replace(entry, **values)
    source = write_note(one, entry).encode()
    return parse_note(source, entry.path, zone=ZoneInfo("UTC"), habits=OF_ENTRIES)


def test_what_an_entry_says() -> None:
    """Id, address, date, tags, summary and picture are those of the entry; who is not mailed says so."""
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    one = said(
        link="/2026/a-bridge.html?utm=1", title="A bridge: “wood”", html="<p>Words.</p>", tags=["One", "x" * 101],
        published=at.timestamp(), updated=at.timestamp() + 60, summary="Short", image="/a.png", language="de",
    )  # fmt: skip
    note = noted(one)
    assert note.title == "A bridge: “wood”"
    assert note.slug == "a-bridge"
    assert note.canonical == "https://blog.example/2026/a-bridge.html?utm=1"
    assert note.guid == "1"
    assert note.publish == at
    assert note.updated == at.replace(minute=1)
    assert note.tags == ("One",)
    assert note.image == "https://blog.example/a.png"
    assert note.email
    assert not noted(one, mail=False).email


_text = st.text(max_size=60)


@settings(max_examples=examples(100))
@given(_text, _text, _text, st.lists(_text, max_size=3), _text, _text)
@example("", "", "\0", [], "", "")
@example("{{ title }} and <% date %>", "", "", [], "", "<%")
def test_anything_is_a_note(
    title: str, guid: str, html: str, tags: list[str], language: str, summary: str
) -> None:
    """Whatever an entry holds, its note can be read, is public, and says no more than the entry did."""
    one = said(id=guid, title=title, html=html, tags=tags, language=language, summary=summary)
    note = noted(one)
    assert note.publish == NOON
    assert not note.kept
    assert note.audience == ""
    assert note.aliases == ()
    assert set(note.keys) <= {
        *("title", "id", "guid", "slug", "canonical", "publish", "updated", "summary", "tags", "image", "lang"),
        "email",
    }  # fmt: skip
