"""Which entry of a feed is which that is known, which are new, and what cannot be believed. Pure.

A mail cannot be taken back: an entry that may be one that readers have is that one, and where many seem to
be new at once nothing is concluded, and the author is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from newsletter.following.saying import SaidEntry
from storage.model import FeedEntry

MANY: Final = 5
"""This many mails of one look at a feed are more than anybody writes between two looks."""
FEW: Final = 2
"""This many entries, all of them other ones than before, are a feed that has lost its ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a look at a feed found."""

    known: tuple[tuple[SaidEntry, FeedEntry], ...]
    new: tuple[SaidEntry, ...]
    quiet: frozenset[str] = field(default_factory=frozenset)
    """Ids of new ones that are not mailed: they have no date, and stand below what is known."""


def match(said: Sequence[SaidEntry], kept: Iterable[FeedEntry]) -> Matched:
    """Tell known entries from new ones: by id, then by link, then by what they say.

    A link counts where it belongs to one entry alone, in the feed and among those that are known.
    """
    kept = list(kept)
    by_id = {one.entry_id: one for one in kept}
    ids = {one.entry_id for one in said}
    rest = [one for one in kept if one.entry_id not in ids]
    links = _unique((one.link, one) for one in rest)
    likes = _unique((one.likeness, one) for one in rest)
    said_links = Counter(one.link for one in said)
    taken: set[str] = set()
    known: list[tuple[SaidEntry, FeedEntry]] = []
    new: list[SaidEntry] = []
    quiet: set[str] = set()
    for one in said:
        found = by_id.get(one.entry_id)
        if found is None and said_links[one.link] == 1:
            found = links.get(one.link)
        found = found or likes.get(one.likeness)
        if found is not None and found.path not in taken:
            taken.add(found.path)
            known.append((one, found))
            continue
        new.append(one)
        if one.published is None and known:
            quiet.add(one.entry_id)
    return Matched(known=tuple(known), new=tuple(new), quiet=frozenset(quiet))


def without_reused(matched: Matched, kept: Iterable[FeedEntry]) -> tuple[Matched, int]:
    """The same without new entries whose id another one had first, and how many those are: readers'
    programs know that by it.
    """
    first = {one.guid for one in kept}
    new = tuple(one for one in matched.new if one.entry_id not in first)
    return replace(matched, new=new), len(matched.new) - len(new)


def _unique(pairs: Iterable[tuple[str, FeedEntry]]) -> Mapping[str, FeedEntry]:
    found: dict[str, FeedEntry | None] = {}
    for key, entry in pairs:
        if key:
            found[key] = None if key in found else entry
    return {key: entry for key, entry in found.items() if entry is not None}


def find_mailed(matched: Matched, now: datetime, grace: timedelta) -> list[SaidEntry]:
    """The new entries that would be mailed."""
    return [
        one
        for one in matched.new
        if one.entry_id not in matched.quiet
        and not one.fault
        and now - (date_of(one, now) or now) <= grace
    ]


def date_of(one: SaidEntry, now: datetime) -> datetime | None:
    """When an entry was published; None where the feed does not say, or says a time to come: it is
    there already.
    """
    return one.published if one.published is not None and one.published <= now else None


def why_held(
    matched: Matched, window: Collection[FeedEntry], now: datetime, grace: timedelta
) -> str:
    """Why nothing new is taken up at this look; empty where all is well. `window` is what the last
    look found.
    """
    mailed = find_mailed(matched, now, grace)
    if len(mailed) >= MANY:
        return f"{len(mailed)} entries came at once that would be mailed"
    if len(window) < FEW or len(matched.new) < FEW or matched.known:
        return ""
    dates = [one.published for one in matched.new]
    newest = max((one.dated_at for one in window if one.dated_at), default=None)
    if newest and all(date is not None and newest < date <= now for date in dates):
        return ""  # the feed has moved on, since nobody looked for long
    return f"all {len(matched.new)} entries are others than at the last look"


def find_removed(
    matched: Matched, said: Sequence[SaidEntry], window: Iterable[FeedEntry]
) -> list[FeedEntry]:
    """Entries that were taken out of the middle: older ones are still there. What falls off the end of
    a feed is in nobody's way. Nothing is concluded where a feed is not in the order of its dates.
    """
    dates = [one.published for one in said if one.published is not None]
    if len(dates) < len(said) or any(one < other for one, other in pairwise(dates)) or not dates:
        return []
    there = {entry.path for _, entry in matched.known}
    return [
        one
        for one in window
        if one.path not in there and one.dated_at is not None and one.dated_at > dates[-1]
    ]
