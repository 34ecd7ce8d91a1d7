"""Who reads the feeds: a number a day, by what aggregators say, and nothing that a stranger could fill up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from newsletter.figures.feedcount import FeedCount
from tests.conftest import NOON
from tests.worlds.clock import Clock

TODAY = NOON.date()


@dataclass
class Kept:
    """What is written down; a table in real life (tests/integration/storage/test_feedreaders.py)."""

    days: dict[date, dict[tuple[str, str], int]] = field(default_factory=dict)
    writes: int = 0

    def keep(self, day: date, told: Mapping[tuple[str, str], int]) -> None:
        """One day."""
        self.writes += 1
        self.days.setdefault(day, {}).update(told)

    def load(self, first: date, last: date) -> Mapping[date, Mapping[tuple[str, str], int]]:
        """All of it."""
        return {day: told for day, told in self.days.items() if first <= day <= last}


def test_the_last_word_of_a_day() -> None:
    """Feeds of an aggregator add up, its last word counts, and what is no news is not written."""
    kept, clock = Kept(), Clock(NOON)
    count = FeedCount(kept, clock)  # type: ignore[arg-type]
    count.keep()
    for path, number in (("/feed.xml", 5), ("/atom.xml", 2), ("/feed.xml", 4)):
        count.note("rss" if path == "/feed.xml" else "atom", "feedbin", path, number)
    count.keep()
    count.note("rss", "feedbin", "/feed.xml", 4)
    count.keep()
    assert kept.writes == 1
    assert kept.days == {TODAY: {("rss", "feedbin"): 4, ("atom", "feedbin"): 2}}
    assert count.days(TODAY, TODAY) == {TODAY: {"feedbin": 6}}


def test_a_new_day_begins_anew() -> None:
    """What was told yesterday is yesterday's, also if it is written after midnight; today has its own."""
    kept, clock = Kept(), Clock(NOON)
    count = FeedCount(kept, clock)  # type: ignore[arg-type]
    count.note("rss", "feedly", "/feed.xml", 9)
    clock.move(days=1)
    count.keep()
    count.note("rss", "feedly", "/feed.xml", 7)
    count.keep()
    assert [one["rss", "feedly"] for one in kept.days.values()] == [9, 7]


def test_a_last_word_holds_for_a_week() -> None:
    """Of each aggregator by itself; then nothing is known of it any more."""
    kept = Kept({TODAY - timedelta(days=9): {("rss", "feedly"): 3}})
    kept.keep(TODAY - timedelta(days=1), {("rss", "feedbin"): 2})
    count = FeedCount(kept, Clock(NOON))  # type: ignore[arg-type]
    found = count.days(TODAY - timedelta(days=8), TODAY)
    assert [sum(one.values()) for one in found.values()] == [3, 3, 3, 3, 3, 3, 3, 2, 2]


def test_memory_is_bounded() -> None:
    """However many feeds somebody invents, a day has a thousand."""
    kept = Kept()
    count = FeedCount(kept, Clock(NOON))  # type: ignore[arg-type]
    for number in range(3000):
        count.note("tags", "other", f"/tags/{number}/feed.xml", 1)
    count.keep()
    assert kept.days[TODAY] == {("tags", "other"): 1000}
