"""Owns whether a domain or a host is believed that readers are gone (rule B5).

In a session it is mailer/policy/strays.py that counts; here it is what reports say of a day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from mailer.policy import GONE_LIMIT, STRAY_PAUSE, is_astray, is_host_astray
from storage.model import Log
from storage.readers import Gone

_log = Log()


class Credit:
    """Counts by domain and host the readers called gone within a day. Thread-safe, but that two threads
    may log the same.
    """

    def __init__(self, gone: Gone, clock: Callable[[], datetime]) -> None:
        self._gone = gone
        self._clock = clock
        self._today: date | None = None
        self._told: set[str] = set()
        """Domains and hosts of which the log of today says that they are not believed."""

    def doubts(self, address: str, host: str, issue_id: int | None, *, dry_run: bool) -> bool:
        """Whether a report that this reader is gone is not to be believed."""
        domain = address.rpartition("@")[2].lower()
        return self._is_domain_astray(domain, dry_run) or (
            bool(host) and self._is_host_astray(host, issue_id or 0, dry_run)
        )

    def _is_domain_astray(self, domain: str, dry_run: bool) -> bool:
        """Whether too many readers of the domain were called unknown within a day; logged once a day."""
        gone, asked = self._gone.of_domain(self._clock() - STRAY_PAUSE, domain)
        if not is_astray(gone, asked):
            return False
        if not dry_run and self._is_news(domain):
            _log.error("domain.astray", domain=domain, gone=gone, asked=asked)
        return True

    def _is_host_astray(self, host: str, issue_id: int, dry_run: bool) -> bool:
        """Whether the host called too many readers of many domains unknown; logged once a day."""
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
        """Whether the log of today does not name this domain or host yet; it does from now on."""
        today = self._clock().date()
        if self._today != today:
            self._today, self._told = today, set()
        is_news = name not in self._told
        self._told.add(name)
        return is_news
