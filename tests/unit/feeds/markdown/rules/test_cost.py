"""What a note may cost: long prose passes, and what only looks like a note does not."""

from __future__ import annotations

from feeds.markdown.rules.cost import MAX_MARKS, find_excess
from tests.worlds.rows import each

COSTLY = (
    *(
        "[a]: /b\n",
        "-\n",
        "- a\n",
        "a|b\n-|-\nc|d\n\n",
        "> ",
        "[",
        "![[",
        "*a ",
        "_",
        "`",
        "<b>",
        "&amp;",
    ),
    *(
        "^[a]",
        "[^a]",
        "[^a]: x\n\n",
        "{{ a }}",
        "~~a",
        "<a@b> ",
        "|",
        "\\",
        "<!--",
        "1. a\n",
        "a\n-\n",
    ),
    *(
        "![a](b)",
        "[[a]] ",
        "```\n",
        "    x\n",
        "# a\n",
        "$a$ ",
        "<script>\n",
        "<div>\n\n",
        "word\n",
    ),
)


@each("piece", COSTLY)
def test_a_megabyte_of_anything_costly_is_too_much(piece: str) -> None:
    """Each kind of thing that the parser works for is bounded, and the line of the excess is told."""
    body = piece * (990_000 // len(piece))
    line = find_excess(body)
    assert line is not None
    assert 1 <= line <= MAX_MARKS + 1


def test_a_book_of_prose_is_within_the_bound() -> None:
    """A megabyte of paragraphs with links and emphasis, as people write them, is a note."""
    paragraph = "It was *late*, and [the light](https://example.com/a) went. " + "Words. " * 80
    book = "\n\n".join([paragraph] * (980_000 // len(paragraph)))
    assert len(book) > 900_000
    assert find_excess(book) is None


def test_marks_count_wherever_they_stand() -> None:
    """Within words and between them, and nothing else does."""
    body = "a [ b*c\n" * (MAX_MARKS // 3)
    assert find_excess(body) is None
    assert find_excess(f"{body}a [") == MAX_MARKS // 3 + 1


def test_the_bound_is_exact() -> None:
    """As many marks as are allowed are allowed."""
    assert find_excess("[" * MAX_MARKS) is None
    assert find_excess("a\n" + "[" * MAX_MARKS) == 2
