"""Owns the claims a worker holds and has not begun: one buffer for all its connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from mailer.dispatch.domains import Domains
from mailer.dispatch.lease import Lease
from mailer.dispatch.pace import Backoff
from mailer.dispatch.parking import Parking, domain_of
from mailer.dispatch.ports import Ledger
from mailer.policy import STRAY_PAUSE
from storage.model import Claim, DeliveryState, Log, StorageError

log = Log()

_ASTRAY_S: Final = 3600.0
"""How long a claim goes back whose domain is paused. A lift has it due at once; one that
ended by itself is noticed this late."""

_LOOK: Final = timedelta(seconds=1)
"""How long what is known of pauses counts: a fast worker claims ten times in it."""


class ClaimBuffer:
    """A small buffer of claims, refilled from the ledger until nothing more is due."""

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        *,
        clock: Callable[[], datetime],
        lease: Lease,
        portion: int,
        domains: Domains,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._worker = worker
        self._clock = clock
        self._lease = lease
        self._portion = portion
        self._low = portion // 2
        self._sleep = sleep
        self._claims: deque[Claim] = deque()
        self._domains = domains
        self._parking = Parking(domains)
        self._refilling = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None
        """Refilling while there is still something at hand, so that nobody has to wait."""
        self._dry = False
        self._paused: set[int] = set()
        self._astray: Mapping[str, datetime] = {}
        """Domains that are paused, and until when."""
        self._looked_at: datetime | None = None
        """When the ledger was asked for them."""
        self.error: StorageError | None = None
        """Why the last claim failed; the wave then ends in good order."""

    def __len__(self) -> int:
        return len(self._claims) + len(self._parking)

    @property
    def is_done(self) -> bool:
        """Whether nothing is held, and the ledger had nothing more when it was asked."""
        return self._dry and not len(self)

    def start(self) -> None:
        """Begins a new wave: the ledger is asked again."""
        self._dry = False
        self.error = None
        self._looked_at = None
        self._parking.start()

    async def take(self, seats: Collection[str] = ()) -> Claim | None:
        """Returns the next claim; None when nothing is due, or `wait_s` must pass first.

        `seats` are the domains that the connection is busy with.
        """
        async with self._refilling:
            claim = self.take_at_once(seats)
            while claim is None and self._may_ask():
                await self._refill()
                claim = self.take_at_once(seats)
            return claim

    def _may_ask(self) -> bool:
        """Whether the ledger may have more, and there is room for it here."""
        parking = self._parking
        return not (self._dry or parking.is_full or parking.is_to_be_put_off)

    @property
    def is_to_be_put_off(self) -> bool:
        """Whether so many have to wait for too long that this should be recorded now."""
        return self._parking.is_to_be_put_off

    def take_at_once(self, seats: Collection[str] = ()) -> Claim | None:
        """Returns the next claim at hand; None when taking one would mean waiting."""
        if (claim := self.take_plainly()) is not None:
            return claim
        if (claim := self._parking.take(seats)) is not None:
            return claim
        while self._claims:
            claim = self._claims.popleft()
            if self._parking.admit(claim, seats):
                return claim
        return None

    def take_plainly(self) -> Claim | None:
        """Returns the next claim at hand, if no domain is bounded: then each is as good as another."""
        if len(self._claims) <= self._low and self._is_low():
            self._ahead = asyncio.create_task(self._refill_ahead())
        if self._domains.is_bounded or not self._claims:
            return None
        return self._claims.popleft()

    @property
    def wait_s(self) -> float | None:
        """Seconds until a claim that is held may have its domain's leave; None when none waits."""
        return self._parking.wait_s

    def pop_held_back(self) -> list[tuple[Claim, float]]:
        """Takes out the claims that have to wait for too long to be held, with the seconds."""
        return self._parking.pop_held_back()

    def put_back(self, claim: Claim) -> None:
        """Returns a claim of which nothing was sent, to be taken next."""
        self._claims.appendleft(claim)

    async def empty(self) -> None:
        """Forgets all claims: they are to be given back to the ledger, which is left alone then."""
        if self._ahead is not None:
            await self._ahead
        self._claims.clear()
        self._parking.clear()

    async def pause_issue(self, issue_id: int, reason: str) -> None:
        """Stops an issue that the relay refuses whoever the reader is (rule B5).

        At once for the claims held here; in the ledger however long that takes.
        """
        is_known = issue_id in self._paused  # another connection was as quick
        self._paused.add(issue_id)
        self._keep(lambda claim: claim.issue_id != issue_id)
        backoff = Backoff(cap_s=30)
        async with self._refilling:  # or it would claim what is being given back
            while not await self._try_pause(issue_id, reason):
                backoff.fail("")
                await self._sleep(backoff.wait_s)
        if not is_known:
            log.warning("issue.paused", issue=issue_id, reason=reason)

    async def pause_domain(self, domain: str, reason: str) -> None:
        """Stops the mail to one domain, whose host calls too many readers unknown (rule B5)."""
        until = self._clock() + STRAY_PAUSE
        self._astray = {**self._astray, domain: until}
        self._set_aside()
        log.error("domain.paused", domain=domain, reason=reason)
        try:
            await asyncio.to_thread(self._ledger.pause_domain, domain, until=until)
        except StorageError as error:
            log.warning("domain.pause_failed", domain=domain, error=type(error).__name__)

    def is_astray(self, claim: Claim) -> bool:
        """Whether the claim is an issue's, for a domain that is paused."""
        return claim.issue_id is not None and domain_of(claim) in self._astray

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
            held = chain(self._claims, self._parking)
            ids = [claim.delivery_id for claim in held if claim.issue_id == issue_id]
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
            self._keep(lambda claim: claim.delivery_id not in gone)

    def _set_aside(self) -> None:
        """Sends the claims of domains that are paused back, each for a while."""
        for claim in filter(self.is_astray, chain(tuple(self._claims), tuple(self._parking))):
            self._parking.hold(claim, _ASTRAY_S)
        self._keep(lambda claim: not self.is_astray(claim))

    def _keep(self, wanted: Callable[[Claim], bool]) -> None:
        self._claims = deque(filter(wanted, self._claims))
        self._parking.keep(wanted)

    async def _try_pause(self, issue_id: int, reason: str) -> bool:
        try:
            await asyncio.to_thread(self._ledger.pause_issue, issue_id, reason, now=self._clock())
        except StorageError as error:
            log.warning("issue.pause_failed", issue=issue_id, error=type(error).__name__)
            return False
        return True

    @property
    def is_refilling(self) -> bool:
        """Whether more is being claimed while there is still something at hand."""
        return self._ahead is not None

    def _is_low(self) -> bool:
        """Whether it is time to ask for more: before the last claim is gone, and one at a time."""
        low = 0 < len(self._claims) <= self._low
        return low and not self._dry and not self._parking and not self.is_refilling

    async def _refill_ahead(self) -> None:
        try:
            async with self._refilling:
                if len(self._claims) <= self._low and not self._dry:
                    await self._refill()
        finally:
            self._ahead = None

    async def _look_for_pauses(self) -> None:
        """Another worker, or the start before this one, may have paused a domain."""
        now = self._clock()
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < _LOOK:
            return
        self._astray = await asyncio.to_thread(self._ledger.paused_domains, now=now)
        self._looked_at = now

    async def _refill(self) -> None:
        try:
            await self._look_for_pauses()
            claims = await self._lease.claim(self._portion)
        except StorageError as error:
            log.warning("ledger.claim_failed", error=type(error).__name__)
            self.error, self._dry = error, True
            return
        self._dry = len(claims) < self._portion
        self._claims.extend(claims)
        if self._astray:
            self._set_aside()
        self._paused.difference_update({claim.issue_id for claim in claims if claim.issue_id})
