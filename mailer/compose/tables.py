"""Tables of an issue on a phone: which words stay whole, and what a table is called for it. Pure.

It works on sanitised HTML only, as mailer/compose/fragment.py does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import Final

from mailer.compose.fragment import visible_text

_TABLE: Final = 343
"""Pixels of a table on a phone of 375, and of its cells as templates/mail.css has them:"""
_GAP: Final = 10
_NARROWEST: Final = 42 + _GAP
_DIGIT: Final = 9
_LETTER: Final = 8
_ALWAYS: Final = 3
"""Letters for which any cell has room."""
_CELL: Final = re.compile(r"(<t[dh])((?: [^>]*)?)>(.*?)</t[dh]>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What a column holds, and about how many pixels it takes."""

    figures: int = 0
    """Characters of the longest word that is right-aligned."""
    longest: int = 0
    """Of the longest word."""

    def figured(self) -> int:
        """With what is right-aligned in it whole."""
        return _wide(_DIGIT * self.figures)

    def whole(self) -> int:
        """With all its words whole."""
        return _wide(_LETTER * self.longest)

    def halved(self) -> int:
        """With its longest word in two pieces."""
        return _wide(_LETTER * -(-self.longest // 2))


def wrap_tables(html: str) -> str:
    """The HTML with each table in a box of its own, which scrolls when the table is too wide.

    A number that is broken over two lines is read wrong, so the box says `figures` if a phone has
    room for the words and numbers of right-aligned columns as they are. It says `crowded` if there
    are more columns than a phone has room for. Cells of the other columns say `unbroken` if there is room for
    their words, so that a short word is not broken for the sake of a long one.
    """
    before, *tables = re.split("(?=<table)", html)
    return before + "".join(map(_box, tables)).replace("</table>", "</table></div>")


def _box(piece: str) -> str:
    """A table and what follows it."""
    table, end, after = piece.partition("</table>")
    columns = _measure(table)
    if len(columns) * _NARROWEST > _TABLE:
        return f'<div class="wide crowded">{piece}'
    has_figures = "align-right" in table and sum(one.figured() for one in columns) <= _TABLE
    if "span=" not in table:
        table = _mark(table, _find_unbroken(columns, has_figures=has_figures))
    return f'<div class="wide{" figures" if has_figures else ""}">{table}{end}{after}'


def _measure(table: str) -> list[_Column]:
    rows = [[_measure_cell(*cell) for cell in _CELL.findall(row)] for row in table.split("<tr")]
    return [
        _Column(
            figures=max(cell.figures for cell in column),
            longest=max(cell.longest for cell in column),
        )
        for column in zip_longest(*rows, fillvalue=_Column())
    ]


def _measure_cell(_tag: str, attributes: str, inner: str) -> _Column:
    longest = max(map(len, visible_text(inner).split()), default=0)
    return _Column(figures=longest if "align-right" in attributes else 0, longest=longest)


def _wide(pixels: int) -> int:
    return max(_NARROWEST, pixels + _GAP)


def _find_unbroken(columns: Sequence[_Column], *, has_figures: bool) -> set[int]:
    """The columns whose words may stay whole, those of the shortest words first, so that half of each longest
    word still fits into the others.
    """
    fixed = {at for at, one in enumerate(columns) if has_figures and one.figures}
    taken = sum(one.figured() if at in fixed else one.halved() for at, one in enumerate(columns))
    unbroken: set[int] = set()
    for at in sorted(set(range(len(columns))) - fixed, key=lambda at: columns[at].longest):
        taken += columns[at].whole() - columns[at].halved()
        if taken > _TABLE:
            break
        if columns[at].longest > _ALWAYS:
            unbroken.add(at)
    return unbroken


def _mark(table: str, unbroken: Collection[int]) -> str:
    """The table with a class for the cells of these columns."""

    def mark(row: str) -> str:
        numbers = count()
        return _CELL.sub(lambda cell: _marked(cell) if next(numbers) in unbroken else cell[0], row)

    return "<tr".join(map(mark, table.split("<tr"))) if unbroken else table


def _marked(cell: re.Match[str]) -> str:
    tag, attributes = cell[1], cell[2]
    if ' class="' in attributes:
        classed = attributes.replace(' class="', ' class="unbroken ', 1)
    else:
        classed = f'{attributes} class="unbroken"'
    return f"{tag}{classed}{cell[0][len(tag) + len(attributes) :]}"
