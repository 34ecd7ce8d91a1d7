"""Lines that are no Markdown, without the marks that they have all the same."""

from __future__ import annotations

from feeds.markdown.dialects.words import plain_line
from tests.worlds.rows import each


@each(
    ("written", "shown"),
    [
        ("*Moby Dick* and **more**", "Moby Dick and more"),
        ("Use `make run` [now](https://a.example/x)", "Use make run now"),
        ("Q&amp;A &mdash; &#39;x&#39;", "Q&A — 'x'"),
        ("A <b>bold <i>word</i></b>", "A bold word"),
        (":tada: time", "🎉 time"),
        ("T & <b>", "T & <b>"),
        (
            "2 * 3 * 4, a*b*c, Vec<T>, 10:30:45, AT&T; [x](y) `",
            "2 * 3 * 4, a*b*c, Vec<T>, 10:30:45, AT&T; [x](y) `",
        ),
        ("f(*args, **kwargs) and __init__", "f(*args, **kwargs) and __init__"),
    ],
)
def test_a_line_loses_marks_that_are_whole(written: str, shown: str) -> None:
    """Titles in keys, as their generators show them; what is no mark stays."""
    assert plain_line(written) == shown
