"""Owns one connection's way of working: take a claim, fill, begin, send, judge, settle.

The next message is begun in the transaction that records the outcome of the last one, so a crash
leaves at most one message per connection in doubt, and a reader who has left is noticed up to
the moment before MAIL FROM.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from mailer.envelope import Envelope
from mailer.outcome import Fault, Outcome, Phase, Verdict
from mailer.pace import Rate, Trouble
from mailer.policy import FaultRuns, RetryPolicy, decide_settlement, decide_unfillable
from mailer.recorder import Recorder
from mailer.session import Relay
from mailer.work import Work
from storage.errors import NewsletterError, RelayError, StorageError
from storage.records import Claim, DeliveryState, Settlement

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Sender(Protocol):
    """An open session with a relay (mailer.session.Session)."""

    @property
    def usable(self) -> bool:
        """Whether another message may be sent here."""

    @property
    def sent(self) -> int:
        """Messages the relay has answered for."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Sends one message; never raises because of the peer."""

    async def close(self) -> None:
        """Ends the session; never raises because of the peer."""


Connect = Callable[[Relay], Awaitable[Sender]]
"""Opens a session, or raises RelayError."""

Fill = Callable[[Claim], Envelope | Awaitable[Envelope]]
"""Makes the message for a claim: at once, or later where it is signed beside the event loop.
Raises NewsletterError when none can be made."""


@dataclass(slots=True)
class Line:
    """One relay as all its connections see it."""

    relay: Relay
    connect: Connect
    rate: Rate
    trouble: Trouble = field(default_factory=Trouble)
    proven: bool = False
    """Whether it has ever let us in: until then one connection tries, the others wait."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> Sender:
        """Opens one more session. Raises RelayError, noted as trouble."""
        seen = self.trouble.count
        if self.proven:
            return await self.try_open()
        async with self.turn:
            if self.trouble.count > seen:
                raise RelayError(self.trouble.words)
            return await self.try_open()

    async def try_open(self) -> Sender:
        """Opens a session without waiting for anybody's turn. Raises like `open`."""
        seen = self.trouble.count
        try:
            session = await self.connect(self.relay)
        except RelayError as error:
            self.trouble.note(str(error), since=seen)
            log.warning("relay.unusable", relay=self.relay.host, tries=self.trouble.count)
            raise
        self.proven = True
        return session

    def judge(self, outcome: Outcome, seen: int) -> None:
        """Learns from what the relay said, or did not say, about a message (rule B6).

        `seen` is the count of trouble when the message was begun.
        """
        if outcome.code is None and outcome.fault is not Fault.RELAY:
            return  # refused by us before a word was said
        if outcome.code in (None, 421):
            self.trouble.note(f"{outcome.code or ''} {outcome.text}".strip(), since=seen)
            log.warning("relay.hung_up", relay=self.relay.host, phase=outcome.phase.value)
        else:
            self.trouble.clear()


