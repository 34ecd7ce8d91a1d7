"""Addresses that only some programs read as everybody does."""

from __future__ import annotations

from feeds.markdown.dialects.programs.addresses import mend_addresses
from tests.worlds.rows import each


@each(
    ("written", "read"),
    [
        ("![a](b.png =300x200)", "![a|300x200](b.png)"),
        ("![a](b.png =300x)", "![a|300](b.png)"),
        ("![a](b.png =300)", "![a|300](b.png)"),
        ("![a](b.png =x50)", "![a](b.png)"),
        ('![a](b.png =x50 "T")', '![a](b.png "T")'),
        ("[a](my note.md)", "[a](<my note.md>)"),
        ("![a](b.png =x)", "![a](b.png =x)"),
        ("[a](b.png =x50)", "[a](b.png =x50)"),
    ],
)
def test_sizes_and_blanks_in_addresses(written: str, read: str) -> None:
    """A width is kept; a height alone says none, and the picture is one all the same."""
    assert mend_addresses(written) == read
