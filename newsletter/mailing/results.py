"""What the author's verbs answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from storage.model import Issue, Tally, Waiting

if TYPE_CHECKING:
    from mailer.dispatch import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus:
    """An issue and what became of its deliveries."""

    issue: Issue
    tally: Tally
    waiting: tuple[Waiting, ...] = ()
    """Why readers wait who are due already; empty when none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What one `send` did."""

    published: tuple[str, ...] = ()
    """Slugs."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """By their slugs, why."""
    restored: tuple[str, ...] = ()
    """Slugs of those that are back; nobody is mailed."""
    queued: int = 0
    accepted: int = 0
    deferred: int = 0
    rejected: int = 0
    """Refused for good, or out of time."""
    suppressed: int = 0
    """Readers who left, or were suppressed, before their turn came."""
    unknown: int = 0
    """The relay may or may not have them (RFC 1047)."""
    seconds: float = 0.0
    waiting: tuple[IssueStatus, ...] = ()
    """The issues of which readers wait who are due already."""
    problems: tuple[str, ...] = ()
    """Why something that was asked for did not happen; empty when all is well."""

    @property
    def settled(self) -> int:
        """All outcomes together."""
        return self.accepted + self.deferred + self.rejected + self.suppressed + self.unknown

    def counting(self, summary: Summary | None, seconds: float, problems: Sequence[str]) -> Self:
        """The same report with what has become of the deliveries so far; None where none was due."""
        done = replace(self, seconds=round(seconds, 3), problems=tuple(problems))
        if summary is None:
            return done
        return replace(
            done,
            accepted=summary.accepted,
            deferred=summary.deferred,
            rejected=summary.rejected + summary.expired,
            suppressed=summary.suppressed,
            unknown=summary.unknown,
        )
