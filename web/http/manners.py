"""A limit for programs that fetch a feed whole every few seconds, which no polite reader meets.

Only requests for a feed that do not say what the asker has are counted, by network, program and feed: so neither
conditional requests nor an aggregator that follows many feeds are, nor a house full of readers with
programs of their own. An address of this machine or of a network at home is no reader's but perhaps a proxy's,
whom `[web] trusted_proxies` does not name, and all readers come from there: it has a hundred times as much.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from feeds.syndication import is_feed_path
from web.http.guesses import network_of
from web.http.memory import Count
from web.http.negotiation import client_ip
from web.http.responses import NO_STORE
from web.http.sharing import SHARED

BURST: Final = 30
"""Whole feeds in a row."""
EVERY_S: Final = 30.0
"""One more after so long: twice a minute, all day, meets no limit."""
NEAR_BURST: Final = 300
"""The same for an address that may be a proxy's."""
NEAR_EVERY_S: Final = 0.1
"""Ten a second of one program for one feed, whole, all day: so many readers have none."""
_NEAR: Final = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
            *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
"""Where a proxy of one's own stands: RFC 1122 3.2.1.3, 1918, 3927, 6598, 4193 and 4291."""
_MOST: Final = 4000
"""How many are remembered: a flood of addresses fills no memory."""
_LONGEST: Final = 200
"""Octets of a program's name and of a path that tell askers from each other."""
_Asker = tuple[str, bytes, str]


@dataclass(slots=True)
class _Allowance:
    left: float
    at: float


class Allowances:
    """How many whole feeds each asker may still have. Pure but for its own memory."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Asker, _Allowance] = OrderedDict()

    def take(self, asker: _Asker, now: float, *, is_near: bool = False) -> float:
        """Takes one: 0 if there was one, else the seconds until there is. `now` is a steady clock's;
        `is_near` is whose address may be a proxy's.
        """
        burst, every_s = (NEAR_BURST, NEAR_EVERY_S) if is_near else (BURST, EVERY_S)
        known = self._known.pop(asker, None) or _Allowance(burst, now)
        known.left = min(burst, known.left + (now - known.at) / every_s)
        known.at = now
        self._known[asker] = known
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        if known.left < 1:
            return (1 - known.left) * every_s
        known.left -= 1
        return 0.0


class Manners:
    """ASGI middleware, outside of what answers from memory: a whole feed costs the line as well."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted: Sequence[IPv4Network | IPv6Network],
        count: Count,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._trusted = trusted
        self._count = count
        self._clock = clock
        self._allowances = Allowances()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or asks its sender to come back later and say what they have."""
        ip = self._counted(scope)
        wait = self._wait(ip, scope) if ip else 0.0
        if not wait:
            await self._app(scope, receive, send)
            return
        self._count(scope["method"], 429)
        answer = PlainTextResponse(
            "This feed was fetched whole too often. Please ask with If-None-Match or "
            "If-Modified-Since, and not more than every few minutes.\n",
            429,  # RFC 6585 4
            # A script of another site has to be able to read when to come back.
            headers=SHARED | {"Retry-After": str(math.ceil(wait)), "Cache-Control": NO_STORE},
        )
        await answer(scope, receive, send)

    def _wait(self, ip: str, scope: Scope) -> float:
        program = Headers(scope=scope).get("user-agent", "")[:_LONGEST].encode("latin-1", "replace")
        asker = network_of(ip), program, scope["path"][:_LONGEST]
        return self._allowances.take(asker, self._clock(), is_near=_is_near(ip))

    def _counted(self, scope: Scope) -> str:
        """The address of whoever asks for a feed whole; empty where there is no limit."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return ""
        if not is_feed_path(scope["path"]):
            return ""
        asked = Headers(scope=scope)
        if "if-none-match" in asked or "if-modified-since" in asked:
            return ""
        peer = scope["client"][0] if scope["client"] else ""
        return client_ip(peer, ", ".join(asked.getlist("x-forwarded-for")), self._trusted)


def _is_near(ip: str) -> bool:
    address = ip_address(ip)
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in _NEAR if network.version == plain.version)
