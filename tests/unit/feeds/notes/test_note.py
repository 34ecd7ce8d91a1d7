"""Notes: what the author says, and that nothing an author can write gets past the door."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown import clean_text
from feeds.notes.note import parse_note
from feeds.notes.rendering import render_note
from storage.model.errors import NoteError
from tests.sizes import examples
from tests.worlds.publishing.written import BERLIN, Published, parse
from tests.worlds.rows import each


@each(
    "lines",
    [
        "draft: true",
        "published: false",
        "status: draft",
        "state: draft",
        "stage: WIP",
        "access: members",
        "access: paid",
        "members_only: true",
        "subscribers_only: yes",
        "isPublic: false",
        "isPrivate: true",
        "status: Hidden",
        "permalink: false",
        "hidden: true",
        "private: yes",
        "unlisted: true",
        "headless: true",
        "isDraft: true",
        "wip: true",
        "encrypted: true",
        "public: false",
        "visible: false",
        "listed: no",
        "post_status: pending",
        "status: archived",
        "visibility: members",
        "password: hunter2",
        "build:\n  render: never",
        "_build:\n  list: false",
        "title: '{{title}}'",
        "created: <% tp.file.creation_date() %>",
        'date: "{{ .Date }}"',
    ],
)
def test_what_its_generator_hides_is_kept(lines: str) -> None:
    """Drafts by whatever key, and templates with their placeholders, are never published."""
    assert parse(f"---\npublish: now\n{lines}\n---\nx").kept
    shown = "status: evergreen\npublished: 2026-01-01\nhidden: false\npassword: ''\nhide:\n- toc"
    for visibility in ("public", "Listed", "visible"):
        note = parse(f"---\npublish: now\n{shown}\nvisibility: {visibility}\n---\nx")
        assert not note.kept


def test_publish_false_keeps_a_note_whose_date_another_key_has() -> None:
    """As Obsidian's publishers have it; where `publish` has the date, a schedule may still say another."""
    said = "---\ndate: 2020-01-01\npublish: false\n---\nx"
    assert parse(said, key="date").kept
    assert not parse(said.replace("false", "true"), key="date").kept
    assert not parse(said).kept


@each(
    "path",
    [
        "_drafts/x.md",
        "Entwürfe/x.md",
        "Entwu\u0308rfe/x.md",
        "a/草稿/x.md",
        "Vorlagen/x.md",
        "private/x.md",
        "posts/_partial.md",
        "archetypes/default.md",
        "Templates/Daily.md",
        "Drafts/x.md",
        "a/_private/x.md",
        "_unpublished/x.md",
        "x.draft.md",
    ],
)
def test_drafts_parts_and_templates_are_known_by_their_path(path: str) -> None:
    """What lies among drafts and templates, or is a part of something, is never published."""
    assert parse("---\npublish: now\n---\nx", path).kept


def test_defaults_are_private() -> None:
    """A note without keys is private, mailed once published, and named by its heading and path."""
    note = parse("# The *big* `one`[^1]\n\nIntro\n\n[^1]: x")
    assert (note.publish, note.kept, note.email) == (None, "", True)
    assert (note.note_id, note.title, note.slug) == ("sub/My note", "The big one", None)
    assert parse("Intro\n\n# Later").title == "My note"


@each(
    ("path", "title"),
    [("sub/My note.md", "My note"), ("trip/index.md", "trip"), ("index.md", "index")],
)
def test_title_falls_back_to_the_file(path: str, title: str) -> None:
    """Without key and heading the file's name is the title; of a page bundle, the folder's."""
    assert parse("```\n# no heading\n```\n> # nor this", path).title == title


def test_windows_files_are_read() -> None:
    """A byte order mark and CRLF change nothing."""
    note = parse_note("\ufeff---\r\ntitle: T\r\n---\r\nBody\r\n".encode(), "n.md", zone=BERLIN)
    assert (note.title, note.body) == ("T", "Body\n")


def test_hostile_characters_are_removed() -> None:
    """No control character, separator or lone surrogate survives in any text (rules A21, E1)."""
    note = parse('---\ntitle: "a\\u2028b\\x01c"\ntags: "x\\x85y"\n---\nz\x0b\x7f\ufffe')
    assert (note.title, note.tags, note.body) == ("a bc", ("x y",), "z ")
    assert clean_text("\ud800a\r\nb\x00\u2029") == "a\nb "


def test_the_author_s_summary_wins() -> None:
    """A `summary` key is used as written; without it the first paragraph is shortened."""
    body = "# T\n\n- item\n\n" + "word " * 100
    assert render_note(parse(f"---\nsummary: Mine\n---\n{body}"), Published()).summary == "Mine"
    found = render_note(parse(body), Published()).summary
    assert found.startswith("word word")
    assert found.endswith("word…")
    assert len(found) <= 200


@settings(max_examples=examples(150), deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(alphabet="-+\n:#[]{}!&* titlepubshdraf\ud7ff\x85\u2028", max_size=80).map(
        lambda text: f"---\n{text}".encode()
    )
)
def test_any_bytes_are_a_note_or_an_error(source: bytes) -> None:
    """Whatever a file holds, the answer is a note or a NoteError, and a note always renders."""
    try:
        note = parse_note(source, "n.md", zone=BERLIN)
    except NoteError:
        return
    render_note(note, Published())


def test_a_note_that_costs_too_much_is_told_to_its_author() -> None:
    """A megabyte of reference definitions is refused with the line, before it is parsed."""
    source = b"---\ntitle: T\n---\n" + b"[a]: /b\n" * 120_000
    with pytest.raises(
        NoteError, match=r"line \d+: the note has more than 60000 Markdown marks"
    ) as told:
        parse_note(source, "a.md", zone=ZoneInfo("UTC"))
    assert told.value.line is not None
    assert told.value.line > 3


@each(
    "head",
    ["---yaml\ntitle: T\n---\n", '---toml\ntitle = "T"\n---\n', '---json\n{"title": "T"}\n---\n'],
)
def test_a_fence_may_say_what_it_holds(head: str) -> None:
    """As Eleventy writes it; JavaScript is told, not passed over."""
    assert parse_note(f"{head}Words.".encode(), "a.md", zone=BERLIN).title == "T"
    with pytest.raises(NoteError, match="JavaScript"):
        parse_note(b"---js\n{title: 1}\n---\nx", "a.md", zone=BERLIN)
