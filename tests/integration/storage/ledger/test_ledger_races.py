"""Things that happen at the same moment: whoever is first, the promises hold after both."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from storage.model.deliveries import DeliveryState
from storage.model.errors import Conflict
from storage.model.issues import Issue
from storage.model.readers import ConsentEventKind, SubscriberState, SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import Store, consent, settled

S = DeliveryState


# ── races ─────────────────────────────────────────────────────────────────────────────────────────


def test_leaving_while_publishing_never_leaves_a_queued_delivery(store: Store) -> None:
    """Whoever is first: after both, no reader who left has mail waiting (promise 3)."""
    for number in range(8):
        reader, *_ = store.join(3, start=10 * number + 1)
        with ThreadPoolExecutor(2) as pool:
            publishing = pool.submit(store.publish, f"note-{number}")
            leaving = pool.submit(store.leave, reader)
            issue, left = publishing.result(), leaving.result()
        assert left
        waiting = {d.subscriber_id for d in store.overview.deliveries(issue.id, state=S.QUEUED)}
        assert reader not in waiting


def test_suppressing_while_publishing_never_leaves_a_queued_delivery(store: Store) -> None:
    """The same for an address that is suppressed in that moment."""
    for number in range(8):
        first = 10 * number + 1
        reader, *_ = store.join(3, start=first)
        with ThreadPoolExecutor(2) as pool:
            publishing = pool.submit(store.publish, f"note-{number}")
            pool.submit(
                store.subscribers.suppress,
                f"hash-{first}",
                "x",
                SuppressionReason.MANUAL,
                evidence="asked",
                at=NOON,
            ).result()
            issue = publishing.result()
        waiting = {d.subscriber_id for d in store.overview.deliveries(issue.id, state=S.QUEUED)}
        assert reader not in waiting


def test_leaving_while_it_is_being_sent_ends_in_one_truth(store: Store) -> None:
    """Claims and begins race with readers who leave: whoever left was begun before, or never is."""
    readers = store.join(60)
    issue = store.publish()

    def send() -> None:
        while claims := store.claim(limit=5):
            for claim in claims:
                if store.begin(claim.delivery_id):
                    store.settle(settled(claim.delivery_id))

    with ThreadPoolExecutor(3) as pool:
        sending = pool.submit(send)
        assert all(pool.map(store.leave, readers))
        sending.result()
    send()
    counts = Counter(delivery.state for delivery in store.overview.deliveries(issue.id))
    assert set(counts) <= {S.ACCEPTED, S.SUPPRESSED}
    assert counts.total() == 60


def test_cancelling_while_it_is_being_deferred_leaves_nothing_due(store: Store) -> None:
    """The settlement sees the cancel, or the cancel sees the settlement."""
    store.join(10)
    for number in range(8):
        issue = store.publish(f"note-{number}")
        ids = [claim.delivery_id for claim in store.claim()]
        store.begin(*ids)
        with ThreadPoolExecutor(2) as pool:
            settling = pool.submit(store.settle, *(settled(id_, S.DEFERRED) for id_ in ids))
            pool.submit(store.mailings.cancel, issue.id).result()
            settling.result()
        assert store.overview.tally(issue.id).counts == {S.CANCELLED: 10}


def test_publishing_the_same_note_at_once_makes_one_issue(store: Store) -> None:
    """Of processes that publish one note together, one succeeds and the others are told."""
    store.join(3)

    def publish(_: int) -> Issue | None:
        try:
            return store.publish("first")
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as pool:
        issues = [issue for issue in pool.map(publish, range(4)) if issue]
    assert len(issues) == 1
    assert len(store.rows()) == 3


def test_a_confirmation_pressed_twice_at_once_is_one_consent(store: Store) -> None:
    """The proof of consent has one line, whatever the races of double clicks (rule F3)."""
    reader = store.ask(1)

    def press(_: int) -> SubscriberState | None:
        known = store.subscribers.confirm(
            reader, "asked", new_nonce="used", event=consent(ConsentEventKind.CONFIRMED)
        )
        return known.state if known else None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert answers == [SubscriberState.ACTIVE] * 4
    kinds = [event.kind for event in store.subscribers.events(reader)]
    assert kinds == [ConsentEventKind.REQUESTED, ConsentEventKind.CONFIRMED]
