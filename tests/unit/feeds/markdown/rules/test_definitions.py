"""Lists of definitions."""

from __future__ import annotations

from feeds.markdown.code import Highlighter
from feeds.markdown.parser import PARSER
from tests.worlds.rows import each


def test_code_behind_a_blank_line_is_no_definition() -> None:
    """A colon that is indented as code begins code; one that is not means the line before it, blank or not between."""
    code = PARSER.render("Word\n\n    : b", {"highlighter": Highlighter()})
    assert "<dl>" not in code
    assert "<pre><code>: b" in code
    for means in ("Word\n\n: b", "Word\n: b", "Word\n\n   : b", "> Word\n>\n> : b"):
        assert "<dl>" in PARSER.render(means)


_LONG = "A line of prose that is longer than any word that somebody explains."


@each(
    ("written", "terms"),
    [
        ("A\nB *b*\n: both", ["A", "B <em>b</em>"]),
        ("> A\n> B\n> C\n> : all", ["A", "B", "C"]),
        ("- A\n  B\n  : both", ["A", "B"]),
        ("A\n: one\n\nB\nC\n: both", ["A", "B", "C"]),
        (f"{_LONG}\nB\n: b", []),
        (f"A\n{_LONG}\nB\n: b", []),
        ("a\nb\nc\nd\ne\n: f", []),
        ("A\n12:30\n:30 b", []),
    ],
)
def test_a_definition_may_mean_several_terms(written: str, terms: list[str]) -> None:
    """Short lines right above it, four at most; a paragraph is none, though a line in it begins with a colon."""
    html = PARSER.render(written)
    assert [one.partition("</dt>")[0] for one in html.split("<dt>")[1:]] == terms
