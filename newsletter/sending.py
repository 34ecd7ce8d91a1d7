"""Owns one sending: all that is due now, from the notes folder to the last outcome, and its report; and
the verbs that look ahead of a sending and back at it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from mailer.dispatch import Summary
from newsletter.authoring import CheckedNote, Plan, Scheduled, error, report_unusable, warn
from newsletter.figures import FeedCount, Stats
from newsletter.following import Follower, tell_failure, tell_hold
from newsletter.mailing import SendReport
from newsletter.parts import Parts
from newsletter.publishing import PollReport
from newsletter.service import Ending, drain, run_in_loop
from newsletter.working import duties
from storage.model import Delivery, Issue, Missing, NoteError, NotesFolderError, Schedule


def send_due(
    parts: Parts,
    poll: Callable[[], PollReport],
    look: Callable[[], None],
    progress: Callable[[SendReport], None] | None = None,
    *,
    expected: Collection[str] = (),
) -> SendReport:
    """Poll, publish, queue, and dispatch until nothing is due. Raises StorageError.

    `poll` is one look at the notes folder, `look` the same as a tick. `progress` is told how far it
    has come, again and again. Of notes that were `expected`, by path, and did not come out it is told.
    """
    started = time.monotonic()
    problems: list[str] = []
    polled = PollReport()
    parts.follower.look(by_hand=True)
    try:
        polled = poll()
    except NotesFolderError as error:
        problems.append(str(error))  # what is queued can still be sent
    come = {issue.path for issue in polled.published}
    problems += [
        f"{path}: changed meanwhile, so it was not sent" for path in expected if path not in come
    ]
    base = SendReport(
        published=tuple(issue.slug for issue in polled.published), queued=polled.queued
    )

    parts.subscriptions.process()
    base = replace(base, queued=base.queued + parts.readers.digests.run())

    def report(summary: Summary) -> SendReport:
        return base.counting(summary, time.monotonic() - started, problems)

    parts.upkeep.rescue()
    parts.report_desk.wear_out()
    under_way = parts.overview.under_way()
    work = duties(parts, look, lambda now: progress(report(now)) if progress else None)
    with Ending() as ending:
        summary = run_in_loop(lambda: drain(work, ending))
    parts.mailings.finish()
    parts.watermark.raise_if_moved(parts.overview)
    problems += [summary.relay_error] if summary.relay_error else []
    seen = [issue.id for issue in (*polled.withdrawn, *polled.published)]
    problems += parts.standing.paused_of(tuple(dict.fromkeys([*under_way, *seen])))
    problems += [str(fault) for fault in polled.stuck]
    problems += [polled.held.sentence] if polled.held else []
    done = replace(report(summary), waiting=parts.standing.waiting())
    if done.settled >= done.queued:
        return done
    # Who left before being claimed was never the dispatcher's to count.
    left = parts.standing.suppressed_of(issue.id for issue in polled.published)
    return replace(done, suppressed=max(done.suppressed, left))


class Outlooks:
    """The verbs about what is to come and what came of it: each passes on to the part that knows."""

    parts: Parts

    @property
    def feed(self) -> Follower:
        """The feed that `[notes] feed` names: how it stands, and asking for it now."""
        return self.parts.follower

    @property
    def feed_count(self) -> FeedCount:
        """How many read the feeds, as aggregators say."""
        return self.parts.feed_count

    def beside(self, about: NoteError | None) -> Iterator[CheckedNote]:
        """What a check of everything says of what is no note: the About page, and the feed."""
        if about is not None:
            yield report_unusable(about)
        if (feed := self.feed.standing()) is None:
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
        return self.parts.authoring.queue(note)

    def unqueue(self, note: str) -> Schedule:
        """Give the slot of a note back. Raises NotFound, or Conflict when it is not in the queue."""
        return self.parts.authoring.unqueue(note)

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
        return [(self.parts.archive.get(one.issue_id or 0), one) for one in found]

    def mail(self, slug: str, *, dry_run: bool = False) -> Missing:
        """Queue an issue for active readers who have not had it; how many they are.

        Whoever a relay took a message for, or may have, is never mailed it again. Raises NotFound,
        or Conflict for an issue whose mail is paused or whose note is away.
        """
        in_flight = self.parts.in_flight
        return in_flight.missing(slug) if dry_run else in_flight.mail(slug)
