"""Owns one connection's way of working: take a claim, fill, announce, begin, send, judge, settle.

    exchange: content of the message at hand | announce the next one       one round trip
    record:   outcome of the message at hand | begin of the next one       one transaction

A message is announced (MAIL, RCPT, DATA) in the group that sends the content of the one before
it. Its own content leaves only after the outcome of that one is committed, together with the mark
that it is begun itself: so a crash leaves at most one message per connection in doubt (promise
2), and a reader who has left is noticed up to the moment before the content.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailer.dispatch.pace import Backoff
from mailer.dispatch.parking import domain_of
from mailer.dispatch.ports import OpenSession
from mailer.dispatch.relaystate import RelayState
from mailer.dispatch.run import Run
from mailer.dispatch.settling import Settler
from mailer.envelope import Envelope
from mailer.replies import Fault, Outcome
from storage.model import (
    Claim,
    Log,
    NewsletterError,
    RelayError,
    StorageError,
)

log = Log()


@dataclass(slots=True)
class _Message:
    """A claim with its message made."""

    claim: Claim
    envelope: Envelope
    again: bool = False
    """Whether a session has already ended, as sessions do, while it was being announced."""


class Connection:
    """One connection at work; runs until nothing is due, a stop, or its relay is given up."""

    def __init__(self, run: Run, relay: RelayState) -> None:
        self._run = run
        self._relay = relay
        self._session: OpenSession | None = None
        self._ready: _Message | None = None
        """Announced: the relay awaits its content."""
        self._kept: _Message | None = None
        """To be announced first, in a new session."""
        self._settler = Settler(run)
        self._seats: set[str] = set()
        """Domains that this connection is busy with."""
        self._token: float | None = None
        """A slot of the rate that was booked and not used."""
        self._refusals = Backoff()
        """How often in a row the relay did not let this connection in."""

    async def work(self) -> None:
        """Sends what is due. What the relay has answered for is recorded when this returns."""
        try:
            while self._ready is not None or await self._rest():
                if self._seats:
                    self._leave_seats()
                following = await self._following()
                if following is None and self._ready is None:
                    if self._kept is None:
                        return
                    self._give_way()
                    continue
                await self._step(following)
        finally:
            self._give_way()
            await self._settler.flush()
            await self._hang_up()
            self._run.leave()

    def _give_way(self) -> None:
        """Puts the claim at hand back, so that another connection or relay may take it at once."""
        kept, self._kept = self._kept, None
        if kept is not None:
            self._run.claims.put_back(kept.claim)
        if self._seats:
            self._leave_seats()

    def _leave_seats(self) -> None:
        """Other connections may be busy with the domains that this one has no message for any more."""
        held = {domain_of(one.claim) for one in (self._ready, self._kept) if one is not None}
        for domain in self._seats - held:
            self._run.domains.leave(domain)
        self._seats &= held

    def _is_over(self) -> bool:
        return self._run.stop.is_set() or self._run.is_given_up(self._relay)

    async def _rest(self) -> bool:
        """Returns whether to go on, with a session or able to open one.

        After trouble with the relay one connection at a time waits and tries; the others wait for it
        (rule B6). None of them holds a claim meanwhile.
        """
        if self._session is None or not self._session.usable:
            await self._settler.flush()
            await self._hang_up()
            if self._relay.backoff.count or self._relay.is_being_tried:
                await self._wait_in_turn()
            elif self._refusals.count:
                self._give_way()
                await self._run.wait_for_relay(self._refusals.wait_s)
        barred = self._session is None and self._relay.backoff.count > 0
        return not barred and not self._run.is_stalled and not self._is_over()

    async def _wait_in_turn(self) -> None:
        self._give_way()
        with self._run.waiting():
            await self._relay.turn.acquire()
        try:
            while self._relay.backoff.count and self._session is None and not self._is_over():
                await self._run.wait_for_relay(self._relay.wait_s)
                if self._run.stop.is_set() or self._run.is_stalled:
                    return
                await self._try(self._relay.try_open)
        finally:
            self._relay.turn.release()

    async def _try(self, way: Callable[[], Awaitable[OpenSession]]) -> bool:
        try:
            self._session = await way()
        except RelayError as error:
            self._refusals.fail(str(error))
            return False
        self._refusals.clear()
        return True

    # ── what comes next ──────────────────────────────────────────────────────────────────

    async def _following(self) -> _Message | None:
        """The next message to announce; None when there is none to be had, or not now.

        While a message is ready nothing is waited for: the relay awaits its content.
        """
        if self._ready is not None and not (self._session is not None and self._session.usable):
            return None
        while not self._is_over():
            self._kept = message = self._kept or await self._make_next()
            if message is None:
                return None
            if self._session is None and not await self._open():
                return None
            if not self._relay.rate.is_free and not await self._take_token():
                return None
            self._kept = None
            if self._session is not None and (refusal := self._session.examine(message.envelope)):
                await self._settler.judge(message.claim, refusal)
            elif not self._run.claims.is_paused(message.claim):
                return message
        return None

    async def _make_next(self) -> _Message | None:
        run, claims = self._run, self._run.claims
        while (claim := claims.take_plainly() or await self._take()) is not None:
            try:
                made = run.fill(claim)
                envelope = made if isinstance(made, Envelope) else await made
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be sent
                await self._go_without(claim, error)
            else:
                if not claims.is_paused(claim):
                    return _Message(claim, envelope)
            if self._is_over():
                return None
        return None

    async def _take(self) -> Claim | None:
        """The next claim; waits for a domain that is slowed, but not while a message is ready."""
        claims = self._run.claims
        if self._ready is not None:
            claim = claims.take_at_once(self._seats)
        else:
            claim = await claims.take(self._seats)
            while claim is None and not self._is_over():
                if claims.is_to_be_put_off:
                    self._put_off()
                    await self._settler.flush()
                elif (wait := claims.wait_s) is not None:
                    await self._settler.flush()
                    await self._run.nap(wait)
                else:
                    break
                claim = await claims.take(self._seats)
        if claim is not None and self._run.domains.is_bounded:
            self._seats.add(domain_of(claim))
        self._put_off()
        return claim

    def _put_off(self) -> None:
        """Sends back what would have to wait here for too long."""
        for held_back, wait_s in self._run.claims.pop_held_back():
            self._settler.hold_back(held_back, wait_s)

    async def _open(self) -> bool:
        return not self._relay.is_being_tried and await self._try(self._relay.open)

    async def _take_token(self) -> bool:
        """Waits for the rate's next token; False when the wait must come later, or was ended."""
        rate = self._relay.rate
        if self._token is None:
            self._token = rate.book()
        while wait := rate.until(self._token):
            if self._ready is not None or self._is_over():
                return False
            await self._settler.flush()
            await self._run.nap(wait)
        if self._run.stop.is_set():
            return False
        self._token = None
        return True

    # ── one step ─────────────────────────────────────────────────────────────────────────

    async def _step(self, following: _Message | None) -> None:
        """Sends the content that is ready, if it still may be, and announces the next message."""
        session, ready, self._ready = self._session, self._ready, None
        may_send, may_announce = await self._settler.begin(
            ready.claim if ready is not None else None,
            following.claim if following is not None else None,
        )
        begun = ready if may_send else None
        following = following if may_announce else None
        if session is None or (begun is None and following is None and ready is None):
            return
        if ready is not None and begun is None:
            # Its 354 cannot be taken back, and it must not get what it waits for.
            session.abandon()
            self._kept = following
            return
        seen = self._relay.backoff.count
        exchange = await session.exchange(
            begun.envelope if begun is not None else None,
            following.envelope if following is not None else None,
        )
        if begun is not None and exchange.settled is not None:
            self._relay.judge(exchange.settled, seen)
            if not self._settler.note(begun.claim, exchange.settled):
                await self._settler.judge(begun.claim, exchange.settled)
        if following is not None and exchange.announced is not None:
            if exchange.announced.accepted:
                self._ready = following
            else:
                await self._hear(session, following, exchange.announced, seen)

    async def _hear(
        self, session: OpenSession, message: _Message, announced: Outcome, seen: int
    ) -> None:
        """What the relay said to MAIL, RCPT and DATA, when it does not await the content."""
        ended = announced.code in (None, 421) and announced.fault is Fault.RELAY
        if (ended or announced.is_enough) and session.sent and not message.again:
            message.again = True  # it only ended an old session (rule B16): nobody's fault
            self._kept = message
            if announced.is_enough:
                await self._hang_up()
            return
        self._relay.judge(announced, seen)
        await self._settler.judge(message.claim, announced)
        await self._settler.flush()

    async def _go_without(self, claim: Claim, error: Exception) -> None:
        """A message that cannot be made ends here and does not stop the others."""
        if isinstance(error, StorageError):
            log.warning("delivery.fill_failed", error=type(error).__name__)
            self._run.claims.put_back(claim)
            await self._run.nap(1.0)
        elif isinstance(error, NewsletterError):
            await self._settler.reject(claim, str(error))
        else:  # a fault in our code must not cost readers their issue: the delivery goes back, and a
            # run of them pauses the issue
            await self._settler.put_off(claim, f"making the message failed: {type(error).__name__}")

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await self._relay.close(session)
