"""Front matter: what is read, what is refused and how it is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.notes.frontmatter import MAX_HEADER, Shape, parse_front_matter
from storage.model.errors import NoteError
from tests.sizes import examples
from tests.worlds.rows import each

YAML = """---
title: "A: b"
tags: [one, two]
publish: 2026-12-01
draft: no
summary:
meta:
  deep: [1, {x: y}]
---
Body
"""


@each(
    "above",
    [
        "\n\n",
        "<!-- one line -->\n",
        "<!--\nSPDX-License-Identifier: CC-BY-4.0\n\nand more\n-->\n",
        "<!-- one -->\n\n<!--\ntwo\n-->\n\n",
        "%% mine %%\n",
        "%%\nmine\n%%\n",
        "{/* of MDX */}\n",
        "{# of Nunjucks #}\n",
    ],
)
def test_keys_stand_behind_comments(above: str) -> None:
    """Whatever a tool or an author writes above them, and in each of their forms: what they hide stays hidden."""
    for keys in (
        "---\ntitle: T\ndraft: true\n---\n",
        "+++\ntitle = 'T'\ndraft = true\n+++\n",
        '{"title": "T", "draft": true}\n',
        "Title: T\nDraft: true\n\n",
        "title:: T\ndraft:: true\n\n",
    ):
        found = parse_front_matter(f"{above}{keys}Words.", "a.md")
        assert {key: one.text for key, one in found.fields.items()} == {
            "title": "T",
            "draft": "true",
        }
        assert found.body.strip() == "Words."


@each(
    "text",
    [
        "<!-- a\n---\ndraft: true\n---\n",
        "<!-- a --> Words\n---\nb: c\n---\n",
        "{# a #\n---\nb: c\n---\n",
        f"{' ' * 1_000_000}Words\n---\nb: c\n---\n",
        f"<!-- a -->{' ' * 1_000_000}Words\n---\nb: c\n---\n",
    ],
)
def test_words_behind_what_is_no_comment_are_no_keys(text: str) -> None:
    """A comment that nothing ends, and one with words behind it, begin the text; blanks without end take no square of
    their number, which would be half an hour.
    """
    assert not parse_front_matter(text, "a.md").fields


def test_yaml_values_stay_text() -> None:
    """A date, a boolean and a number stay what the author typed."""
    fields = parse_front_matter(YAML, "n.md").fields
    assert fields["publish"].text == "2026-12-01"
    assert fields["draft"].text == "no"
    assert fields["tags"].items == ("one", "two")
    assert fields["summary"].text == ""
    assert fields["meta"].shape is Shape.OTHER


def test_body_follows_the_closing_line() -> None:
    """The body is exactly what stands behind the front matter."""
    assert parse_front_matter(YAML, "n.md").body == "Body\n"


def test_lines_are_those_of_the_file() -> None:
    """A key knows its line, counted from the start of the file."""
    assert parse_front_matter(YAML, "n.md").fields["tags"].line == 3


@each("text", ["", "Hello", "--- \n# c\n---\nHello", "----\nx", "--- x\ny"])
def test_no_front_matter_is_no_error(text: str) -> None:
    """A note without front matter, or with nothing but comments in it, has no keys."""
    assert not parse_front_matter(text, "n.md").fields


def test_toml_is_read_like_yaml() -> None:
    """Hugo's TOML gives the same texts."""
    text = '+++\ntitle = "T"\ndate = 2026-12-01T09:00:00Z\ndraft = true\ntags = ["a"]\n+++\nB'
    front = parse_front_matter(text, "n.md")
    assert front.fields["date"].text == "2026-12-01T09:00:00+00:00"
    assert front.fields["draft"].text == "true"
    assert front.fields["tags"].items == ("a",)
    assert front.fields["tags"].line == 5
    assert front.body == "B"


