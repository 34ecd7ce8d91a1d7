"""What a note may cost to render, counted before anything is parsed. Pure.

The parser's time and memory grow with what could begin or end something: line ends, brackets, runs of
emphasis, cells, tags, references. Text between them costs next to nothing, so a book of prose is no
trouble, and a hundred kilobytes of brackets are.
"""

from __future__ import annotations

import re
from typing import Final

MAX_MARKS: Final = 60_000
"""Marks in one note. The costliest found take some 40 µs and 2 kB each: seconds, not minutes."""

_MARK: Final = re.compile(r"[\n\\`*_\[\]<>|&~^!{}#$@]")


def find_excess(body: str) -> int | None:
    """The line on which a note has more marks than it may; None for one that is within its bound."""
    if len(body) <= MAX_MARKS:
        return None
    for number, mark in enumerate(_MARK.finditer(body), start=1):
        if number > MAX_MARKS:
            return body.count("\n", 0, mark.start()) + 1
    return None
