"""Owns when soft bounces are enough to give an address up (rule C6). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.model import History, SoftBounce


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftLimits:
    """When soft bounces are enough (rule C6); the numbers are those of `[bounces]`."""

    count: int
    """Distinct issues that bounced."""
    span: timedelta
    """At least so long between the first and the last of them."""
    clean: timedelta
    """A gap of this length in which mail arrived begins the count anew."""


def is_worn_out(history: History, limits: SoftLimits) -> bool:
    """Whether the last run of soft bounces is long enough, in issues and in days (rule C6)."""
    run = list(_last_run(history, limits.clean))
    issues = {bounce.issue_id for bounce in run if bounce.issue_id}
    if len(issues) < limits.count:
        return False
    return max(one.at for one in run) - min(one.at for one in run) >= limits.span


def _last_run(history: History, clean: timedelta) -> Iterator[SoftBounce]:
    """The soft bounces since the last clean period, newest first."""
    later: datetime | None = None
    for bounce in sorted(history.soft, key=lambda one: one.at, reverse=True):
        if later is not None and _is_clean(bounce.at, later, history, clean):
            return
        yield bounce
        later = bounce.at


def _is_clean(start: datetime, end: datetime, history: History, clean: timedelta) -> bool:
    """A pause is clean if mail arrived in it; a pause of the author's proves nothing."""
    return end - start >= clean and any(start < at < end for at in history.arrived)
