"""How the mail of issues stands: what became of their deliveries, and what the rest waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from newsletter.mailing.results import IssueStatus
from storage.archive import Issues
from storage.ledger import Overview
from storage.model import DeliveryState, Issue, Tally


class Standing:
    """Looks at archive and ledger; changes nothing."""

    def __init__(self, archive: Issues, overview: Overview, clock: Callable[[], datetime]) -> None:
        self._archive = archive
        self._overview = overview
        self._clock = clock

    def every(self) -> list[IssueStatus]:
        """Every issue, newest first."""
        tallies = self._overview.tallies()
        waits = self._overview.waiting(now=self._clock())
        return [
            IssueStatus(
                issue=issue,
                tally=tallies.get(issue.id, Tally()),
                waiting=waits.get(issue.id, ()),
            )
            for issue in self._archive.everything()
        ]

    def of(self, issue: Issue) -> IssueStatus:
        """One issue."""
        waits = self._overview.waiting(now=self._clock())
        return IssueStatus(
            issue=issue, tally=self._overview.tally(issue.id), waiting=waits.get(issue.id, ())
        )

    def waiting(self) -> tuple[IssueStatus, ...]:
        """The issues of which readers wait who are due."""
        waits = self._overview.waiting(now=self._clock())
        return tuple(
            IssueStatus(
                issue=self._archive.get(issue_id), tally=self._overview.tally(issue_id), waiting=why
            )
            for issue_id, why in waits.items()
        )

    def held(self) -> list[Issue]:
        """The issues whose mail is open and has not begun, for `[schedule] hold` lasts."""
        now = self._clock()
        found = map(self._archive.get, self._overview.under_way())
        return [issue for issue in found if issue.mail_at is not None and issue.mail_at > now]

    def suppressed_of(self, issue_ids: Iterable[int]) -> int:
        """How many readers of the issues left, or were suppressed, before their turn came."""
        tallies = (self._overview.tally(issue_id).counts for issue_id in issue_ids)
        return sum(counts.get(DeliveryState.SUPPRESSED, 0) for counts in tallies)

    def paused_of(self, issue_ids: Sequence[int]) -> list[str]:
        """Those of the issues that are paused, a sentence for each."""
        paused = {issue_id: (slug, why) for issue_id, slug, why in self._overview.paused()}
        return [
            "{}: its mail is paused: {}".format(*paused[issue_id])
            for issue_id in issue_ids
            if issue_id in paused
        ]
