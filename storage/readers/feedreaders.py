"""How many read the feeds, day by day: what aggregators said of their own readers. Nobody is known by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from storage.database import Database, insert_new, schema

_F = schema.feed_readers.c


class FeedReaders:
    """A number for each day, feed and aggregator. One method, one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, day: date, told: Mapping[tuple[str, str], int]) -> None:
        """Keep what was told on a day, by (feed, aggregator); the most that was told that day counts."""
        table = schema.feed_readers
        with self._database.transaction() as connection:
            for (feed, reader), count in sorted(told.items()):
                key = {"day": day.isoformat(), "feed": feed, "reader": reader}
                if not insert_new(connection, table, {**key, "count": count}):
                    connection.execute(
                        sa.update(table)
                        .where(*(table.c[name] == value for name, value in key.items()))
                        .where(_F.count < count)
                        .values(count=count)
                    )

    def load(self, first: date, last: date) -> Mapping[date, Mapping[tuple[str, str], int]]:
        """By day what was told, by (feed, aggregator); days of which nothing is known are not in it."""
        found: defaultdict[date, dict[tuple[str, str], int]] = defaultdict(dict)
        query = sa.select(schema.feed_readers).where(
            _F.day >= first.isoformat(), _F.day <= last.isoformat()
        )
        with self._database.reading() as connection:
            for row in connection.execute(query).mappings():
                found[date.fromisoformat(row["day"])][row["feed"], row["reader"]] = row["count"]
        return found
