"""What a reader finds in the archive, with the place where it stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from newsletter.publishing import as_readers_see
from storage.archive import Search
from storage.database import Database
from storage.model import LONGEST_QUERY, Issue, Sought, bare, read_query, readable, seek

PER_PAGE: Final = 10
LAST_PAGE: Final = 50
_AROUND: Final = 90
"""Characters before what was found, and twice as many after it."""
_WIDE: Final = re.compile("[\u2e80-\U0010ffff]+")
"""Nearly all of these are wide (UAX 11)."""
_READ: Final = 100_000
"""Characters of an issue in which the place is looked for."""
_STEP: Final = 2000
"""Characters that are looked at together."""
_LAP: Final = 400
"""Characters of the part before and the part after that are looked at with them."""
_SPACE: Final = re.compile(r"\s+")
# What each of these is found by comes first in it, so that a text without it costs little.
_STRESS: Final = re.compile(r"([_*])(?<![\w*][_*])(?=\S)([^_*\n]{1,200})(?<=\S)\1(?![\w*])")
"""How a plain text stresses words."""
_REFERENCE: Final = re.compile(r" \[\d{1,3}\]")
"""Its numbers of links and footnotes, which lead nowhere in a quotation."""
_UNDERLINE: Final = re.compile(r"[=\-_*~]{3,}")
"""What a plain text draws below titles and between parts."""
_DRAWN: Final = ("--", "==", "**", "__", "~~")
"""One of these is in each of them, and all five are looked for in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a quotation."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An issue that was found."""

    issue: Issue
    quoted: tuple[Piece, ...]
    """From its text, around the first words that were asked for; else how it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """A page of what was found."""

    query: str
    """What was asked for, as far as it is looked at; empty if it has no words."""
    page: int = 1
    total: int = 0
    """Not more than are counted."""
    more_than_total: bool = False
    """Whether there are more than were counted."""
    is_partial: bool = False
    """Whether older issues were not looked into for a phrase."""
    hits: tuple[Hit, ...] = ()

    @property
    def has_more(self) -> bool:
        """Whether there is a page after this one."""
        return bool(self.hits) and self.page * PER_PAGE < self.total and self.page < LAST_PAGE


class Searching:
    """Over one archive. Safe to share among threads."""

    def __init__(self, database: Database) -> None:
        self._search = Search(database)

    def find(self, query: str, page: int = 1) -> Hits:
        """A page of the issues that have all words of the query, the best first.

        Whatever the query is, this is an answer. Raises StorageError.
        """
        phrases = read_query(query)
        page = min(max(page, 1), LAST_PAGE)
        if not phrases:
            return Hits(query="")
        found = self._search.find(phrases, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        sought = seek(phrases)
        hits = tuple(
            Hit(issue=issue, quoted=quote(as_readers_see(issue).text, sought))
            for issue in found.issues
        )
        return Hits(
            query=query[:LONGEST_QUERY].strip(),
            page=page,
            total=found.total,
            more_than_total=found.has_more,
            is_partial=found.is_partial,
            hits=hits,
        )


def quote(text: str, sought: Sought) -> tuple[Piece, ...]:
    """The part of a plain text in which what is sought is found first, cut between words."""
    part, first = _find(text[:_READ], sought)
    whole = part.plain
    around = _AROUND if first is None or _is_narrow(whole, first) else _AROUND // 2
    start = _cut_before(whole, first - around) if first is not None else 0
    end = _cut_after(whole, start + 3 * around)
    pieces = [Piece(f"…{_blank(whole, start)}")] if start or not part.is_first else []
    place = start
    for begin, after in part.hits(sought, start, end) if first is not None else ():
        pieces += [Piece(whole[place:begin]), Piece(whole[begin:after], True)]
        place = after
    pieces += [Piece(whole[place:end])]
    pieces += [Piece(f"{_blank(whole, end - 1)}…")] if end < len(whole) or not part.is_last else []
    return tuple(piece for piece in pieces if piece.text)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some thousand characters of a text, as they are quoted."""

    plain: str
    bare: str
    places: Sequence[int]
    """Where each character of `bare` stands in `plain`."""
    is_first: bool
    is_last: bool

    def first(self, sought: Sought) -> int | None:
        """Where it is found first."""
        found = sought.first(self.bare)
        return None if found is None else self.places[found.start()]

    def hits(self, sought: Sought, start: int, end: int) -> Iterator[tuple[int, int]]:
        """From where to where it is found between two places."""
        limits = (bisect_left(self.places, place) for place in (start, end))
        for found in sought.all(self.bare, *limits):
            yield self.places[found.start()], min(self.places[found.end()], end)


def _find(text: str, sought: Sought) -> tuple[_Part, int | None]:
    """The first part in which it is found, and where; else the first of all.

    Most texts have it near their beginning, and the rest of them need not be looked at.
    """
    beginning = _part(text, 0)
    part, place = beginning, 0
    while (first := part.first(sought)) is None:
        if part.is_last:
            return beginning, None
        place += _STEP
        part = _part(text, place)
    return part, first


def _part(text: str, place: int) -> _Part:
    """From some characters before the place on, so that nothing is cut that stands there."""
    start, end = max(place - _LAP, 0), place + _STEP + _LAP
    if start:
        word = _SPACE.search(text, start, place)
        start = word.end() if word is not None else start
    lines = readable(text[start:end])
    plain = " ".join(_undraw(_unmark(lines)).split())
    return _Part(plain, *bare(plain), is_first=start == 0, is_last=end >= len(text))


def _undraw(text: str) -> str:
    """Without the lines that a plain text draws."""
    return _UNDERLINE.sub(" ", text) if any(pair in text for pair in _DRAWN) else text


def _unmark(text: str) -> str:
    """Without the marks that a plain text has for what it cannot show."""
    return _REFERENCE.sub("", _STRESS.sub(r"\2", text))


def _is_narrow(text: str, place: int) -> bool:
    """Whether letters around a place are of usual width: a Chinese or Japanese one takes two."""
    near = text[max(place - _AROUND, 0) : place + _AROUND]
    return 2 * len(_WIDE.sub("", near)) > len(near)


def _blank(text: str, place: int) -> str:
    """What stands between a letter and the dots for what was left out: nothing in a script without blanks."""
    return "" if _WIDE.match(text, place) else " "


def _cut_before(text: str, place: int) -> int:
    """The beginning of the word at a place, if one begins near it."""
    if place <= 0:
        return 0
    space = text.find(" ", place, place + 20)
    return place if space < 0 else space + 1


def _cut_after(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", place - 20, place)
    return place if space < 0 else space
