"""Owns a worker's lease: how long its claims last, and whether it may still act on them.

A worker may be away for longer than its lease lasts: a database locked by somebody else, a stopped
process, an event loop that stood. Others may have taken its claims over then. So nothing is put on the
wire before the lease is known to last, or was renewed (rule B9).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from mailer.dispatch.ports import Ledger
from storage.model import Claim, Log, StorageError

log = Log()

_SURE: Final = 0.9
"""The part of a lease that is counted on: putting content on the wire takes a moment, too."""


class Lease:
    """The lease of one worker, and all that extends it."""

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        *,
        span: timedelta,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._worker = worker
        self._span = span
        self._clock = clock
        self._monotonic = monotonic
        self._until = datetime.min.replace(tzinfo=UTC)
        self._until_s = -math.inf
        """The same by the monotonic clock: one of the two stands while a machine sleeps, the other
        may be set back."""

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have taken the claims over."""
        return self._monotonic() < self._until_s and self._clock() < self._until

    async def claim(self, limit: int) -> list[Claim]:
        """Claims up to `limit` deliveries for another lease. Raises StorageError."""
        now, now_s = self._clock(), self._monotonic()
        claims = await asyncio.to_thread(
            self._ledger.claim, self._worker, now=now, limit=limit, lease=self._span
        )
        self._extend(now, now_s)
        return claims

    async def confirm(self, delivery_id: int) -> bool:
        """Renews the lease until it is sure; whether the delivery is still on this worker's wire.

        False also when the database cannot be asked.
        """
        log.warning("lease.uncertain", delivery=delivery_id)
        while not self.is_sure:
            try:
                kept = await self._renew([delivery_id])
            except StorageError as error:
                log.warning("ledger.renew_failed", error=type(error).__name__)
                return False
            if delivery_id not in kept:
                return False
        return True

    async def keep(self) -> None:
        """Renews the lease in good time, until it is cancelled."""
        fails = False
        while True:
            await asyncio.sleep(self._span.total_seconds() / 3)
            try:
                await self._renew()
            except StorageError as error:
                if not fails:
                    log.warning("ledger.renew_failed", reason=str(error))
                fails = True
            else:
                fails = False

    async def retire(self) -> None:
        """Gives back what was not begun, and the lease."""
        try:
            await asyncio.to_thread(self._ledger.retire, self._worker, now=self._clock())
        except StorageError as error:
            # The lease ends by itself, and a rescue then does the same.
            log.warning("ledger.retire_failed", error=type(error).__name__)

    async def _renew(self, begun: Collection[int] = ()) -> frozenset[int]:
        now, now_s = self._clock(), self._monotonic()
        kept = await asyncio.to_thread(
            self._ledger.renew, self._worker, now=now, lease=self._span, begun=begun
        )
        self._extend(now, now_s)
        return kept

    def _extend(self, now: datetime, now_s: float) -> None:
        """It lasts from when it was asked for, not from when the answer came."""
        self._until = now + self._span * _SURE
        self._until_s = now_s + self._span.total_seconds() * _SURE
