"""Owns having digests made when they are due.

Looks at what waits and at the clock: so a look that comes late, twice or after a week makes every
digest once (rules G2, G3), with all that was published before its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from newsletter.config import WeekTime
from newsletter.digests.calendar import Occasion, last_occasion, next_occasion
from storage.ledger import DigestOrder, Digests
from storage.model import Log, Pace
from words import find_zone, words_of

log = Log()

_NAMES: Final = {
    Pace.WEEKLY: ("digest-weekly", "Weekly digest"),
    Pace.MONTHLY: ("digest-monthly", "Monthly digest"),
    Pace.EACH: ("digest-rest", "What was gathered"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingDigest:
    """A digest that will be made, as things stand."""

    name: str
    """Its slug."""
    title: str
    at: datetime
    """When it is due."""
    is_due: bool
    readers: int
    issues: int
    """In it by now, for at least one of them."""
    to_come: int = 0
    """Planned to be published before it is due."""


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
            occasion = last_occasion(pace, self._when, find_zone(zone, self._zone), now)
            count = self._digests.make(_order(pace, zone, occasion), now=now)
            if count:
                log.info("digest.queued", pace=pace, day=occasion.day.isoformat(), readers=count)
            queued += count
        if queued:
            self._wake()
        return queued

    def coming(self, planned: Sequence[datetime] = ()) -> list[ComingDigest]:
        """What will be made of what waits now and of issues that are `planned` for these times, soonest
        first; readers of several zones whose hour is the same are one. Looks, and makes nothing.

        Of what is planned it is not known yet whom it will be for: everybody who wants a digest.
        """
        now, found = self._clock(), dict[tuple[str, datetime, bool], ComingDigest]()
        wanted = self._digests.wanted() if planned else {}
        for pace, zone in sorted({*self._digests.waiting(), *wanted}):
            there = find_zone(zone, self._zone)
            last = last_occasion(pace, self._when, there, now)
            due = self._expect(pace, zone, last, is_due=True)
            ahead = next_occasion(pace, self._when, there, now)
            after = last.at if due.readers else None
            later = self._expect(pace, zone, ahead, is_due=False, after=after)
            # What comes out at the same minute waits for the next one.
            to_come = sum(at < ahead.at for at in planned)
            if to_come:
                most = max(later.readers, wanted.get((pace, zone), 0))
                later = replace(later, to_come=to_come, readers=most)
            for one in (due, *((later,) if pace is not Pace.EACH else ())):
                if one.readers:
                    key = (one.name, one.at, one.is_due)
                    found[key] = _together(found.get(key), one)
        return sorted(found.values(), key=lambda one: (one.at, one.name))

    def _expect(
        self,
        pace: Pace,
        zone: str,
        occasion: Occasion,
        *,
        is_due: bool,
        after: datetime | None = None,
    ) -> ComingDigest:
        order = _order(pace, zone, occasion)
        readers, issues = self._digests.expect(order, after=after)
        return ComingDigest(
            name=order.name,
            title=_NAMES[pace][1],
            at=occasion.at,
            is_due=is_due,
            readers=readers,
            issues=issues,
        )


def _together(one: ComingDigest | None, other: ComingDigest) -> ComingDigest:
    if one is None:
        return other
    readers = one.readers + other.readers
    return replace(one, readers=readers, issues=max(one.issues, other.issues))


def _order(pace: Pace, zone: str, occasion: Occasion) -> DigestOrder:
    slug, title = _NAMES[pace]
    return DigestOrder(
        pace=pace,
        name=f"{slug}-{occasion.day.isoformat()}",
        title=f"{title}, {words_of('en').day(occasion.day)}",
        zone=zone,
        before=occasion.at,
    )
