"""Counts who came lately: by origin, network, mailbox and domain, in memory that is bounded. Pure.

Counting sign-ups in the database costs more the more there are, which is when it must be cheap.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from newsletter.subscribing.rules import SignUpLimits, mailbox_of, network_prefix

MOST_KEYS: Final = 100_000
"""Of one kind that are remembered; beyond, those who came longest ago are forgotten."""
MOST_TIMES: Final = 1000
"""Of one key that are remembered: more than any limit that is told from them."""


class Recent:
    """How often each key came within a span of time. Not thread-safe."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, key: str, now: datetime) -> int:
        """How often it came in the span that ends now."""
        times = self._times.get(key)
        if times is None:
            return 0
        while times and not times[0] > now - self._span:
            times.popleft()
        if not times:
            del self._times[key]
        return len(times)

    def add(self, key: str, at: datetime) -> None:
        """Count one more of the key."""
        times = self._times.setdefault(key, deque(maxlen=MOST_TIMES))
        times.append(at)
        self._times.move_to_end(key)
        if len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)


class Admission(StrEnum):
    """What is done with a request at the door."""

    WHOLE = "whole"
    """It is kept."""
    BLANK = "blank"
    """It is kept without its address, at the same cost: what was asked for a mailbox does not show in
    the time that an answer takes (rule F4).
    """
    NONE = "none"
    """It is not kept. That tells an origin of its own requests and of nobody's else."""


class Door:
    """Whether a request is worth keeping: asked of every one, before anything is written (rule F6).

    Not thread-safe.
    """

    def __init__(self, limits: SignUpLimits, *, hour: timedelta, day: timedelta) -> None:
        self._limits = limits
        self._origins = Recent(hour)
        self._mailboxes = Recent(day)

    def admit(self, origin: str, key: str, now: datetime) -> Admission:
        """Whether this origin, and whoever aims at this mailbox, has had its share; if not, it counts.

        `key` is empty for what is no address.
        """
        place, mailbox = network_prefix(origin) or origin, mailbox_of(key) if key else ""
        if self._origins.count(place, now) >= self._limits.per_origin:
            return Admission.NONE
        self._origins.add(place, now)
        if not mailbox:
            return Admission.WHOLE
        if self._mailboxes.count(mailbox, now) >= self._limits.per_address:
            return Admission.BLANK
        self._mailboxes.add(mailbox, now)
        return Admission.WHOLE


def wide_network(origin: str) -> str:
    """The network in which a crowd of origins is one: an IPv4 /16, an IPv6 /32."""
    separator = ":" if ":" in origin else "."
    return separator.join(origin.split(separator)[:2])
