"""Clocks that stand still until a test moves them: a time of day, and seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.conftest import NOON


@dataclass
class Clock:
    """A time of day."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def move(self, **amount: float) -> None:
        """Lets time pass, named as a timedelta's arguments; negative amounts step back."""
        self.now += timedelta(**amount)


@dataclass
class Seconds:
    """Monotonic seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The seconds now."""
        return self.now
