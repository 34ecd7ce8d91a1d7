"""Which document of a feed holds which issue: the newest in the feed, the rest in its archives. Pure.

RFC 5005 4: the feed that is subscribed to and its archives, followed by `prev-archive`, hold every
entry. Archives are numbered from the oldest, so that one that is full stays what it is however many
follow it. None holds what another holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from feeds.syndication.feed import MAX_BYTES
from storage.model import IssueExtent

_SHARE: Final = 3
"""A feed's items are as many archives' as this: when one is full, the feed still holds the rest."""
_MOST_CHARACTERS: Final = MAX_BYTES // 3
"""Of the bodies in a document: three octets each, as in Japanese, or escaped three times as long."""
_AROUND: Final = 500
"""Characters of an issue's other elements, as they count here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Issues by id. Those of `current` are newer than those of the last archive, and so on."""

    current: tuple[int, ...]
    archives: tuple[tuple[int, ...], ...]
    """The oldest first: the document `/archive/1.xml` is the first of them."""


def build_chain(extents: Sequence[IssueExtent], items: int) -> Chain:
    """Divides all issues there ever were, oldest first, among a feed of `items` and its archives.

    Withdrawn issues keep their places, and so no document changes but the one that had them.
    """
    rest = list(extents)
    archives = []
    for size in _sizes(extents, max(1, items // _SHARE)):
        fits = len(rest) <= items and _characters(rest) <= _MOST_CHARACTERS
        if fits or len(rest) == size:  # the feed itself is never empty
            break
        archives.append(tuple(extent.issue_id for extent in rest[:size]))
        rest = rest[size:]
    return Chain(current=tuple(extent.issue_id for extent in rest), archives=tuple(archives))


def _sizes(extents: Sequence[IssueExtent], most: int) -> Iterator[int]:
    """How many issues each full document holds: so many, or fewer where they are long."""
    count = characters = 0
    for extent in extents:
        if count == most or (count and characters + _weight(extent) > _MOST_CHARACTERS):
            yield count
            count = characters = 0
        count += 1
        characters += _weight(extent)
    if count == most:
        yield count


def _characters(extents: Sequence[IssueExtent]) -> int:
    return sum(map(_weight, extents))


def _weight(extent: IssueExtent) -> int:
    return extent.characters + _AROUND
