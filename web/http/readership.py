"""How many follow a feed through an aggregator, as the aggregator itself says when it fetches it.

Feedly and its like fetch a feed once for all their readers, and tell how many in User-Agent. It is
their word: nothing proves it, and nobody is counted by name or address.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from feeds.syndication import is_feed_path

_AGGREGATORS: Final = {
    "feedly": "feedly",
    "feedbin": "feedbin",
    "inoreader": "inoreader",
    "newsblur": "newsblur",
    "theoldreader": "theoldreader",
    "bazqux": "bazqux",
    "netvibes": "netvibes",
    "feedspot": "feedspot",
    "feeder.co": "feeder",
}
"""What stands in User-Agent, and the label; all others are one."""
_OTHER: Final = "other"
_FORMATS: Final = {"feed.xml": "rss", "atom.xml": "atom", "feed.json": "json"}
_FORM: Final = "/subscribe"
_SUBSCRIBERS: Final = re.compile(
    rb"(?<![0-9])([0-9]{1,7}) (?:subscriber|reader)s?\b", re.IGNORECASE
)
_LONGEST: Final = 500
"""Octets of User-Agent that are looked at."""
_FEEDS: Final = 1000
"""Pairs of aggregator and feed that are kept."""


Tell = Callable[[str, str, str, int], None]


class Readership:
    """The last number that each aggregator told of each feed. Safe to share among threads."""

    def __init__(self, tell: Tell = lambda _feed, _reader, _path, _number: None) -> None:
        """`tell` hears of each number: of which feed, by whom, at which path."""
        self._tell = tell
        self._told: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._fetches: Counter[str] = Counter()
        self._signups = 0
        self._lock = threading.Lock()

    def note(self, path: str, user_agent: bytes) -> None:
        """Keeps what an aggregator says of a feed; nothing of anybody else."""
        found = _SUBSCRIBERS.search(user_agent[:_LONGEST])
        if found is None:
            return
        name = user_agent[:_LONGEST].decode("latin-1").lower()
        label = next((label for mark, label in _AGGREGATORS.items() if mark in name), _OTHER)
        feed = _FORMATS.get(path.rpartition("/")[2])
        if feed is not None:
            self._tell("tags" if "/tags/" in path else feed, label, path, int(found[1]))
        with self._lock:
            self._told[label, path] = int(found[1])
            self._told.move_to_end((label, path))
            while len(self._told) > _FEEDS:
                self._told.popitem(last=False)

    def fetched(self, path: str) -> None:
        """Somebody asks for a feed."""
        with self._lock:
            self._fetches[_FORMATS.get(path.rpartition("/")[2], _OTHER)] += 1

    def signed_up(self) -> None:
        """Somebody sends the form."""
        with self._lock:
            self._signups += 1

    @property
    def signups(self) -> int:
        """How often the form was sent since the start."""
        return self._signups

    def fetches(self) -> dict[str, int]:
        """How often feeds were asked for since the start, by format."""
        with self._lock:
            return dict(sorted(self._fetches.items()))

    def totals(self) -> dict[str, int]:
        """Followers by aggregator, of all feeds together."""
        totals: Counter[str] = Counter()
        with self._lock:
            for (label, _path), number in self._told.items():
                totals[label] += number
        return dict(sorted(totals.items()))


class Census:
    """ASGI middleware, outside of all others: an answer from memory is a fetch, too."""

    def __init__(self, app: ASGIApp, *, readership: Readership) -> None:
        self._app = app
        self._readership = readership

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Looks at who asks for a feed or sends the form, and passes the request on."""
        if scope["type"] == "http" and scope["path"] == _FORM and scope["method"] == "POST":
            self._readership.signed_up()
        if scope["type"] == "http" and is_feed_path(scope["path"]):
            self._readership.fetched(scope["path"])
            for name, value in scope["headers"]:
                if name == b"user-agent":
                    self._readership.note(scope["path"], value)
        await self._app(scope, receive, send)
