"""Where a question over HTTP goes: the addresses of a host, which of them are the internet's, a connection.

A name is looked up once, and the connection goes to one of the very addresses that were judged: a name that
changes its mind meanwhile (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_EMBEDDING: Final = ip_network("64:ff9b::/96")
"""IPv4 addresses in IPv6, for networks that have nothing else (RFC 6052)."""

Resolve = Callable[[str, int], Sequence[str]]
Dial = Callable[[tuple[str, int], float], socket.socket]


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system finds them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the internet's, also where another one is hidden in it."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _meant(address))


def dial_any(dial: Dial, addresses: Sequence[str], port: int, patience_s: float) -> socket.socket:
    """A connection to the first of these addresses that takes one; of none, what the last one raised."""
    for address in addresses[:-1]:
        try:
            return dial((address, port), patience_s)
        except OSError:
            continue
    return dial((addresses[-1], port), patience_s)


def wrap(
    connection: socket.socket, host: str, context: ssl.SSLContext | None = None
) -> ssl.SSLSocket:
    """The connection with TLS, and a certificate of that host. Raises OSError."""
    return (context or ssl.create_default_context()).wrap_socket(connection, server_hostname=host)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address in _EMBEDDING:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]
