"""Small builders shared by the tests of the store: drafts, readers, and looks at rows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from storage.archive.absences import Absences
from storage.archive.issues import Issues, MailOrder
from storage.database import schema
from storage.database.engine import Database
from storage.ledger.gates import Gates
from storage.ledger.ledger import Ledger
from storage.ledger.mailings import Mailings
from storage.ledger.overview import Overview
from storage.ledger.rescue import Rescuer
from storage.model.deliveries import Claim, Delivery, DeliveryState, Settlement
from storage.model.issues import Issue, IssueDraft
from storage.model.readers import ConsentEvent, ConsentEventKind, SubscriberState
from storage.readers.reports import Reports
from storage.readers.signups import SignUps
from storage.readers.subscribers import NewSubscriber, Subscribers
from tests.conftest import NOON

LEASE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)


@cache
def _tables() -> bytes:
    """An SQLite database with all tables and nothing in them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = Database.open(f"sqlite:///{file}")
        database.prepare()
        database.close()
        return file.read_bytes()


def empty_file(folder: Path) -> Path:
    """A new `newsletter.db` there, with all tables: copied, which is quicker than making them."""
    file = folder / "newsletter.db"
    file.write_bytes(_tables())
    return file


def draft(name: str = "first", **changes: object) -> IssueDraft:
    """A rendered note whose names all derive from one."""
    made = IssueDraft(
        note_id=name,
        path=f"{name}.md",
        guid=f"urn:uuid:{name}",
        slug=name,
        title=name.title(),
        summary=f"About {name}",
        html=f"<p>{name}</p>",
        text=name,
        tags=("python", "mail"),
        media=(f"{name}.png",),
        wiki=("other",),
        content_hash=f"hash of {name}",
        rendering="1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def new_subscriber(number: int, **changes: object) -> NewSubscriber:
    """The row of reader number so-and-so; active and confirmed."""
    address = f"reader{number}@example.org"
    made = NewSubscriber(
        address=address,
        key=address,
        hash=f"hash-{number}",
        nonce=f"nonce-{number}",
        consent="I agree",
        created_at=NOON,
        confirmed_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def consent(kind: ConsentEventKind, *, at: datetime = NOON) -> ConsentEvent:
    """A line of proof from the form; the store fills in whose it is."""
    return ConsentEvent(
        subscriber_id=0, kind=kind, at=at, ip="192.0.2.1", source="form", text="I agree, version 2"
    )


def settled(
    delivery_id: int, state: DeliveryState = DeliveryState.ACCEPTED, **changes: object
) -> Settlement:
    """An outcome as the mailer records it."""
    code = {DeliveryState.ACCEPTED: 250, DeliveryState.DEFERRED: 450, DeliveryState.REJECTED: 550}
    due_at = NOON + MINUTE if state is DeliveryState.DEFERRED else None
    made = Settlement(
        delivery_id=delivery_id, state=state, at=NOON, due_at=due_at, code=code.get(state)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def quarantined(reports: Reports) -> list[bytes]:
    """What was set aside, newest first."""
    return [reports.content(one.number) or b"" for one in reports.set_aside()]


def kept_counts(store: Store) -> dict[int, dict[DeliveryState, int]]:
    """What the store says of each issue's deliveries."""
    return {id_: tally.counts for id_, tally in store.overview.tallies().items()}


def counted(store: Store) -> dict[int, dict[DeliveryState, int]]:
    """The same by a look at every delivery."""
    d = schema.deliveries.c
    query = sa.select(d.issue_id, d.state, sa.func.count()).where(d.issue_id.is_not(None))
    found: dict[int, dict[DeliveryState, int]] = {}
    with store.database.reading() as connection:
        for issue_id, state, count in connection.execute(query.group_by(d.issue_id, d.state)):
            found.setdefault(issue_id, {})[DeliveryState(state)] = count
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """What the database itself holds of a delivery."""

    id: int
    state: DeliveryState
    due: bool
    claimed_by: str | None
    began: bool
    attempts: int


class Store:
    """One database with its rooms, and shorthands for what the tests do over and over."""

    def __init__(self, database: Database, gates: Gates | None = None) -> None:
        self.database = database
        self.issues = Issues(database)
        self.absences = Absences(database)
        self.subscribers = Subscribers(database)
        self.signups = SignUps(database)
        self.ledger = Ledger(database, gates)
        self.overview = Overview(database, gates)
        self.mailings = Mailings(database, gates)
        self.rescuer = Rescuer(database)

    def join(self, count: int, *, start: int = 1, **changes: object) -> list[int]:
        """Add active readers; their ids."""
        rows = [new_subscriber(number, **changes) for number in range(start, start + count)]
        self.subscribers.add(rows, kind=ConsentEventKind.ADDED)
        s = schema.subscribers.c
        with self.database.reading() as connection:
            ids = {
                row.address_key: row.id
                for row in connection.execute(sa.select(s.address_key, s.id))
            }
        return [ids[row.key] for row in rows]

    def ask(self, number: int, nonce: str = "asked", *, now: datetime = NOON) -> int:
        """A request from the form, with its confirmation queued; the reader's id."""
        row = new_subscriber(number, state=SubscriberState.PENDING, nonce=nonce, confirmed_at=None)
        known = self.subscribers.request(row, consent(ConsentEventKind.REQUESTED), now=now)
        assert known is not None
        return known.id

    def leave(self, subscriber_id: int) -> bool:
        """One click on the link in a mail."""
        return self.subscribers.unsubscribe(subscriber_id, consent(ConsentEventKind.UNSUBSCRIBED))

    def publish(self, name: str = "first", *, mail_at: datetime | None = NOON) -> Issue:
        """Publish a note, by default with mail that is due at once."""
        order = MailOrder(at=mail_at, reason="" if mail_at else "no mail wanted")
        return self.issues.publish(draft(name), published_at=NOON, mail=order, now=NOON).issue

    def claim(self, worker: str = "w", *, limit: int = 1000, now: datetime = NOON) -> list[Claim]:
        """Take what is due."""
        return self.ledger.claim(worker, now=now, limit=limit, lease=LEASE)

    def begin(self, *ids: int, worker: str = "w", now: datetime = NOON) -> frozenset[int]:
        """Ask to put these on the wire."""
        return self.ledger.record(worker, [], ids, now=now)

    def settle(self, *settlements: Settlement, worker: str = "w") -> None:
        """Record outcomes."""
        self.ledger.record(worker, settlements, (), now=NOON)

    def delivery(self, issue: Issue, subscriber_id: int) -> Delivery:
        """The delivery of that issue to that reader."""
        found = {row.subscriber_id: row for row in self.overview.deliveries(issue.id)}
        return found[subscriber_id]

    def rows(self) -> dict[int, Row]:
        """All deliveries as they stand in the table, by id."""
        d = schema.deliveries.c
        columns = (d.id, d.state, d.due_at, d.claimed_by, d.began_at, d.attempts)
        with self.database.reading() as connection:
            return {
                row.id: Row(
                    row.id,
                    DeliveryState(row.state),
                    row.due_at is not None,
                    row.claimed_by,
                    row.began_at is not None,
                    row.attempts,
                )
                for row in connection.execute(sa.select(*columns))
            }

    def states(self) -> dict[int, DeliveryState]:
        """The state of every delivery, by id."""
        return {id_: row.state for id_, row in self.rows().items()}
