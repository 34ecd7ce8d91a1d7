"""How rows are laid out on a terminal of a width. Pure.

What fits is a table. What does not is one whose widest column goes over several lines; if that leaves it
too narrow to be read, the first cell stands alone above the others; and if those are still too wide,
each stands on a line of its own, with its name. The first cell, which the next command is given, is
never broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from storage.model import columns as columns_of

_GAP: Final = 2
_READABLE: Final = 24
"""Columns below which a text in several lines is no longer read easily."""

Row = Sequence[str]


def lay_out(columns: Row, rows: Sequence[Row], width: int) -> Iterator[tuple[bool, str]]:
    """Lines, each with whether it is a heading."""
    heads = [column.upper() for column in columns]
    widths = [max(map(columns_of, cells)) for cells in zip(heads, *rows, strict=True)]
    whole = _fit(widths, width, is_fixed=1)
    if whole is not None:
        yield from _table(heads, rows, whole)
        return
    beside = _fit(widths[1:], width - _GAP, is_fixed=0) if len(widths) > 1 else None
    if beside is not None:
        yield True, heads[0]
        yield from _stacked(heads, rows, beside)
    else:
        yield from _listed(columns, rows, width)


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most so many columns; a word that is wider is broken."""
    lines, line = [], ""
    for word in text.split(" "):
        while columns_of(word) > width:
            if line:
                lines.append(line)
            head = _start(word, width)
            lines.append(head)
            word, line = word[len(head) :], ""  # noqa: PLW2901 - its rest
        joined = f"{line} {word}" if line else word
        if columns_of(joined) > width:
            lines.append(line)
            joined = word
        line = joined
    return [*lines, line] if line or not lines else lines


def _start(word: str, width: int) -> str:
    end = 1
    while end < len(word) and columns_of(word[: end + 1]) <= width:
        end += 1
    return word[:end]


def _fit(widths: Sequence[int], width: int, *, is_fixed: int) -> list[int] | None:
    """The widths of columns that fit, the widest behind the fixed ones made narrower; None if none do."""
    fitting = list(widths)
    over = sum(widths) + _GAP * (len(widths) - 1) - width
    if over <= 0:
        return fitting
    if len(widths) == is_fixed:
        return None
    widest = max(range(is_fixed, len(widths)), key=widths.__getitem__)
    fitting[widest] -= over
    return fitting if fitting[widest] >= _READABLE else None


def _table(heads: Row, rows: Sequence[Row], widths: Sequence[int]) -> Iterator[tuple[bool, str]]:
    yield from ((True, line) for line in _lines(heads, widths))
    for row in rows:
        yield from ((False, line) for line in _lines(row, widths))


def _stacked(heads: Row, rows: Sequence[Row], widths: Sequence[int]) -> Iterator[tuple[bool, str]]:
    indent = " " * _GAP
    yield from ((True, indent + line) for line in _lines(heads[1:], widths))
    for first, *rest in rows:
        yield False, first
        yield from ((False, (indent + line).rstrip()) for line in _lines(rest, widths))


def _listed(columns: Row, rows: Sequence[Row], width: int) -> Iterator[tuple[bool, str]]:
    label = max(map(columns_of, columns[1:]), default=0)
    indent = " " * (_GAP + label + _GAP)
    for first, *rest in rows:
        yield True, first
        for name, cell in zip(columns[1:], rest, strict=True):
            room = max(width - len(indent), 1)
            lines = wrap(cell, room) if cell else []
            yield from (
                (
                    False,
                    f"{' ' * _GAP}{name.ljust(label)}{' ' * _GAP}{line}"
                    if not at
                    else indent + line,
                )
                for at, line in enumerate(lines)
            )


def _lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    cells = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    for at in range(max(map(len, cells))):
        parts = [cell[at] if at < len(cell) else "" for cell in cells]
        padded = (
            part + " " * (width - columns_of(part))
            for part, width in zip(parts, widths, strict=True)
        )
        yield (" " * _GAP).join(padded).rstrip()
