"""Owns one relay as all connections to it see it: whether it works, and when to try it again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mailer.dispatch.pace import Backoff, Pace, Rate
from mailer.dispatch.ports import Connect, OpenSession
from mailer.replies import Fault, Outcome
from mailer.smtp import Relay
from storage.model import Log, RelayError

log = Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStanding:
    """One relay as this process has seen it since it began to send."""

    name: str
    """`host:port`."""
    answers: dict[str, int]
    """How many messages it took (`accepted`), put off (`transient`) and refused (`permanent`), and of how
    many it said nothing (`silent`)."""
    failing_s: float | None
    """Seconds since it cannot be used; None while it can."""
    words: str
    """Why it cannot be used."""


_SILENT: Final = "silent"
_STOPPING: Final = "not waited for any longer: this worker stops"


@dataclass(slots=True)
class RelayState:
    """One relay as all its connections see it."""

    relay: Relay
    connect: Connect
    clock: Callable[[], float]
    """Monotonic seconds."""
    rate: Pace = field(init=False)
    backoff: Backoff = field(default_factory=Backoff)
    proven: bool = False
    """Whether it has ever let us in: until then one connection tries, the others wait."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _sessions: set[OpenSession] = field(default_factory=set)
    _opening: set[asyncio.Future[OpenSession]] = field(default_factory=set)
    _is_cut: bool = False
    _waiting: tuple[int, float] | None = None
    """The trouble that is being waited out, and since when."""
    _failing: float | None = None
    """Since when it cannot be used."""
    _answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rate = Rate(self.relay.rate, self.clock)

    @property
    def standing(self) -> RelayStanding:
        """How it stands now."""
        return RelayStanding(
            name=f"{self.relay.host}:{self.relay.port}",
            answers={str(answer): count for answer, count in self._answers.items()},
            failing_s=None if self._failing is None else self.clock() - self._failing,
            words=self.backoff.words,
        )

    @property
    def is_being_tried(self) -> bool:
        """Whether somebody is finding out just now if the relay can be used at all."""
        return not self.proven and self.turn.locked()

    @property
    def wait_s(self) -> float:
        """Seconds until it may be tried again; a wait that was broken off goes on, not anew."""
        now, count = self.clock(), self.backoff.count
        if self._waiting is None or self._waiting[0] != count:
            self._waiting = (count, now)
        return max(self.backoff.wait_s - (now - self._waiting[1]), 0.0)

    async def open(self) -> OpenSession:
        """Opens one more session. Raises RelayError."""
        seen = self.backoff.count
        if self.proven:
            return await self.try_open()
        async with self.turn:
            if self.backoff.count > seen:
                raise RelayError(self.backoff.words)
            return await self.try_open()

    async def try_open(self) -> OpenSession:
        """Opens a session without waiting for anybody's turn. Raises RelayError.

        That is trouble with the relay only while no other session is open: many relays bound the
        connections from one client, and go on serving those it has.
        """
        seen = self.backoff.count
        try:
            session = await self._connect()
        except RelayError as error:
            if not self._sessions:
                self.backoff.fail(str(error), since=seen, is_lasting=error.refuses_login)
                self._failing = self.clock() if self._failing is None else self._failing
            log.warning(
                "relay.unusable",
                relay=self.relay.host,
                tries=self.backoff.count,
                reason=str(error),
                next_try_s=self.backoff.wait_s,
            )
            raise
        self.proven = True
        self._failing = None
        self._sessions.add(session)
        return session

    async def _connect(self) -> OpenSession:
        if self._is_cut:
            raise RelayError(_STOPPING)
        opening = asyncio.ensure_future(self.connect(self.relay))
        self._opening.add(opening)
        try:
            return await opening
        except asyncio.CancelledError:
            if not self._is_cut:
                raise
            raise RelayError(_STOPPING) from None
        finally:
            self._opening.discard(opening)

    def cut(self) -> None:
        """Ends all sessions without a word, for a stop has waited for the relay long enough.

        What it was about to say of a message is not known then: after the dot that is doubt.
        """
        self._is_cut = True
        for session in self._sessions:
            session.abandon()
        for opening in self._opening:
            opening.cancel()

    async def close(self, session: OpenSession) -> None:
        """Ends a session that was opened here."""
        await session.close()
        self._sessions.discard(session)

    def judge(self, outcome: Outcome, seen: int) -> None:
        """Learns from what the relay said, or did not say, about a message (rule B6).

        `seen` is the count of trouble when the message was begun.
        """
        if outcome.code is None and outcome.fault is not Fault.RELAY:
            return  # refused by us before a word was said
        self._answers[outcome.verdict if outcome.code is not None else _SILENT] += 1
        if outcome.code in (None, 421):
            self.backoff.fail(f"{outcome.code or ''} {outcome.text}".strip(), since=seen)
            log.warning("relay.hung_up", relay=self.relay.host, phase=outcome.phase.value)
        elif self.backoff.count:
            self.backoff.clear()
            self._waiting = None
