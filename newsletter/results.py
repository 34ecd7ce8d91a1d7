"""What the author's verbs answer with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from mailer.dispatcher import Summary
from storage.records import Issue, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus:
    """An issue and what became of its deliveries."""

    issue: Issue
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What one `send` did."""

    published: tuple[str, ...] = ()
    """Slugs."""
    queued: int = 0
    accepted: int = 0
    deferred: int = 0
    rejected: int = 0
    """Refused for good, or out of time."""
    suppressed: int = 0
    unknown: int = 0
    """The relay may or may not have them (RFC 1047)."""
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    """Why something that was asked for did not happen; empty when all is well."""

    def counting(self, summary: Summary, seconds: float, problems: Sequence[str]) -> Self:
        """The same report with what has become of the deliveries so far."""
        return replace(
            self,
            accepted=summary.accepted,
            deferred=summary.deferred,
            rejected=summary.rejected + summary.expired,
            suppressed=summary.suppressed,
            unknown=summary.unknown,
            seconds=round(seconds, 3),
            problems=tuple(problems),
        )
