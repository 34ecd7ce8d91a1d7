"""How long what is kept: the author's periods, applied a portion at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from newsletter.config import Config
from storage.model import Log
from storage.retention import Retention

log = Log()

PORTION: Final = 500
"""Rows that go in one transaction."""
PORTIONS: Final = 20
"""Transactions of a kind in one run; the next run goes on."""


class Housekeeping:
    """Lets go of what `[storage] keep_…` says, and puts what issues are found by in order."""

    def __init__(
        self,
        config: Config,
        retention: Retention,
        clock: Callable[[], datetime],
        *,
        merge: Callable[[], object],
        signups_for: timedelta,
    ) -> None:
        """`signups_for`: so long a sign-up that was decided counts for the limits of others."""
        keep = config.storage
        self._finish_erasing = retention.finish_erasing
        self._clock = clock
        self._merge = merge
        self._kinds: tuple[tuple[str, timedelta | None, Callable[..., int]], ...] = (
            ("attempts", keep.keep_attempts, retention.attempts),
            ("signups", signups_for, retention.signups),
            ("unconfirmed", keep.keep_signups, retention.unconfirmed),
            ("singles", keep.keep_signups, retention.singles),
            ("reports", keep.keep_reports, retention.reports),
            ("feed_readers", keep.keep_feed_readers, retention.feed_readers),
        )

    def run(self) -> dict[str, int]:
        """Once; how many rows of each kind went. There may be more."""
        now = self._clock()
        gone = {
            name: _portions(let_go, now - period)
            for name, period, let_go in self._kinds
            if period is not None
        }
        self._finish_erasing()
        self._merge()
        if any(gone.values()):
            log.info("storage.pruned", **gone)
        return gone


def _portions(let_go: Callable[..., int], before: datetime) -> int:
    total = 0
    for _ in range(PORTIONS):
        count = let_go(before=before, limit=PORTION)
        total += count
        if count < PORTION:
            break
    return total
