"""Owns how hard the readers' domains are used: connections busy with one, and its slowing down.

Pure but for its own memory; time comes from outside, in monotonic seconds. A domain that puts off
too much of what it is offered is sent to at half the speed it had, again and again until it takes
mail; each message it takes makes it a little faster, up to where it was (rule B18).
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from mailer.replies import Outcome, Verdict, is_greylisting

_WINDOW: Final = 40
"""Outcomes that are looked back on."""
_ENOUGH: Final = 20
"""Outcomes before anything is concluded: a handful of full mailboxes says nothing."""
_SHARE: Final = 0.3
"""The share of them that is too much to be put off."""
_SLOWEST: Final = 1 / 60
"""Messages per second; below that nothing would ever be learned."""
_FASTER: Final = 2 ** (1 / _WINDOW)
"""By what a message that was taken speeds its domain up: a window full of them doubles."""


@dataclass(slots=True)
class _Domain:
    """What is remembered of a domain since it last put a message off."""

    since: float
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    """Of each outcome, whether the message was put off."""
    heard: int = 0
    """Outcomes since `since`."""
    rate: float = math.inf
    """Messages per second it may have now."""
    before: float = math.inf
    """The speed at which the trouble began."""
    next_at: float = -math.inf


class Domains:
    """The domains of one worker's readers. Used by all its connections."""

    def __init__(self, clock: Callable[[], float], *, connections: int = 0) -> None:
        self._clock = clock
        self._connections = connections
        self.is_bounded = connections > 0
        """Whether anything is counted and learned here at all: without a bound on connections the
        pace is left to the relay."""
        self._busy: Counter[str] = Counter()
        self._known: dict[str, _Domain] = {}

    def enter(self, domain: str, seats: Collection[str] = ()) -> bool:
        """Whether a message to the domain may go now; if so it has its place.

        `seats` are domains that this connection is busy with already, and needs no seat for.
        """
        if not self.is_bounded:
            return True
        if self.is_full(domain) and domain not in seats:
            return False
        if self.wait_s(domain) > 0:
            return False
        if (known := self._known.get(domain)) is not None and known.rate < math.inf:
            known.next_at = self._clock() + 1 / known.rate
        if self._connections and domain not in seats:
            self._busy[domain] += 1
        return True

    def leave(self, domain: str) -> None:
        """A connection is no longer busy with the domain."""
        if self._busy[domain] <= 1:
            self._busy.pop(domain, None)
        else:
            self._busy[domain] -= 1

    def is_full(self, domain: str) -> bool:
        """Whether as many connections are busy with the domain as may be (rule B17)."""
        return 0 < self._connections <= self._busy[domain]

    def wait_s(self, domain: str, behind: int = 0) -> float:
        """Seconds until a message to the domain may go that has so many others before it."""
        known = self._known.get(domain)
        if known is None or known.rate == math.inf:
            return 0.0
        return max(known.next_at - self._clock(), 0.0) + behind / known.rate

    def hear(self, domain: str, outcome: Outcome) -> bool:
        """Learns from what the relay said of a message; whether the domain was slowed down now.

        421 is the relay's own trouble and greylisting passes by itself: neither counts.
        """
        if not self.is_bounded:
            return False
        put_off = _is_put_off(outcome)
        known = self._known.get(domain)
        if known is None:
            if not put_off:
                return False
            known = self._known[domain] = _Domain(since=self._clock())
        if put_off or outcome.verdict is Verdict.ACCEPTED:
            known.recent.append(put_off)
            known.heard += 1
        if outcome.verdict is Verdict.ACCEPTED:
            self._speed_up(domain, known)
        if known.heard >= _ENOUGH and sum(known.recent) >= _SHARE * len(known.recent):
            self._slow_down(known)
            return True
        return False

    def _slow_down(self, known: _Domain) -> None:
        now = self._clock()
        # What it was offered is what it refused; while it is slowed that is no more than allowed.
        speed = min(known.rate, known.heard / max(now - known.since, 0.001))
        if known.rate == math.inf:
            known.before = speed
        known.rate = max(speed / 2, _SLOWEST)
        known.next_at = now + 1 / known.rate
        known.recent.clear()
        known.heard, known.since = 0, now

    def _speed_up(self, domain: str, known: _Domain) -> None:
        if known.rate < math.inf:
            known.rate *= _FASTER
        elif known.heard < _WINDOW:
            return
        is_past = known.rate >= known.before or known.rate == math.inf
        if is_past and not any(known.recent):
            del self._known[domain]  # as if nothing had ever been


def _is_put_off(outcome: Outcome) -> bool:
    if outcome.verdict is not Verdict.TRANSIENT or outcome.code in (None, 421):
        return False
    return not is_greylisting(outcome.text)
