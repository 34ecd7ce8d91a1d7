"""Groups of outcomes as a busy dispatcher records them, and what they cost a large queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.database import schema
from storage.database.engine import Database
from storage.ledger.rows import open_issues, steady_plans, take
from storage.model.deliveries import DeliveryState
from storage.model.errors import StorageError
from storage.model.issues import Issue
from storage.model.readers import SuppressionReason
from tests.conftest import NOON
from tests.worlds.store import LEASE, MINUTE, Store, settled

S = DeliveryState
STRANGE = 'NULL {},"\\" \\\\ ü “,\x1f\t'
"""What a relay, or a reader with a strange name, could mean as part of a list."""


def claimed(store: Store, readers: int) -> tuple[Issue, list[int]]:
    """An issue to so many readers, all claimed; the deliveries."""
    store.join(readers)
    issue = store.publish()
    return issue, [claim.delivery_id for claim in store.claim()]


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Every statement that SQLite is given meanwhile, with its parameters in place."""
    statements: list[str] = []

    def listen(raw: sqlite3.Connection, *_: object) -> None:
        raw.set_trace_callback(statements.append)

    def stop(raw: sqlite3.Connection, *_: object) -> None:
        raw.set_trace_callback(None)

    sa.event.listen(sa.pool.Pool, "checkout", listen)
    sa.event.listen(sa.pool.Pool, "checkin", stop)
    try:
        yield statements
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", listen)
        sa.event.remove(sa.pool.Pool, "checkin", stop)


# ── groups ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [1, 8, 9, 64, 65, 150])
def test_a_group_of_any_size_is_recorded_whole(store: Store, size: int) -> None:
    """Outcomes, begins and asks of one call each reach their own row, and no other."""
    issue, ids = claimed(store, 3 * size + 1)
    last, ready, following = ids[:size], ids[size : 2 * size], ids[2 * size : 3 * size]
    store.begin(*last)
    outcomes = [settled(id_, reply=f"queued as {id_}", at=NOON + MINUTE) for id_ in last]
    granted = store.ledger.record("w", outcomes, ready, following, now=NOON + MINUTE)
    assert granted == {*ready, *following}
    rows = store.rows()
    assert {id_ for id_, row in rows.items() if row.state is S.ACCEPTED} == set(last)
    assert {id_ for id_, row in rows.items() if row.began} == set(ready)
    for delivery in store.overview.deliveries(issue.id, state=S.ACCEPTED):
        assert delivery.reply == f"queued as {delivery.id}"
        assert (delivery.attempts, delivery.settled_at) == (1, NOON + MINUTE)


def test_one_of_a_group_that_may_not_be_sent_holds_up_no_other(store: Store) -> None:
    """Of many begins and asks exactly those of readers who left are refused, on repetition too."""
    issue, ids = claimed(store, 60)
    by_id = {
        delivery.id: delivery.subscriber_id for delivery in store.overview.deliveries(issue.id)
    }
    ready, following = ids[:30], ids[30:]
    for gone in (ready[7], following[3]):
        store.leave(by_id[gone])
    for _ in range(2):
        granted = store.ledger.record("w", [], ready, following, now=NOON)
        assert granted == {*ids} - {ready[7], following[3]}
    assert {id_ for id_, row in store.rows().items() if row.began} == {*ready} - {ready[7]}


def test_rare_outcomes_are_recorded_in_the_same_group_as_usual_ones(store: Store) -> None:
    """Accepted, deferred and refused messages of one group, and the begins that follow them."""
    issue, ids = claimed(store, 12)
    store.begin(*ids[:6])
    outcomes = [
        *(settled(id_) for id_ in ids[:3]),
        settled(ids[3], S.DEFERRED),
        settled(ids[4], S.REJECTED, suppress=SuppressionReason.HARD_BOUNCE),
        settled(ids[5], reason="accepted, and something is to be said of it"),
    ]
    now = NOON + MINUTE
    assert store.ledger.record("w", outcomes, ids[6:9], ids[9:], now=now) == {*ids[6:]}
    states = store.states()
    assert [states[id_] for id_ in ids[:6]] == [S.ACCEPTED] * 3 + [
        S.DEFERRED,
        S.REJECTED,
        S.ACCEPTED,
    ]
    assert [len(store.overview.attempts(id_)[id_]) for id_ in ids[:6]] == [0, 0, 0, 1, 1, 0]
    assert len(store.subscribers.suppressions()) == 1
    reasons = {delivery.id: delivery.reason for delivery in store.overview.deliveries(issue.id)}
    assert reasons[ids[5]] == "accepted, and something is to be said of it"


def test_a_group_that_cannot_be_written_is_not_written_in_part(store: Store) -> None:
    """Usual outcomes, begins and the rare outcome that fails are one transaction."""
    _, ids = claimed(store, 3)
    store.begin(*ids[:2])
    before = store.rows()
    in_the_way = {"delivery_id": ids[1], "number": 1, "at": NOON, "state": S.DEFERRED.value}
    with store.database.transaction() as connection:
        connection.execute(sa.insert(schema.attempts), in_the_way)
    outcomes = [settled(ids[0]), settled(ids[1], S.DEFERRED)]
    with pytest.raises(StorageError):
        store.ledger.record("w", outcomes, [ids[2]], now=NOON + MINUTE)
    assert store.rows() == before


