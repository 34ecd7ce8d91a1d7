"""What a note may cost to render, counted before anything is parsed. Pure.

The parser's time and memory grow with what could begin or end something: line ends, brackets, runs of
emphasis, cells, tags, references. Text between them costs next to nothing, so a book of prose is no
trouble, and a hundred kilobytes of brackets are.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

MAX_MARKS: Final = 60_000
"""Marks in one note. The costliest found take some 40 µs and 2 kB each: seconds, not minutes."""

_MARK: Final = re.compile(r"[\n\\`*_\[\]<>|&~^!{}#$@]")


def find_excess(body: str) -> int | None:
    """The line on which a note has more marks than it may; None for one that is within its bound."""
    if len(body) <= MAX_MARKS:
        return None
    one_too_many = next(islice(_MARK.finditer(body), MAX_MARKS, None), None)
    return body.count("\n", 0, one_too_many.start()) + 1 if one_too_many else None
