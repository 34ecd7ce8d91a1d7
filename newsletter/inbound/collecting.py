"""Where mail that comes back is fetched from: the mailboxes of `[bounces]`, and the listener."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailer.inbound import ListenAddress, listening, visit_mailbox, visit_maildir
from newsletter.config import Config
from newsletter.inbound.reportdesk import ReportDesk
from storage.model import Effect, Log, MailboxError

log = Log()


class Collecting:
    """Brings what comes back to one newsletter's desk."""

    def __init__(self, config: Config, desk: ReportDesk) -> None:
        self._bounces = config.bounces
        self._desk = desk

    def collect(self) -> int:
        """Look through the mailboxes once; how many messages were handled.

        Raises MailboxError when a mailbox cannot be used. What was handled before stays handled.
        """
        done = 0
        if self._bounces.maildir is not None:
            done += visit_maildir(self._bounces.maildir, self._take_report)
        if self._bounces.imap is not None:
            done += visit_mailbox(self._bounces.imap, self._take_report)
        return done

    def look(self) -> None:
        """The same as a tick: a mailbox that cannot be used is told and tried again."""
        try:
            self.collect()
        except MailboxError as error:
            log.warning("reports.impossible", reason=str(error))
        self._desk.wear_out()
        self._desk.prune()

    @asynccontextmanager
    async def listen(self, address: ListenAddress) -> AsyncIterator[None]:
        """Take mail at this address for as long as the context lasts. Raises SiteError."""
        peers = self._bounces.listen_peers
        async with listening(address, self._desk.accepts, self._take_mail, peers=peers):
            log.info("listener.ready", at=str(address))
            yield

    def _take_mail(self, raw: bytes, recipient: str) -> None:
        self._desk.process(raw, envelope_to=recipient)

    def _take_report(self, raw: bytes) -> bool:
        return self._desk.process(raw).action is Effect.QUARANTINED