@each(
    ("text", "words"),
    [
        ("---\ntitle: x\n", "line 1: the front matter is not closed"),
        ("---\ntitle: a: b\n---\n", "line 2: the front matter is not valid YAML"),
        ("---\nhello\n---\n", "key: value"),
        ("---\n- a\n---\n", "key: value"),
        ("---\na: 1\nb: *x\n---\n", "line 3: `*` names nothing"),
        ("---\na: !!python/object/apply:os.system [x]\n---\n", "`!` is not allowed"),
        ("---\na: " + "[" * 5000 + "\n---\n", "nested too deeply"),
        ("---\ntitle: 1\nTitle: 2\n---\n", "line 3: the key `Title` stands here twice"),
        ("---\na: " + "x" * MAX_HEADER + "\n---\n", "longer than"),
        ("+++\ntitle=\n+++\n", "line 2: the front matter is not valid TOML"),
        ("+++\na=" + "[" * 9000 + "\n+++\n", "not valid TOML"),
        ("+++\na=0x" + "f" * 9000 + "\n+++\n", "not valid TOML"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, words: str) -> None:
    """Bad or hostile front matter is one error that names the note, the line and the way out."""
    with pytest.raises(NoteError, match=r"^n\.md: ") as caught:
        parse_front_matter(text, "n.md")
    assert words in caught.value.reason


@settings(max_examples=examples(150), deadline=None)
@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`,?. \n\t0~é", max_size=60), st.sampled_from("-+"))
def test_any_header_is_read_or_refused(header: str, fence: str) -> None:
    """Whatever stands between the fences, the answer is keys or a NoteError."""
    text = f"{fence * 3}\n{header}\n{fence * 3}\nbody"
    try:
        front = parse_front_matter(text, "n.md")
    except NoteError:
        return
    assert front.body.endswith("body")


@each(
    "head",
    [
        "----\ntitle: T\ntags: [a, b]\n----\n",
        "title: T\ntags:\n- a\n- b\n---\n",
        ';;;\n{ "title": "T", "tags": ["a", "b"] }\n;;;\n',
        '"title": "T",\n"tags": ["a", "b"]\n;;;\n',
        "---\ntitle: &t T\nsubject: *t\nkeywords: &all [a, b]\ntags: *all\n---\n",
        "---\ntitle: !!str T\ntags: !!seq [a, b]\n---\n",
        "---\nlayout: one\nlayout: two\ntitle: T\ntitle: T\ntags: [a, b]\n---\n",
    ],
)
def test_front_matter_in_odd_shapes_is_read(head: str) -> None:
    """As Hexo documents it, with YAML's names for values, and with keys that stand there twice."""
    front = parse_front_matter(f"{head}\nWords.\n", "a.md")
    assert front.fields["title"].text == "T"
    assert front.fields["tags"].items == ("a", "b")
    assert front.body.strip() == "Words."


@each(
    "text", ["Title: of a part\n---\nWords.\n", "A rule\n\n----\na: b\n----\n", ";;;\nwords\n;;;\n"]
)
def test_what_only_looks_like_keys_stays_in_the_text(text: str) -> None:
    """A heading with a line below it, a rule, semicolons."""
    assert parse_front_matter(text, "a.md").body == text


NOTION: str = "A walk 0123456789abcdef0123456789abcdef.md"


def test_what_notion_says_below_a_title_are_keys() -> None:
    """In a file that is named as Notion names them; the title stays, and lines are the file's."""
    front = parse_front_matter("# A walk\n\nDate: May 3, 2021\nTags: a, b\n\nWords.\n", NOTION)
    assert (front.fields["date"].text, front.fields["tags"].line) == ("May 3, 2021", 4)
    assert front.body == "# A walk\n\n\nWords.\n"


@pytest.mark.parametrize(
    ("text", "path"),
    [("# A\n\nDate: May 3\n\nWords.\n", "a.md"), ("# A\n\nDate: May 3\nand more\n", NOTION)],
)
def test_a_paragraph_below_a_title_stays_one(text: str, path: str) -> None:
    """In any other file, and where it is no list of properties: no note gets out by chance."""
    assert parse_front_matter(text, path).fields == {}


@each(
    "header",
    [
        "a: &a [x, *a]\n",
        "a: *b\n",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"k{n}: &b{n} [{', '.join(['*' + (f'b{n - 1}' if n else 'a')] * 10)}]\n"
            for n in range(9)
        ),
    ],
)
def test_names_that_have_no_end_are_refused(header: str) -> None:
    """A thousand million words in half a page, a list within itself, a name of nothing."""
    with pytest.raises(NoteError, match=r"\*"):
        parse_front_matter(f"---\n{header}---\n", "a.md")


@each(
    "text",
    [
        "<!--\n.. title: Bread\n.. link: \n.. date: 2024-12-05 10:00:00 UTC+01:00\n-->\n\nWords.",
        "\n.. title: Bread\n.. date: 2024-12-05 10:00:00 UTC+01:00\n\nWords.",
    ],
)
def test_the_keys_of_nikola_are_read(text: str) -> None:
    """`.. key: value` in a comment or without one; what is left empty is not there."""
    front = parse_front_matter(text, "a.md")
    assert {name: field.text for name, field in front.fields.items()} == {
        "title": "Bread",
        "date": "2024-12-05 10:00:00 UTC+01:00",
    }
    assert front.body.strip() == "Words."


@each(
    ("text", "fields", "body"),
    [
        ("% A bridge\n% Ada; Bob\n% 2021-03-04\n\nWords.", {"title": "A bridge", "author": "Ada; Bob", "date": "2021-03-04"}, "\nWords."),
        ("% A bridge\n  over it\n%\n\nWords.", None, None),
        ("% A bridge\n  over it\n\nWords.", {"title": "A bridge over it"}, "\nWords."),
        ("% of all\nand more words.", None, None),
        ("%not one\n\nx", None, None),
    ],
)  # fmt: skip
def test_the_title_block_of_pandoc_is_read(
    text: str, fields: dict[str, str] | None, body: str | None
) -> None:
    """Title, authors and date, each behind a percent sign; a line of prose that begins so stays one."""
    front = parse_front_matter(text, "a.md")
    assert {name: one.text for name, one in front.fields.items()} == (fields or {})
    assert front.body == (text if body is None else body)


def test_what_is_never_closed_is_told_where_it_begins() -> None:
    """The line is that of the bracket, not of where the parser gave up."""
    with pytest.raises(NoteError) as told:
        parse_front_matter("---\ntitle: x\ntags: [#a, #b]\npublish: 2026-12-01\n---\n", "a.md")
    assert told.value.line == 3
