"""What is not for readers, and what only looks like it."""

from __future__ import annotations

from feeds.markdown.dialects.comments import drop_marks
from tests.worlds.rows import each


@each(
    ("written", "read"),
    [
        ("Words. ^abc-1", "Words."),
        ("^abc", ""),
        ("> quoted\n>^abc", "> quoted\n>"),
        ("Words[^1] and x^2.", "Words[^1] and x^2."),
        ("{::nomarkdown}x{:/}", "x"),
        (r"\{::comment} is kramdown's", r"\{::comment} is kramdown's"),
    ],
)
def test_a_mark_goes_and_what_an_author_says_stays(written: str, read: str) -> None:
    """Block ids, in quotations as well, and kramdown's extensions; none behind a backslash."""
    assert drop_marks(written) == read
