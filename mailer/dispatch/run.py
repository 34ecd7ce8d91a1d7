"""Owns what all connections of one worker share, and how they wait for each other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from mailer.dispatch.claims import ClaimBuffer
from mailer.dispatch.domains import Domains
from mailer.dispatch.lease import Lease
from mailer.dispatch.recorder import Recorder
from mailer.dispatch.relaystate import RelayState
from mailer.envelope import Envelope
from mailer.policy import FaultRuns, RetryPolicy, Strays
from storage.model import Claim, DeliveryState

Fill = Callable[[Claim], Envelope | Awaitable[Envelope]]
"""Makes the message for a claim: at once, or later where it is signed beside the event loop.
Raises NewsletterError when none can be made."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What all connections of a worker share."""

    claims: ClaimBuffer
    lease: Lease
    recorder: Recorder
    fill: Fill
    policy: RetryPolicy
    faults: FaultRuns
    domains: Domains
    strays: Strays
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    stop: asyncio.Event
    patience: int | None
    """After so many troubles in a row a relay is given up; None: never."""
    settled: Callable[[], None]
    """Called whenever `counts` has changed."""
    relays: Sequence[RelayState]
    counts: Counter[DeliveryState] = field(default_factory=Counter)
    connections: int = 0
    """Connections at work or waiting."""
    _waiting: int = 0
    _stalled: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, connections: int) -> None:
        """Begins a wave of so many connections."""
        self.connections = connections
        self._stalled.clear()

    def leave(self) -> None:
        """A connection has ended."""
        self.connections -= 1
        self._look()

    @property
    def is_stalled(self) -> bool:
        """Whether all who are left only wait for a relay, with nothing to do or another to do it.

        That one's connections ended when there was nothing to do: what was given way to it since then,
        or becomes due, needs a new wave.
        """
        return self._stalled.is_set()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within it a connection does nothing but wait for its relay."""
        self._waiting += 1
        self._look()
        try:
            yield
        finally:
            self._waiting -= 1

    def _look(self) -> None:
        idle = self.claims.is_done or any(not relay.backoff.count for relay in self.relays)
        if self._waiting == self.connections and idle:
            self._stalled.set()

    def is_given_up(self, relay: RelayState) -> bool:
        """Whether the relay has been unusable for too long in a row."""
        if self.patience is None:
            return False
        return relay.backoff.is_lasting or relay.backoff.count >= self.patience

    async def nap(self, seconds: float) -> None:
        """Sleeps, but not longer than until a stop."""
        await self._sleep_until(seconds, self.stop)

    async def wait_for_relay(self, seconds: float) -> None:
        """Sleeps, but not longer than until a stop or until the wave is stalled."""
        with self.waiting():
            await self._sleep_until(seconds, self.stop, self._stalled)

    async def _sleep_until(self, seconds: float, *events: asyncio.Event) -> None:
        if seconds <= 0 or any(event.is_set() for event in events):
            return
        waits: list[Awaitable[object]] = [self.sleep(seconds), *(event.wait() for event in events)]
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
