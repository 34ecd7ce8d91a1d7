"""Owns one sending: all that is due now, from the notes folder to the last outcome, and its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.mailing import SendReport
from newsletter.parts import Parts
from newsletter.publishing import PollReport
from newsletter.service import span
from storage.model import DatabaseLost, Log, NotesFolderError, StorageError

if TYPE_CHECKING:
    from mailer.dispatch import Summary

log = Log()


def send_due(
    parts: Parts,
    poll: Callable[[], PollReport],
    progress: Callable[[SendReport], None] | None = None,
    *,
    expected: Collection[str] = (),
) -> SendReport:
    """Poll, publish, queue, and dispatch until nothing is due. Raises StorageError.

    `poll` is one look at the notes folder. `progress` is told how far it has come, again and again. Of notes that were
    `expected`, by path, and did not come out it is told.
    """
    started = time.monotonic()
    polled, problems = _look_at_notes(parts, poll, expected)
    base = SendReport(
        published=tuple(issue.slug for issue in polled.published),
        withdrawn={issue.slug: polled.why.get(issue.id, "") for issue in polled.withdrawn},
        restored=tuple(issue.slug for issue in polled.restored),
        queued=polled.queued,
    )

    with span("signups"):
        if parts.signups.glance(limit=1):  # what decides about them is not loaded without any
            parts.subscriptions.process()
    with span("digests"):
        base = replace(base, queued=base.queued + parts.digests.run())

    def report(summary: Summary | None) -> SendReport:
        return base.counting(summary, time.monotonic() - started, problems)

    parts.upkeep.rescue()
    parts.report_desk.wear_out()
    under_way = parts.overview.under_way()
    with span("mail"):
        summary = _mail(parts, (lambda now: progress(report(now))) if progress else None)
    parts.mailings.finish()
    _keep_house(parts)
    parts.watermark.raise_if_moved(parts.overview)
    problems += [summary.relay_error] if summary and summary.relay_error else []
    problems += _find_problems(parts, polled, under_way)
    done = replace(report(summary), waiting=parts.standing.waiting())
    if done.settled >= done.queued:
        return done
    # A reader who left before being claimed was never the dispatcher's to count.
    left = parts.standing.suppressed_of(issue.id for issue in polled.published)
    return replace(done, suppressed=max(done.suppressed, left))


def _look_at_notes(
    parts: Parts, poll: Callable[[], PollReport], expected: Collection[str]
) -> tuple[PollReport, list[str]]:
    """What the look at the notes did, and why something that was asked for did not come of it."""
    if parts.config.notes.feed:  # what asks for one is not loaded without
        parts.follower.look(by_hand=True)
    polled, problems = PollReport(), []
    try:
        with span("poll"):
            polled = poll()
    except NotesFolderError as error:
        problems.append(str(error))  # what is queued can still be sent
    come = {issue.path for issue in polled.published}
    changed = (path for path in expected if path not in come)
    return polled, problems + [f"{path}: changed meanwhile, so it was not sent" for path in changed]


def _find_problems(parts: Parts, polled: PollReport, under_way: Sequence[int]) -> list[str]:
    """What stands in the way of issues and notes once all is sent; `under_way` are issues whose mail was open before."""
    seen = [issue.id for issue in (*polled.withdrawn, *polled.published)]
    problems = [*parts.standing.paused_of(tuple(dict.fromkeys([*under_way, *seen])))]
    problems += [str(fault) for fault in polled.stuck]
    problems += [polled.held.sentence] if polled.held else []
    try:
        parts.database.check()
    except DatabaseLost as error:  # what others wrote meanwhile may be gone, and nobody else looks
        problems.append(str(error))
    return problems


def _mail(parts: Parts, progress: Callable[[Summary], None] | None) -> Summary | None:
    """Dispatch until nothing is due. None where nothing is: a `send` by cron mostly finds that so, and what
    mails takes longer to load than all the rest of it.
    """
    due = parts.ledger.next_due()
    if due is None or due > parts.clock():
        return None
    from newsletter.cores import kept_to_one
    from newsletter.service import Ending, drain, run_in_loop
    from newsletter.working import dispatching

    relays, make = parts.config.relays, dispatching(parts, progress)
    with Ending() as ending, kept_to_one(wanted=parts.config.keeps_to_one_core):
        return run_in_loop(lambda: drain(relays, make, ending))


def _keep_house(parts: Parts) -> None:
    """What the service does each minute: a newsletter that is only sent by cron has nothing else that lets go of what is old.

    The mail is out by now, so a database that cannot be written is told, and the next sending goes on.
    """
    try:
        parts.report_desk.prune()
        parts.housekeeping.run()
    except StorageError as error:
        log.warning(
            "storage.prune_failed", reason=str(error), then="tried again by the next sending"
        )
