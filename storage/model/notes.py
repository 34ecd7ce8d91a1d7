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


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry of the feed that is a store of notes, as it is kept."""

    path: str
    """`feed:hello-1a2b3c4d.entry`: what stands for a file's path, the same for ever."""
    entry_id: str
    """What the feed calls it now."""
    guid: str
    """What the feed called it first: its id in our feeds."""
    link: str
    """Where it stands first; empty where the feed does not say."""
    likeness: str
    """Of its title and words: by it an entry is known whose id and link have changed."""
    said: str
    """Of everything that the feed says of it, so that what has not changed is not taken up again."""
    dated_at: datetime | None
    """When the feed says it was published; None where it does not, or cannot be right."""
    first_seen_at: datetime
    changed_at: datetime
    mail: bool
    """Whether it may be mailed: it was not there at the first look."""
    there: bool = True
    """False once it was taken out of the middle of the feed."""
    note: str = ""
    """The note that it is: front matter and Markdown. Not read with many at once."""
