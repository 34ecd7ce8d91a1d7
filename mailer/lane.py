"""Owns one connection's way of working: take a claim, fill, announce, begin, send, judge, settle.

    exchange: content of the message at hand | announce the next one       one round trip
    record:   outcome of the message at hand | begin of the next one       one transaction

A message is announced (MAIL, RCPT, DATA) in the group that sends the content of the one before
it. Its own content leaves only after the outcome of that one is committed, together with the mark
that it is begun itself: so a crash leaves at most one message per connection in doubt (promise
2), and a reader who has left is noticed up to the moment before the content.
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
from mailer.session import Exchange, Relay
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

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Why this message cannot be sent here, found without a word; None when it can."""

    async def exchange(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        """Sends the content announced last and announces the next; never raises for the peer."""

    def abandon(self) -> None:
        """Ends the session without a word."""

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

    async def record(
        self, settlements: list[Settlement], *, begin: int | None = None, ask: int | None = None
    ) -> frozenset[int]:
        """Commits outcomes, then counts them; what is granted of `begin` and `ask`."""
        granted = await self.recorder.record(settlements, begin=begin, ask=ask)
        for settlement in settlements:
            self.counts[settlement.state] += 1
        self.settled()
        return granted


@dataclass(slots=True)
class _Message:
    """A claim with its message made."""

    claim: Claim
    envelope: Envelope
    again: bool = False
    """Whether a session has already ended, as sessions do, while it was being announced."""


class Lane:
    """One connection at work; runs until nothing is due, a stop, or its relay is given up."""

    def __init__(self, run: Run, line: Line) -> None:
        self._run = run
        self._line = line
        self._session: Sender | None = None
        self._ready: _Message | None = None
        """Announced: the relay awaits its content."""
        self._kept: _Message | None = None
        """To be announced first, in a new session."""
        self._pending: list[Settlement] = []
        self._token = 0.0
        """Seconds still to wait for a token of the rate that was taken."""

    async def work(self) -> None:
        """Sends what is due. What the relay has answered for is recorded when this returns."""
        try:
            while self._ready is not None or await self._rest():
                following = await self._following()
                if following is None and self._ready is None:
                    return
                await self._step(following)
        finally:
            if self._kept is not None:
                self._run.work.put_back(self._kept.claim)
            await self._flush()
            await self._hang_up()

    def _is_over(self) -> bool:
        return self._run.stop.is_set() or self._run.is_given_up(self._line)

    async def _rest(self) -> bool:
        """Returns whether to go on, with a session.

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

    # ── what comes next ──────────────────────────────────────────────────────────────────

    async def _following(self) -> _Message | None:
        """The next message to announce; None when there is none to be had, or not now.

        While a message is ready nothing is waited for: the relay awaits its content.
        """
        if self._ready is not None and not self._has_room():
            return None
        while not self._is_over():
            message = self._kept or await self._make_next()
            if message is None:
                return None
            self._kept = message
            if not await self._open() or not await self._take_token():
                return None
            self._kept = None
            if await self._is_sendable(message):
                return message
        return None

    def _has_room(self) -> bool:
        return self._session is not None and self._session.usable

    async def _make_next(self) -> _Message | None:
        work = self._run.work
        while claim := work.take_at_once() if self._ready is not None else await work.take():
            envelope = await self._fill(claim)
            if envelope is not None and not work.is_paused(claim):
                return _Message(claim, envelope)
            if self._is_over():
                return None
        return None

    async def _open(self) -> bool:
        if self._session is None:
            try:
                self._session = await self._line.open()
            except RelayError:
                return False
        return True

    async def _take_token(self) -> bool:
        """Waits for the rate's next token; False when the wait must come later, or was ended."""
        if not self._token:
            self._token = self._line.rate.take()
        if self._token:
            if self._ready is not None:
                return False
            await self._flush()
            await self._run.nap(self._token)
            self._token = 0.0
        return not self._run.stop.is_set()

    async def _is_sendable(self, message: _Message) -> bool:
        refusal = self._session.examine(message.envelope) if self._session else None
        if refusal is not None:
            await self._judge(message.claim, refusal)
        return refusal is None and not self._run.work.is_paused(message.claim)

    # ── one step ─────────────────────────────────────────────────────────────────────────

    async def _step(self, following: _Message | None) -> None:
        """Sends the content that is ready, if it still may be, and announces the next message."""
        session, ready, self._ready = self._session, self._ready, None
        begun, following = await self._begin(ready, following)
        if session is None or (begun is None and following is None and ready is None):
            return
        if ready is not None and begun is None:
            # Its 354 cannot be taken back, and it must not get what it waits for.
            session.abandon()
            self._kept = following
            return
        seen = self._line.trouble.count
        exchange = await session.exchange(
            begun.envelope if begun is not None else None,
            following.envelope if following is not None else None,
        )
        if begun is not None and exchange.settled is not None:
            self._line.judge(exchange.settled, seen)
            await self._judge(begun.claim, exchange.settled)
        if following is not None and exchange.announced is not None:
            await self._hear(session, following, exchange.announced, seen)

    async def _begin(
        self, ready: _Message | None, following: _Message | None
    ) -> tuple[_Message | None, _Message | None]:
        """Commits what is pending and the begin of the ready message, and asks for the next one;
        returns those of the two that may go on (promise 3).
        """
        pending, self._pending = self._pending, []
        granted = await self._run.record(
            pending,
            begin=ready.claim.delivery_id if ready is not None else None,
            ask=following.claim.delivery_id if following is not None else None,
        )
        return self._granted(ready, granted), self._granted(following, granted)

    def _granted(self, message: _Message | None, granted: frozenset[int]) -> _Message | None:
        if message is None or message.claim.delivery_id in granted:
            return message
        if not self._run.work.is_paused(message.claim):
            self._run.counts[DeliveryState.SUPPRESSED] += 1
            self._run.settled()
        return None

    async def _hear(
        self, session: Sender, message: _Message, announced: Outcome, seen: int
    ) -> None:
        """What the relay said to MAIL, RCPT and DATA."""
        if announced.accepted:
            self._ready = message
            return
        ended = announced.code in (None, 421) and announced.fault is Fault.RELAY
        if ended and session.sent and not message.again:
            message.again = True  # it only ended an old session (rule B16): nobody's fault
            self._kept = message
            return
        self._line.judge(announced, seen)
        await self._judge(message.claim, announced)
        await self._flush()

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
