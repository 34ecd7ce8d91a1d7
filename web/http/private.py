"""What pages have in common whose address is a reader's own key."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import Final

from starlette.requests import Request

from web.http.negotiation import client_ip
from web.http.responses import NO_STORE

TOKEN_HEADERS: Final = MappingProxyType(
    {
        "Cache-Control": NO_STORE,
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }
)
"""A page whose address is a reader's own key must not be kept, passed on or found (rule F8)."""


def origin_of(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The IP address that a request came from, as far as the proxies in between are believed."""
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    return client_ip(peer, forwarded, trusted)
