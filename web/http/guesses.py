"""How often somebody may fail to prove who they are, by origin and in all. Pure but for its own memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeVar

_T = TypeVar("_T")

PER_ORIGIN: Final = 10
"""Failures of one address, or of one /64, in a window; a service that was set up wrongly finds out by one."""
IN_TOTAL: Final = 200
"""Failures of all origins together in a window; then only those who have proved themselves are heard."""
WINDOW_S: Final = 600.0
_MOST: Final = 2000
"""Origins that are remembered of each kind: a flood of addresses fills no memory."""


@dataclass(slots=True)
class _Window:
    ends: float
    failures: int = 0


class Guesses:
    """Counts failures. Whoever proves themselves is not counted, and is remembered."""

    def __init__(self) -> None:
        self._origins: OrderedDict[str, _Window] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._all = _Window(0.0)

    def wait_s(self, ip: str, now: float) -> float:
        """Seconds until this address is heard again; 0 if it is heard. `now` is any steady clock's."""
        origin = network_of(ip)
        its = self._origins.get(origin)
        if its is not None and its.failures >= PER_ORIGIN and now < its.ends:
            return its.ends - now
        if self._all.failures >= IN_TOTAL and now < self._all.ends and origin not in self._known:
            return self._all.ends - now
        return 0.0

    def fail(self, ip: str, now: float) -> None:
        """Somebody had no proof, or a wrong one."""
        origin = network_of(ip)
        its = self._origins.pop(origin, None)
        if its is None or now >= its.ends:
            its = _Window(now + WINDOW_S)
        if now >= self._all.ends:
            self._all = _Window(now + WINDOW_S)
        its.failures += 1
        self._all.failures += 1
        _remember(self._origins, origin, its)

    def succeed(self, ip: str) -> None:
        """Somebody proved who they are; what failed before from there stays counted."""
        origin = network_of(ip)
        self._known.pop(origin, None)
        _remember(self._known, origin, None)


def network_of(ip: str) -> str:
    """The /64 of an IPv6 address, which is one customer's; else the text as it is."""
    try:
        parsed = ip_address(ip)
    except ValueError:
        return ip
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.exploded[:19]


def _remember(kept: OrderedDict[str, _T], key: str, value: _T) -> None:
    while len(kept) >= _MOST:
        kept.popitem(last=False)
    kept[key] = value
