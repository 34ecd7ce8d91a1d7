"""The buffer of claims: never dry while there is work, and never more than two portions."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from mailer.dispatch.claims import ClaimBuffer
from mailer.dispatch.domains import Domains
from mailer.dispatch.lease import Lease
from storage.model.deliveries import Claim, DeliveryKind, DeliveryState

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PORTION = 10


def claim(number: int) -> Claim:
    """One delivery."""
    return Claim(
        delivery_id=number,
        kind=DeliveryKind.ISSUE,
        issue_id=1,
        issue_revision=1,
        subscriber_id=number,
        address=f"reader{number}@example.org",
        name="",
        nonce="",
        attempts=0,
        queued_at=NOW,
        first_tried_at=None,
    )


class Queue:
    """A ledger that only hands out claims."""

    def __init__(self, count: int) -> None:
        self.left = deque(map(claim, range(count)))
        self.asked = 0
        self.paused: dict[str, datetime] = {}

    def claim(self, worker: str, *, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """The next claims."""
        self.asked += 1
        return [self.left.popleft() for _ in range(min(limit, len(self.left)))]

    def renew(
        self, worker: str, *, now: datetime, lease: timedelta, begun: Collection[int] = ()
    ) -> frozenset[int]:
        """Not asked here."""
        return frozenset(begun)

    def retire(self, worker: str, *, now: datetime) -> int:
        """Not asked here."""
        return 0

    def release(
        self, worker: str, *, now: datetime, delivery_ids: Collection[int] | None = None
    ) -> int:
        """Not asked here."""
        return 0

    def pause_domain(self, domain: str, *, until: datetime) -> None:
        """Not asked here."""

    def paused_domains(self, *, now: datetime) -> dict[str, datetime]:
        """As a test says."""
        return self.paused

    def standing(self, delivery_id: int) -> DeliveryState | None:
        """Not asked here."""

    def next_due(self) -> datetime | None:
        """Not asked here."""

    def pause_issue(self, issue_id: int, reason: str, *, now: datetime) -> None:
        """Not asked here."""

    def record(self, *_: object, **__: object) -> frozenset[int]:
        """Not asked here."""
        return frozenset()


def buffer_on(queue: Queue) -> ClaimBuffer:
    """A buffer on this ledger."""
    lease = Lease(
        queue,
        "worker",
        span=timedelta(minutes=1),
        clock=lambda: NOW,
        monotonic=time.monotonic,
    )
    return ClaimBuffer(
        queue,
        "worker",
        clock=lambda: NOW,
        lease=lease,
        portion=PORTION,
        domains=Domains(time.monotonic),
    )


def test_more_is_asked_for_before_the_last_is_gone() -> None:
    """Nobody waits for the ledger after the first claim; each delivery is handed out once."""

    async def scenario() -> None:
        queue = Queue(PORTION * 5)
        claims = buffer_on(queue)
        first = await claims.take()
        assert first is not None
        taken = [first.delivery_id]
        while (one := claims.take_at_once()) is not None:
            taken.append(one.delivery_id)
            assert len(claims) <= 2 * PORTION
            while claims.is_refilling:  # noqa: ASYNC110 - other connections would run meanwhile
                await asyncio.sleep(0)
        assert taken == list(range(PORTION * 5))

    asyncio.run(scenario())


def test_the_end_waits_for_what_is_being_claimed() -> None:
    """Claims that arrive while the worker ends are forgotten like the others, not held."""

    async def scenario() -> None:
        queue = Queue(PORTION * 5)
        claims = buffer_on(queue)
        await claims.take()
        while not claims.is_refilling:
            claims.take_at_once()
        await claims.empty()
        assert not claims.is_refilling
        assert len(claims) == 0

    asyncio.run(scenario())


def test_a_paused_domain_does_not_fill_the_memory() -> None:
    """However many readers of it are next, only so many are held before they are put off (rule B5)."""

    async def scenario() -> None:
        queue = Queue(8_000)
        queue.paused = {"example.org": NOW + timedelta(days=1)}
        claims, put_off, most = buffer_on(queue), 0, 0
        while not claims.is_done:
            assert await claims.take() is None
            held = claims.pop_held_back()
            most, put_off = max(most, len(held)), put_off + len(held)
        assert put_off == 8_000
        assert most <= 2000 + PORTION

    asyncio.run(scenario())
