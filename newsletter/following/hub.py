"""Subscribes to the hub that a feed names (WebSub), so that a change is heard of at once.

What a hub sends is not believed: it only has the feed asked for, and no more often than every half minute. So
a callback needs no signature; that it is ours is told by a key in its address, which the hub alone knows.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from newsletter.following.fetching import Fetcher
from storage.database import Facts
from storage.model import FetchError, Log

log = Log()

LEASE: Final = timedelta(days=10)
"""As long as is asked for (WebSub 5.1)."""
SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=30)
AGAIN: Final = timedelta(hours=6)
"""When a hub is asked again that did not answer, or did not come back to ask whether it is meant."""
AT_MOST: Final = timedelta(seconds=30)
"""A hub has the feed asked for no more often."""

_KEY: Final = "feed:hub"
_PINGED: Final = "feed:pinged"
_HEADER: Final = re.compile(
    r"<([^<>\"\s]{1,1000})>((?:\s*;\s*[\w-]+\s*=\s*(?:\"[^\"]{0,300}\"|[^\s;,\"]{1,300})){0,10})"
)
_RELATION: Final = re.compile(r"\brel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subscription:
    """What is kept of it."""

    hub: str = ""
    topic: str = ""
    key: str = ""
    asked_at: str = ""
    until: str = ""
    """To when the hub has said that it lasts; empty before it has."""


class HubSubscription:
    """One newsletter's at the hub of the feed that it follows."""

    def __init__(
        self, facts: Facts, fetcher: Fetcher, *, callback: str, clock: Callable[[], datetime]
    ) -> None:
        """`callback` is where the hub calls, but for the key at its end; empty where none can."""
        self._facts = facts
        self._fetcher = fetcher
        self._callback = callback
        self._clock = clock

    def renew(self, hub: str, topic: str) -> None:
        """Ask a hub to tell of a topic, if it is time to. A hub that cannot be had is asked again later."""
        known, now = self._load(), self._clock()
        if not hub or not self._callback:
            return
        if (known.hub, known.topic) != (hub, topic):
            known = _Subscription(hub=hub, topic=topic, key=secrets.token_urlsafe(24))
        if known.until and now < datetime.fromisoformat(known.until) - LEASE / 10:
            return
        if known.asked_at and now < datetime.fromisoformat(known.asked_at) + AGAIN:
            return
        self._keep(replace(known, asked_at=now.isoformat()))
        form = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.callback": f"{self._callback}{known.key}",
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
        }
        try:
            status = self._fetcher.post(hub, form)
        except FetchError as error:
            log.info("feed.hub", taken=False, reason=str(error))
            return
        log.info("feed.hub", taken=status // 100 == 2, status=status)

    def verify(self, key: str, asked: Mapping[str, str]) -> str | None:
        """The challenge to repeat to a hub that asks whether a subscription is meant (WebSub 5.3); None for
        one that is not, and for whoever does not know the key.
        """
        known = self._load()
        if not self._is_ours(known, key) or asked.get("hub.topic") != known.topic:
            return None
        if asked.get("hub.mode") == "denied":
            self._keep(replace(known, until=""))
            return ""
        if asked.get("hub.mode") != "subscribe":
            return None
        said = asked.get("hub.lease_seconds", "")
        lease = timedelta(seconds=int(said)) if re.fullmatch(r"\d{1,9}", said) else LEASE
        until = self._clock() + min(max(lease, SHORTEST), LONGEST)
        self._keep(replace(known, until=until.isoformat()))
        return asked.get("hub.challenge", "")[:1_000]

    def take(self, key: str) -> bool:
        """A hub says that there is news; whether it is ours."""
        if not self._is_ours(self._load(), key):
            return False
        self._facts.put(_PINGED, self._clock().isoformat())
        return True

    def has_news(self, asked_at: datetime | None) -> bool:
        """Whether a hub has told since the feed was asked for, and that is a while ago."""
        told = self._facts.get(_PINGED)
        if told is None:
            return False
        if asked_at is None:
            return True
        return datetime.fromisoformat(told) > asked_at and self._clock() - asked_at >= AT_MOST

    def _is_ours(self, known: _Subscription, key: str) -> bool:
        return bool(known.key) and hmac.compare_digest(known.key.encode(), key.encode())

    def _load(self) -> _Subscription:
        text = self._facts.get(_KEY)
        return _Subscription(**json.loads(text)) if text else _Subscription()

    def _keep(self, subscription: _Subscription) -> None:
        self._facts.put(_KEY, json.dumps(asdict(subscription)))


def find_hub(header: str, hubs: tuple[str, ...], topic: str, url: str) -> tuple[str, str]:
    """The hub and the topic of a feed, each empty without one: the header `Link` counts before what stands
    in the feed (WebSub 4).
    """
    named: dict[str, str] = {}
    for target, parameters in _HEADER.findall(header[:10_000]):
        for quoted, bare in _RELATION.findall(parameters):
            for relation in (quoted or bare).lower().split():
                named.setdefault(relation, target)
    hub = named.get("hub", "") or next(iter(hubs), "")
    is_address = hub.startswith(("https://", "http://"))
    return (hub, named.get("self", "") or topic or url) if is_address else ("", "")
