"""The Markdown parser: what is read of a note's beginning alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.parser import _read_title, find_title
from tests.sizes import examples
from tests.worlds.rows import each

PIECES = st.sampled_from(
    ("# ", "#", "## ", "Title", "\n", "\n\n", "===", "---", "- ", "> ", "    ", "[a]", "[a]: /x", "[^1]",
     "[^1]: note", "<!-- c -->", "`x`", "$a$", "*b*", "```\n", "<div>", "\t", " ", "| a |", "éü", "\\")
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_the_title_is_that_of_the_whole_note(body: str) -> None:
    """What is read of the beginning is what all of the note would say."""
    assert find_title(body) == _read_title(body)


@each(
    "body",
    [
        "import Chart from '../chart.jsx'\nimport './style.css';\n\n# Title\n\nWords.",
        "%% mine\n\nalone %%\n# Title\n",
        "<!-- a comment\n\nover lines -->\n\n# Title\n",
        "\n\n  # Title\n",
        "Title\n=====\nWords.",
        "# [Title]\n\nWords.\n\n[Title]: https://example.com\n",
    ],
)
def test_what_is_not_for_readers_may_stand_before_a_title(body: str) -> None:
    """Comments of any kind, imports and blank lines hide no title, and definitions come later."""
    assert find_title(body) == "Title"


@each(
    ("written", "title"),
    [
        ("# A :tada: ==party== {#top}", "A 🎉 party"),
        ("# Code `x` {.unnumbered} ", "Code x"),
        ("# Kept {as} it is <!-- omit in toc -->", "Kept {as} it is"),
    ],
)
def test_a_title_has_no_marks(written: str, title: str) -> None:
    """Ids, classes, emoji by name, marked words: as in the heading of the page, so that it stands there once."""
    assert find_title(written) == title
