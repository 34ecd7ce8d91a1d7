"""The rows of lists as they are read and written, between the file and the store. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.subscribing.dialects import Origin
from storage.model import (
    ConsentEvent,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSubscriber:
    """One row of an export: a subscriber, a suppression, or both."""

    subscriber: Subscriber | None = None
    suppression: Suppression | None = None
    proof: tuple[ConsentEvent, ...] = ()
