"""Pieces of a text between an opening and a closing, found in one pass. Pure.

A lazy regular expression looks for each closing up to the end of the text, and a note of openings alone
would take the square of its length. Here a closing that was found, or not found, is not looked for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One kind of piece."""

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    replace: Callable[[re.Match[str], str], str]
    """What stands there instead: called with the opening's match and what is inside."""


def replace_spans(text: str, kinds: Sequence[Span]) -> str:
    """`text` with every piece of these kinds replaced; the one that begins first counts."""
    pieces: list[str] = []
    lost: set[int] = set()
    """Kinds whose closing does not come any more."""
    ends: dict[int, re.Match[str]] = {}
    """The next closing of each kind, as far as it was looked for."""
    starts: list[re.Match[str] | None] = [kind.opening.search(text) for kind in kinds]
    at = 0
    while True:
        live = [(found.start(), n) for n, found in enumerate(starts) if found and n not in lost]
        if not live:
            break
        _start, n = min(live)
        opening = starts[n]
        assert opening is not None  # noqa: S101 - it is what made it live
        closing = ends.get(n)
        if closing is None or closing.start() < opening.end():
            closing = kinds[n].closing.search(text, opening.end())
        if closing is None:
            lost.add(n)
            continue
        ends[n] = closing
        pieces += (
            text[at : opening.start()],
            kinds[n].replace(opening, text[opening.end() : closing.start()]),
        )
        at = closing.end()
        starts = [
            kind.opening.search(text, at) if found is not None and found.start() < at else found
            for kind, found in zip(kinds, starts, strict=True)
        ]
    return "".join(pieces) + text[at:]


def same_lines(_opening: re.Match[str], inside: str) -> str:
    """Nothing, on as many lines as were there."""
    return "\n" * (inside.count("\n") + _opening[0].count("\n"))


_LONGEST: Final = 2000
"""Characters of one tag; what is longer is no tag."""


def replace_tags(text: str, opening: str, closing: str, read: Callable[[str, int], str]) -> str:
    """`text` with each `opening … closing` replaced by what `read` makes of it and its position.

    A tag does not reach over a blank line, nor over another opening.
    """
    if opening not in text:
        return text
    pieces: list[str] = []
    at = 0
    end = -1
    while (start := text.find(opening, at)) >= 0:
        inside = start + len(opening)
        if end < inside:
            end = text.find(closing, inside)
            if end < 0:
                break
        if end - start > _LONGEST or _BLANK_LINE.search(text, inside, end):
            pieces.append(text[at:inside])
            at = inside
            continue
        start = text.rfind(opening, start, end)
        stop = end + len(closing)
        pieces += (text[at:start], read(text[start:stop], start))
        at = stop
    return "".join(pieces) + text[at:]
