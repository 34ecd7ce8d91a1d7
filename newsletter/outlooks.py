"""The verbs that look ahead of a sending and back at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.parts import Parts
from storage.model import Conflict

if TYPE_CHECKING:
    from newsletter.authoring import CheckedNote, Plan, Scheduled
    from newsletter.figures import FeedCount, Stats
    from newsletter.following import Followed, Follower
    from newsletter.inbound import ReportResult
    from storage.model import Delivery, Issue, Missing, NoteError, Schedule


class Outlooks:
    """The verbs about what is to come and what came of it: each passes on to the part that knows."""

    parts: Parts

    @property
    def feed(self) -> Follower:
        """The feed that `[notes] feed` names: how it stands, and asking for it now."""
        return self.parts.follower

    def feed_standing(self) -> Followed | None:
        """How that feed stands; None when there is none."""
        return self.parts.follower.standing() if self.parts.config.notes.feed else None

    @property
    def feed_count(self) -> FeedCount:
        """How many read the feeds, as aggregators say."""
        return self.parts.feed_count

    def beside(self, about: NoteError | None) -> Iterator[CheckedNote]:
        """What a check of everything says of what is no note: the About page, and the feed."""
        from newsletter.authoring import CheckedNote, error, report_unusable, warn
        from newsletter.following import tell_failure, tell_hold

        if about is not None:
            yield report_unusable(about)
        if (feed := self.feed_standing()) is None:
            return
        if told := tell_hold(feed):
            yield CheckedNote(note="feed", findings=(error("feed-held", f"{told}."),))
        if told := tell_failure(feed):
            yield CheckedNote(note="feed", findings=(warn("feed-fails", f"The feed: {told}."),))

    def plan(self, *notes: str) -> Plan:
        """What would go out now and later, to how many, who is left out, and how long it takes.

        With notes, of these alone, private ones too. Its hash is for `send(plan=…)`. Raises NotFound
        or NotesFolderError.
        """
        return self.parts.planner.make(*notes)

    def queue(self, note: str) -> Scheduled:
        """Have a note go out at the next free slot of `[schedule] slots`.

        One that is in the queue stays where it is. Raises NotFound, NoteError, Conflict (published
        already, a draft) or ScheduleError (no slots).
        """
        return self.parts.scheduling.queue(note)

    def unqueue(self, note: str) -> Schedule:
        """Give the slot of a note back. Raises NotFound, or Conflict when it is not in the queue."""
        return self.parts.scheduling.unqueue(note)

    def calendar_file(self) -> bytes:
        """The calendar as iCalendar (RFC 5545), to subscribe to."""
        from newsletter.authoring.ics import write_calendar

        return write_calendar(
            self.parts.outlook.calendar(), self.parts.config.identity, self.parts.clock()
        )

    def stats(self, *, days: int = 90) -> Stats:
        """Readers day by day, and the issues that were mailed in these days. `days` is 2 or more."""
        return self.parts.stats.look(days)

    def delivered(self, address: str, slug: str = "") -> list[tuple[Issue, Delivery]]:
        """What became of the mail to a reader, newest first; of one issue, or of all.

        Raises AddressError or NotFound.
        """
        reader = self.parts.subscriptions.find(address)
        only = self.parts.in_flight.find(slug).id if slug else None
        found = self.parts.overview.of_reader(reader.id, issue_id=only)
        issues = self.parts.archive.these({one.issue_id or 0 for one in found})
        return [(issues[one.issue_id or 0], one) for one in found]

    def mail(self, slug: str, *, dry_run: bool = False) -> Missing:
        """Queue an issue for active readers who have not had it; how many they are.

        Whoever a relay took a message for, or may have, is never mailed it again. Raises NotFound,
        or Conflict for an issue whose mail is paused or whose note is away.
        """
        in_flight = self.parts.in_flight
        return in_flight.missing(slug) if dry_run else in_flight.mail(slug)

    def desk(self) -> str:
        """An address that opens the author's desk once; the one before it does not any more.

        Raises Conflict when the desk is off.
        """
        config = self.parts.config
        if not config.desk.enabled:
            raise Conflict(
                "the desk is off: set `enabled = true` in `[desk]`, and start `run` anew"
            )
        url = urlsplit(config.newsletter.url)
        # Over plain http the desk is there for this machine alone, wherever the site is.
        base = (
            url.geturl()
            if url.scheme == "https"
            else f"http://127.0.0.1:{config.web.port}{url.path}"
        )
        return f"{base}/desk/enter/{self.parts.entrance.invite()}"

    def bounce(self, *messages: bytes, dry_run: bool = False) -> list[ReportResult]:
        """Take bounces and complaints as they came, and act on those about our mail; one result for each.

        The same report twice is one event. With `dry_run` they are classified and nothing changes.
        """
        process = self.parts.report_desk.process
        return [process(message, dry_run=dry_run) for message in messages]

    def signups_waiting(self) -> int:
        """How many sign-ups have waited for longer than a decision takes: a limit is full."""
        from newsletter.subscribing import TRY_AGAIN

        return self.parts.signups.count_waiting(before=self.parts.clock() - TRY_AGAIN)
