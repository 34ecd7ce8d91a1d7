"""The keys of a note: ours, what other systems call the same, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.notes.note import Note, parse_note
from feeds.notes.timing import NOW
from storage.model.errors import NoteError
from tests.worlds.publishing.written import BERLIN, parse
from tests.worlds.rows import each


def test_every_key_is_read() -> None:
    """Each documented key means what it says."""
    note = parse(
        "---\npublish: 2026-12-01 09:00\ntitle: T & <b>\nid: x-1\nslug: Ein Gruß\nsummary: S\n"
        "tags: [One, two, '#two']\nemail: off\nupdated: 2026-12-02\nimage: a.png\nimage_alt: A\n"
        "subject: Re\nlang: pt-BR\naudience: ml and not beta\naliases: [/old/, Other name]\n"
        "canonical: https://a.example/b\nguid: g 1\n"
        "publishDate: 2026-12-03\nexpiryDate: 2027-01-01\nmine: {a: [b]}\n---\nBody"
    )
    assert note == Note(
        path="sub/My note.md",
        note_id="x-1",
        title="T & <b>",
        slug="ein-gruss",
        name="my-note",
        summary="S",
        tags=("One", "two"),
        kept="",
        email=False,
        publish=datetime(2026, 12, 1, 8, tzinfo=UTC),
        not_before=datetime(2026, 12, 2, 23, tzinfo=UTC),
        expires=datetime(2026, 12, 31, 23, tzinfo=UTC),
        updated=datetime(2026, 12, 1, 23, tzinfo=UTC),
        image="a.png",
        image_alt="A",
        subject="Re",
        language="pt-BR",
        path_language="",
        audience="ml and not beta",
        translation_keys=("path:sub/my note", "slug:ein-gruss"),
        aliases=("/old/", "Other name"),
        canonical="https://a.example/b",
        guid="g 1",
        toc=False,
        keys=(
            *("publish", "title", "id", "slug", "summary", "tags", "email", "updated", "image"),
            *("image_alt", "subject", "lang", "audience", "aliases", "canonical", "guid"),
            *("publishDate", "expiryDate"),
            "mine",
        ),
        body="Body",
        above=21,
        warnings=(),
    )


def test_what_other_systems_call_the_same_is_read() -> None:
    """Jekyll's, Hugo's, Zola's and WordPress's names for summary, tags, dates, pictures and addresses."""
    note = parse(
        "---\ndescription: D\ncategories: [News, [Deep]]\nkeywords: news, x\nlastmod: 2013/7/13\n"
        "cover:\n  image: c.png\n  alt: C\nlanguage: de\npermalink: /2015/07/30/hallo-welt/\n"
        "redirect_from: /alt/\n---\n"
    )
    assert (note.summary, note.tags) == ("D", ("News", "Deep", "x"))
    assert (note.image, note.image_alt, note.language) == ("c.png", "C", "de")
    assert (note.slug, note.aliases) == ("hallo-welt", ("/2015/07/30/hallo-welt/", "/alt/"))
    assert note.updated == datetime(2013, 7, 12, 22, tzinfo=UTC)


MODIFIED = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


@each(
    ("line", "name", "value"),
    [
        ("custom_excerpt: Short.", "summary", "Short."),
        ("meta_description: Short.", "summary", "Short."),
        ("abstract: Short.", "summary", "Short."),
        ("lead: Short.", "summary", "Short."),
        ("primary_tag: News", "tags", ("News",)),
        ("topics: [a, b]", "tags", ("a", "b")),
        ("taxonomy: {category: [a], tag: [b]}", "tags", ("b", "a")),
        ("TAGS: [x]", "tags", ("x",)),
        ("tag: one two", "tags", ("one two",)),
        ("labels: a", "tags", ("a",)),
        ("category: News", "tags", ("News",)),
        ("feature_image_alt: Q", "image_alt", "Q"),
        ("heroImage: {src: ../a.png, alt: Q}", "image_alt", "Q"),
        ("heroImage: {src: ../a.png, alt: Q}", "image", "../a.png"),
        ("header: {teaser: /a.png, image_description: Q}", "image", "/a.png"),
        ("header: {teaser: /a.png, image_description: Q}", "image_alt", "Q"),
        ("cover_image: /a.png", "image", "/a.png"),
        ("images: [/a.png, /b.png]", "image", "/a.png"),
        ("featured: {image: /a.png}", "image", "/a.png"),
        ("featured-image: /a.png", "image", "/a.png"),
        ("ogImage: /a.png", "image", "/a.png"),
        ("image: {feature: /a.png}", "image", "/a.png"),
        ("modDatetime: 2026-11-21", "updated", MODIFIED),
        ("updated_at: 2026-11-21", "updated", MODIFIED),
        ("last-modified: 2026-11-21", "updated", MODIFIED),
        ("date-modified: 2026-11-21", "updated", MODIFIED),
        ("lastUpdated: 2026-11-21", "updated", MODIFIED),
        ("lastUpdated: false", "updated", None),
        ("lastUpdated: true", "updated", None),
        ("lang: de_DE.UTF-8", "language", "de-DE"),
        ("locale: sr_RS@latin", "language", "sr-RS"),
        ("url: /blog/%D0%BF%D1%80%D0%B8/", "slug", "при"),
        ("permalink: /blog/a/index.html", "slug", "a"),
        ("permalink: /blog/a.html?x=1#y", "slug", "a"),
        ("permalink: /index.html", "slug", None),
        ("permalink: /:categories/:title/", "slug", None),
        ("alias: /one, /two", "aliases", ("/one, /two", "/one", "/two")),
        ("aliases: [Doe]", "aliases", ("Doe",)),
    ],
)
def test_keys_as_programs_name_them(line: str, name: str, value: object) -> None:
    """Ghost, Grav, Hugo's and Jekyll's themes, Astro's, Quarto, Starlight, dev.to: what is meant is read, nothing is told."""
    source = f"---\npublish: 2026-11-20\n{line}\n---\nWords."
    note = parse_note(source.encode(), "x.md", zone=BERLIN)
    assert (getattr(note, name), note.warnings) == (value, ())


