"""Owns whether a domain or a host is believed that readers are gone (rule B5).

In a session it is mailer/policy/strays.py that counts; here it is what reports say of a day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import structlog

from mailer.policy import GONE_LIMIT, STRAY_PAUSE, is_astray, is_host_astray
from storage.readers import Gone

_log = structlog.get_logger()


class Credit:
    """What is left of a domain's and a host's credit today. Thread-safe but for what is told twice."""

    def __init__(self, gone: Gone, clock: Callable[[], datetime]) -> None:
        self._gone = gone
        self._clock = clock
        self._today: date | None = None
        self._told: set[str] = set()
        """Who is known in the log today to have lost their way."""

    def doubts(self, address: str, host: str, issue_id: int | None, *, dry_run: bool) -> bool:
        """Whether a report that this reader is gone is not to be believed."""
        domain = address.rpartition("@")[2].lower()
        return self._is_domain_astray(domain, dry_run) or (
            bool(host) and self._is_host_astray(host, issue_id or 0, dry_run)
        )

    def _is_domain_astray(self, domain: str, dry_run: bool) -> bool:
        """So many of its readers are called unknown today."""
        gone, asked = self._gone.of_domain(self._clock() - STRAY_PAUSE, domain)
        if not is_astray(gone, asked):
            return False
        if not dry_run and self._is_news(domain):
            _log.error("domain.astray", domain=domain, gone=gone, asked=asked)
        return True

    def _is_host_astray(self, host: str, issue_id: int, dry_run: bool) -> bool:
        """It calls so many unknown today, of many small domains."""
        since = self._clock() - STRAY_PAUSE
        losses = self._gone.at_host(since, host, least=GONE_LIMIT)
        if losses is None:
            return False
        mailed = self._gone.mailed(issue_id)
        if not is_host_astray(losses, mailed=mailed):
            return False
        if not dry_run and self._is_news(host):
            _log.error("host.astray", host=host, gone=losses.gone, mailed=mailed)
        return True

    def _is_news(self, name: str) -> bool:
        """One that lost its way is one trouble, not hundreds."""
        today = self._clock().date()
        if self._today != today:
            self._today, self._told = today, set()
        is_news = name not in self._told
        self._told.add(name)
        return is_news
