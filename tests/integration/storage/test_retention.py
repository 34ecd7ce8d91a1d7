"""What is let go of, and what never is: on both databases, a portion at a time."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from storage.database import schema
from storage.model import ConsentEventKind, DeliveryState, SubscriberState
from storage.readers import Reports
from storage.readers.signups import NewSignUp
from storage.retention import Retention
from tests.conftest import NOON
from tests.worlds.store import Store, consent, new_subscriber, settled

DAY = timedelta(days=1)


def count(store: Store, table: sa.Table) -> int:
    """Rows."""
    with store.database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_attempts_go_and_how_it_ended_stays(store: Store) -> None:
    """In portions, the oldest first; a younger one stays."""
    store.join(5)
    issue = store.publish()
    for claim in store.claim():
        store.begin(claim.delivery_id)
        store.settle(settled(claim.delivery_id, DeliveryState.DEFERRED))
    assert count(store, schema.attempts) == 5
    retention = Retention(store.database)
    assert retention.attempts(before=NOON, limit=2) == 0
    gone = [retention.attempts(before=NOON + DAY, limit=2) for _ in range(4)]
    assert gone == [2, 2, 1, 0]
    assert store.overview.tally(issue.id)[DeliveryState.DEFERRED] == 5


def test_who_never_confirmed_is_forgotten(store: Store) -> None:
    """With their confirmations; not whoever asked again since, reads, or has left."""
    store.join(1)
    asked, again, left = store.ask(2), store.ask(3), store.ask(4)
    store.subscribers.request(
        new_subscriber(3, state=SubscriberState.PENDING, nonce="b", confirmed_at=None),
        consent(ConsentEventKind.REQUESTED, at=NOON + 50 * DAY),
        now=NOON + 50 * DAY,
    )
    store.leave(left)
    retention = Retention(store.database)
    assert retention.unconfirmed(before=NOON + 40 * DAY, limit=10) == 1
    assert {one.id for one in store.subscribers.everyone()} == {1, again, left}
    assert asked not in {row.id for row in store.subscribers.everyone()}
    assert retention.unconfirmed(before=NOON + 60 * DAY, limit=10) == 1
    assert retention.unconfirmed(before=NOON + 60 * DAY, limit=10) == 0
    kept = set(store.rows())
    assert kept == {row.id for row in store.overview.of_reader(1)} | {
        mail.id for mail in Reports(store.database).sent_to(left)
    }


def test_who_was_mailed_an_issue_is_not_forgotten(store: Store) -> None:
    """However a row says that they never confirmed: the issue went to them."""
    mailed, _ = store.join(2)
    store.publish()
    asked = store.ask(3)
    never = {"state": SubscriberState.PENDING.value, "confirmed_at": None}
    with store.database.transaction() as connection:
        connection.execute(
            sa.update(schema.subscribers).where(schema.subscribers.c.id == mailed).values(never)
        )
    assert Retention(store.database).unconfirmed(before=NOON + DAY, limit=10) == 1
    left = {one.id for one in store.subscribers.everyone()}
    assert mailed in left
    assert asked not in left


def test_confirmations_go_once_they_are_over(store: Store) -> None:
    """One that is still to be sent stays, however old."""
    store.ask(1)
    store.ask(2)
    (claim, *_) = store.claim(limit=1)
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id))
    assert Retention(store.database).singles(before=NOON + DAY, limit=10) == 1
    assert count(store, schema.deliveries) == 1
    assert len(store.claim()) == 1


def test_signups_go_a_day_after_they_were_decided(store: Store) -> None:
    """A row has the key of an address: it goes by itself, not with the next stranger. One that waits stays."""
    for number in range(5):
        store.signups.keep(
            NewSignUp(
                address=f"{number}@example.org",
                address_key=f"{number}@example.org",
                domain="example.org",
                ip="192.0.2.1",
                source="form",
                consent="v1",
                at=NOON + number * DAY,
            )
        )
    first, *others = [one.id for one in store.signups.waiting()]
    store.signups.close(*others, at=NOON)
    retention = Retention(store.database)
    gone = [retention.signups(before=NOON + 4 * DAY, limit=2) for _ in range(3)]
    assert gone == [2, 1, 0]
    assert [one.id for one in store.signups.waiting()] == [first]
    assert count(store, schema.signups) == 2