def test_what_other_systems_mean_by_a_key_never_refuses_a_note() -> None:
    """A value that cannot be read under another system's name is told and passed over."""
    note = parse(
        "---\npublish: now\nlastmod: long ago\nlang: '!'\nimage: {x: 1}\nurl: https://x.example/a\n---\n"
    )
    assert note.publish is NOW
    assert {remark.code for remark in note.warnings} == {"key-value"}
    assert (note.slug, note.image, note.updated) == (None, "", None)


@each(
    ("one", "other"),
    [
        (("post.md", ""), ("post.de.md", "")),
        (("en/a/post.md", ""), ("de/a/post.md", "")),
        (("post/index.md", ""), ("post/index.fr.md", "")),
        (("a.md", "translationKey: Bridge"), ("b.md", "translation_key: bridge\nlang: de")),
        (("a.md", "slug: bridge"), ("b.md", "slug: bridge\nlang: de")),
        (("a.md", "permalink: /bridge/\nlang: en"), ("b.md", "permalink: /bridge/\nlang: de")),
        (("a.md", "ref: bridge\nlang: en"), ("b.md", "ref: bridge\nlang: de")),
        (("content/Ä.md", ""), ("content/ä.de.md", "")),
        (("a.md", "lang: en\npage_id: x1"), ("b.md", "lang: fr\npage_id: X1")),
        (("a.md", "lang: en\nlang-ref: x1"), ("b.md", "lang: fr\nlang-ref: x1")),
        (("x.zh-Hans.md", ""), ("x.zh-Hant.md", "")),
        (("2026-11-21-x.md", ""), ("2026-11-21-x.fr.md", "")),
        (("a.qmd", ""), ("a.en.qmd", "")),
    ],
)
def test_translations_have_something_in_common(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """The path but for the language, a key that says so, or an address that each of them gives."""
    notes = [
        parse_note(f"---\n{head}\n---\nx".encode(), path, zone=BERLIN)
        for path, head in (one, other)
    ]
    assert set(notes[0].translation_keys) & set(notes[1].translation_keys)
    strange = parse_note(b"---\nref: other\n---\nx", "post/c.md", zone=BERLIN)
    assert not any(set(strange.translation_keys) & set(note.translation_keys) for note in notes)


@each(
    ("line", "tags"),
    [
        ("tags: a, b c", ("a", "b c")),
        ("tags: a, \"b c\", 'd', e's", ("a", "b c", "d", "e's")),
        ("tags: '#a #b'", ("a", "b")),
        ("tags: ['#a', A, b]", ("a", "b")),
        ("tags: [E\u0301te\u0301, \u00c9t\u00e9]", ("\u00c9t\u00e9",)),
        ("tags:\n  - x\n  - y/z", ("x", "y/z")),
        ("tags:", ()),
    ],
)
def test_tags(line: str, tags: tuple[str, ...]) -> None:
    """Tags come as a list or a text, with or without `#`, each once."""
    assert parse(f"---\n{line}\n---\n").tags == tags


@each(
    ("source", "words"),
    [
        (b"---\ntitle: x\npublish: soon\n---\n", "line 3: `publish: soon` must be `now`"),
        (
            b"---\npublish: 12/01/2026\n---\n",
            "line 2: `publish: 12/01/2026` does not tell whether day",
        ),
        (b"---\npublish: [now]\n---\n", "must be `now`"),
        (b"---\ndraft: maybe\n---\n", "line 2: `draft: maybe` must be `true` or `false`"),
        (b"---\nemail: [yes]\n---\n", "must be `true` or `false`"),
        (b"---\ntitle: [a]\n---\n", "must be one text"),
        (b"---\ntags: {a: b}\n---\n", "line 2: `tags` must be a list of words"),
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


@each(
    ("head", "audience"),
    [
        ('---\naudience: "early reader"\n---\n', '"early reader"'),
        ('---\naudience: "early reader" and ml\n---\n', '"early reader" and ml'),
        ("---\nAudience: 'a b' or not \"c d\"\n---\n", "'a b' or not \"c d\""),
        ('---\naudience: "ml and not beta"\n---\n', "ml and not beta"),
        ('+++\naudience = "early reader"\n+++\n', '"early reader"'),
        ('{"audience": "ml or beta"}\n', "ml or beta"),
        ("audience:: not ml\n\n", "not ml"),
    ],
)
def test_an_audience_keeps_its_quotes_whatever_the_form(head: str, audience: str) -> None:
    """A tag with blanks is one tag, also where its form takes quotes for its own."""
    note = parse_note(f"{head}Words.".encode(), "a.md", zone=ZoneInfo("UTC"))
    assert note.audience == audience


@each("said", ["ml beta", "[ml, beta]", "(ml", "ml and", '"ml'])
def test_an_audience_that_cannot_be_read_is_a_fault_on_its_line(said: str) -> None:
    """It is never passed over: that would mail everybody."""
    with pytest.raises(NoteError) as raised:
        parse_note(f"---\ntitle: A\naudience: {said}\n---\n".encode(), "a.md", zone=ZoneInfo("UTC"))
    assert raised.value.line in {2, 3, 4}


def test_a_pattern_in_an_address_is_no_template() -> None:
    """Eleventy's `permalink` with placeholders keeps no note back; Notion's ids are in no address."""
    source = b"---\npublish: 2020-01-01\npermalink: /p/{{ title | slugify }}/\n---\nx"
    note = parse_note(source, "My Page 3f2a1b4c5d6e7f8091a2b3c4d5e6f708.md", zone=BERLIN)
    assert (note.kept, note.name, note.slug) == ("", "my-page", None)


@each(
    ("line", "tags"),
    [
        ("tags: 读书，写作、随笔", ("读书", "写作", "随笔")),
        ("tags: كتب، أدب", ("كتب", "أدب")),
        ("tags: ['[[Books]]', '[[b|Walks]]']", ("Books", "Walks")),
    ],
)
def test_tags_as_other_scripts_and_programs_write_them(line: str, tags: tuple[str, ...]) -> None:
    """Commas of other scripts part them, and a link to a page is its label."""
    assert parse(f"---\n{line}\n---\nx").tags == tags


def test_an_address_says_nothing_of_mailing() -> None:
    """`email: ada@example.com` is its author's; the note is mailed as any other, and that is told."""
    note = parse("---\nemail: ada@example.com\n---\nx")
    assert note.email
    assert [one.code for one in note.warnings] == ["key-value"]


def test_a_summary_has_no_words_of_pictures() -> None:
    """What a picture is called is no part of it."""
    assert parse("---\nsummary: 'A ![shot](a.png) walk'\n---\nx").summary == "A walk"