@dataclass(slots=True, kw_only=True)
class Run:
    """What all lanes of a worker share."""

    work: Work
    recorder: Recorder
    fill: Fill
    policy: RetryPolicy
    faults: FaultRuns
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    stop: asyncio.Event
    patience: int | None
    """After so many troubles in a row a relay is given up; None: never."""
    settled: Callable[[], None]
    """Called whenever `counts` has changed."""
    counts: Counter[DeliveryState] = field(default_factory=Counter)

    def is_given_up(self, line: Line) -> bool:
        """Whether the relay has been unusable for too long in a row."""
        return self.patience is not None and line.trouble.count >= self.patience

    async def nap(self, seconds: float) -> None:
        """Sleeps, but not longer than until a stop."""
        if seconds <= 0 or self.stop.is_set():
            return
        sleeper = asyncio.ensure_future(self.sleep(seconds))
        stopper = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({sleeper, stopper}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            stopper.cancel()

    async def record(self, settlements: list[Settlement], begin: int | None = None) -> bool:
        """Commits outcomes, then counts them; whether `begin` may be sent."""
        granted = await self.recorder.record(settlements, begin)
        for settlement in settlements:
            self.counts[settlement.state] += 1
        self.settled()
        return granted


class Lane:
    """One connection at work; runs until nothing is due, a stop, or its relay is given up."""

    def __init__(self, run: Run, line: Line) -> None:
        self._run = run
        self._line = line
        self._session: Sender | None = None
        self._pending: list[Settlement] = []

    async def work(self) -> None:
        """Sends what is due. What the relay has answered for is recorded when this returns."""
        try:
            while await self._rest():
                claim = await self._run.work.take()
                if claim is None:
                    return
                await self._handle(claim)
        finally:
            await self._flush()
            await self._hang_up()

    def _is_over(self) -> bool:
        return self._run.stop.is_set() or self._run.is_given_up(self._line)

    async def _rest(self) -> bool:
        """Returns whether to go on.

        After trouble with the relay one lane at a time waits and tries; the others wait for it
        (rule B6).
        """
        if self._session is None or not self._session.usable:
            await self._flush()
            await self._hang_up()
            async with self._line.turn:
                while self._line.trouble.count and self._session is None and not self._is_over():
                    await self._probe()
        return not self._is_over()

    async def _probe(self) -> None:
        await self._run.nap(self._line.trouble.wait_s)
        if self._run.stop.is_set():
            return
        with suppress(RelayError):  # noted by the line
            self._session = await self._line.try_open()

    async def _handle(self, claim: Claim) -> None:
        session = await self._ready()
        if session is None or self._run.stop.is_set():
            self._run.work.put_back(claim)
            return
        envelope = await self._fill(claim)
        if envelope is None or self._run.work.is_paused(claim) or not await self._begin(claim):
            return
        seen = self._line.trouble.count
        outcome = await self._transmit(session, envelope)
        self._line.judge(outcome, seen)
        await self._judge(claim, outcome)

    async def _ready(self) -> Sender | None:
        """Returns a session and a token of the rate; None when there is none to be had."""
        if self._session is None:
            try:
                self._session = await self._line.open()
            except RelayError:
                return None
        delay = self._line.rate.take()
        if delay:
            await self._flush()
            await self._run.nap(delay)
        return self._session

    async def _begin(self, claim: Claim) -> bool:
        """Commits the last outcome and the begin of this message; False: it is not to be sent."""
        pending, self._pending = self._pending, []
        granted = await self._run.record(pending, claim.delivery_id)
        if not granted and not self._run.work.is_paused(claim):
            self._run.counts[DeliveryState.SUPPRESSED] += 1
            self._run.settled()
        return granted

    async def _transmit(self, session: Sender, envelope: Envelope) -> Outcome:
        """Sends, and once more where the relay only had closed an idle connection (rule B16)."""
        outcome = await session.send(envelope)
        closed = outcome.code in (None, 421) and outcome.fault is Fault.RELAY
        if not (closed and outcome.phase is Phase.MAIL and session.sent):
            return outcome
        await self._hang_up()
        try:
            self._session = await self._line.open()
        except RelayError:
            return outcome
        return await self._session.send(envelope)

    async def _judge(self, claim: Claim, outcome: Outcome) -> None:
        settlement = decide_settlement(outcome, claim, self._run.clock(), self._run.policy)
        await self._settle(claim, outcome, settlement)

    async def _settle(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        self._pending.append(settlement)
        if settlement.state is not DeliveryState.ACCEPTED:
            event = f"delivery.{settlement.state.value}"
            log.info(
                event,
                delivery=claim.delivery_id,
                issue=claim.issue_id,
                phase=outcome.phase.value,
                code=outcome.code,
                status=outcome.status,
            )
        reason = self._run.faults.note(claim.issue_id, outcome)
        if reason is not None and claim.issue_id is not None:
            await self._run.work.pause_issue(claim.issue_id, reason)

    async def _fill(self, claim: Claim) -> Envelope | None:
        """Makes the message; one that cannot be made ends here and does not stop the others."""
        try:
            made = self._run.fill(claim)
            return made if isinstance(made, Envelope) else await made
        except StorageError as error:
            log.warning("delivery.fill_failed", error=type(error).__name__)
            self._run.work.put_back(claim)
            await self._run.nap(1.0)
            return None
        except NewsletterError as error:
            outcome = _unfillable(str(error))
            settlement = decide_unfillable(claim, str(error), self._run.clock())
            await self._settle(claim, outcome, settlement)
            return None
        except Exception as error:  # noqa: BLE001 - a fault in our code must not cost readers
            # their issue: the delivery goes back, and a run of them pauses the issue.
            await self._judge(
                claim, _unfillable(f"making the message failed: {type(error).__name__}")
            )
            return None

    async def _flush(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, []
            await self._run.record(pending)

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _unfillable(why: str) -> Outcome:
    return Outcome(verdict=Verdict.PERMANENT, fault=Fault.CONTENT, phase=Phase.CONTENT, text=why)
