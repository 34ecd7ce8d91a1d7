"""What others call this host: the name that it greets with, the address that it connects from."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_ELSEWHERE: Final = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses of nobody (RFC 5737, RFC 3849): only the route to them is looked up, no packet leaves."""


@lru_cache(maxsize=8)
def own_name(address: str) -> str:
    """The FQDN of this host, or the address it connects from as a literal (RFC 5321 4.1.1.1)."""
    name = _host_name()
    if "." in name and not name.endswith((".localdomain", ".arpa")) and name.isascii():
        return name
    parsed = ipaddress.ip_address(address)
    return f"[{parsed}]" if parsed.version == 4 else f"[IPv6:{parsed}]"


@lru_cache(maxsize=32)
def names_said(greeting: str, address: str) -> tuple[str, ...]:
    """What a peer may call us that was greeted so from this address; nothing that many share."""
    return _telling((greeting, address))


@lru_cache(maxsize=8)
def names_of_host(greetings: tuple[str, ...]) -> tuple[str, ...]:
    """What a host further on may call us: how relays are greeted, where that is told, this host's
    name, and the addresses that its mail leaves from. Asks the resolver of this machine, once.
    """
    return _telling((*greetings, _host_name(), *_addresses()))


def _telling(names: Iterable[str]) -> tuple[str, ...]:
    bare = (name.strip("[] ").lower().removeprefix("ipv6:") for name in names)
    return tuple(dict.fromkeys(name for name in bare if _is_telling(name)))


def _is_telling(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        shared = (".localdomain", ".arpa", ".localhost", ".local")
        return "." in name and not name.endswith(shared)
    return not (address.is_loopback or address.is_unspecified)


def _addresses() -> Iterable[str]:
    for elsewhere, family in _ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probing:
                probing.connect((elsewhere, 25))
                yield str(probing.getsockname()[0])
        except OSError:
            continue  # this host has no way there


@lru_cache(maxsize=1)
def _host_name() -> str:
    return socket.getfqdn()