def test_what_is_settled_is_not_begun_by_the_same_call(store: Store) -> None:
    """Outcomes come first: a delivery that has one is not this worker's to send any more."""
    _, ids = claimed(store, 2)
    store.begin(ids[0])
    granted = store.ledger.record("w", [settled(ids[0])], ids, now=NOON)
    assert granted == {ids[1]}
    assert store.states()[ids[0]] is S.ACCEPTED


def test_a_delivery_named_twice_is_begun_and_not_refused(store: Store) -> None:
    """A caller that repeats itself within one call gets the answer of one that does not."""
    _, ids = claimed(store, 2)
    assert store.ledger.record("w", [], [ids[0], ids[0]], [ids[1], ids[1]], now=NOON) == {*ids}


@pytest.mark.parametrize("strange", [STRANGE, "", 'plain "NULL"', "half\0a word", "ü\0"])
def test_whatever_a_relay_says_stays_one_text(store: Store, strange: str) -> None:
    """A reply that looks like the language of lists is kept as it is, with its neighbours; only
    what no database keeps is replaced.
    """
    issue, ids = claimed(store, 3)
    store.begin(*ids)
    replies = ["first", strange, "last"]
    store.settle(
        *(
            settled(id_, reply=reply, status=reply, code=None if reply == "last" else 250)
            for id_, reply in zip(ids, replies, strict=True)
        )
    )
    kept = [(one.reply, one.status, one.code) for one in store.overview.deliveries(issue.id)]
    strange = strange.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert kept == [("first", "first", 250), (strange, strange, 250), ("last", "last", None)]


def test_whatever_a_reader_is_called_is_claimed_whole(store: Store) -> None:
    """A strange name stays one name, and no neighbour's."""
    store.join(1, name=STRANGE)
    store.join(1, start=2, name="Ada")
    store.publish()
    assert [claim.name for claim in store.claim()] == [STRANGE, "Ada"]


def test_a_connection_lost_while_it_lay_idle_is_replaced(store: Store) -> None:
    """A restart of the server between two groups costs no outcome and is no error."""
    _, ids = claimed(store, 2)
    assert store.begin(ids[0]) == {ids[0]}
    if not store.database.is_sqlite:  # there is no server to restart there
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        with store.database.transaction() as connection:
            connection.execute(
                sa.text(
                    f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"
                )
            )
    assert store.ledger.record("w", [settled(ids[0])], [ids[1]], now=NOON) == {ids[1]}


def test_groups_recorded_at_the_same_time_do_not_meet(store: Store) -> None:
    """Each thread has a connection of its own while it records, whoever gave it back before."""
    _, ids = claimed(store, 32)

    def send(mine: list[int]) -> bool:
        begun = all(store.begin(one) == {one} for one in mine)
        told = [store.ledger.record("w", [settled(one)], [], now=NOON) for one in mine]
        return begun and not any(told)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(send, [ids[number::4] for number in range(4)]))
    assert set(store.states().values()) == {S.ACCEPTED}


# ── large queues ─────────────────────────────────────────────────────────────────────────────


def test_a_worker_that_claims_does_not_wait_for_another_that_does(store: Store) -> None:
    """On PostgreSQL a claim that is not committed yet is passed over (one writer on SQLite)."""
    if store.database.is_sqlite:
        return
    store.join(6)
    store.publish()
    with ThreadPoolExecutor(1) as pool, store.database.transaction() as connection:
        steady_plans(connection)
        (issue,) = open_issues(connection)
        first = take(connection, "a", issue, NOON, 3)
        second = pool.submit(store.claim, "b", limit=3).result(timeout=120)
    ids = [claim.delivery_id for claim in (*first, *second)]
    assert sorted(ids) == sorted(store.rows())


def test_the_work_on_a_queue_never_looks_through_all_of_it(database: Database) -> None:
    """Claiming, recording, reading a portion and asking what is due go by an index, and sort
    nothing: a million deliveries cost each of them what a thousand do.
    """
    if not database.is_sqlite:
        return  # its planner looks at sizes first, and seldom uses an index in a table of a test
    store = Store(database)
    with overheard() as statements:
        issue, ids = claimed(store, 40)
        statements.clear()
        store.ledger.record("w", [], ids[:20], ids[20:], now=NOON)
        store.ledger.record("w", [settled(id_) for id_ in ids[:20]], ids[20:], now=NOON + MINUTE)
        store.ledger.renew("w", now=NOON, lease=LEASE)
        store.claim(now=NOON + timedelta(hours=1))
        store.ledger.next_due()
        store.mailings.finish()
        assert len(list(store.overview.deliveries(issue.id))) == 40
    looked = [text for text in statements if "deliveries" in text]
    assert len(looked) > 8
    with database.reading() as connection:
        for text in looked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            steps = [str(step[-1]) for step in plan]
            assert not [step for step in steps if "SCAN deliveries" in step], text
            assert not [step for step in steps if "TEMP B-TREE FOR ORDER BY" in step], text
