"""Rows on terminals of any width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scripts.tables import lay_out, wrap
from storage.model import columns

WORDS = st.text(alphabet="ab 字-", max_size=40).map(str.strip)
SLUG = "week-38-notes-on-shipping-things-that-are-a-litt"
ROWS = [[SLUG, "Notes on shipping things that are longer than one would like", "open", "2 queued"]]
HEADS = ("issue", "title", "mail", "deliveries")


def lines(width: int) -> list[str]:
    """The rows on a terminal of so many columns."""
    return [line for _, line in lay_out(HEADS, ROWS, width)]


@given(
    st.lists(st.tuples(st.text("abc-", min_size=1, max_size=60), WORDS, WORDS), max_size=4),
    st.integers(20, 130),
)
def test_nothing_is_lost_and_the_first_cell_is_whole(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    """On any width: what the next command is given can be copied, and no line is wider than it must be."""
    laid = [line for _, line in lay_out(("what", "one", "two"), rows, width)]
    text = "".join("".join(laid).split())
    for first, *rest in rows:
        assert any(first in line for line in laid)
        assert all(character in text for cell in rest for character in "".join(cell.split()))
    widest = max((columns(row[0]) for row in rows), default=0)
    assert all(columns(line) <= max(width, widest) for line in laid)


@given(WORDS, st.integers(2, 30))
def test_wrapped_text_is_the_text(text: str, width: int) -> None:
    """No line is wider; words keep their order, and are broken only where they are wider themselves."""
    wrapped = wrap(text, width)
    assert all(columns(line) <= width for line in wrapped)
    assert "".join("".join(wrapped).split()) == "".join(text.split())


def test_issues_can_be_read_at_each_width() -> None:
    """A table; one with a column in several lines; the slug above the rest; a line for each cell."""
    assert lines(160)[1].split("  ")[0] == SLUG
    assert len(lines(160)) == 2
    assert len(lines(110)) == 3
    assert lines(80)[0] == "ISSUE"
    assert lines(80)[1].split() == ["TITLE", "MAIL", "DELIVERIES"]
    assert lines(80)[2] == SLUG
    narrow = lines(40)
    assert narrow[0] == SLUG
    assert narrow[1] == "  title       Notes on shipping things"
    assert narrow[-1] == "  deliveries  2 queued"
