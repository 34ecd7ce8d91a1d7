"""What both engines are asked by a search: the words, each for itself, the bounds of what they cost, and which
issues are on a page. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from storage.model import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many issues a search has to do with, however many have the words."""

    found: int
    """That may be shown, the newest. What comes after is not counted."""
    ranked: int
    """Of these, the newest, that are compared; the others follow by date."""
    read: int
    """That PostgreSQL looks into for a phrase, the newest of those that have each three words of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Which issues are on a page of what was found."""

    total: int
    """Of all that have the words; one more than may be found if there are more."""
    is_partial: bool = False
    """Whether others were not looked into."""
    ids: Sequence[int] = ()
    """The best first."""


class Engine(Protocol):
    """The index of either database, asked for some phrases."""

    def page(self, connection: Connection, bounds: Bounds, *, limit: int, offset: int) -> Listed:
        """The page that begins behind `offset` issues."""


def apart(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Each term for itself, once."""
    from storage.model import Phrase

    found: dict[Phrase, None] = {}
    for phrase in phrases:
        last = len(phrase.terms) - 1
        for place, term in enumerate(phrase.terms):
            is_prefix = phrase.is_prefix and place == last
            stems = phrase.letters if phrase.also else ()
            found[Phrase((term,), is_prefix, "", stems, phrase.also)] = None
    return list(found)
