"""Owns the sending of what is due: claim, fill, send, settle, over any number of relays.

The rules of one connection are in mailer/dispatch/connection.py, how many of them work at once in
mailer/dispatch/wave.py. Here is what makes them a worker: how it begins, how long its claims last,
and how it ends.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mailer.dispatch.claims import ClaimBuffer
from mailer.dispatch.domains import Domains
from mailer.dispatch.lease import Lease
from mailer.dispatch.ports import Connect, Ledger
from mailer.dispatch.recorder import Recorder
from mailer.dispatch.relaystate import RelayStanding, RelayState
from mailer.dispatch.run import Fill, Run
from mailer.dispatch.wave import Waves
from mailer.policy import FaultRuns, RetryPolicy, Strays
from mailer.smtp import Relay, Session
from storage.model import DeliveryState, Log, Settlement, StorageError

__all__ = ["Dispatcher", "Ledger", "Summary"]

log = Log()

_PORTION: Final = 1000
"""Deliveries per claim."""
_ACCEPTED: Final = DeliveryState.ACCEPTED
_RECORD_TRIES: Final = 8
"""Of outcomes, before a `drain` gives its database up: a minute and a half at least, as each waits longer."""
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
        farewell_s: float = 5.0,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """`farewell_s`: so many seconds after a stop a relay may still answer for what it got. `around` is entered for
        as long as there is something to send.
        """
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
        self._farewell_s = farewell_s
        self._around = around
        self._woken = asyncio.Event()
        self._counts: Counter[DeliveryState] = Counter()
        self._relay_error = ""
        self._states: list[RelayState] = []

    @property
    def relays(self) -> tuple[RelayStanding, ...]:
        """How each relay stands, as far as this dispatcher has seen since its last start."""
        return tuple(state.standing for state in self._states)

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
        not begun goes back without an attempt. Raises StorageError when nothing can be claimed, or
        nothing can be recorded for a minute and a half.
        """
        run, waves = self._start(stop or asyncio.Event(), patience=self._patience)
        async with self._holding_claims(run):
            with self._around():
                while await waves.send() or await waves.lets_more_in():
                    pass
            await waves.pause_fruitless()
            self._relay_error = waves.relay_error
        if run.claims.error is not None:
            raise run.claims.error
        return self.summary

    async def run(self, stop: asyncio.Event) -> None:
        """Sends whatever becomes due until `stop` is set, then ends in good order (rule G7).

        Waits out relays and databases that cannot be used for a while.
        """
        run, waves = self._start(stop, patience=None)
        async with self._holding_claims(run):
            while not stop.is_set():
                self._woken.clear()
                before = self._counts.total()
                if len(run.claims) or await self._is_due():
                    with self._around():
                        await waves.send()
                if self._counts.total() == before:
                    await self._idle(run, self._poll_s)

    # ── how it begins and ends ───────────────────────────────────────────────────────────

    def _start(self, stop: asyncio.Event, patience: int | None) -> tuple[Run, Waves]:
        self._counts = Counter()
        self._relay_error = ""
        domains = Domains(self._monotonic, connections=self._domain_connections)
        lease = Lease(
            self._ledger,
            self._worker,
            span=self._lease,
            clock=self._clock,
            monotonic=self._monotonic,
        )
        claims = ClaimBuffer(
            self._ledger,
            self._worker,
            clock=self._clock,
            lease=lease,
            portion=_portion(self._relays),
            domains=domains,
            sleep=self._sleep,
        )
        self._states = states = [
            RelayState(relay, self._connect, self._monotonic) for relay in self._relays
        ]
        recorder = Recorder(
            self._ledger,
            self._worker,
            clock=self._clock,
            sleep=self._sleep,
            committed=self._count,
            patience=None if patience is None else _RECORD_TRIES,
        )
        run = Run(
            claims=claims,
            lease=lease,
            recorder=recorder,
            fill=self._fill,
            policy=self._policy,
            faults=FaultRuns(self._policy.fault_limit),
            domains=domains,
            strays=Strays(),
            clock=self._clock,
            sleep=self._sleep,
            stop=stop,
            patience=patience,
            settled=self._report,
            relays=states,
            counts=self._counts,
        )
        return run, Waves(run, states, self._ledger, self._monotonic, self._farewell_s)

    @asynccontextmanager
    async def _holding_claims(self, run: Run) -> AsyncIterator[None]:
        """Renews the lease while work goes on; gives back in the end what was not begun."""
        keeper = asyncio.create_task(run.lease.keep())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await run.claims.empty()
            await run.lease.retire()

    def _count(self, settlements: Sequence[Settlement]) -> None:
        """These outcomes are committed."""
        if not settlements:
            return
        # Nearly every message is accepted, and looking a state up costs more than comparing it.
        others = [one.state for one in settlements if one.state is not _ACCEPTED]
        self._counts[_ACCEPTED] += len(settlements) - len(others)
        for state in others:
            self._counts[state] += 1
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self.summary)

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
