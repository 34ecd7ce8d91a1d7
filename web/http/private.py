"""What pages have in common that are not for everybody: by a key in their address, or on this machine alone."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from mailer.smtp import is_loopback
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
_PASSED_ON: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies add (RFC 7239, RFC 9110 7.6.3)."""


def origin_of(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The IP address that a request came from, as far as the proxies in between are believed."""
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
    return client_ip(peer, forwarded, trusted)


def comes_from_here(request: Request) -> bool:
    """Whether a browser on this machine asks, by this machine's name, and nobody through a proxy.

    The name is looked at because a page elsewhere may have a name that leads here.
    """
    peer = request.client.host if request.client else ""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    passed_on = any(name in request.headers for name in _PASSED_ON)
    return is_loopback(peer) and is_loopback(host) and not passed_on
