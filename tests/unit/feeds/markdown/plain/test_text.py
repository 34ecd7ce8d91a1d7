"""Markdown to plain text: what a reader without HTML gets."""

from __future__ import annotations

from feeds.markdown.links import NoteSource
from feeds.markdown.plain.text import WIDTH
from feeds.markdown.render import render_markdown
from storage.model.text import columns
from tests.worlds.files import beside
from tests.worlds.rows import each


class Somewhere:
    """Every note is published, every picture served."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """A page for each."""
        return None if "://" in target else f"https://n.example/issues/{len(target)}"

    def media_url(self, path: str) -> str:
        """A place for each."""
        return f"https://n.example/media/{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Nothing can be embedded."""
        return None


def text(body: str) -> str:
    """The text part of a note."""
    return render_markdown(body, path="n.md", links=Somewhere()).text


@each(
    ("source", "expected"),
    [
        ("# One\n\n### Two", "One\n===\n\nTwo\n---"),
        ("*a* **b** ~~c~~ `d`", "_a_ *b* ~c~ `d`"),
        ("a  \nb\nc", "a\nb c"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n\n   b\n4. c", "3. a\n\n   b\n\n4. c"),
        ("- [ ] a\n- [x] b", "- [ ] a\n- [x] b"),
        ("> a\n>\n> > b", "> a\n>\n> > b"),
        ("```\nx  y\n\n\tz\n```", "    x  y\n\n        z"),
        ("|a|bb|\n|-|-|\n|ccc|日|", "a    bb\n---  --\nccc  日"),
        ("a\n\n***\n\nb", "a\n\n* * *\n\nb"),
        ("x[^1] y^[in]\n\n[^1]: note", "x[^1] y[^2]\n\n[^1] note\n\n[^2] in"),
        ("<div>a<br>b <b>c</b></div>", "a\nb c"),
        ("<!-- x -->", ""),
        ("", ""),
    ],
)
def test_blocks(source: str, expected: str) -> None:
    """Each construct reads as people write it in plain text."""
    assert text(source) == expected


def test_links_are_numbered_and_written_out() -> None:
    """Links and pictures are numbered, each address once, listed at the end (rule D18)."""
    body = (
        "[a](https://a.example/?x=1&y=2) [b](https://b.example) [again](https://a.example/?x=1&y=2)\n"
        "![pic](p.png) [[Note]] <a href='https://raw.example'>raw</a> https://bare.example"
    )
    assert text(body) == (
        "a [1] b [2] again [1] [Image: pic] [3] Note [4] raw [5]\nhttps://bare.example\n\n"
        "[1] https://a.example/?x=1&y=2\n[2] https://b.example\n[3] https://n.example/media/p.png\n"
        "[4] https://n.example/issues/4\n[5] https://raw.example"
    )


def test_addresses_are_never_broken() -> None:
    """An address longer than a line stays in one piece, in a paragraph and in the list."""
    url = "https://long.example/" + "a/" * 80
    lines = text(f"word {url} word [x]({url}b)").split("\n")
    assert url in lines
    assert f"[1] {url}b" in lines


def test_paragraphs_wrap() -> None:
    """Lines of prose stay within 72 columns, also in lists, quotes and wide scripts."""
    body = f"{'word ' * 40}\n\n- {'word ' * 40}\n  > {'word ' * 40}\n\n{'日本語' * 60}"
    lines = text(body).split("\n")
    assert max(map(columns, lines)) <= WIDTH
    assert len(lines) > 12


@each("word", ["word", "{{ name | there }}", "日本語"])
def test_the_number_of_a_link_stays_with_its_last_word(word: str) -> None:
    """No line begins with `[1]`, wherever the link falls; it counts as part of the line's width."""
    for size in range(55, 75):
        lines = text("x" * size + f" a [{word}](https://a.example) b").split("\n")
        assert any(f"{word[-3:]} [1]" in line for line in lines[:-1])
        assert not any(line.startswith("[1] b") for line in lines)
        assert max(map(columns, lines)) <= max(WIDTH, size)


@each(
    ("source", "expected"),
    [
        ("Two $x^2$ [b](https://a.example)", "Two $x^2$ b [1]"),
        ("[a $x$ b](https://a.example) $y$", "a $x$ b [1] $y$"),
        (
            "| $x$ [b](https://a.example) | c |\n|-|-|\n| $y$ | d |",
            "$x$ b [1]  c\n---------  -\n$y$        d",
        ),
        ("$$x$$ ![b](https://a.example)", "$$x$$\n[Image: b] [1]"),
    ],
)
def test_a_formula_stands_beside_the_number_of_a_link(source: str, expected: str) -> None:
    """Both are held fast while lines are broken, and neither takes the other for its own."""
    assert text(source) == f"{expected}\n\n[1] https://a.example"


def test_merge_fields_stay_whole() -> None:
    """A merge field is never broken over lines, wherever it falls."""
    for size in range(60, 75):
        assert "{{ name | there }}" in text("x" * size + " {{ name | there }}, hello")


def test_wide_tables_become_lists() -> None:
    """A table that does not fit is told row by row, with its headings."""
    long = "word " * 20
    assert text(f"|k|v|\n|-|-|\n|a|{long}|\n|b|{long}|").startswith("k: a\nv: word word")


def test_scripts_leave_no_text() -> None:
    """What HTML does not show, the text does not say."""
    assert text("a <script>alert(1)</script>b\n\n<style>\np {}\n</style>") == "a b"
