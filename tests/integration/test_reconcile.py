"""Messages in doubt, and what the author says of them: on the ledger, from Python, by command."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from storage.database import Database
from storage.records import DeliveryState, Issue, Mailing
from tests.conftest import NOON
from tests.integration.factories import MINUTE, Store, settled


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms of a fresh database, on each engine in turn."""
    return Store(database)


def publish_doubtful(store: Store, *, due_at: datetime | None = None) -> Issue:
    """An issue for three readers, of which the relay took one and perhaps two more."""
    store.join(3)
    issue = store.publish()
    first, second, third = (claim.delivery_id for claim in store.claim())
    store.begin(first, second, third)
    doubt = DeliveryState.UNKNOWN
    store.settle(settled(first), *(settled(id_, doubt, due_at=due_at) for id_ in (second, third)))
    return issue


def tally(store: Store, issue: Issue) -> dict[DeliveryState, int]:
    """How many deliveries of the issue are in which state."""
    return dict(store.ledger.tally(issue.id).counts)


def test_what_is_held_waits_for_the_author(store: Store) -> None:
    """Without a due time a message in doubt is never claimed again by itself (rule B8)."""
    issue = publish_doubtful(store)
    assert store.ledger.next_due() is None
    assert store.claim(now=NOON + timedelta(days=9)) == []
    assert store.ledger.finish() == [issue.id]


@pytest.mark.parametrize("finished", [True, False])
def test_resending_makes_the_doubtful_due_and_nothing_else(store: Store, finished: bool) -> None:
    """They are claimed again at once, also when the issue was done; who has it is left alone."""
    issue = publish_doubtful(store)
    if finished:
        store.ledger.finish()
    later = NOON + MINUTE
    assert store.ledger.resend_doubtful(issue.id, now=later) == 2
    claims = store.claim(now=later)
    assert [claim.attempts for claim in claims] == [1, 1]
    assert store.issues.get(issue.id).mailing is Mailing.OPEN
    assert tally(store, issue) == {DeliveryState.ACCEPTED: 1, DeliveryState.SENDING: 2}
    assert store.ledger.resend_doubtful(issue.id, now=later) == 0


def test_accepting_settles_the_doubtful_for_good(store: Store) -> None:
    """What the author knows to have arrived is not sent again, though it was due."""
    issue = publish_doubtful(store, due_at=NOON + MINUTE)
    assert store.ledger.accept_doubtful(issue.id, now=NOON) == 2
    assert tally(store, issue) == {DeliveryState.ACCEPTED: 3}
    assert store.claim(now=NOON + timedelta(days=1)) == []
    reasons = {delivery.reason for delivery in store.ledger.deliveries(issue.id)}
    assert "was in doubt; taken as accepted by the author" in reasons


def test_a_reader_who_left_meanwhile_is_not_mailed_again(store: Store) -> None:
    """Leaving wins over the author's wish to resend (promise 3)."""
    issue = publish_doubtful(store)
    for delivery in store.ledger.deliveries(issue.id, state=DeliveryState.UNKNOWN):
        store.leave(delivery.subscriber_id)
    store.ledger.resend_doubtful(issue.id, now=NOON)
    assert store.claim() == []


def test_of_an_issue_taken_back_nothing_is_resent(store: Store) -> None:
    """A cancel is final, also for messages in doubt; a pause holds them until it ends."""
    issue = publish_doubtful(store)
    store.ledger.pause_issue(issue.id, "wait", now=NOON)
    assert store.ledger.resend_doubtful(issue.id, now=NOON) == 2
    assert store.claim() == []
    store.issues.cancel(issue.id)
    assert store.ledger.resend_doubtful(issue.id, now=NOON) == 0
    assert store.ledger.next_due() is None


def test_other_issues_are_left_alone(store: Store) -> None:
    """The author decides issue by issue."""
    issue = publish_doubtful(store)
    other = store.publish("second")
    assert store.ledger.accept_doubtful(other.id, now=NOON) == 0
    assert store.ledger.resend_doubtful(other.id, now=NOON) == 0
    assert tally(store, issue)[DeliveryState.UNKNOWN] == 2


def test_the_standing_of_a_delivery_can_be_asked(store: Store) -> None:
    """The state as it is now, and None for one that is gone."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    assert store.ledger.standing(claim.delivery_id) is DeliveryState.SENDING
    assert store.ledger.standing(claim.delivery_id + 1) is None
