"""Notes: what the author says, and that nothing an author can write gets past the door."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown import clean_text
from feeds.markdown.links import NoteSource
from feeds.notes.habits import Habits
from feeds.notes.note import Note, parse_note
from feeds.notes.rendering import render_note
from feeds.notes.timing import NOW
from storage.model.errors import NoteError
from tests.sizes import examples
from tests.worlds.files import beside
from tests.worlds.rows import each

BERLIN = ZoneInfo("Europe/Berlin")


class NoLinks:
    """A newsletter that has published nothing."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """Nothing is published."""
        return None

    def media_url(self, path: str) -> str:
        """Pictures are where they always are."""
        return f"https://n.example/media/{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Nothing can be embedded."""
        return None


def parse(text: str, path: str = "sub/My note.md", key: str = "publish") -> Note:
    """A note from text."""
    return parse_note(text.encode(), path, zone=BERLIN, habits=Habits(date_keys=(key,)))


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
        ambiguity="",
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


@pytest.mark.parametrize(
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


def test_a_date_in_parts_is_read() -> None:
    """Material's `date` with when it was created and updated; a picture that is switched off is none."""
    lines = "date:\n  created: 2023-12-31\n  updated: 2024-01-02\ncover: false\nthumbnail: a.png"
    note = parse_note(
        f"---\n{lines}\n---\nx".encode(),
        "a.md",
        zone=ZoneInfo("UTC"),
        habits=Habits(date_keys=("date",)),
    )
    assert note.publish == datetime(2023, 12, 31, tzinfo=UTC)
    assert note.updated == datetime(2024, 1, 2, tzinfo=UTC)
    assert note.image == "a.png"


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


def test_what_other_systems_mean_by_a_key_never_refuses_a_note() -> None:
    """A value that cannot be read under another system's name is told and passed over."""
    note = parse(
        "---\npublish: now\nlastmod: long ago\nlang: '!'\nimage: {x: 1}\nurl: https://x.example/a\n---\n"
    )
    assert note.publish is NOW
    assert {remark.code for remark in note.warnings} == {"key-value"}
    assert (note.slug, note.image, note.updated) == (None, "", None)


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


@each(
    ("line", "tags"),
    [
        ("tags: a, b c", ("a", "b c")),
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


def test_the_author_s_summary_wins() -> None:
    """A `summary` key is used as written; without it the first paragraph is shortened."""
    body = "# T\n\n- item\n\n" + "word " * 100
    assert render_note(parse(f"---\nsummary: Mine\n---\n{body}"), NoLinks()).summary == "Mine"
    found = render_note(parse(body), NoLinks()).summary
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
    render_note(note, NoLinks())


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


@each(
    ("written", "day"),
    [
        ("20200115", 14),
        ("2020年1月15日", 14),
        ("'[[2020-01-15]]'", 14),
        ("[[2020-01-15]]", 14),
        ("2020-01-15 10:00:00 +0100 CET", 15),
        ("Wed Jan 15 2020 10:00:00 GMT+0100 (CET)", 15),
    ],
)
def test_days_as_programs_write_them(written: str, day: int) -> None:
    """Compact, in Japanese and Chinese, as a link of Obsidian, as Go and JavaScript print them."""
    note = parse_note(f"---\npublish: {written}\n---\nx".encode(), "a.md", zone=BERLIN)
    assert isinstance(note.publish, datetime)
    assert (note.publish.year, note.publish.month, note.publish.day) == (2020, 1, day)


@each(
    "head",
    ["---yaml\ntitle: T\n---\n", '---toml\ntitle = "T"\n---\n', '---json\n{"title": "T"}\n---\n'],
)
def test_a_fence_may_say_what_it_holds(head: str) -> None:
    """As Eleventy writes it; JavaScript is told, not passed over."""
    assert parse_note(f"{head}Words.".encode(), "a.md", zone=BERLIN).title == "T"
    with pytest.raises(NoteError, match="JavaScript"):
        parse_note(b"---js\n{title: 1}\n---\nx", "a.md", zone=BERLIN)


def test_a_pattern_in_an_address_is_no_template() -> None:
    """Eleventy's `permalink` with placeholders keeps no note back; Notion's ids are in no address."""
    source = b"---\npublish: 2020-01-01\npermalink: /p/{{ title | slugify }}/\n---\nx"
    note = parse_note(source, "My Page 3f2a1b4c5d6e7f8091a2b3c4d5e6f708.md", zone=BERLIN)
    assert (note.kept, note.name, note.slug) == ("", "my-page", None)
