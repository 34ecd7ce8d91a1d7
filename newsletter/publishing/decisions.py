"""What is to be done with a note: publish, revise, withdraw, restore, wait or leave alone.

Pure: everything it needs, also the time, is an argument. A sweep
(newsletter/publishing/sweep.py) carries it out. The rules that protect the author live here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from feeds.notes import Note, Now
from newsletter.config import Late
from storage.model import Issue, IssueState, KnownNote, Readers, Schedule

AWAY_FOR: Final = timedelta(hours=1)
AWAY_LOOKS: Final = 3
NO_EMAIL: Final = "the note says `email: false`"
GONE_FOR_GOOD: Final = "the note stayed away"
"""What one look saw, the next may take back: a checkout, a synchronisation, a disk that was away. A
note that is missed for so long, at so many looks, was taken away by its author, and so is its mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the author asks for, from the front matter or by command."""

    publish_at: datetime | None
    """None while the note is private."""
    seen_at: datetime
    """When this very publish time was first seen (or commanded): lateness counts from here."""
    kept: str
    """Why readers may not see it, as the end of a sentence; empty if they may."""
    email: bool
    not_before: datetime | None = None
    """Hugo's `publishDate`, whatever else the note says."""
    expires: datetime | None = None
    """Hugo's `expiryDate`: readers see it until then."""

    @property
    def due_at(self) -> datetime | None:
        """When it may go out."""
        if self.publish_at is None or self.not_before is None:
            return self.publish_at
        return max(self.publish_at, self.not_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Make it an issue, dated `at`; mail it, or not for the `reason`."""

    at: datetime
    mail: bool
    reason: str = ""
    held: bool = False
    """Whether the mail waits for the author, for the `reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """The author changed a published note: page and feed follow, nobody is mailed (rule E9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A withdrawn note is back: archive and feed show it again, nobody is mailed (rule E10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """A published note is gone, private or a draft again: so is its issue (rule E10)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Its time has not come (rule E11)."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Nothing to do."""

    reason: str


Decision = Publish | Revise | Restore | Withdraw | Wait | Skip


def decide(
    wish: Wish | None,
    content_hash: str,
    issue: Issue | None,
    *,
    now: datetime,
    grace: timedelta,
    late: Late = Late.HOLD,
) -> Decision:
    """What to do with a note whose bytes have `content_hash`; `wish` None means it is gone."""
    if issue is None:
        return _decide_new(wish, now=now, grace=grace, late=late)
    if (hidden := _why_hidden(wish, now)) is not None:
        live = issue.state is IssueState.LIVE
        return Withdraw(reason=hidden) if live else Skip(reason=hidden)
    if issue.state is IssueState.WITHDRAWN:
        return Restore()
    return Skip(reason="unchanged") if content_hash == issue.content_hash else Revise()


def _decide_new(wish: Wish | None, *, now: datetime, grace: timedelta, late: Late) -> Decision:
    if wish is None or (hidden := _why_hidden(wish, now)) is not None:
        return Skip(reason="gone" if wish is None else hidden or "")
    due_at = wish.due_at
    if due_at is None:
        return Skip(reason="private")
    if due_at > now:
        return Wait(until=due_at)
    if not wish.email:
        return Publish(at=due_at, mail=False, reason=NO_EMAIL)
    if wish.seen_at - due_at > grace:
        return Publish(at=due_at, mail=False, reason=_why_late(wish, grace))
    if now - due_at > grace and late is not Late.SEND:
        return Publish(
            at=due_at,
            mail=late is Late.HOLD,
            reason=_tell_late(due_at, now, late),
            held=late is Late.HOLD,
        )
    return Publish(at=due_at, mail=True)


def _tell_late(due: datetime, now: datetime, late: Late) -> str:
    hours = (now - due).total_seconds() / 3600
    told = f"it was due at {due:%Y-%m-%d %H:%M} UTC, {hours:.0f} h ago, while nothing was running"
    if late is Late.SKIP:
        return told
    return f"{told}; `newsletter resume` mails it, `newsletter cancel` does not"


def is_to_be_withdrawn(wish: Wish, now: datetime) -> bool:
    """Whether its author's words keep a note from readers."""
    return _why_hidden(wish, now) is not None


def tell_absence(reason: str) -> str:
    """What to tell of mail that is paused because its note is away."""
    return f"{reason}; the mail goes on when it is back, and is taken back after an hour without it"


AWAY_WITH_MANY: Final = (
    "its note is away, and so many others with it that nothing is concluded; the mail goes on when it "
    "is back, and is taken back if you say `newsletter missing --withdraw`"
)


def _why_hidden(wish: Wish | None, now: datetime) -> str | None:
    if wish is None:
        return "the note was removed"
    if wish.kept:
        return wish.kept.replace("it ", "the note ", 1)
    if wish.expires is not None and wish.expires <= now:
        return "the note's `expiryDate` is past"
    return "the note is private" if wish.publish_at is None else None


def _why_late(wish: Wish, grace: timedelta) -> str:
    hours = grace.total_seconds() / 3600
    return (
        f"first seen at {wish.seen_at:%Y-%m-%d %H:%M} UTC, more than {hours:g} h after its "
        "publish time"
    )


# ── what is asked for ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a plan says of a note: it is published only if that is still so."""

    content_hash: str
    readers: Readers | None
    """Whom it is mailed to; None where it is not mailed."""


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
