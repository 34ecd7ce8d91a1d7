"""What holds an issue's mail back, in numbers: what the ledger counts, and what is decided over it.

Stdlib only. storage/ledger/gates.py counts and obeys; the rules that decide are handed to it from above,
so that they can be tested without a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from storage.model.deliveries import DeliveryState

# ── the warm-up: how many readers a day ──────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many readers may be mailed today that were not tried before, over all issues."""

    most: int
    used: int
    """How many were tried today, or are claimed to be."""
    until: datetime
    """When the next day begins."""
    then: int
    """How many it allows, by what is known now."""

    @property
    def room(self) -> int:
        """How many more may be begun today."""
        return max(self.most - self.used, 0)


class WarmUpRule(Protocol):
    """Decides the allowance of a day (mailer/policy/warmup.py)."""

    def look_back(self, now: datetime) -> tuple[datetime, int]:
        """When the first day begins that counts, and how many of 24 hours there are before today."""

    def decide(self, days: Sequence[int], now: datetime) -> Allowance:
        """What is allowed today. `days` counts readers by day; the last is today."""


# ── the cohort: who goes first ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What so many readers of an issue have in common."""

    state: DeliveryState
    code: int | None
    status: str
    reply: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSeen:
    """How an issue stands with those readers that were tried or are claimed to be."""

    answers: tuple[Answer, ...] = ()
    last_tried_at: datetime | None = None
    """When the last of them was tried first."""
    rest: bool = True
    """Whether others are left, who were not tried."""

    @property
    def tried(self) -> int:
        """How many they are."""
        return sum(answer.count for answer in self.answers)

    def counted(self, state: DeliveryState) -> int:
        """How many of them are in that state."""
        return sum(answer.count for answer in self.answers if answer.state is state)


class Step(StrEnum):
    """What is to be done with an issue that goes to a cohort first."""

    FILL = "fill"
    """The cohort is not complete: so many more may be begun."""
    WAIT = "wait"
    """It is complete; its outcomes, or the time for reports to come back, are waited for."""
    PASS = "pass"  # noqa: S105 - a word, not a password
    """All is well: the rest follows."""
    STOP = "stop"
    """Too many refused: the issue is paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortStep:
    """What is decided over a cohort, and on which numbers."""

    step: Step
    size: int
    tried: int = 0
    accepted: int = 0
    refused: int = 0
    until: datetime | None = None
    """With WAIT: when the wait is over; None while outcomes are missing."""
    reason: str = ""
    """With STOP: the sentence to pause the issue with."""

    @property
    def room(self) -> int:
        """How many more readers may be begun."""
        return max(self.size - self.tried, 0) if self.step is Step.FILL else 0


class CohortRule(Protocol):
    """Decides over a cohort (mailer/policy/cohort.py)."""

    def decide(self, seen: CohortSeen, now: datetime) -> CohortStep:
        """What follows from what was seen so far."""


# ── what the author is told ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why readers of an issue wait who could be mailed otherwise."""

    readers: int
    """How many."""
    allowance: Allowance | None = None
    """Set when the warm-up holds them back."""
    cohort: CohortStep | None = None
    """Set when they wait for the cohort."""

    @property
    def until(self) -> datetime | None:
        """When it goes on by itself; None while outcomes are waited for."""
        if self.allowance is not None:
            return self.allowance.until
        return self.cohort.until if self.cohort is not None else None
