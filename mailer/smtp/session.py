"""Owns one SMTP session: one message after the other (RFC 5321).

mailer/smtp/relay.py opens it. From then on the session speaks for itself, because only so it knows in
which phase a connection died (rule B8): in groups where the relay takes them, else one command at
a time (rule B12).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Final, NamedTuple

from mailer.envelope import Envelope
from mailer.replies import LET_IN, Fault, Outcome, Phase, build_lost, parse_reply, read_taken
from mailer.smtp.offer import Offer, stuff
from mailer.smtp.relay import connect
from mailer.smtp.ways import Relay, Timeouts
from mailer.smtp.wire import Wire, WireLost

_LET_IN: Final = (250, 250, 354)
"""The codes of the answers to MAIL, RCPT and DATA, where nothing is refused."""
_CONTENT, _DOT, _RELAY = Phase.CONTENT, Phase.DOT, Fault.RELAY
"""At hand: looking a member up costs each message as much as reading a reply."""
_REFUSALS: Final = 8
"""Error replies without a message taken in between, after which a session is worn out: from the tenth on Postfix
answers each command a second late, and at the twentieth it hangs up (docs/relays.md)."""


class Exchange(NamedTuple):
    """What one exchange with the relay told of two messages."""

    settled: Outcome | None
    """What became of the one whose content was sent."""
    announced: Outcome | None
    """Whether the other was let in: accepted means that its content is awaited."""


class Session:
    """One open session. Made by `Session.open`; used by one task."""

    def __init__(
        self,
        wire: Wire,
        offer: Offer,
        timeouts: Timeouts,
        clock: Callable[[], float],
        *,
        names: tuple[str, ...] = (),
    ) -> None:
        """`names` are what the relay may call this host."""
        self._wire = wire
        self._offer = offer
        self._timeouts = timeouts
        self._steps = (
            (Phase.MAIL, timeouts.mail),
            (Phase.RCPT, timeouts.rcpt),
            (Phase.DATA, timeouts.data),
        )
        self._clock = clock
        self._worn_at = clock() + timeouts.reuse
        self._limit = min(offer.messages, timeouts.messages)
        self._unclean = False
        self._names = names
        self._at = "@"
        """What the return path of the last message ended in."""
        self._ours = names
        """Names of ours that a reply may be about."""
        self._told: tuple[Envelope | None, ...] = ()
        self._awaited = False
        """Whether a message is announced: it is one of those that the connection may carry."""
        self._refusals = 0
        """Error replies since a message was taken."""
        self.sent = 0
        """Messages the relay has answered for in this session, either way."""

    @classmethod
    async def open(cls, relay: Relay, timeouts: Timeouts | None = None) -> Session:
        """Opens a session with the relay.

        Raises RelayError, a sentence without credentials, when any of it is refused: nothing has
        been said about a message then, and no reader is touched (rules A36, B20).
        """
        timeouts = timeouts or relay.timeouts
        opened = await connect(relay, timeouts)
        offer = Offer(opened.extensions, pipelining=relay.pipelining)
        clock = asyncio.get_running_loop().time
        return cls(Wire(opened.transport), offer, timeouts, clock, names=opened.names)

    @property
    def usable(self) -> bool:
        """Whether another message may be sent here: open, in step, not worn out (rule B16)."""
        fresh = self.sent + self._awaited < self._limit and self._clock() < self._worn_at
        return fresh and self._refusals < _REFUSALS and self._wire.usable

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Why this message cannot be sent here, found without a word; None when it can."""
        return self._offer.examine(envelope)

    async def send(self, envelope: Envelope) -> Outcome:
        """Sends one message and says what became of it; never raises because of the peer. Whatever is refused here,
        before a word to the relay, has no reply code.
        """
        if (refusal := self.examine(envelope)) is not None:
            return refusal
        announced = (await self.exchange(None, envelope)).announced
        if announced is None or not announced.accepted:
            return announced or build_lost(Phase.MAIL, "nothing was said")
        return (await self.exchange(envelope, None)).settled or announced

    def exchange(
        self, ready: Envelope | None, following: Envelope | None
    ) -> Coroutine[object, object, Exchange]:
        """Sends the content of the message announced last, and announces the following one.

        `ready` is the envelope that the last exchange announced, and must be given if that was
        accepted. Where the relay offers PIPELINING all of it is one group and takes one round
        trip (RFC 2920 3.1, rule B12); elsewhere each command waits for its reply. Never raises
        because of the peer. `following` has been examined.
        """
        if following is not None and not following.sender.endswith(self._at):
            domain = following.sender.rpartition("@")[2]
            self._at, self._ours = f"@{domain}", (domain.lower(), *self._names)
        self._told = (ready, following)
        way = self._in_one_group if self._offer.pipelining else self._step_by_step
        return way(ready, following)

    def abandon(self) -> None:
        """Ends the session without a word: a message was announced that must not be sent."""
        self._wire.drop("the session was abandoned")

    async def close(self) -> None:
        """Says QUIT and waits for the answer, but not for long (rule B22). Never raises."""
        try:
            self._wire.write(b"QUIT\r\n")
            await self._wire.reply(self._timeouts.quit)
        except WireLost:
            pass
        finally:
            self._wire.close()
            await self._wire.wait_closed(self._timeouts.farewell)

    # ── one exchange, in one group ───────────────────────────────────────────────────────

    async def _in_one_group(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        reset = self._unclean
        commands = self._opening(following) if following is not None else b""
        settled = None
        if ready is not None:
            settled = await self._send_content_and(ready, commands)
        else:
            with suppress(WireLost):  # which the first reply asked for will tell
                self._wire.write(commands)
        if following is not None and not reset and self._wire.take(*_LET_IN):
            self._awaited = True
            return Exchange(settled, LET_IN)
        announced = await self._read_answers(reset=reset) if following is not None else None
        self._awaited = announced is not None and announced.accepted
        return Exchange(settled, announced)

    def _opening(self, following: Envelope) -> bytes:
        """The commands that announce a message; DATA closes the group (RFC 2920 3.1)."""
        opening = self._offer.group(following)
        return b"RSET\r\n" + opening if self._unclean else opening

    async def _send_content_and(self, envelope: Envelope, commands: bytes) -> Outcome:
        """Content may open a group (RFC 2920 3.1); what became of it."""
        phase = _CONTENT
        try:
            if self._wire.spoke:
                return await self._interrupted()
            self._wire.write(stuff(envelope), b".\r\n" + commands)
            phase = _DOT
            if self._wire.is_full:
                with suppress(WireLost):  # what the relay said before it went is still to be read
                    await self._wire.drain(self._timeouts.block)
            return self._answered(await self._reply(phase, self._timeouts.dot))
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")

    async def _read_answers(self, *, reset: bool) -> Outcome:
        """Reads the replies to [RSET,] MAIL, RCPT and DATA: all, whatever the first one says. The first refusal counts,
        also when the connection ends behind it.
        """
        answers: list[Outcome] = []
        phase = Phase.MAIL
        try:
            if reset:
                self._check_reset(await self._reply(phase, self._timeouts.mail))
            for phase, timeout_s in self._steps:
                answers.append(await self._reply(phase, timeout_s))
        except WireLost as lost:
            answers.append(build_lost(phase, f"{lost} ({phase})"))
        refusal = next((answer for answer in answers if not answer.accepted), None)
        if refusal is None:
            return answers[-1]
        self._refusals += sum(not answer.accepted for answer in answers)
        self._unclean = answers[0].accepted
        if answers[-1].accepted and answers[1].accepted:
            # It refused the sender alone: a dot would be an empty mail, and none is none (RFC 5321 4.1.1.4).
            self._wire.drop("the relay awaits content of a message that it refused")
        elif answers[-1].accepted:
            await self._end_empty()
        return self._answered(refusal)

    async def _end_empty(self) -> None:
        """The relay awaits content though it refused who gets it (RFC 2920 3.1): a dot alone ends it for nobody."""
        with suppress(WireLost):
            self._wire.write(b".\r\n")
            await self._reply(Phase.DOT, self._timeouts.dot)
            self._unclean = False

    # ── one exchange, step by step ───────────────────────────────────────────────────────

    async def _step_by_step(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        settled = await self._send_content(ready) if ready is not None else None
        announced = await self._announce(following) if following is not None else None
        self._awaited = announced is not None and announced.accepted
        return Exchange(settled, announced)

    async def _announce(self, envelope: Envelope) -> Outcome:
        phase = Phase.MAIL
        outcome = build_lost(phase, "nothing was said")
        try:
            if self._unclean:
                self._wire.write(b"RSET\r\n")
                self._check_reset(await self._reply(phase, self._timeouts.mail))
            for (phase, timeout_s), command in zip(
                self._steps, self._offer.commands(envelope), strict=True
            ):
                self._wire.write(command)
                outcome = await self._reply(phase, timeout_s)
                if not outcome.accepted:
                    self._unclean = phase is not Phase.MAIL
                    self._refusals += 1
                    return self._answered(outcome)
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")
        return outcome

    async def _send_content(self, envelope: Envelope) -> Outcome:
        phase = Phase.CONTENT
        try:
            if not self._wire.spoke:
                self._wire.write(stuff(envelope))
                await self._wire.drain(self._timeouts.block)
            if self._wire.spoke:
                return await self._interrupted()
            self._wire.write(b".\r\n")
            phase = Phase.DOT
            return self._answered(await self._reply(phase, self._timeouts.dot))
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")

    # ── parts of both ────────────────────────────────────────────────────────────────────

    async def _reply(self, phase: Phase, timeout_s: float) -> Outcome:
        if not self._wire.spoke:
            await self._wire.heard(timeout_s)
        code, text = self._wire.read()
        if phase is _DOT and code // 100 == 2:
            return read_taken(code, text)
        called = _names_in(text, self._told) if code >= 500 else ()
        outcome = parse_reply(code, text, phase=phase, ours=self._ours, names=called)
        if code == 421 or (outcome.fault is _RELAY and outcome.code is None):
            # The relay is going away (rule B6), or it and we no longer mean the same command.
            self._wire.drop("the relay ended the session")
        return outcome

    def _check_reset(self, outcome: Outcome) -> None:
        """RSET clears the relay's envelope after a refusal in its middle (RFC 5321 4.1.1.5)."""
        if not outcome.accepted:
            self._wire.drop("the relay refused RSET")
            raise WireLost("the relay refused RSET")
        self._unclean = False

    async def _interrupted(self) -> Outcome:
        """The relay refused in the middle of the content: the dot is kept back, and so the mail."""
        outcome = await self._reply(Phase.CONTENT, 0)
        self._wire.drop("the relay interrupted the content")
        return outcome

    def _answered(self, outcome: Outcome) -> Outcome:
        self.sent += outcome.code not in (None, 421)
        if outcome.accepted:
            self._refusals = 0
        return outcome


def _names_in(text: str, told: Iterable[Envelope | None]) -> tuple[str, ...]:
    """Whom a refusal calls by name, as in `User ada unknown`."""
    names = (envelope.recipient.rpartition("@")[0] for envelope in told if envelope)
    return tuple(name for name in names if name and name.lower() in text.lower())
