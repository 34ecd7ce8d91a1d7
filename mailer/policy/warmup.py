"""Owns the warm-up: how many readers a sender that is new may mail in a day. Pure.

Hosts trust a sender by what they have seen of it lately (rule B17). So a day allows twice what the
busiest of the days before it was used for, and never less than the first; days nobody mailed on
earn nothing, and after a month of silence the ramp begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from storage.model import Allowance

MEMORY_DAYS: Final = 30
"""How many days are looked back on."""
_GROWTH: Final = 2
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """A ramp of days; a day is a calendar day of the author's zone."""

    first: int
    """Readers on the first day."""
    timezone: str

    def look_back(self, now: datetime) -> tuple[datetime, int]:
        """When the earliest day begins that counts, and how many there are before today."""
        return self._midnight(now) - MEMORY_DAYS * _DAY, MEMORY_DAYS

    def decide(self, days: Sequence[int], now: datetime) -> Allowance:
        """What is allowed today, and from when on how much tomorrow."""
        *earlier, today = days
        return Allowance(
            most=self._most(earlier),
            used=today,
            until=self._midnight(now, ahead=1),
            then=self._most(days[1:]),
        )

    def _most(self, earlier: Sequence[int]) -> int:
        return max(self.first, _GROWTH * max(earlier, default=0))

    def _midnight(self, now: datetime, *, ahead: int = 0) -> datetime:
        zone = ZoneInfo(self.timezone)
        day = now.astimezone(zone).date() + ahead * _DAY
        return datetime.combine(day, time(), zone).astimezone(UTC)
