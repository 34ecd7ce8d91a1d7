"""What one folder is used to: its keys of dates, notes without any, names and tags that say something."""

from __future__ import annotations

from datetime import UTC, datetime

from feeds.notes.habits import Habits
from feeds.notes.note import parse_note
from feeds.notes.timing import NOW
from tests.worlds.publishing.written import BERLIN, parse
from tests.worlds.rows import each


@each(
    ("path", "day"),
    [
        ("2026-11-25-hello.md", 25),
        ("_posts/2026-11-25-hello.md", 25),
        ("2026/11/25/hello.md", 25),
        ("2026-11-25-trip/index.md", 25),
        ("2026-11-25.md", None),
        ("journals/2026_11_25.md", None),
        ("2026-02-30-x.md", None),
        ("2026-13-01-x.md", None),
        ("hello.md", None),
    ],
)
def test_a_date_in_the_name_opts_a_note_in(path: str, day: int | None) -> None:
    """A file's name may say when, unless it is a journal's page; a key that is there wins."""
    note = parse("---\ntitle: T\n---\nx", path)
    assert note.publish == (datetime(2026, 11, day - 1, 23, tzinfo=UTC) if day else None)
    assert parse("---\npublish: false\n---\nx", path).publish is None
    assert parse("---\npublish: now\n---\nx", path).publish is NOW
    off = parse_note(b"x", path, zone=BERLIN, habits=Habits(date_from_name=False))
    assert off.publish is None


def test_the_first_date_key_that_is_there_counts() -> None:
    """`date_keys` are asked in their order; a bare `publish: true` leaves the time to the next."""
    habits = Habits(date_keys=("publish", "date"))
    text = b"---\npublish: true\ndate: 1373673600000\n---\nx"
    note = parse_note(text, "a.md", zone=BERLIN, habits=habits)
    assert note.publish == datetime(2013, 7, 13, tzinfo=UTC)


def test_a_note_that_is_opted_in_and_says_no_time_stays_private_and_says_what_to_set() -> None:
    """Obsidian's `publish: true` names no time: the remark tells which key to set."""
    note = parse("---\npublish: true\n---\nx")
    assert note.publish is None
    assert [remark.code for remark in note.warnings] == ["no-time"]
    assert 'date_keys = ["publish", "date"]' in note.warnings[0].sentence


def test_a_folder_without_front_matter_can_be_published_as_it_is() -> None:
    """With `publish_all` a note is opted in by lying there."""
    habits = Habits(publish_all=True)
    assert parse_note(b"x", "a.md", zone=BERLIN, habits=habits).publish is NOW
    assert (
        parse_note(b"---\npublish: no\n---\n", "a.md", zone=BERLIN, habits=habits).publish is None
    )


@each(
    ("path", "language"),
    [
        *(
            ("post.fr.md", "fr"),
            ("v2.go.md", ""),
            ("en/x.md", "en"),
            ("it/x.md", ""),
            ("ja/x.md", "ja"),
        ),
        *(("pt-BR/x.md", "pt-br"), ("x/ja/x.md", ""), ("ja.md", ""), ("is/x.fr.md", "fr")),
    ],
)
def test_the_path_may_say_the_language(path: str, language: str) -> None:
    """`post.fr.md` is French; a first folder counts if the author has named a language, and one that may
    be about something only if it is the one that was named.
    """
    habits = Habits(languages=("en",))
    assert parse_note(b"x", path, zone=BERLIN, habits=habits).language == language
    if not path.startswith("en"):
        assert parse_note(b"x", path, zone=BERLIN).language in {
            language if "." in path[:-3] else "",
            "",
        }


@each(
    ("text", "tags"),
    [
        (
            "#first words #Second, #a/b-c. #y2k #हिन्दी #日本語。\n#über-cool!",
            "first Second a/b-c y2k हिन्दी 日本語 über-cool",
        ),
        ("**#bold**\n- #list\n\n> #quote", "bold list quote"),
        (
            "# A #heading\n\nx#glued (#bracket) #123 #-/ ## {#id} [a #link](https://x.example/#y)",
            "",
        ),
        (
            "`#code`\n\n    #code\n\n```\n#code\n```\n\n%%#comment%% <!-- #comment --> $#formula$",
            "",
        ),
        ("![[a.png#part]] [[Note#part]] https://x.example/#part &#39;", ""),
        ("#given #Given #new", "given new"),
    ],
)
def test_tags_in_the_text_are_read_where_the_folder_has_them_so(text: str, tags: str) -> None:
    """As Obsidian reads them: of letters, behind a blank, and none in what is no text."""
    habits = Habits(inline_tags=True)
    assert " ".join(parse_note(text.encode(), "a.md", zone=BERLIN, habits=habits).tags) == tags
    assert parse(text).tags == ()
