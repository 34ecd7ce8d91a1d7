"""Joining and leaving over a real database, with a clock that the test moves."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import dns.exception
import dns.message
import dns.rcode
import dns.resolver

from mailer.address import check_domain
from newsletter.secret import Keyring
from newsletter.subscribing.files import read_rows, write_rows
from newsletter.subscribing.lists import Departed, ImportReport
from newsletter.subscribing.rules import SignUpLimits
from newsletter.subscribing.subscriptions import (
    ConfirmResult,
    SignUpPolicy,
    Subscriptions,
)
from newsletter.tokens import Tokens
from storage.database.engine import Database
from storage.ledger.ledger import Ledger
from storage.model.deliveries import Claim
from storage.model.errors import NotFound
from storage.model.readers import SubscriberState
from storage.readers.signups import SignUps
from storage.readers.subscribers import Subscribers

FORM = "https://notes.example.com/subscribe"
WORDING = "Send me each new issue (version 1)"
LIMITS = SignUpLimits(per_address=2, per_origin=3, per_domain=5, in_total=6)


class JoiningDesk:
    """Subscriptions over a real database, with a clock that stands still until it is moved."""

    def __init__(
        self,
        database: Database,
        now: datetime,
        *,
        resolver: dns.resolver.Resolver | None = None,
        refuse_domains: Path | None = None,
    ) -> None:
        self.now = now
        self.woken = 0
        self.tokens = Tokens(Keyring(secrets=(b"k" * 32,)))
        self.subscribers = Subscribers(database)
        self.signups = SignUps(database)
        self.ledger = Ledger(database)
        self.desk = Subscriptions(
            self.subscribers,
            self.signups,
            self.tokens,
            policy=SignUpPolicy(
                limits=LIMITS, check_dns=resolver is not None, refuse_domains=refuse_domains
            ),
            sender_domain="example.com",
            clock=lambda: self.now,
            wake=self._wake,
            ask_dns=partial(check_domain, resolver=resolver) if resolver else None,
        )

    def _wake(self) -> None:
        self.woken += 1

    def ask(self, address: str, *, ip: str = "192.0.2.1") -> None:
        """A POST of the form, decided."""
        self.desk.request(address, ip=ip, source=FORM, consent=WORDING)
        self.desk.process()

    def mails(self) -> list[Claim]:
        """What is queued, taken out."""
        return self.ledger.claim("worker", now=self.now, limit=1000, lease=timedelta(minutes=1))

    def link(self, address: str) -> str:
        """The token in the latest confirmation to this address."""
        known = self.desk.find(address)
        return self.tokens.confirm(known.id, known.nonce, self.now)

    def join(self, address: str, *, ip: str = "192.0.2.1") -> None:
        """Ask and confirm."""
        self.ask(address, ip=ip)
        result = self.desk.confirm(self.link(address), ip="192.0.2.9", source="page")
        assert result is ConfirmResult.CONFIRMED

    def take(
        self,
        text: str,
        *,
        consent: str = "fair 2019",
        dry_run: bool = False,
        departed: Departed = Departed.KEEP,
    ) -> ImportReport:
        """Import a file with this content."""
        rows = read_rows(io.StringIO(text, newline=""))
        return self.desk.import_rows(rows, consent=consent, dry_run=dry_run, departed=departed)

    def state(self, address: str) -> SubscriberState | None:
        """Of this address; None for a stranger."""
        try:
            return self.desk.find(address).state
        except NotFound:
            return None

    def export(self) -> str:
        """The content of an export."""
        stream = io.StringIO(newline="")
        write_rows(self.desk.export_rows(), stream)
        return stream.getvalue()
