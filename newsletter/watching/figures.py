"""What can be counted of a newsletter, for whoever draws curves of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.config import Config
from newsletter.keeping import last_backup
from newsletter.watching.watch import free_space
from storage.archive import Issues
from storage.database import Database
from storage.ledger import Overview
from storage.model import DeliveryState, Log, StorageError, SubscriberState
from storage.readers import Reports, SignUps, Subscribers

log = Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """At one moment, right for every process of this database."""

    subscribers: Mapping[SubscriberState, int]
    deliveries: Mapping[DeliveryState, int]
    """Of issues."""
    oldest_due_s: float
    """How long the delivery waits that waits longest and may be sent; 0 when none does."""
    reports: Mapping[str, int]
    """What came back, by kind, as far back as reports are kept."""
    signups_waiting: int
    """Sign-ups not yet decided."""
    backup_at: datetime | None
    archive_version: int
    """Grows with every change that readers can see."""
    octets: int
    """Of the database."""
    free: Mapping[str, int]
    """Octets free on the disk of each folder that is written to."""


class Counting:
    """Counts when asked."""

    def __init__(
        self,
        config: Config,
        *,
        database: Database,
        archive: Issues,
        overview: Overview,
        subscribers: Subscribers,
        reports: Reports,
        signups: SignUps,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._database = database
        self._archive = archive
        self._overview = overview
        self._subscribers = subscribers
        self._reports = reports
        self._signups = signups
        self._clock = clock

    def look(self) -> Figures | None:
        """The figures; None while the database does not answer, said within seconds."""
        if not self._database.answers():
            return None
        try:
            return self._count()
        except StorageError as error:
            log.warning("figures.missing", reason=str(error))
            return None

    def _count(self) -> Figures:
        now = self._clock()
        oldest = self._overview.oldest_due(now=now)
        reports: Counter[str] = Counter()
        for (kind, _effect), count in self._reports.counts().items():
            reports[kind] += count
        return Figures(
            subscribers=self._subscribers.counts(),
            deliveries=self._overview.tally().counts,
            oldest_due_s=0.0 if oldest is None else (now - oldest).total_seconds(),
            reports=reports,
            signups_waiting=self._signups.count_waiting(before=now),
            backup_at=last_backup(self._database),
            archive_version=self._archive.version(),
            octets=self._database.octets(),
            free=dict(free_space(self._config)),
        )
