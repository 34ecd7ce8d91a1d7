"""What the author asks for about one note: its front matter, and the command that wins over it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from feeds.notes import Note, Now
from newsletter.publishing.decisions import Wish
from storage.model import KnownNote, Schedule


def wish_of(
    note: Note,
    *,
    written: datetime,
    schedule: Schedule | None,
    known: KnownNote | None,
    now: datetime,
    grace: timedelta,
) -> Wish:
    """The wish about a note whose file was last written then.

    `known` is what the last look remembered, if there was one: lateness counts from when this very
    publish time was first seen.
    """
    publish_at, seen_at = note.publish, now
    if isinstance(publish_at, Now):
        publish_at = publish_now(written, now, grace)
    if schedule is not None:
        publish_at, seen_at = schedule.publish_at, schedule.created_at
    if known is not None and publish_at is not None and known.publish_at == publish_at:
        seen_at = known.publish_seen_at or seen_at
    return Wish(
        publish_at=publish_at,
        seen_at=seen_at,
        kept=note.kept,
        email=note.email,
        not_before=note.not_before,
        expires=note.expires,
    )


def publish_now(written: datetime, now: datetime, grace: timedelta) -> datetime:
    """`publish: now` means when it was written, if that is long ago: old notes never mail."""
    return written if now - written > grace else now


def written_at(mtime_ns: int) -> datetime:
    """When a file was last written."""
    return datetime.fromtimestamp(mtime_ns / 1e9, UTC)
