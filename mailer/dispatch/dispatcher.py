"""Owns the sending of what is due: claim, fill, send, settle, over any number of relays.

The rules of one connection are in mailer/dispatch/connection.py. Here is what makes many of them a worker: how
many there are, how long its claims last, and how it ends.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from mailer.dispatch.claims import ClaimBuffer
from mailer.dispatch.connection import Connection
from mailer.dispatch.domains import Domains
from mailer.dispatch.pace import Rate
from mailer.dispatch.ports import Connect, Ledger
from mailer.dispatch.recorder import Recorder
from mailer.dispatch.relaystate import RelayState
from mailer.dispatch.run import Fill, Run
from mailer.dispatch.shares import SharedPace, Shares
from mailer.policy import FaultRuns, RetryPolicy
from mailer.smtp import Relay, Session
from storage.model import DeliveryState, Settlement, StorageError

__all__ = ["Dispatcher", "Ledger", "Summary"]

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_PORTION: Final = 1000
"""Deliveries per claim."""
_AHEAD_S: Final = 2.0
"""Work held ahead where the rate is limited: the rest is free for other workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of the deliveries of a run so far; every number is committed."""

    accepted: int = 0
    deferred: int = 0
    rejected: int = 0
    expired: int = 0
    unknown: int = 0
    suppressed: int = 0
    """Claimed, but not to be sent any more when their turn came."""
    relay_error: str = ""
    """Why the run ended with deliveries unsent; empty when it did not."""


class Dispatcher:
    """Sends one worker's share of what is due."""

    def __init__(
        self,
        ledger: Ledger,
        relays: Sequence[Relay],
        fill: Fill,
        policy: RetryPolicy,
        *,
        worker: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lease: timedelta = timedelta(seconds=60),
        connect: Connect = Session.open,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        progress: Callable[[Summary], None] | None = None,
        poll_s: float = 1.0,
        patience: int = 4,
        domain_connections: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._relays = tuple(relays)
        self._fill = fill
        self._policy = policy
        self._worker = worker
        self._clock = clock
        self._lease = lease
        self._connect = connect
        self._sleep = sleep
        self._progress = progress
        self._poll_s = poll_s
        self._patience = patience
        self._domain_connections = domain_connections
        self._monotonic = monotonic
        self._woken = asyncio.Event()
        self._counts: Counter[DeliveryState] = Counter()
        self._relay_error = ""
        self._seen = 0
        """Outcomes when the last wave had ended."""
        self._shares = Shares((), monotonic)

    @property
    def summary(self) -> Summary:
        """What this dispatcher has done since its last start."""
        counts = self._counts
        return Summary(
            accepted=counts[DeliveryState.ACCEPTED],
            deferred=counts[DeliveryState.DEFERRED],
            rejected=counts[DeliveryState.REJECTED],
            expired=counts[DeliveryState.EXPIRED],
            unknown=counts[DeliveryState.UNKNOWN],
            suppressed=counts[DeliveryState.SUPPRESSED],
            relay_error=self._relay_error,
        )

    def wake(self) -> None:
        """Something may have become due: `run` looks at once."""
        self._woken.set()

    async def drain(self, stop: asyncio.Event | None = None) -> Summary:
        """Sends until nothing is due now, then returns.

        Also returns when every relay was unusable several times in a row (`relay_error` says
        why) and soon after `stop` is set. What is on the wire is finished and recorded, what was
        not begun goes back without an attempt. Raises StorageError when nothing can be claimed.
        """
        run, states = self._start(stop or asyncio.Event(), patience=self._patience)
        async with self._holding_claims(run):
            while await self._wave(run, states) or await self._goes_on(run, states):
                pass
            await self._pause_fruitless(run)
            if all(run.is_given_up(state) for state in states):
                self._relay_error = states[-1].backoff.words
        if run.claims.error is not None:
            raise run.claims.error
        return self.summary

    async def run(self, stop: asyncio.Event) -> None:
        """Sends whatever becomes due until `stop` is set, then ends in good order (rule G7).

        Waits out relays and databases that cannot be used for a while.
        """
        run, states = self._start(stop, patience=None)
        async with self._holding_claims(run):
            while not stop.is_set():
                self._woken.clear()
                before = self._counts.total()
                if len(run.claims) or await self._is_due():
                    await self._wave(run, states)
                if self._counts.total() == before:
                    await self._idle(run, self._poll_s)

    # ── how it begins and ends ───────────────────────────────────────────────────────────

    def _start(self, stop: asyncio.Event, patience: int | None) -> tuple[Run, list[RelayState]]:
        self._counts = Counter()
        self._relay_error = ""
        self._seen = 0
        domains = Domains(self._monotonic, connections=self._domain_connections)
        claims = ClaimBuffer(
            self._ledger,
            self._worker,
            clock=self._clock,
            lease=self._lease,
            portion=_portion(self._relays),
            domains=domains,
            sleep=self._sleep,
        )
        states = self._states()
        recorder = Recorder(
            self._ledger,
            self._worker,
            clock=self._clock,
            sleep=self._sleep,
            committed=self._count,
        )
        run = Run(
            claims=claims,
            recorder=recorder,
            fill=self._fill,
            policy=self._policy,
            faults=FaultRuns(self._policy.fault_limit),
            domains=domains,
            clock=self._clock,
            sleep=self._sleep,
            stop=stop,
            patience=patience,
            settled=self._report,
            relays=states,
            counts=self._counts,
        )
        return run, states

    def _states(self) -> list[RelayState]:
        states = [RelayState(relay, self._connect, self._monotonic) for relay in self._relays]
        self._shares = Shares(states, self._monotonic)
        if any(relay.share for relay in self._relays):
            for index, state in enumerate(states):
                rate = Rate(state.relay.rate, self._monotonic)
                state.rate = SharedPace(rate, self._shares, index)
        return states

    @asynccontextmanager
    async def _holding_claims(self, run: Run) -> AsyncIterator[None]:
        """Renews the lease while work goes on; gives back in the end what was not begun."""
        keeper = asyncio.create_task(self._keep_lease())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await run.claims.empty()
            await self._retire()

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                await asyncio.to_thread(
                    self._ledger.renew, self._worker, now=self._clock(), lease=self._lease
                )
            except StorageError as error:
                log.warning("ledger.renew_failed", error=type(error).__name__)

    async def _retire(self) -> None:
        try:
            await asyncio.to_thread(self._ledger.retire, self._worker, now=self._clock())
        except StorageError as error:
            # The lease ends by itself, and a rescue then does the same.
            log.warning("ledger.retire_failed", error=type(error).__name__)

    def _count(self, settlements: Sequence[Settlement]) -> None:
        """These outcomes are committed."""
        if not settlements:
            return
        for settlement in settlements:
            self._counts[settlement.state] += 1
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self.summary)

    # ── waves ────────────────────────────────────────────────────────────────────────────

    async def _wave(self, run: Run, states: Sequence[RelayState]) -> bool:
        """Sends until nothing is due; whether claims are left that some relay may still take."""
        run.claims.start()
        connections = [
            (Connection(run, state), index)
            for index, state in enumerate(states)
            for _ in range(max(state.relay.connections, 1))
        ]
        run.start(len(connections))
        for _, index in connections:
            self._shares.start(index)
        tasks = [
            asyncio.create_task(self._work(connection, index)) for connection, index in connections
        ]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            run.stop.set()  # a message on the wire is finished, not abandoned in doubt
            await asyncio.wait(tasks)
            raise
        for task in tasks:
            task.result()
        given_up = all(run.is_given_up(state) for state in states)
        return bool(len(run.claims)) and not given_up and not run.stop.is_set()

    async def _work(self, connection: Connection, index: int) -> None:
        try:
            await connection.work()
        finally:
            self._shares.leave(index)

    async def _goes_on(self, run: Run, states: Sequence[RelayState]) -> bool:
        """Whether the last wave's outcomes let more in, as those of a first cohort do."""
        seen, self._seen = self._seen, self._counts.total()
        is_over = run.stop.is_set() or all(run.is_given_up(state) for state in states)
        if self._seen == seen or is_over or run.claims.error is not None:
            return False
        try:
            return await asyncio.to_thread(self._ledger.lets_in, now=self._clock())
        except StorageError as error:
            log.warning("ledger.lets_in_failed", error=type(error).__name__)
            return False

    async def _pause_fruitless(self, run: Run) -> None:
        """Pauses what was refused for a fault of ours whenever it was tried (rule B5).

        A list shorter than a full run of faults would otherwise be tried until its time is up.
        """
        if run.stop.is_set():
            return
        for issue_id, reason in run.faults.unbroken().items():
            try:
                arrived = await asyncio.to_thread(self._ledger.has_arrived, issue_id)
            except StorageError as error:
                log.warning("ledger.has_arrived_failed", error=type(error).__name__)
                return
            if not arrived:
                await run.claims.pause_issue(issue_id, reason)

    async def _is_due(self) -> bool:
        try:
            due = await asyncio.to_thread(self._ledger.next_due, now=self._clock())
        except StorageError as error:
            log.warning("ledger.next_due_failed", error=type(error).__name__)
            return False
        return due is not None and due <= self._clock()

    async def _idle(self, run: Run, seconds: float) -> None:
        """Waits until woken or stopped, at most so long."""
        woken = asyncio.ensure_future(self._woken.wait())
        nap = asyncio.ensure_future(run.nap(seconds))
        try:
            await asyncio.wait({woken, nap}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            nap.cancel()


def _portion(relays: Sequence[Relay]) -> int:
    """Returns how many deliveries to claim at once: two seconds of work, at most a thousand."""
    if any(relay.rate <= 0 for relay in relays):
        return _PORTION
    rate = sum(relay.rate for relay in relays)
    return min(_PORTION, max(1, math.ceil(rate * _AHEAD_S)))
