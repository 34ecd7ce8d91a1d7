"""Owns what an author may do to an issue whose mail is under way: pause, resume, take back, decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from difflib import get_close_matches

from storage.archive import Issues
from storage.ledger import Mailings, Overview
from storage.model import (
    Conflict,
    Delivery,
    DeliveryState,
    Issue,
    IssueState,
    Mailing,
    Missing,
    NotFound,
)


class InFlight:
    """The mail of issues, by their slugs. Every method raises NotFound, naming the nearest slug."""

    def __init__(
        self,
        archive: Issues,
        mailings: Mailings,
        overview: Overview,
        *,
        hold: timedelta,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        """`wake` has whoever sends look at once for what has become due; `hold` is how long new mail
        waits for second thoughts.
        """
        self._hold = hold
        self._archive = archive
        self._mailings = mailings
        self._overview = overview
        self._clock = clock
        self._wake = wake

    def find(self, slug: str) -> Issue:
        """The issue; its address on the site names it as well as its slug. Raises NotFound."""
        slug = slug.rstrip("/").rpartition("/")[2]
        issue = self._archive.by_slug(slug)
        if issue is None:
            slugs = [name.slug for name in self._archive.names()]
            nearest = get_close_matches(slug, slugs, n=1)
            raise NotFound("issue", slug, nearest[0] if nearest else None)
        return issue

    def pause(self, slug: str, reason: str) -> Issue:
        """Stop it where it is. Raises Conflict when nothing is under way."""
        issue = self.find(slug)
        if not self._mailings.pause(issue.id, reason, now=self._clock()):
            raise Conflict(f"{slug}: its mail is not under way ({issue.mailing.value})")
        return self._archive.get(issue.id)

    def resume(self, slug: str) -> Issue:
        """Go on where it was stopped, whatever was refused until then. Raises Conflict."""
        issue = self.find(slug)
        if issue.state is IssueState.WITHDRAWN and issue.mailing is Mailing.PAUSED:
            raise Conflict(f"{slug}: its note is away, so there is nothing to mail; bring it back")
        if not self._mailings.resume(issue.id, now=self._clock()):
            raise Conflict(f"{slug}: its mail is not paused ({issue.mailing.value})")
        self._wake()
        return self._archive.get(issue.id)

    def cancel(self, slug: str) -> int:
        """Take it back; how many will not get it. Raises Conflict."""
        return self._mailings.cancel(self.find(slug).id)

    def missing(self, slug: str) -> Missing:
        """How many active readers have not had it. Raises Conflict where it cannot be mailed."""
        return self._mailings.missing(self._mailable(slug).id, now=self._clock())

    def mail(self, slug: str) -> Missing:
        """Queue it for them, for when the hold ends; how many there are. Raises Conflict."""
        issue, now = self._mailable(slug), self._clock()
        queued = self._mailings.mail_missing(issue.id, now=now, due_at=now + self._hold)
        self._wake()
        return queued

    def _mailable(self, slug: str) -> Issue:
        issue = self.find(slug)
        if issue.state is IssueState.WITHDRAWN:
            raise Conflict(f"{slug}: its note is away, so there is nothing to mail; bring it back")
        if issue.mailing is Mailing.PAUSED:
            raise Conflict(f"{slug}: its mail is paused; `newsletter resume {slug}` first")
        return issue

    def doubts(self, slug: str) -> list[Delivery]:
        """The deliveries that the relay may or may not have taken (RFC 1047)."""
        return list(self._overview.deliveries(self.find(slug).id, state=DeliveryState.UNKNOWN))

    def reconcile(self, slug: str, *, resend: bool) -> int:
        """Have what is in doubt sent again, or take it as accepted; how many there were.

        Raises Conflict for resending an issue that was taken back.
        """
        issue = self.find(slug)
        if not resend:
            return self._mailings.accept_doubtful(issue.id, now=self._clock())
        if issue.mailing is Mailing.CANCELLED:
            raise Conflict(f"{slug}: its mail was taken back, so nothing of it is sent again")
        count = self._mailings.resend_doubtful(issue.id, now=self._clock())
        self._wake()
        return count
