"""What a service does besides sending: rescues and finishes.

Each part is a tick of newsletter/service/scheduler.py and may be done at any time, by any process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from newsletter.config import Config, Doubt
from newsletter.service.workers import gone_workers, living_workers
from storage.ledger import Mailings, Overview, Rescuer
from storage.model import DeliveryState, Log

log = Log()

_LONGEST_PUT_OFF: Final = timedelta(hours=1)
"""How long a delivery waits at most that its domain has no room for."""
_PATIENCE_S: Final = 3600.0
"""How long after its lease a worker that lives may settle what it has begun. By a clock that nobody sets: one
that is set ahead ends all leases at once, also of what is on the wire."""


class Upkeep:
    """Keeps the ledger of one newsletter in order."""

    def __init__(
        self,
        *,
        config: Config,
        mailings: Mailings,
        overview: Overview,
        rescuer: Rescuer,
        moved: Callable[[], None],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._mailings = mailings
        self._overview = overview
        self._rescuer = rescuer
        self._moved = moved
        self._clock = clock
        self._wake = wake
        self._monotonic = monotonic
        self._lapsed: dict[str, float] = {}
        """Since when the leases of workers are seen to have ended."""

    def run(self) -> None:
        """Take over from workers that died, and mark what is done as done."""
        self.rescue()
        self._pull_in()
        for issue_id in self._mailings.finish():
            tally = self._overview.tally(issue_id)
            log.info("issue.done", issue=issue_id, accepted=tally[DeliveryState.ACCEPTED])
            if in_doubt := tally[DeliveryState.UNKNOWN]:
                log.warning("issue.in_doubt", issue=issue_id, messages=in_doubt, see="reconcile")

    def _pull_in(self) -> None:
        config = self._config
        pulled = self._mailings.pull_in(
            now=self._clock(),
            hold=config.schedule.hold,
            wait=max(*config.dispatch.retry, _LONGEST_PUT_OFF),
        )
        if pulled:
            log.warning("ledger.pulled_in", deliveries=pulled, why="the clock was set back")
            self._wake()

    def rescue(self) -> None:
        """Take over from workers whose lease ended or whose process is gone; raise the watermark."""
        self._moved()
        now, names = self._clock(), self._rescuer.workers()
        self._look_at_leases(now, names)
        if not names:
            return  # nobody claims without a lease
        rescued = self._rescuer.rescue(
            now=now,
            resend=self._config.dispatch.doubt is Doubt.RESEND,
            gone=gone_workers(names),
            alive=self._waited_for(living_workers(names)),
        )
        if rescued.returned or rescued.unknown:
            log.warning("ledger.rescued", returned=rescued.returned, unknown=rescued.unknown)
            self._wake()

    def _look_at_leases(self, now: datetime, names: Collection[str]) -> None:
        held = self._rescuer.workers(leased_at=now) if names else []
        seen = self._monotonic()
        self._lapsed = {name: self._lapsed.get(name, seen) for name in set(names).difference(held)}

    def _waited_for(self, living: Collection[str]) -> set[str]:
        seen = self._monotonic()
        return {name for name in living if seen - self._lapsed.get(name, seen) < _PATIENCE_S}
