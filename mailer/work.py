"""Owns the claims a worker holds and has not begun: one buffer for all its connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from mailer.pace import Trouble
from mailer.recorder import Book
from storage.errors import StorageError
from storage.records import Claim, DeliveryState

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Ledger(Book, Protocol):
    """What sending needs of the ledger; synchronous, called in a thread. See storage.ledger."""

    def claim(self, worker: str, *, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Takes up to `limit` due deliveries for this worker."""

    def renew(self, worker: str, *, now: datetime, lease: timedelta) -> object:
        """Keeps this worker's claims for another lease."""

    def retire(self, worker: str, *, now: datetime) -> int:
        """Gives back what was not begun, and the lease."""

    def release(
        self, worker: str, *, now: datetime, delivery_ids: Collection[int] | None = None
    ) -> int:
        """Gives back those of the deliveries that were not begun."""

    def standing(self, delivery_id: int) -> DeliveryState | None:
        """Returns the state a delivery is in now."""

    def next_due(self) -> datetime | None:
        """Returns when the next delivery may be claimed."""

    def pause_issue(self, issue_id: int, reason: str, *, now: datetime) -> object:
        """Stops an issue; its claims that are not begun go back."""


class Work:
    """A small buffer of claims, refilled from the ledger until nothing more is due."""

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        *,
        clock: Callable[[], datetime],
        lease: timedelta,
        portion: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._worker = worker
        self._clock = clock
        self._lease = lease
        self._portion = portion
        self._sleep = sleep
        self._claims: deque[Claim] = deque()
        self._refilling = asyncio.Lock()
        self._dry = False
        self._paused: set[int] = set()
        self.error: StorageError | None = None
        """Why the last claim failed; the wave then ends in good order."""

    def __len__(self) -> int:
        return len(self._claims)

    @property
    def is_done(self) -> bool:
        """Whether nothing is held, and the ledger had nothing more when it was asked."""
        return self._dry and not self._claims

    def start(self) -> None:
        """Begins a new wave: the ledger is asked again."""
        self._dry = False
        self.error = None

    async def take(self) -> Claim | None:
        """Returns the next claim; None when nothing is due now."""
        async with self._refilling:
            if not self._claims and not self._dry:
                await self._refill()
        return self._claims.popleft() if self._claims else None

    def take_at_once(self) -> Claim | None:
        """Returns the next claim at hand; None when taking one would mean waiting."""
        return self._claims.popleft() if self._claims else None

    def put_back(self, claim: Claim) -> None:
        """Returns a claim of which nothing was sent, to be taken next."""
        self._claims.appendleft(claim)

    def empty(self) -> None:
        """Forgets all claims: they were given back to the ledger."""
        self._claims.clear()

    async def pause_issue(self, issue_id: int, reason: str) -> None:
        """Stops an issue that the relay refuses whoever the reader is (rule B5).

        At once for the claims held here; in the ledger however long that takes.
        """
        self._paused.add(issue_id)
        self._claims = deque(claim for claim in self._claims if claim.issue_id != issue_id)
        trouble = Trouble(cap_s=30)
        async with self._refilling:  # or it would claim what is being given back
            while not await self._try_pause(issue_id, reason):
                trouble.note("")
                await self._sleep(trouble.wait_s)
        log.warning("issue.paused", issue=issue_id, reason=reason)

    def is_paused(self, claim: Claim) -> bool:
        """Whether this claim was taken away by a pause, not by its reader."""
        return claim.issue_id in self._paused

    async def is_unwanted(self, claim: Claim) -> bool:
        """Why a claim may not be sent after all: True if its reader left or was suppressed.

        Else its issue was paused or taken back by somebody else, and the claims of it that are
        held here go the same way, or the lease was lost.
        """
        if self.is_paused(claim):
            return False
        try:
            state = await asyncio.to_thread(self._ledger.standing, claim.delivery_id)
        except StorageError as error:
            log.warning("ledger.standing_failed", error=type(error).__name__)
            return False
        if state in (DeliveryState.SUPPRESSED, None):
            return True
        await self._let_go(claim.issue_id)
        return False

    async def _let_go(self, issue_id: int | None) -> None:
        """Gives back what is held of an issue; the ledger knows which of it is still ours."""
        async with self._refilling:
            ids = [claim.delivery_id for claim in self._claims if claim.issue_id == issue_id]
            if not ids:
                return
            try:
                await asyncio.to_thread(
                    self._ledger.release, self._worker, now=self._clock(), delivery_ids=ids
                )
            except StorageError as error:
                log.warning("ledger.release_failed", error=type(error).__name__)
                return  # each will be refused when its turn comes
            gone = set(ids)
            self._claims = deque(c for c in self._claims if c.delivery_id not in gone)

    async def _try_pause(self, issue_id: int, reason: str) -> bool:
        try:
            await asyncio.to_thread(self._ledger.pause_issue, issue_id, reason, now=self._clock())
        except StorageError as error:
            log.warning("issue.pause_failed", issue=issue_id, error=type(error).__name__)
            return False
        return True

    async def _refill(self) -> None:
        try:
            claims = await asyncio.to_thread(
                self._ledger.claim,
                self._worker,
                now=self._clock(),
                limit=self._portion,
                lease=self._lease,
            )
        except StorageError as error:
            log.warning("ledger.claim_failed", error=type(error).__name__)
            self.error, self._dry = error, True
            return
        self._dry = len(claims) < self._portion
        self._claims.extend(claims)
        self._paused.difference_update({claim.issue_id for claim in claims if claim.issue_id})
