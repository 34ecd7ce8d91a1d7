"""Counts that are kept: right after everything that changes a delivery, and after an upgrade."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from storage.database import schema
from storage.ledger.moves import fold
from storage.model.deliveries import DeliveryState
from storage.model.issues import Issue
from storage.model.readers import Suppression, SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import LEASE, Store, counted, kept_counts, settled

S = DeliveryState


def begun(store: Store, count: int) -> list[int]:
    """So many deliveries on the wire."""
    ids = [claim.delivery_id for claim in store.claim(limit=count)]
    store.begin(*ids)
    return ids


def erase(store: Store, number: int) -> bool:
    """Forget a reader."""
    gone = Suppression(
        address_hash=f"hash-{number}",
        address="",
        reason=SuppressionReason.ERASED,
        evidence="",
        created_at=NOON,
    )
    return store.subscribers.erase(gone, f"reader{number}@example.org")


def settle_some(store: Store, _: Issue) -> None:
    """Outcomes of each kind, in groups of more than one statement holds."""
    ids = begun(store, 90)
    store.settle(*(settled(id_) for id_ in ids[:70]))
    store.settle(settled(ids[70], S.REJECTED), settled(ids[71], S.DEFERRED), settled(ids[72]))


def settle_known(store: Store, issue: Issue) -> None:
    """Acceptances that name their issue, some of them of another worker's deliveries or told twice."""
    ids = begun(store, 90)
    theirs = [claim.delivery_id for claim in store.claim(worker="other", limit=5)]
    told = [settled(id_, issue_id=issue.id) for id_ in (*ids[:70], *theirs)]
    store.settle(*told)
    store.settle(*told)


EVENTS: dict[str, Callable[[Store, Issue], object]] = {
    "claim": lambda store, _: store.claim(limit=50),
    "release": lambda store, _: (store.claim(), store.ledger.release("w", now=NOON)),
    "settle": settle_some,
    "settle with the issue known": settle_known,
    "doubt": lambda store, _: (
        begun(store, 5),
        store.claim(limit=5),
        store.rescuer.rescue(now=NOON + LEASE, resend=False),
    ),
    "doubt taken as accepted": lambda store, issue: (
        begun(store, 5),
        store.rescuer.rescue(now=NOON + LEASE, resend=False),
        store.mailings.accept_doubtful(issue.id, now=NOON),
    ),
    "pause": lambda store, issue: (
        store.claim(),
        store.mailings.pause(issue.id, "wait", now=NOON),
    ),
    "cancel": lambda store, issue: (settle_some(store, issue), store.mailings.cancel(issue.id)),
    "withdraw": lambda store, issue: store.issues.withdraw(issue.id, "away", now=NOON),
    "leave": lambda store, _: store.leave(1),
    "left when claimed": lambda store, _: (
        store.subscribers.suppress(
            "hash-3", "x", SuppressionReason.COMPLAINT, evidence="", at=NOON
        ),
        store.claim(),
    ),
    "erase": lambda store, issue: (settle_some(store, issue), erase(store, 1), erase(store, 99)),
    "a confirmation": lambda store, _: (store.ask(500), settle_some(store, _)),
}


@pytest.mark.parametrize("event", EVENTS)
def test_kept_counts_are_those_of_a_look_at_every_delivery(store: Store, event: str) -> None:
    """Whatever happens to deliveries, what is told of an issue is what is so, folded or not."""
    store.join(100)
    issue = store.publish()
    store.publish("second")
    EVENTS[event](store, issue)
    expected = counted(store)
    assert kept_counts(store) == expected
    assert store.overview.tally(issue.id).counts == expected[issue.id]
    with store.database.transaction() as connection:
        fold(connection)
        rows = connection.scalar(sa.select(sa.func.count()).select_from(schema.moves))
    assert kept_counts(store) == expected
    assert rows == sum(map(len, expected.values()))


def test_counts_are_folded_when_an_issue_is_done(store: Store) -> None:
    """What was counted for each group becomes a row for each state."""
    store.join(3)
    issue = store.publish()
    for claim in store.claim():
        store.begin(claim.delivery_id)
        store.settle(settled(claim.delivery_id))
    assert store.mailings.finish() == [issue.id]
    with store.database.reading() as connection:
        rows = connection.execute(sa.select(schema.moves.c["issue_id", "after", "count"])).all()
    assert [tuple(row) for row in rows] == [(issue.id, "accepted", 3)]


def test_counts_hold_while_all_write_at_once(store: Store) -> None:
    """Workers, the author and readers who leave, side by side: nothing is counted twice or missed."""
    store.join(200)
    issue = store.publish()

    def work(name: str) -> None:
        while claims := store.claim(name, limit=7):
            ids = [claim.delivery_id for claim in claims]
            granted = store.begin(*ids, worker=name)
            store.settle(*(settled(id_) for id_ in granted), worker=name)

    def leave() -> None:
        for reader in range(1, 40):
            store.leave(reader)
            erase(store, reader + 60)

    def sum_up() -> None:
        for _ in range(20):
            with store.database.transaction() as connection:
                fold(connection)
            store.mailings.pause(issue.id, "wait", now=NOON)
            store.mailings.resume(issue.id, now=NOON)

    with ThreadPoolExecutor() as pool:
        tasks = [pool.submit(work, name) for name in ("a", "b")]
        for task in [*tasks, pool.submit(leave), pool.submit(sum_up)]:
            task.result()
    assert kept_counts(store) == counted(store)
