"""What is counted: readers by day, and each issue with what became of its mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from newsletter.figures.feedcount import FeedCount
from storage.archive import Issues
from storage.ledger import Overview
from storage.model import DeliveryState, Mailing, Tally
from storage.readers import History

_DAY: Final = timedelta(days=1)
_S = DeliveryState
_REFUSED: Final = (_S.REJECTED, _S.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One day, in UTC."""

    day: date
    readers: int
    """Active at its end, as far as can be said now: who was erased since is not among them."""
    joined: int
    left: int
    bounced: int
    """Reports that came in."""
    complained: int
    feed_readers: int = 0
    """Of the feeds, as aggregators said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFigures:
    """One issue that was mailed."""

    issue: str
    title: str
    published_at: datetime
    mailed: int
    """Deliveries, whatever became of them."""
    accepted: int
    """Taken by the relay; bounces and complaints that came back later are among them."""
    refused: int
    bounced: int
    complained: int

    @property
    def bounce_rate(self) -> float:
        """Of what was accepted, 0 to 1."""
        return self.bounced / self.accepted if self.accepted else 0.0

    @property
    def complaint_rate(self) -> float:
        """Of what was accepted, 0 to 1; hosts lose patience at 0.003."""
        return self.complained / self.accepted if self.accepted else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """All of it."""

    points: tuple[Point, ...]
    """A day each, without a gap, the last is today."""
    issues: tuple[IssueFigures, ...]
    """Oldest first."""
    feed_readers: Mapping[str, int] = field(default_factory=dict)
    """Today's, by aggregator, the most first."""

    @property
    def readers(self) -> int:
        """Active today."""
        return self.points[-1].readers if self.points else 0


class StatsDesk:
    """Counts."""

    def __init__(
        self,
        *,
        history: History,
        archive: Issues,
        overview: Overview,
        feeds: FeedCount,
        clock: Callable[[], datetime],
    ) -> None:
        self._history = history
        self._archive = archive
        self._overview = overview
        self._feeds = feeds
        self._clock = clock

    def look(self, days: int) -> Stats:
        """The last so many days, today among them, and the issues that were mailed in them."""
        today = self._clock().date()
        points = count_days(
            self._history.joined(),
            self._history.left(),
            self._history.bounced(),
            self._history.complained(),
            first=today - (days - 1) * _DAY,
            last=today,
        )
        since = points[0].day
        reading = self._feeds.days(since, today)
        tallies = self._overview.tallies()
        issues = [
            _figures(issue.slug, issue.title, issue.published_at, tallies[issue.id])
            for issue in self._archive.everything()
            if issue.id in tallies
            and issue.mailing is not Mailing.OFF
            and issue.published_at.date() >= since
        ]
        return Stats(
            points=tuple(
                replace(one, feed_readers=sum(reading[one.day].values())) for one in points
            ),
            issues=tuple(sorted(issues, key=lambda one: one.published_at)),
            feed_readers=reading[today],
        )


def count_days(
    joined: Mapping[date, int],
    left: Mapping[date, int],
    bounced: Mapping[date, int],
    complained: Mapping[date, int],
    *,
    first: date,
    last: date,
) -> tuple[Point, ...]:
    """A point for each day from first to last; what was before counts into the first's readers."""
    readers = sum(n for day, n in joined.items() if day < first)
    readers -= sum(n for day, n in left.items() if day < first)
    points, day = [], first
    while day <= last:
        readers += joined.get(day, 0) - left.get(day, 0)
        points.append(
            Point(
                day=day,
                readers=readers,
                joined=joined.get(day, 0),
                left=left.get(day, 0),
                bounced=bounced.get(day, 0),
                complained=complained.get(day, 0),
            )
        )
        day += _DAY
    return tuple(points)


def _figures(slug: str, title: str, at: datetime, tally: Tally) -> IssueFigures:
    accepted = tally[_S.ACCEPTED] + tally[_S.BOUNCED] + tally[_S.COMPLAINED]
    return IssueFigures(
        issue=slug,
        title=title,
        published_at=at,
        mailed=tally.total,
        accepted=accepted,
        refused=sum(tally[state] for state in _REFUSED),
        bounced=tally[_S.BOUNCED],
        complained=tally[_S.COMPLAINED],
    )
