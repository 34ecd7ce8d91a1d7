"""A database with readers and an issue, and the dispatcher over it: what tests of sending need."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailer.dispatch.dispatcher import Dispatcher
from mailer.envelope import Envelope
from mailer.policy.settlement import RetryPolicy
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from storage.archive.issues import Issues, MailOrder
from storage.database.engine import Database
from storage.ledger.ledger import Ledger
from storage.ledger.mailings import Mailings
from storage.ledger.overview import Overview
from storage.ledger.rescue import Rescuer
from storage.model.deliveries import Claim, DeliveryState
from storage.model.issues import Issue, IssueDraft
from storage.model.readers import ConsentEvent, ConsentEventKind
from storage.readers.subscribers import NewSubscriber, Subscribers
from tests.conftest import NOON
from tests.peers.relays.smtp import Move, Peer

MINUTE = timedelta(minutes=1)


PATIENT = Timeouts()
"""Minutes: a busy machine is no silent relay."""


Script = Mapping[str, Move | Iterable[Move]]


def policy(**changes: object) -> RetryPolicy:
    """A schedule in minutes."""
    settings: dict[str, object] = {
        "retry": (MINUTE, 5 * MINUTE),
        "expire": timedelta(hours=48),
        **changes,
    }
    return RetryPolicy(**settings)  # type: ignore[arg-type]


def fill(claim: Claim) -> Envelope:
    """A short letter."""
    return Envelope(
        sender=f"bounce+{claim.delivery_id}@news.test",
        recipient=claim.address,
        content=b"Subject: hi\r\n\r\nHello\r\n",
    )


@dataclass
class House:
    """A database with readers and one issue due, and what the test has done to time."""

    database: Database
    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database)
        self.overview = Overview(self.database)
        self.mailings = Mailings(self.database)
        self.rescuer = Rescuer(self.database)
        self.subscribers = Subscribers(self.database)
        self.issues = Issues(self.database)

    def publish(self, readers: int, *, domains: int = 0) -> Issue:
        """An issue for that many readers, due now; of so many domains, or all of one."""
        self.welcome(range(readers), domains=domains)
        return self.issue(readers=readers)

    def welcome(self, numbers: Iterable[int], *, domains: int = 0) -> None:
        """Adds readers with these numbers."""
        places = [f"domain{n}.example" for n in range(domains)] or ["example.org"]
        rows = [
            NewSubscriber(
                address=f"reader{n}@{places[n % len(places)]}",
                key=f"reader{n}@{places[n % len(places)]}",
                hash=f"hash{n}",
                nonce="n",
                created_at=NOON,
                confirmed_at=NOON,
            )
            for n in numbers
        ]
        self.subscribers.add(rows, kind=ConsentEventKind.ADDED)

    def issue(self, number: int = 1, *, readers: int) -> Issue:
        """One more issue for everybody, so many, due now."""
        draft = IssueDraft(
            note_id=f"n{number}",
            path=f"n{number}.md",
            guid=f"urn:uuid:{number}",
            slug=f"n{number}",
            title="One",
            summary="",
            html="<p>x</p>",
            text="x",
        )
        now = self.now
        order = MailOrder(at=now)
        published = self.issues.publish(draft, published_at=now, mail=order, now=now)
        assert published.queued == readers
        return published.issue

    def resume(self, issue: Issue) -> bool:
        """The author resumes it, a minute later."""
        self.now += MINUTE
        return self.mailings.resume(issue.id, now=self.now)

    def leave(self, subscriber_id: int) -> None:
        """The reader unsubscribes."""
        event = ConsentEvent(
            subscriber_id=subscriber_id, kind=ConsentEventKind.UNSUBSCRIBED, at=self.now
        )
        assert self.subscribers.unsubscribe(subscriber_id, event)

    async def sleep(self, seconds: float) -> None:
        """Takes no time, but is remembered."""
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def dispatcher(self, *peers: Peer, **changes: object) -> Dispatcher:
        """A worker for these peers."""
        login: Mapping[str, str] = changes.pop("login", {})  # type: ignore[assignment]
        relays = [
            Relay(
                host="127.0.0.1",
                port=peer.port,
                tls=Tls.NONE,
                ehlo="client.test",
                connections=int(changes.pop("connections", 3)),  # type: ignore[call-overload]
                **login,  # type: ignore[arg-type]
            )
            for peer in peers
        ]
        settings: dict[str, object] = {
            "worker": "w1",
            "clock": lambda: self.now,
            "sleep": self.sleep,
            "connect": lambda relay: Session.open(relay, PATIENT),
            **changes,
        }
        ledger = settings.pop("ledger", self.ledger)
        made = settings.pop("fill", fill)
        how = settings.pop("policy", policy())
        return Dispatcher(ledger, relays, made, how, **settings)  # type: ignore[arg-type]

    def count(self, issue: Issue) -> dict[DeliveryState, int]:
        """How many deliveries are in which state."""
        return dict(self.overview.tally(issue.id).counts)
