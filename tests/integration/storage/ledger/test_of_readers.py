"""Deliveries of one reader without an index from the reader: found issue by issue, and gone with them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from storage.database import Database, schema
from storage.model import (
    ConsentEventKind,
    Effect,
    NewReport,
    Pace,
    Suppression,
    SuppressionReason,
    Wishes,
)
from storage.readers import Gone, ReaderSettings
from storage.readers.reports import Reports
from storage.retention import Retention
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, consent, new_subscriber, settled

DAY = timedelta(days=1)


def suppression(number: int) -> Suppression:
    """What stays of a reader who was erased."""
    return Suppression(
        address_hash=f"hash-{number}",
        address="",
        reason=SuppressionReason.ERASED,
        evidence="asked",
        created_at=NOON,
    )


def of_nobody(store: Store) -> int:
    """Deliveries whose reader is not there."""
    there = sa.select(schema.subscribers.c.id)
    orphans = sa.select(sa.func.count()).where(schema.deliveries.c.subscriber_id.not_in(there))
    with store.database.reading() as connection:
        return connection.scalar(orphans) or 0


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement about deliveries meanwhile, with its parameters."""
    found: list[tuple[str, Any]] = []

    def listen(*given: Any) -> None:
        if "deliveries" in given[2] and not given[2].startswith(("INSERT", "LOCK")):
            found.append((given[2], given[3]))

    sa.event.listen(database._engine, "before_cursor_execute", listen)
    try:
        yield found
    finally:
        sa.event.remove(database._engine, "before_cursor_execute", listen)


def test_nothing_that_is_asked_about_a_reader_goes_through_all_deliveries(store: Store) -> None:
    """Looks, leaving, reports, letting go, erasing: each finds what is a reader's by an index."""
    reader, *_ = store.join(3)
    pending = store.ask(9)
    store.publish("first")
    issue = store.publish("second")
    for claim in store.claim():
        store.begin(claim.delivery_id)
        store.settle(settled(claim.delivery_id))
    reports, settings = Reports(store.database), ReaderSettings(store.database)
    wishes = Wishes(pace=Pace.EACH, paused_until=NOON + 9 * DAY)
    event = consent(ConsentEventKind.CHANGED)

    def report(number: int, issue_id: int | None) -> NewReport:
        return NewReport(
            event_id=str(number),
            kind="soft",
            status="4.2.2",
            effect=Effect.COUNTED,
            happened_at=NOON,
            received_at=NOON,
            evidence="full",
            issue_id=issue_id,
            subscriber_id=reader,
        )

    with asked(store.database) as statements:
        assert len(store.overview.of_reader(reader)) == 2
        assert len(store.overview.of_reader(reader, issue_id=issue.id)) == 1
        assert len(store.overview.history(reader)) == 2
        assert len(settings.mails(reader)) == 2
        assert len(reports.sent_to(reader)) == 2
        assert store.signups.count_confirmations(pending, since=NOON - DAY) == 1
        for number, named in enumerate((issue.id, 0, None)):
            assert reports.record(report(number, named))
        Gone(store.database).at_host(NOON - DAY, "mx.example.net", least=0)
        Gone(store.database).lift(NOON - DAY, "example.org", waiting="waits", now=NOON)
        settings.change(reader, "", wishes, event)
        store.subscribers.confirm(
            pending, "asked", new_nonce="b", event=consent(ConsentEventKind.CONFIRMED), welcome=True
        )
        store.leave(reader)
        store.ask(10)
        assert Retention(store.database).unconfirmed(before=NOON + DAY, limit=10) == 1
        assert store.subscribers.erase(suppression(1), new_subscriber(1).key)
    assert len(statements) > 15
    way = "EXPLAIN QUERY PLAN " if store.database.is_sqlite else "EXPLAIN "
    with store.database.reading() as connection:
        if not store.database.is_sqlite:  # a table of a test is read whole where there is a choice
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for text, values in statements:
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(way + text, values))
            assert "SCAN deliveries" not in plan, (text, plan)
            assert "SCAN own" not in plan, (text, plan)
            assert "Seq Scan on deliveries" not in plan, (text, plan)


def test_who_is_erased_while_mail_is_queued_leaves_none(store: Store) -> None:
    """Whoever is first, an issue and a notice on one side, the erasure on the other: no delivery is
    left of nobody, and the counts are those of the rows that are there.
    """
    for number in range(8):
        reader, *_ = store.join(3, start=10 * number + 1)
        key = new_subscriber(10 * number + 1).key
        with ThreadPoolExecutor(3) as pool:
            done = [
                pool.submit(store.publish, f"note-{number}"),
                pool.submit(store.subscribers.notify, reader, now=NOON + MINUTE),
                pool.submit(store.subscribers.erase, suppression(10 * number + 1), key),
            ]
            assert done[-1].result()
            done[0].result()
            done[1].result()
        assert of_nobody(store) == 0
    issues = store.issues.everything()
    for issue in issues:
        kept = sum(store.overview.tally(issue.id).counts.values())
        assert kept == len(list(store.overview.deliveries(issue.id)))


def test_who_was_erased_is_sent_no_notice(store: Store) -> None:
    """What was decided about somebody who is gone now queues nothing."""
    (reader,) = store.join(1)
    assert store.subscribers.erase(suppression(1), new_subscriber(1).key)
    store.subscribers.notify(reader, now=NOON)
    assert store.rows() == {}
