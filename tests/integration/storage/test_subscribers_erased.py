"""What the store forgets of a reader who is erased, and what it must keep."""

from __future__ import annotations

from base64 import decodebytes, encodebytes

from storage.model.readers import (
    ConsentEventKind,
    Suppression,
    SuppressionReason,
)
from storage.model.reports import Effect, NewReport
from storage.readers.reports import Reports
from storage.readers.subscribers import Added
from tests.conftest import NOON
from tests.integration.storage.test_signups_store import sign_up
from tests.integration.storage.test_subscribers_store import suppress
from tests.worlds.store import Store, new_subscriber, quarantined


def erase(store: Store, number: int) -> bool:
    """Forget all of a reader but the hash."""
    suppression = Suppression(
        address_hash=f"hash-{number}",
        address="",
        reason=SuppressionReason.ERASED,
        evidence="asked for it",
        created_at=NOON,
    )
    return store.subscribers.erase(suppression, f"reader{number}@example.org")


def test_an_erased_reader_is_only_a_hash(store: Store) -> None:
    """Row, proof, deliveries and sign-ups are gone, and an import cannot revive it (rule F11)."""
    readers = store.join(2)
    issue = store.publish()
    sign_up(store, key="reader1@example.org")
    assert erase(store, 1)
    assert store.subscribers.get(readers[0]) is None
    assert store.subscribers.events(readers[0]) == ()
    assert store.signups.waiting() == ()
    assert [d.subscriber_id for d in store.overview.deliveries(issue.id)] == readers[1:]
    (kept,) = store.subscribers.suppressions()
    assert (kept.address_hash, kept.address) == ("hash-1", "")
    assert store.subscribers.add([new_subscriber(1)], kind=ConsentEventKind.IMPORTED) == [
        Added.SUPPRESSED
    ]


def test_erasing_forgets_the_address_in_an_older_suppression(store: Store) -> None:
    """A suppressed reader may be erased too; what stays does not name them."""
    store.join(1)
    suppress(store, 1, SuppressionReason.COMPLAINT, "reader1@example.org complained")
    assert erase(store, 1)
    (kept,) = store.subscribers.suppressions()
    assert (kept.address, kept.evidence) == ("", "asked for it")


def test_erasing_forgets_what_was_set_aside_about_the_reader(store: Store) -> None:
    """A report in quarantine goes with the reader also when the address in it is encoded, and one
    about somebody else stays (rule F11).
    """
    store.join(2)
    reports = Reports(store.database)
    for number in (1, 2):
        reports.record(
            NewReport(
                event_id=f"event {number}",
                kind="unknown",
                status="",
                effect=Effect.QUARANTINED,
                happened_at=NOON,
                received_at=NOON,
                evidence="",
                raw=encodebytes(f"There is no Reader{number}@Example.org here.".encode()),
            )
        )
    assert erase(store, 1)
    (left,) = quarantined(reports)
    assert b"Reader2@" in decodebytes(left)


def test_erasing_a_stranger_keeps_nothing(store: Store) -> None:
    """Whoever was never known leaves not even a hash."""
    assert not erase(store, 404)
    assert store.subscribers.suppressions() == ()


def test_an_outcome_of_an_erased_reader_is_no_error(store: Store) -> None:
    """A message that was on the wire when its reader was erased settles into nothing."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    store.begin(claim.delivery_id)
    erase(store, 1)
    store.ledger.retire("w", now=NOON)
    assert store.rows() == {}
    assert store.begin(claim.delivery_id) == frozenset()
