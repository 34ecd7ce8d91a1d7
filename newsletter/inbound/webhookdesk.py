"""Owns what mail services tell by HTTP: who may tell, and that each event is taken once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from mailer.inbound.webhooks import ADAPTERS, Event, Keys, Post, unknown, usable
from newsletter.inbound.reportdesk import ReportDesk
from storage.model import FetchError, Log

_log = Log()

_MOST_KEPT: Final = 8
"""Certificates kept; a service has one at a time, and changes it once in a while."""


class WebhookDesk:
    """Takes what services POST. Thread-safe."""

    def __init__(
        self,
        desk: ReportDesk,
        keys: Keys,
        *,
        fetch: Callable[[str], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._keys = keys
        self._fetch = fetch
        self._clock = clock
        self.services: tuple[str, ...] = usable(keys)
        """Those that have a key."""

    def take(self, service: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Record every event of a POST; False when it does not come from that service.

        Names of `headers` are in lower case. Raises StorageError when the database cannot be used
        and FetchError when the service itself had to be asked and did not answer: it will POST
        again, and what was recorded before is then a duplicate (rule C13).
        """
        if service not in self.services:
            return False
        post = Post(body=body, headers=headers, at=self._clock())
        batch = ADAPTERS[service](post, self._keys)
        if batch is None:
            _log.warning("webhook.refused", service=service)
            return False
        for event in batch.events:
            self._take(service, event)
        if batch.confirm:
            self._confirm(service, batch.confirm, body)
        return True

    def _take(self, service: str, event: Event) -> None:
        report = replace(event.report, source=service)
        self._desk.take(report, event.raw, by_message_id=True)

    def _confirm(self, service: str, url: str, body: bytes) -> None:
        """Agree to be told; if the service does not hear it, the author finds the address kept."""
        try:
            self._fetch(url)
        except FetchError:
            self._take(service, unknown(service, body))
            raise
        _log.info("webhook.confirmed", service=service)


class Certificates:
    """Certificates by address, fetched once. Thread-safe."""

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __call__(self, url: str) -> bytes:
        """The certificate. Raises FetchError when it cannot be had."""
        with self._lock:  # one question at a time, however many ask
            if url not in self._kept:
                fetched = self._fetch(url)
                while len(self._kept) >= _MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[url] = fetched
            return self._kept[url]
