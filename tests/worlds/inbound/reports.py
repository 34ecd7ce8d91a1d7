"""A store with readers and the desk that takes reports about their mail: what tests of reports need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import sqlalchemy as sa

from newsletter.inbound.reportdesk import ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from newsletter.secret import Keyring
from newsletter.tokens import Tokens
from storage.database import schema
from storage.database.engine import Database
from storage.model.issues import Issue
from storage.model.readers import SubscriberState, SuppressionReason
from storage.readers.reports import Reports
from tests.conftest import NOON
from tests.worlds.store import Store, settled

FOLDER = Path(__file__).parents[2] / "fixtures" / "reports"


PLACEHOLDER = "notes+i1.s1.000000000000@example.com"


DAY = timedelta(days=1)


@dataclass
class House:
    """A store with readers, and a desk that takes reports about their mail."""

    store: Store
    tokens: Tokens
    desk: ReportDesk
    reports: Reports
    clock: list[datetime] = field(default_factory=lambda: [NOON + DAY])

    def path(self, issue: Issue | None, reader: int) -> str:
        """The envelope sender of that delivery."""
        return self.tokens.return_path(issue.id if issue else None, reader, "notes@example.com")

    def report(self, name: str, issue: Issue | None, reader: int, at: datetime = NOON) -> bytes:
        """A fixture as it comes back for that delivery."""
        raw = (FOLDER / f"{name}.eml").read_bytes()
        address = self.path(issue, reader)
        local = address.partition("@")[0].encode()
        raw = raw.replace(PLACEHOLDER.encode(), address.encode())
        raw = raw.replace(b"notes+2Bi1.s1.000000000000", local.replace(b"+", b"+2B"))
        raw = raw.replace(b"Sun, 22 Nov 2026 09:01:00 +0000", format_datetime(at).encode())
        token = self.tokens.unsubscribe(reader).encode()
        return raw.replace(b"0000000000000000000000000000000000000000dead", token)

    def soft_bounces(self, reader: int) -> int:
        """Reports of a reader's that still count against the address."""
        r = schema.reports.c
        query = sa.select(sa.func.count()).where(r.subscriber_id == reader, r.counts)
        with self.store.database.reading() as connection:
            return connection.scalar(query) or 0

    def mail(self, name: str = "first") -> Issue:
        """An issue that every reader's host accepted."""
        issue = self.store.publish(name)
        self.pass_on()
        return issue

    def pass_on(self) -> None:
        """Hosts accept all that is queued."""
        claims = [claim.delivery_id for claim in self.store.claim()]
        self.store.begin(*claims)
        self.store.settle(*(settled(id_) for id_ in claims))

    def reason(self, reader: int) -> SuppressionReason | None:
        """Why that reader is never mailed."""
        found = self.store.subscribers.suppressions_of_subscribers().get(reader)
        return found.reason if found else None

    def consent(self, reader: int) -> SubscriberState:
        """Whether that reader is subscribed."""
        known = self.store.subscribers.get(reader)
        assert known is not None
        return known.state

    def everything(self) -> list[object]:
        """All that a report may change but its own row."""
        with self.store.database.reading() as connection:
            tables = (schema.subscribers, schema.suppressions, schema.deliveries)
            return [tuple(row) for table in tables for row in connection.execute(sa.select(table))]


def house_over(database: Database) -> House:
    """Three readers in this database, and their desk."""
    store, tokens = Store(database), Tokens(Keyring(secrets=(b"s" * 32,)))
    clock = [NOON + DAY]
    reports = Reports(database)
    desk = ReportDesk(
        reports,
        store.subscribers,
        tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: clock[0],
    )
    store.join(3)
    return House(store=store, tokens=tokens, desk=desk, reports=reports, clock=clock)
