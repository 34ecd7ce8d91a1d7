"""Owns how several relays divide a run: each takes its share of the messages while all of them work.

A relay that is ahead of the slowest, by its share, waits for it. One that does not work, has
nothing to do or keeps the others waiting for too long is not waited for; when it works again it
goes on level with the others, and need not make up for what it missed. Time comes from outside: a
monotonic clock in seconds. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.dispatch.pace import Rate
from mailer.dispatch.relaystate import RelayState

_LOOK_S: Final = 0.01
"""How often to look whether the others have caught up."""
_AHEAD: Final = 0.02
"""What a relay may be ahead, of what it has taken: else two that are equally fast would stop each
other at every message."""
_AHEAD_MOST: Final = 50
"""Messages; more is not needed to keep a relay busy between two looks."""
_DEBT: Final = 100
"""Messages a relay may be behind and make up for, as at the start while it is being connected."""
_PATIENCE_S: Final = 5.0
"""A relay that takes nothing for so long is not waited for."""


@dataclass(slots=True)
class _Stand:
    """What one relay has taken of its share of a run."""

    state: RelayState
    connections: int = 0
    """Connections at work or waiting."""
    taken: float = 0.0
    """Messages, and what it need not make up for."""
    last_at: float = 0.0
    """When it took the last one, or began."""

    @property
    def share(self) -> int:
        return max(self.state.relay.share, 1)

    @property
    def way(self) -> float:
        """Messages for each part of its share: what relays are compared by."""
        return self.taken / self.share

    @property
    def ahead(self) -> float:
        """Messages it may be ahead of the slowest."""
        least = max(self.state.relay.connections, self.share)
        return max(least, min(_AHEAD * self.taken, _AHEAD_MOST))

    @property
    def patience_s(self) -> float:
        rate = self.state.relay.rate
        return max(_PATIENCE_S, 2 / rate if rate > 0 else 0.0)


class Shares:
    """The relays of one worker, and how far each has come."""

    def __init__(self, states: Sequence[RelayState], clock: Callable[[], float]) -> None:
        self._stands = [_Stand(state) for state in states]
        self._clock = clock

    def start(self, index: int) -> None:
        """A connection of the relay goes to work."""
        stand = self._stands[index]
        if not stand.connections:
            stand.last_at = self._clock()
        stand.connections += 1

    def leave(self, index: int) -> None:
        """A connection of the relay has ended: there was nothing to do."""
        self._stands[index].connections -= 1

    def ask(self, index: int) -> float:
        """Takes the relay's next message, or returns the seconds until it may ask again."""
        stand = self._stands[index]
        slowest = min((other.way for other in self._others(stand)), default=None)
        if slowest is not None and stand.taken + 1 > slowest * stand.share + stand.ahead:
            return _LOOK_S
        stand.taken += 1
        stand.last_at = self._clock()
        self._level(stand)
        return 0.0

    def _others(self, stand: _Stand) -> Iterator[_Stand]:
        return (other for other in self._stands if other is not stand and self._works(other))

    def _works(self, stand: _Stand) -> bool:
        state = stand.state
        if not stand.connections or not state.proven or state.backoff.count:
            return False
        return self._clock() - stand.last_at <= stand.patience_s

    def _level(self, stand: _Stand) -> None:
        """Lets a relay catch up with little more than `_DEBT` messages of what it is behind."""
        for other in self._others(stand):
            behind = other.way - (other.ahead + _DEBT) / other.share
            stand.taken = max(stand.taken, behind * stand.share)


class SharedPace:
    """The pace of one relay among several: its own rate, and its share."""

    def __init__(self, rate: Rate, shares: Shares, index: int) -> None:
        self._rate = rate
        self._shares = shares
        self._index = index

    @property
    def is_free(self) -> bool:
        """Never: each message counts for a share."""
        return False

    def book(self) -> float:
        """Takes one token of the rate; returns from when on it may be used."""
        return self._rate.book()

    def until(self, slot: float) -> float:
        """Seconds to wait before asking again; 0 when the message may go, which then counts."""
        return self._rate.until(slot) or self._shares.ask(self._index)
