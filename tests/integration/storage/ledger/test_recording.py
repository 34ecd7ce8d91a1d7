"""What became of deliveries is kept as it was recorded, all or nothing, and once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storage.database import schema
from storage.model.deliveries import Attempt
from storage.model.errors import StorageError
from storage.model.readers import SuppressionReason
from tests.conftest import NOON
from tests.integration.storage.ledger.test_ledger import S
from tests.worlds.store import MINUTE, Store, settled


def test_a_round_of_outcomes_is_kept_as_recorded(store: Store) -> None:
    """Each outcome lands on its own row with code, status, reply, reason and due time."""
    readers = store.join(3)
    issue = store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    assert store.begin(*ids) == frozenset(ids)
    store.settle(
        settled(ids[0], reply="2.0.0 Ok: queued as 4F “ü” \\ '"),
        settled(ids[1], S.DEFERRED, status="4.2.1", reply="busy", reason="mailbox busy"),
        settled(ids[2], S.REJECTED, status="5.1.1", reply="no such user"),
    )
    accepted, deferred, rejected = (store.delivery(issue, reader) for reader in readers)
    assert (accepted.state, accepted.code, accepted.reply, accepted.attempts) == (
        S.ACCEPTED,
        250,
        "2.0.0 Ok: queued as 4F “ü” \\ '",
        1,
    )
    assert (deferred.state, deferred.due_at, deferred.status, deferred.reason) == (
        S.DEFERRED,
        NOON + MINUTE,
        "4.2.1",
        "mailbox busy",
    )
    assert (rejected.state, rejected.due_at, rejected.settled_at) == (S.REJECTED, None, NOON)


def test_tries_that_failed_are_kept_and_the_accepted_one_is_the_row(store: Store) -> None:
    """Two deferrals and an acceptance: two attempts in the history, three counted."""
    (reader,) = store.join(1)
    issue = store.publish()
    for number in range(3):
        (claim,) = store.claim(now=NOON + number * MINUTE)
        assert claim.attempts == number
        store.begin(claim.delivery_id)
        outcome = S.DEFERRED if number < 2 else S.ACCEPTED
        store.settle(settled(claim.delivery_id, outcome, reason=f"try {number}"))
    delivery = store.delivery(issue, reader)
    assert (delivery.state, delivery.attempts) == (S.ACCEPTED, 3)
    assert store.overview.attempts(delivery.id)[delivery.id] == [
        Attempt(
            delivery_id=delivery.id,
            number=number + 1,
            at=NOON,
            state=S.DEFERRED,
            code=450,
            status="",
            reply="",
            reason=f"try {number}",
        )
        for number in range(2)
    ]


def test_a_fault_that_was_not_about_the_delivery_uses_no_attempt(store: Store) -> None:
    """`counts=False` leaves the number of tries and the history alone (promise 7)."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id, S.DEFERRED, counts=False))
    assert store.rows()[claim.delivery_id].attempts == 0
    assert store.overview.attempts(claim.delivery_id)[claim.delivery_id] == []


def test_record_is_all_or_nothing(store: Store) -> None:
    """When one part of a record cannot be written, no part of it is."""
    store.join(3)
    store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    store.begin(*ids[:2])
    before = store.rows()
    in_the_way = {"delivery_id": ids[1], "number": 1, "at": NOON, "state": S.DEFERRED.value}
    with store.database.transaction() as connection:
        connection.execute(sa.insert(schema.attempts), in_the_way)
    outcomes = [settled(ids[0]), settled(ids[1], S.REJECTED)]
    with pytest.raises(StorageError):
        store.ledger.record("w", outcomes, [ids[2]], now=NOON)
    assert store.rows() == before


def test_the_first_try_is_remembered_through_later_ones(store: Store) -> None:
    """The time to expiry runs from the first try, not while a queue waits."""
    store.join(1)
    store.publish()
    (claim,) = store.claim(now=NOON + 2 * MINUTE)
    store.begin(claim.delivery_id, now=NOON + 3 * MINUTE)
    store.settle(settled(claim.delivery_id, S.DEFERRED))
    (again,) = store.claim(now=NOON + 9 * MINUTE)
    assert again.first_tried_at == NOON + 3 * MINUTE


def test_a_delivery_is_begun_once_however_often_it_is_asked_for(store: Store) -> None:
    """Two connections with the same claim in hand: one of them may send."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    assert store.begin(claim.delivery_id) == {claim.delivery_id}
    assert store.begin(claim.delivery_id, now=NOON + MINUTE) == frozenset()
    assert store.rows()[claim.delivery_id].began


def test_a_record_whose_answer_was_lost_may_be_repeated(store: Store) -> None:
    """The very same call again changes nothing and gives the same answer."""
    store.join(2)
    store.publish()
    first, second = (claim.delivery_id for claim in store.claim())
    store.begin(first)
    outcome = [settled(first, S.DEFERRED)]
    answers = [store.ledger.record("w", outcome, [second], now=NOON) for _ in range(2)]
    assert answers == [{second}, {second}]
    assert store.rows()[first].attempts == 1
    assert len(store.overview.attempts(first)[first]) == 1


def test_a_group_may_be_larger_than_any_drivers_limit_on_parameters(store: Store) -> None:
    """Thousands of outcomes and begins in one transaction are one statement each."""
    store.join(2500)
    issue = store.publish()
    ids = [claim.delivery_id for claim in store.claim(limit=5000)]
    assert len(ids) == 2500
    assert store.begin(*ids) == set(ids)
    store.settle(*(settled(id_, S.DEFERRED) for id_ in ids))
    assert store.overview.tally(issue.id).counts == {S.DEFERRED: 2500}


def test_text_that_no_database_keeps_does_not_stop_the_record(store: Store) -> None:
    """A reply with NUL or half a character is kept as well as it can be (promise 6)."""
    (reader,) = store.join(1)
    issue = store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    store.settle(settled(claim.delivery_id, S.REJECTED, reply="no\x00 \udc80 way"))
    assert store.delivery(issue, reader).reply == "no� ? way"


def test_a_mailbox_proved_missing_is_suppressed_with_the_outcome(store: Store) -> None:
    """The reply that proves it is the evidence; what else is queued to the reader stops."""
    (reader,) = store.join(1)
    first, second = store.publish("first"), store.publish("second")
    claim = store.claim(limit=1)[0]
    store.begin(claim.delivery_id)
    store.settle(
        settled(
            claim.delivery_id,
            S.REJECTED,
            reply="5.1.1 no such user",
            suppress=SuppressionReason.HARD_BOUNCE,
        )
    )
    suppression = store.subscribers.suppression("hash-1")
    assert suppression is not None
    assert suppression.reason is SuppressionReason.HARD_BOUNCE
    assert suppression.evidence == "550 5.1.1 no such user"
    assert store.delivery(first, reader).state is S.REJECTED
    assert store.delivery(second, reader).state is S.SUPPRESSED
