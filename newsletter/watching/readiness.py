"""Whether this process can do what it is for, said within seconds: database, relays, ticks, disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import Final

from newsletter.config import Config
from newsletter.service import Pulse
from newsletter.watching.watch import free_space
from storage.database import Database

PATIENCE_S: Final = 2.0
"""How long one check may take."""
RELAYS_S: Final = 60.0
"""How long all relays may be away before it is said."""
SPACE: Final = 50_000_000
"""Octets that must be free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_well: bool
    reason: str = ""
    """A sentence, where it is not well or there is something to know."""


class Readiness:
    """Looks when asked; remembers nothing."""

    def __init__(self, config: Config, database: Database, pulse: Pulse) -> None:
        self._config = config
        self._database = database
        self._pulse = pulse

    def look(self) -> list[Check]:
        """Every check, in at most twice the patience."""
        return [self._look_at_database(), self._relays(), self._ticks(), self._look_at_disk()]

    def _look_at_database(self) -> Check:
        if self._database.answers():
            return Check(name="database", is_well=True)
        return Check(name="database", is_well=False, reason="the database does not answer")

    def _relays(self) -> Check:
        relays = self._pulse.relays()
        down = [one for one in relays if one.failing_s is not None]
        words = "; ".join(f"{one.name}: {one.words}" for one in down)
        is_away = bool(down) and len(down) == len(relays)
        longest = min((one.failing_s or 0.0 for one in down), default=0.0)
        return Check(name="relay", is_well=not is_away or longest < RELAYS_S, reason=words)

    def _ticks(self) -> Check:
        if self._pulse.uptime_s is None:
            return Check(name="scheduler", is_well=True, reason="none runs in this process")
        overdue = self._pulse.overdue()
        words = ", ".join(f"{name} for {away:.0f} s" for name, away in overdue.items())
        return Check(name="scheduler", is_well=not overdue, reason=words and f"not done: {words}")

    def _look_at_disk(self) -> Check:
        found = _bounded(lambda: list(free_space(self._config)))
        if found is None:
            return Check(name="disk", is_well=False, reason="the disk does not answer")
        full = [f"{folder}: {free / 1e6:.0f} MB left" for folder, free in found if free < SPACE]
        return Check(name="disk", is_well=not full, reason="; ".join(full))


def _bounded(
    look: Callable[[], list[tuple[str, int]]],
) -> list[tuple[str, int]] | None:
    """What was seen; None when it took too long or could not be seen."""
    found: list[list[tuple[str, int]]] = []

    def work() -> None:
        try:
            found.append(look())
        except OSError:
            return

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return found[0] if found else None
