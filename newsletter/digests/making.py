"""Owns having digests made when they are due.

Looks at what waits and at the clock: so a look that comes late, twice or after a week makes every
digest once (rules G2, G3), with all that was published before its time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from newsletter.config import WeekTime
from newsletter.digests.calendar import Occasion, last_occasion
from storage.ledger import DigestOrder, Digests
from storage.model import Pace
from words import words_of

log = structlog.get_logger()

_NAMES: Final = {
    Pace.WEEKLY: ("digest-weekly", "Weekly digest"),
    Pace.MONTHLY: ("digest-monthly", "Monthly digest"),
    Pace.EACH: ("digest-rest", "What was gathered"),
}


class DigestDesk:
    """Makes the digests of one newsletter."""

    def __init__(
        self,
        digests: Digests,
        *,
        when: WeekTime,
        zone: str,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._digests = digests
        self._when = when
        self._zone = zone
        self._clock = clock
        self._wake = wake

    def run(self) -> int:
        """Make what is due; how many deliveries."""
        now, queued = self._clock(), 0
        for pace, zone in self._digests.waiting():
            occasion = last_occasion(pace, self._when, self._find_zone(zone), now)
            count = self._digests.make(_order(pace, zone, occasion), now=now)
            if count:
                log.info("digest.queued", pace=pace, day=occasion.day.isoformat(), readers=count)
            queued += count
        if queued:
            self._wake()
        return queued

    def _find_zone(self, name: str) -> ZoneInfo:
        """The reader's zone; the newsletter's where none was chosen, or it is none any more."""
        try:
            return ZoneInfo(name or self._zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(self._zone)


def _order(pace: Pace, zone: str, occasion: Occasion) -> DigestOrder:
    slug, title = _NAMES[pace]
    return DigestOrder(
        pace=pace,
        name=f"{slug}-{occasion.day.isoformat()}",
        title=f"{title}, {words_of('en').day(occasion.day)}",
        zone=zone,
        before=occasion.at,
    )
