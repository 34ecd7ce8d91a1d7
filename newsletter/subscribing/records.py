"""The rows of lists as they are read and written, between the file and the store. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from newsletter.subscribing.dialects import Origin, RowError, clean_text, split_tags
from storage.model import (
    ConsentEvent,
    Pace,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
    Wishes,
    tag_key,
)

_AS_ANYBODY: Final = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRow:
    """One row, read but not judged."""

    line: int
    """Where the row begins in the file; the header is on line 1."""
    email: str
    name: str = ""
    tags: tuple[str, ...] = ()
    consent: str = ""
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    origin: Origin = Origin.PLAIN
    state: SubscriberState | None = None
    """Only from our own export; None there: a suppression of somebody who is no subscriber."""
    suppression: SuppressionReason | None = None
    suppressed_at: datetime | None = None
    evidence: str = ""
    address_hash: str = ""
    proof: tuple[ConsentEvent, ...] = ()
    wishes: Wishes = _AS_ANYBODY
    feed_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken, and why."""

    line: int
    email: str
    reason: str
    left: bool = False
    """Whether it says that they left elsewhere, and not only that they are no reader."""
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberFile:
    """A file whose header is read."""

    unread: tuple[str, ...]
    """The columns that are neither kept nor decide who is a reader, as they are written."""
    rows: Iterator[SubscriberRow | RefusedRow]
    """Read as they are asked for."""
    records: Iterator[tuple[int, list[str]]]
    """The same, each only the line on which it begins and its cells. Of the two one is to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSubscriber:
    """One row of an export: a subscriber, a suppression, or both."""

    subscriber: Subscriber | None = None
    suppression: Suppression | None = None
    proof: tuple[ConsentEvent, ...] = ()


# ── cells of an export ───────────────────────────────────────────────────────────────────────

_FEED_KEY: Final = re.compile(r"[0-9a-f]{32}")


def read_wishes(cells: Mapping[str, str], paused_until: datetime | None) -> Wishes:
    """What a reader wishes, by folded columns; an export of an earlier version knew nothing of it.

    Raises RowError.
    """
    pace = cells.get("pace", "") or Pace.EACH.value
    if pace not in set(Pace):
        raise RowError(f"pace must be one of {', '.join(Pace)}")
    return Wishes(
        topics=tuple(dict.fromkeys(map(tag_key, split_tags(cells.get("topics", ""))))),
        pace=Pace(pace),
        paused_until=paused_until,
        language=clean_text(cells.get("language", ""), 40),
        zone=clean_text(cells.get("zone", ""), 60),
    )


def read_feed_key(cell: str) -> str:
    """The key of a reader's own feed. Raises RowError."""
    if cell and not _FEED_KEY.fullmatch(cell):
        raise RowError("feed_key is not as an export of this program has it")
    return cell
