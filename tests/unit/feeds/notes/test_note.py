"""Notes: what the author says, and that nothing an author can write gets past the door."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.notes.note import NOW, Note, clean_text, parse_note, render_note, slugify
from storage.model.errors import NoteError

BERLIN = ZoneInfo("Europe/Berlin")


class NoLinks:
    """A newsletter that has published nothing."""

    def note_url(self, target: str) -> str | None:
        """Nothing is published."""
        return None

    def media_url(self, path: str) -> str:
        """Pictures are where they always are."""
        return f"https://n.example/media/{path}"


def parse(text: str, path: str = "sub/My note.md", key: str = "publish") -> Note:
    """A note from text."""
    return parse_note(text.encode(), path, zone=BERLIN, publish_key=key)


def test_every_key_is_read() -> None:
    """Each documented key means what it says."""
    note = parse(
        "---\npublish: 2026-12-01 09:00\ntitle: T & <b>\nid: x-1\nslug: Ein Gruß\nsummary: S\n"
        "tags: [One, two, '#two']\ndraft: Yes\nemail: off\nmine: {a: [b]}\n---\nBody"
    )
    assert note == Note(
        path="sub/My note.md",
        note_id="x-1",
        title="T & <b>",
        slug="ein-gruss",
        summary="S",
        tags=("One", "two"),
        draft=True,
        email=False,
        publish=datetime(2026, 12, 1, 8, tzinfo=UTC),
        publish_wall="2026-12-01T09:00:00",
        ambiguity="",
        body="Body",
        warnings=(),
    )


def test_defaults_are_private() -> None:
    """A note without keys is private, mailed once published, and named by its heading and path."""
    note = parse("Intro\n\n# The *big* `one`[^1]\n\n[^1]: x")
    assert (note.publish, note.draft, note.email) == (None, False, True)
    assert (note.note_id, note.title, note.slug) == ("sub/My note", "The big one", None)


@pytest.mark.parametrize(
    ("path", "title"),
    [("sub/My note.md", "My note"), ("trip/index.md", "trip"), ("index.md", "index")],
)
def test_title_falls_back_to_the_file(path: str, title: str) -> None:
    """Without key and heading the file's name is the title; of a page bundle, the folder's."""
    assert parse("```\n# no heading\n```\n> # nor this", path).title == title


@pytest.mark.parametrize(
    ("line", "publish"),
    [
        ("publish: now", NOW),
        ("Publish: NOW", NOW),
        ("publish:", None),
        ("publish: ''", None),
        ("publish: false", None),
        ("date: now", None),
    ],
)
def test_publish(line: str, publish: object) -> None:
    """Only a time or `now` opts a note in; an empty or denied wish leaves it private."""
    assert parse(f"---\n{line}\n---\n").publish == publish


def test_another_publish_key() -> None:
    """An existing blog's key takes the place of `publish`, which then means nothing."""
    assert parse("---\ndate: now\npublish: soon\n---\n", key="date").publish is NOW


def test_a_skipped_time_is_told() -> None:
    """A publish time that clocks skip is resolved and said to the author (rule G1)."""
    note = parse("---\npublish: 2026-03-29 02:30\n---\n")
    assert note.publish == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert "read as 03:30" in note.ambiguity
    assert [one.sentence for one in note.warnings] == [note.ambiguity]


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("tags: a, b c", ("a", "b c")),
        ("tags: '#a #b'", ("a", "b")),
        ("tags: ['#a', A, b]", ("a", "b")),
        ("tags:\n  - x\n  - y/z", ("x", "y/z")),
        ("tags:", ()),
    ],
)
def test_tags(line: str, tags: tuple[str, ...]) -> None:
    """Tags come as a list or a text, with or without `#`, each once."""
    assert parse(f"---\n{line}\n---\n").tags == tags


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"---\ntitle: x\npublish: soon\n---\n", "line 3: `publish: soon` must be `now`"),
        (b"---\npublish: true\n---\n", "must be `now`"),
        (b"---\npublish: [now]\n---\n", "must be `now`"),
        (b"---\ndraft: maybe\n---\n", "line 2: `draft: maybe` must be `true` or `false`"),
        (b"---\nemail: [yes]\n---\n", "must be `true` or `false`"),
        (b"---\ntitle: [a]\n---\n", "must be one text"),
        (b"---\ntags: {a: b}\n---\n", "must be a list"),
        (b"---\ntitle: " + b"x" * 301 + b"\n---\n", "300 is the most"),
        (b"# " + b"x" * 301, "300 is the most"),
        (b"one\ntwo \xff", "line 2: the file is not UTF-8"),
        (b"one\n\0", "line 2: the file has NUL bytes"),
        ("x".encode("utf-16"), "UTF-16"),
    ],
)
def test_errors_name_key_value_and_line(source: bytes, words: str) -> None:
    """What cannot be used is refused with one sentence that says where and what instead."""
    with pytest.raises(NoteError) as caught:
        parse_note(source, "n.md", zone=BERLIN)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_windows_files_are_read() -> None:
    """A byte order mark and CRLF change nothing."""
    note = parse_note("\ufeff---\r\ntitle: T\r\n---\r\nBody\r\n".encode(), "n.md", zone=BERLIN)
    assert (note.title, note.body) == ("T", "Body\n")


def test_hostile_characters_are_removed() -> None:
    """No control character, separator or lone surrogate survives in any text (rules A21, E1)."""
    note = parse('---\ntitle: "a\\u2028b\\x01c"\ntags: "x\\x85y"\n---\nz\x0b\x7f\ufffe')
    assert (note.title, note.tags, note.body) == ("a bc", ("x y",), "z ")
    assert clean_text("\ud800a\r\nb\x00\u2029") == "a\nb "


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Don’t Größe Łódź Ærø", "dont-grosse-lodz-aero"),
        ("../../etc/passwd", "etc-passwd"),
        ("a " * 80, "a-" * 39 + "a"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    """A slug is short, ASCII and safe in a URL."""
    assert slugify(text) == slug


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_slug_is_never_empty(text: str) -> None:
    """Any text gives the same usable slug each time, and a slug is its own slug."""
    slug = slugify(text)
    assert 0 < len(slug) <= 80
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slugify(slug) == slug


def test_the_author_s_summary_wins() -> None:
    """A `summary` key is used as written; without it the first paragraph is shortened."""
    body = "# T\n\n- item\n\n" + "word " * 100
    assert render_note(parse(f"---\nsummary: Mine\n---\n{body}"), NoLinks()).summary == "Mine"
    found = render_note(parse(body), NoLinks()).summary
    assert found.startswith("word word")
    assert found.endswith("word…")
    assert len(found) <= 200


@settings(max_examples=150, deadline=None)
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
    render_note(note, NoLinks())
