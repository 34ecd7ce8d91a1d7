"""What a service does besides sending: rescues, finishes, collects reports.

Each part is a tick of newsletter/service/scheduler.py and may be done at any time, by any process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import structlog

from mailer.inbound import listening, parse_listen, parse_mailbox, visit_mailbox, visit_maildir
from newsletter.config import Config, Doubt
from newsletter.inbound import ReportDesk
from newsletter.service.workers import gone_workers
from storage.ledger import Ledger
from storage.model import DeliveryState, Effect, RelayError

log = structlog.get_logger()


class Upkeep:
    """Keeps the ledger and the mailboxes of one newsletter in order."""

    def __init__(
        self,
        *,
        config: Config,
        ledger: Ledger,
        report_desk: ReportDesk,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._report_desk = report_desk
        self._clock = clock
        self._wake = wake

    def run(self) -> None:
        """Take over from workers that died, and mark what is done as done."""
        self.rescue()
        for issue_id in self._ledger.finish():
            tally = self._ledger.tally(issue_id)
            log.info("issue.done", issue=issue_id, accepted=tally[DeliveryState.ACCEPTED])

    def rescue(self) -> None:
        """Take over from workers whose lease ended or whose process is gone."""
        rescued = self._ledger.rescue(
            now=self._clock(),
            resend=self._config.dispatch.doubt is Doubt.RESEND,
            gone=gone_workers(self._ledger.workers()),
        )
        if rescued.returned or rescued.unknown:
            log.warning("ledger.rescued", returned=rescued.returned, unknown=rescued.unknown)
            self._wake()

    def collect_reports(self) -> int:
        """Look through the mailboxes of `[bounces]` once; how many messages were handled.

        Raises RelayError when a mailbox cannot be used. What was handled before stays handled.
        """
        bounces = self._config.bounces
        done = 0
        if bounces.maildir:
            done += visit_maildir(Path(bounces.maildir), self._take_report)
        if bounces.imap:
            done += visit_mailbox(parse_mailbox(bounces.imap), self._take_report)
        return done

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[None]:
        """Take mail at `[bounces] listen` for as long as the context lasts. Raises SiteError."""
        address = parse_listen(self._config.bounces.listen)
        async with listening(address, self._report_desk.accepts, self._take_mail):
            log.info("listener.ready", at=str(address))
            yield

    def look_for_reports(self) -> None:
        """The same as a tick: a mailbox that cannot be used is told and tried again."""
        try:
            self.collect_reports()
        except RelayError as error:
            log.warning("reports.impossible", reason=str(error))
        self._report_desk.prune()

    def _take_mail(self, raw: bytes, recipient: str) -> None:
        self._report_desk.process(raw, envelope_to=recipient)

    def _take_report(self, raw: bytes) -> bool:
        return self._report_desk.process(raw).action is Effect.QUARANTINED
