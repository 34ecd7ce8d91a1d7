"""Readers and reports counted by day, on both databases."""

from __future__ import annotations

from datetime import timedelta

from storage.model.reports import Effect, NewReport
from storage.readers.history import History
from storage.readers.reports import Reports
from tests.conftest import NOON
from tests.worlds.store import Store

DAY = timedelta(days=1)


def test_each_day_has_who_came_and_went(store: Store) -> None:
    """By when they confirmed and left; who has not confirmed is no reader."""
    first, *_ = store.join(2)
    store.join(3, start=11, created_at=NOON + DAY, confirmed_at=NOON + DAY)
    store.ask(30)
    store.leave(first)
    history = History(store.database)
    assert history.joined() == {NOON.date(): 2, (NOON + DAY).date(): 3}
    assert history.left() == {NOON.date(): 1}
    assert history.bounced() == history.complained() == {}


def test_each_day_has_what_came_back(store: Store) -> None:
    """Bounces and complaints, by when they came in."""
    readers = store.join(2)
    issue = store.publish()
    reports = Reports(store.database)
    for reader, effect in zip(readers, (Effect.COUNTED, Effect.UNSUBSCRIBED), strict=True):
        reports.record(
            NewReport(
                event_id=str(reader),
                kind="soft",
                effect=effect,
                status="",
                issue_id=issue.id,
                subscriber_id=reader,
                happened_at=NOON,
                received_at=NOON + 2 * DAY,
                evidence="",
                raw=None,
            )
        )
    history = History(store.database)
    assert history.bounced() == history.complained() == {(NOON + 2 * DAY).date(): 1}
    delivery, *_ = store.overview.of_reader(readers[0])
    assert delivery.issue_id == issue.id
    assert store.overview.of_reader(readers[0], issue_id=issue.id + 1) == []
