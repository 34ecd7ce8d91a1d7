"""What is kept of who reads the feeds, on both databases."""

from __future__ import annotations

from datetime import timedelta

from storage.database import Database
from storage.readers import FeedReaders
from storage.retention import Retention
from tests.conftest import NOON

TODAY = NOON.date()


def test_most_of_a_day_counts_and_old_days_go(database: Database) -> None:
    """The most that was told on a day is kept, whoever tells it again; what is old is let go of."""
    kept = FeedReaders(database)
    kept.keep(TODAY, {("rss", "feedly"): 4, ("atom", "feedly"): 1})
    kept.keep(TODAY, {("rss", "feedly"): 3, ("rss", "feedbin"): 2})
    kept.keep(TODAY - timedelta(days=40), {("rss", "feedly"): 1})
    found = kept.load(TODAY - timedelta(days=1), TODAY)
    assert found == {TODAY: {("rss", "feedly"): 4, ("atom", "feedly"): 1, ("rss", "feedbin"): 2}}
    retention = Retention(database)
    assert retention.feed_readers(before=NOON - timedelta(days=30), limit=100) == 1
    assert retention.feed_readers(before=NOON - timedelta(days=30), limit=100) == 0
    assert len(kept.load(TODAY - timedelta(days=99), TODAY)) == 1
