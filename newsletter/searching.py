"""What a reader finds in the archive, with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from newsletter.publishing import as_readers_see
from storage.archive import Search
from storage.database import Database
from storage.model import Issue, Phrase, fold, read_query, readable

PER_PAGE: Final = 10
LAST_PAGE: Final = 50
_AROUND: Final = 90
"""Characters before what was found, and twice as many after it."""
_READ: Final = 100_000
"""Characters of an issue in which the place is looked for."""
_SPACE: Final = re.compile(r"\s+")
_UNDERLINE: Final = re.compile(r"[=\-_*~]{3,}")
"""What a plain text draws below titles and between parts."""


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
        hits = tuple(
            Hit(issue=issue, quoted=quote(as_readers_see(issue).text, phrases))
            for issue in found.issues
        )
        return Hits(query=query.strip(), page=page, total=found.total, hits=hits)


def quote(text: str, phrases: Sequence[Phrase]) -> tuple[Piece, ...]:
    """The part of a plain text in which the phrases stand first, cut between words."""
    whole = _SPACE.sub(" ", _UNDERLINE.sub(" ", readable(text[:_READ]))).strip()
    pattern = re.compile("|".join(f"(?:{phrase.pattern})" for phrase in phrases))
    folded = fold(whole)
    first = pattern.search(folded)
    start = _cut_before(whole, first.start() - _AROUND) if first is not None else 0
    end = _cut_after(whole, start + 3 * _AROUND)
    pieces = [Piece("… ")] if start else []
    place = start
    for hit in pattern.finditer(folded, start, end) if first is not None else ():
        if hit.start() < hit.end():
            pieces += [
                Piece(whole[place : hit.start()]),
                Piece(whole[hit.start() : hit.end()], True),
            ]
            place = hit.end()
    pieces += [Piece(whole[place:end])]
    pieces += [Piece(" …")] if end < len(whole) else []
    return tuple(piece for piece in pieces if piece.text)


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
