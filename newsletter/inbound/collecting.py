"""Where mail that comes back is fetched from: the mailboxes of `[bounces]`, and the listener."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from mailer.inbound import ListenAddress, listening, visit_mailbox, visit_maildir
from newsletter.config import Config
from newsletter.inbound.reportdesk import ReportDesk
from storage.model import Effect, Log, MailboxError

log = Log()

LOGIN_AGAIN_S: Final = 900.0
"""Between tries where a login was refused: servers lock whoever tries too often."""


@dataclass(slots=True, kw_only=True)
class _Mailbox:
    """A place that reports come to, as this process has seen it."""

    visit: Callable[[], int]
    since: float | None = None
    """Since when it cannot be used, by the monotonic clock."""
    words: str = ""
    again_at: float = 0.0
    """Not to be tried before."""


class Collecting:
    """Brings what comes back to one newsletter's desk."""

    def __init__(
        self,
        config: Config,
        desk: ReportDesk,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounces = config.bounces
        self._desk = desk
        self._monotonic = monotonic
        self._mailboxes = [_Mailbox(visit=visit) for visit in self._visits()]

    def _visits(self) -> Iterator[Callable[[], int]]:
        if self._bounces.maildir is not None:
            yield partial(visit_maildir, self._bounces.maildir, self._take_report)
        if self._bounces.imap is not None:
            yield partial(visit_mailbox, self._bounces.imap, self._take_report)

    @property
    def away(self) -> Sequence[tuple[timedelta, str]]:
        """Each mailbox that cannot be used: for how long, and why."""
        now = self._monotonic()
        return [
            (timedelta(seconds=now - one.since), one.words)
            for one in self._mailboxes
            if one.since is not None
        ]

    def collect(self) -> int:
        """Look through the mailboxes once; how many messages were handled.

        Raises MailboxError when a mailbox cannot be used, once the others were looked through. What was
        handled before stays handled.
        """
        done, first = 0, None
        for mailbox in self._mailboxes:
            try:
                done += self._visit(mailbox)
            except MailboxError as error:
                first = first or error
        if first is not None:
            raise first
        return done

    def look(self) -> None:
        """The same as a tick: a mailbox that cannot be used is told and tried again, one that refuses the
        login after a quarter of an hour.
        """
        now = self._monotonic()
        for mailbox in self._mailboxes:
            if now < mailbox.again_at:
                continue
            try:
                self._visit(mailbox)
            except MailboxError as error:
                mailbox.again_at = now + LOGIN_AGAIN_S if error.refuses_login else 0.0
                log.warning("reports.impossible", reason=str(error))
        self._desk.wear_out()
        self._desk.prune()

    def _visit(self, mailbox: _Mailbox) -> int:
        try:
            done = mailbox.visit()
        except MailboxError as error:
            mailbox.since = self._monotonic() if mailbox.since is None else mailbox.since
            mailbox.words = str(error)
            raise
        mailbox.since = None
        return done

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
