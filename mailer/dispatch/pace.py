"""Owns how fast and how stubbornly one relay is used: its rate and its back-off.

Time comes from outside: a monotonic clock in seconds. No I/O.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

_BURST_S: Final = 0.1
"""Credit that may be saved up, in seconds: as much as timers are late."""


_LASTING_S: Final = 900.0
"""Between tries where a login was refused: the author has to mend it, or its server comes back."""


class Pace(Protocol):
    """When a relay's next message may go."""

    @property
    def is_free(self) -> bool:
        """Whether there is never anything to wait for, so that nobody need ask."""

    def book(self) -> float:
        """Takes one slot; returns from when on it may be used, by the clock."""

    def until(self, slot: float) -> float:
        """Seconds to wait before asking for a slot again; 0 when the message goes now."""


class Rate:
    """A token bucket: at most `rate` messages per second, evenly (rule B17)."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._clock = clock
        self._next = clock()

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        return not self._interval

    def book(self) -> float:
        """Takes one token; returns from when on it may be used, by the clock."""
        if not self._interval:
            return -math.inf
        slot = max(self._next, self._clock() - _BURST_S)
        self._next = slot + self._interval
        return slot

    def until(self, slot: float) -> float:
        """Seconds to wait for a slot that was booked; 0 when its time has come."""
        return max(slot - self._clock(), 0.0)


class Backoff:
    """How often in a row a relay was unusable, and what it said (rule B6)."""

    def __init__(self, *, first_s: float = 1.0, cap_s: float = 60.0) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self.count = 0
        self.words = ""
        self.is_lasting = False
        """Whether it is such that trying again soon does harm: a login too often refused is locked."""

    def fail(self, words: str, *, since: int | None = None, is_lasting: bool = False) -> None:
        """The relay was unusable once more.

        `since` is the count when the failed try began: many connections that die together are
        one trouble.
        """
        if since is None or since == self.count:
            self.count += 1
        self.words = words
        self.is_lasting = is_lasting

    def clear(self) -> None:
        """The relay answered as it should."""
        self.count = 0
        self.words = ""
        self.is_lasting = False

    @property
    def wait_s(self) -> float:
        """Seconds to wait before the next try: doubling, with a cap; 0 without trouble."""
        if not self.count:
            return 0.0
        if self.is_lasting:
            return _LASTING_S
        return float(min(self._first_s * 2 ** min(self.count - 1, 30), self._cap_s))
