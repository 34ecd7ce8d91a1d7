"""What a running service feels of itself: its ticks, its event loop, its relays. Kept in memory.

Written by the service, read by whoever watches, from any thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailer.dispatch import RelayStanding

_STEP_S: Final = 0.5
"""How often the event loop is asked to come round."""
_WINDOW_S: Final = 60.0
"""How long the worst delay of the event loop is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSeen:
    """One kind of tick, in seconds of a steady clock."""

    every_s: float
    begun_at: float | None = None
    ended_at: float | None = None
    """When it last ended well."""
    took_s: float = 0.0
    late_s: float = 0.0
    """How much later than it should the last one began."""
    runs: int = 0
    failures: int = 0
    is_running: bool = False


class Pulse:
    """Of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ticks: dict[str, TickSeen] = {}
        self._delays: list[tuple[float, float]] = []
        self._began: float | None = None
        self._relays: Callable[[], Sequence[RelayStanding]] = tuple

    # ── written by the service ───────────────────────────────────────────────────────────

    def begin(self, relays: Callable[[], Sequence[RelayStanding]]) -> None:
        """The service begins; `relays` says how each of them stands."""
        with self._lock:
            self._began, self._relays, self._ticks = self._clock(), relays, {}

    def expect(self, name: str, every_s: float) -> None:
        """There is a tick of this name."""
        with self._lock:
            self._ticks[name] = TickSeen(every_s=every_s)

    def enter(self, name: str) -> None:
        """It begins."""
        with self._lock:
            seen, now = self._ticks[name], self._clock()
            due = now if seen.begun_at is None else seen.begun_at + seen.every_s
            self._ticks[name] = replace(
                seen, begun_at=now, late_s=max(now - due, 0.0), runs=seen.runs + 1, is_running=True
            )

    def leave(self, name: str, *, is_well: bool) -> None:
        """It has ended."""
        with self._lock:
            seen, now = self._ticks[name], self._clock()
            self._ticks[name] = replace(
                seen,
                ended_at=now if is_well else seen.ended_at,
                took_s=now - (seen.begun_at or now),
                failures=seen.failures + (not is_well),
                is_running=False,
            )

    async def feel_loop(self) -> None:
        """Measures for as long as it runs how late the event loop comes round."""
        while True:
            before = self._clock()
            await asyncio.sleep(_STEP_S)
            now = self._clock()
            with self._lock:
                recent = [(at, delay) for at, delay in self._delays if at > now - _WINDOW_S]
                self._delays = [*recent, (now, max(now - before - _STEP_S, 0.0))]

    # ── read by others ───────────────────────────────────────────────────────────────────

    @property
    def uptime_s(self) -> float | None:
        """Seconds since the service began in this process; None when it did not."""
        with self._lock:
            return None if self._began is None else self._clock() - self._began

    @property
    def loop_delay_s(self) -> float:
        """The worst delay of the event loop in the last minute."""
        with self._lock:
            since = self._clock() - _WINDOW_S
            return max((delay for at, delay in self._delays if at > since), default=0.0)

    def ticks(self) -> dict[str, TickSeen]:
        """Every kind of tick."""
        with self._lock:
            return dict(self._ticks)

    def relays(self) -> tuple[RelayStanding, ...]:
        """How each relay stands, as far as this process has used it."""
        with self._lock:
            ask = self._relays
        return tuple(ask())

    def overdue(self) -> dict[str, float]:
        """Ticks that have not ended well for far longer than they should, and for how many seconds."""
        now, found = self._clock(), {}
        with self._lock:
            for name, seen in self._ticks.items():
                since = seen.ended_at if seen.ended_at is not None else self._began
                away = now - (now if since is None else since)
                if away > 3 * seen.every_s + _WINDOW_S:
                    found[name] = away
        return found
