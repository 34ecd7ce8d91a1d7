"""Counts who reads the feeds, by what aggregators say when they fetch one, and keeps a number for each day.

It is their word: nothing proves it, and nobody is counted by name or address.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from storage.readers import FeedReaders

_MOST: Final = 1_000
"""Addresses of feeds that are counted on one day."""
CARRIED: Final = timedelta(days=7)
"""How long an aggregator's last word holds: not each asks every day."""


class FeedCount:
    """What was told today. Safe to share among threads."""

    def __init__(self, kept: FeedReaders, clock: Callable[[], datetime]) -> None:
        self._kept = kept
        self._clock = clock
        self._lock = threading.Lock()
        self._day = clock().date()
        self._told: dict[tuple[str, str, str], int] = {}
        self._is_news = False

    def note(self, feed: str, reader: str, path: str, number: int) -> None:
        """An aggregator says how many read the feed at a path; the last word of a day counts."""
        key = (feed, reader, path)
        with self._lock:
            if len(self._told) < _MOST or key in self._told:
                self._is_news = self._is_news or self._told.get(key) != number
                self._told[key] = number

    def keep(self) -> None:
        """Write down what was told, if it is news; with a new day it begins anew."""
        with self._lock:
            day, told, is_news = self._day, dict(self._told), self._is_news
            self._is_news = False
            if self._clock().date() != day:
                self._day, self._told = self._clock().date(), {}
        if is_news:
            self._kept.keep(day, _sums(told))

    def days(self, first: date, last: date) -> dict[date, Mapping[str, int]]:
        """For each day the readers by aggregator, of all feeds together."""
        known = self._kept.load(first - CARRIED, last)
        last_word: dict[str, tuple[date, int]] = {}
        found: dict[date, Mapping[str, int]] = {}
        day = first - CARRIED
        while day <= last:
            told = _by_reader(known.get(day, {}))
            last_word |= {reader: (day, number) for reader, number in told.items()}
            if day >= first:
                lasting = {
                    reader: number
                    for reader, (at, number) in last_word.items()
                    if day - at <= CARRIED
                }
                found[day] = dict(Counter(lasting).most_common())
            day += timedelta(days=1)
        return found


def _sums(told: Mapping[tuple[str, str, str], int]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for (feed, reader, _path), number in told.items():
        sums[feed, reader] += number
    return sums


def _by_reader(told: Mapping[tuple[str, str], int]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (_feed, reader), number in told.items():
        sums[reader] += number
    return dict(sums)
