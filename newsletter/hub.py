"""Tells the WebSub hub which feeds have changed, so that subscribers hear of an issue at once (rule E6).

What the hub was last told is a fact in the database: after a restart it is told what it has missed, and
nothing else. A hub that does not answer is asked again, ever more seldom; mail never waits for it.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode

from feeds.syndication import FeedFormat, feed_url
from mailer.inbound import open_straight
from newsletter.config import Config
from storage.archive import Issues, Places
from storage.database import Facts
from storage.model import Log

log = Log()

PATIENCE_S: Final = 10.0
"""Seconds the hub may take to connect and to say something."""
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600, 14400))
"""How long before a hub that failed is asked again, which mostly just starts anew; the last one from then on."""

_TOLD: Final = "hub_told"
_BUSY: Final = frozenset({408, 425, 429})
"""Refusals that say "later" (RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4)."""
_EVERYTHING: Final = ""
"""Stands among tags for the feed of all issues, as no tag is empty."""


class _Verdict(StrEnum):
    """What an answer of the hub means."""

    TAKEN = "taken"
    """It will fetch the feed."""
    LATER = "later"
    """It cannot now, or nobody answered."""
    REFUSED = "refused"
    """It does not want this, or is not the hub any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    verdict: _Verdict
    status: int
    """0 where there was none."""
    reason: str = ""


class Hub:
    """What one newsletter's hub has been told. For one thread at a time."""

    def __init__(
        self,
        config: Config,
        *,
        archive: Issues,
        places: Places,
        facts: Facts,
        clock: Callable[[], datetime],
        patience: float = PATIENCE_S,
    ) -> None:
        self._hub = config.feeds.hub
        self._url = config.identity.url
        self._archive = archive
        self._places = places
        self._facts = facts
        self._clock = clock
        self._patience = patience
        self._settled: int | None = None
        """The version of the archive of which the hub knows all it wants to know."""
        self._failures = 0
        self._not_before: datetime | None = None

    def tell(self) -> None:
        """Tell of what has changed since the hub was last told, if it is time to. Raises StorageError."""
        now = self._clock()
        if not self._hub or (self._not_before is not None and now < self._not_before):
            return
        version = self._archive.version()
        if version == self._settled:
            return
        # The version was read first: a change in between is looked at again.
        prints = self._places.prints()
        told = self._told(prints)
        missed = [place for place, mark in prints.items() if told.get(place) != mark]
        if self._tell_of(missed, prints, told):
            self._settled, self._failures, self._not_before = version, 0, None

    def _told(self, prints: Mapping[str, str]) -> dict[str, str]:
        """What is known of each feed; a hub that is new to us is told of the main feeds only."""
        kept = self._facts.get(_TOLD)
        if kept is None:
            return {place: mark for place, mark in prints.items() if place != _EVERYTHING}
        told: dict[str, str] = json.loads(kept)
        return {place: mark for place, mark in told.items() if place in prints}

    def _tell_of(self, missed: list[str], prints: Mapping[str, str], told: dict[str, str]) -> bool:
        """Whether the hub has answered for all of them. Keeps those for which it has."""
        try:
            for place in missed:
                for feed_format in FeedFormat:
                    answer = self._publish(feed_url(self._url, feed_format, place or None))
                    if answer.verdict is _Verdict.LATER:
                        self._put_off(answer)
                        return False
                    if answer.verdict is _Verdict.REFUSED:
                        log.warning("hub.refused", status=answer.status, feed=feed_format.value)
                told[place] = prints[place]
        finally:
            if missed:
                self._facts.put(_TOLD, json.dumps(told, ensure_ascii=False, sort_keys=True))
        if missed:
            log.info("hub.told", feeds=len(missed) * len(FeedFormat))
        return True

    def _put_off(self, answer: _Answer) -> None:
        wait = WAITS[min(self._failures, len(WAITS) - 1)]
        self._failures += 1
        self._not_before = self._clock() + wait
        log.warning(
            "hub.deferred",
            status=answer.status,
            reason=answer.reason,
            failures=self._failures,
            seconds=int(wait.total_seconds()),
        )

    def _publish(self, topic: str) -> _Answer:
        """Tell of one feed. The form is the one that hubs agree on; WebSub 6 leaves it to them."""
        form = urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
        request = urllib.request.Request(  # noqa: S310 - the author's, http or https by its check
            self._hub, data=form, headers={"User-Agent": "newsletter"}
        )
        try:
            with open_straight(request, timeout=self._patience) as answer:
                return _Answer(verdict=_Verdict.TAKEN, status=answer.status)
        except HTTPError as error:
            with error:
                return _Answer(verdict=_verdict_on(error.code), status=error.code)
        except (OSError, ValueError, HTTPException) as error:
            return _Answer(verdict=_Verdict.LATER, status=0, reason=type(error).__name__)


def _verdict_on(status: int) -> _Verdict:
    """Of every answer but 2xx. One that leads elsewhere is no hub: its new address is the author's to set."""
    return _Verdict.LATER if status >= 500 or status in _BUSY else _Verdict.REFUSED
