"""When digests are due: a weekday and a time of day, in somebody's zone. Pure.

A local date has one digest, whatever the clocks do on it (rule G2): a time that a change skips is
taken with the offset before it, and of one that comes twice the first is taken (rule G1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.config import WeekTime
from storage.model import Pace

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One time at which a digest is due."""

    day: date
    """In the zone; what names the digest."""
    at: datetime
    """The instant, in UTC."""


def last_occasion(pace: Pace, when: WeekTime, zone: ZoneInfo, now: datetime) -> Occasion:
    """The latest that is not after `now`. A month's digest is due on its first such weekday.

    With EACH it is now: what waits is brought at once.
    """
    if pace is Pace.EACH:
        return Occasion(day=now.astimezone(zone).date(), at=now)
    day = _weekday_before(now.astimezone(zone).date() + _WEEK, when)
    while (found := _occasion(day, when, zone)).at > now or not _is_due_on(pace, day):
        day -= _WEEK
    return found


def next_occasion(pace: Pace, when: WeekTime, zone: ZoneInfo, now: datetime) -> Occasion:
    """The first that is after `now`."""
    if pace is Pace.EACH:
        return Occasion(day=now.astimezone(zone).date(), at=now)
    day = _weekday_before(now.astimezone(zone).date(), when) - _WEEK
    while (found := _occasion(day, when, zone)).at <= now or not _is_due_on(pace, day):
        day += _WEEK
    return found


def _weekday_before(day: date, when: WeekTime) -> date:
    """The day itself, or the last one before it that is the weekday."""
    return day - timedelta(days=(day.weekday() - when.weekday) % 7)


def _is_due_on(pace: Pace, day: date) -> bool:
    return pace is Pace.WEEKLY or day.day <= _WEEK.days


def _occasion(day: date, when: WeekTime, zone: ZoneInfo) -> Occasion:
    at = datetime.combine(day, when.time, tzinfo=zone)
    return Occasion(day=day, at=at.astimezone(UTC))
