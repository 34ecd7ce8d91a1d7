"""What is remembered of a note, and when its author wants it out. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNote:
    """What the last polls learned of one file: the poll's memory, also across restarts."""

    path: str
    note_id: str
    size: int
    mtime_ns: int
    content_hash: str
    publish_at: datetime | None
    """The publish time the note asks for; None while it is private or broken."""
    publish_seen_at: datetime | None
    """When this very publish time was first seen: lateness is judged from here (grace)."""
    fault: str
    """The problem last reported for this content; empty when there is none."""
    wake_at: datetime | None = None
    """When an unchanged file must be looked at again, because its time comes; None = never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The author's command that a note go out. The row is the truth; timers only tick."""

    path: str
    publish_at: datetime
    wall: str
    """What the author meant: `2026-12-01T09:00:00`, in `zone`."""
    zone: str
    created_at: datetime
    title: str = ""
    """The note's title when it was last seen; with `content_hash` it is recognised once renamed."""
    content_hash: str = ""
    """SHA-256 of the note's bytes when it was last seen; empty until a poll saw it."""
