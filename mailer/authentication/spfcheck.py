"""What a receiver makes of mail from an address: SPF records evaluated as RFC 7208 says. Pure.

Questions go to the Resolver that is given; what a record holds is read in mailer/authentication/spf.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from mailer.authentication.resolver import Resolver, answer
from mailer.authentication.spf import MAX_LOOKUPS, MAX_VOIDS, SpfTerm, parse_spf

_MAX_NAMES: Final = 10
"""Exchangers of one `mx`, and names of one `ptr`, that are looked at (RFC 7208 4.6.4)."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class SpfResult(StrEnum):
    """What a receiver makes of mail from an address (RFC 7208 2.6)."""

    PASS = "pass"  # noqa: S105 - a result, no password
    FAIL = "fail"
    """`-all`, or a term that says no."""
    SOFTFAIL = "softfail"
    """`~all`: probably not."""
    NEUTRAL = "neutral"
    """`?all`, or nothing that matches."""
    NONE = "none"
    """There is no record."""
    PERMERROR = "permerror"
    """The record is void."""


_RESULTS: Final = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


class _VoidError(Exception):
    """The record is void; `str` says why."""


@dataclass(slots=True)
class _Evaluation:
    """One check: what it is about, and how often it has asked."""

    address: Address
    sender: str
    resolver: Resolver
    lookups: int = 0
    voids: int = 0

    def count_lookup(self) -> None:
        """Counts a term that asks the DNS."""
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _VoidError(f"it asks the DNS more than {MAX_LOOKUPS} times")

    def count_void(self, found: Sequence[str]) -> Sequence[str]:
        """Counts an answer that says nothing; hands on what was found."""
        self.voids += not found
        if self.voids > MAX_VOIDS:
            raise _VoidError(f"it asks for more than {MAX_VOIDS} names that do not exist")
        return found


def check_spf(domain: str, address: str, resolver: Resolver, *, sender: str = "") -> SpfResult:
    """What a receiver makes of mail from this address with this domain in MAIL FROM (RFC 7208 4).

    Raises DnsSilence. A record that is void, for whatever reason, is PERMERROR.
    """
    evaluation = _Evaluation(
        address=_plain_address(address),
        sender=sender or f"postmaster@{domain}",
        resolver=resolver,
    )
    try:
        return _check_host(domain, evaluation)
    except (_VoidError, ValueError):
        return SpfResult.PERMERROR


def _plain_address(text: str) -> Address:
    """An IPv4 address that is written as an IPv6 one counts as IPv4 (RFC 7208 5)."""
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _check_host(domain: str, evaluation: _Evaluation) -> SpfResult:
    record = parse_spf(answer(evaluation.resolver.txt, domain))
    if record is None:
        return SpfResult.NONE
    for term in record.terms:
        if _matches(term, domain, evaluation):
            return _RESULTS[term.qualifier]
    if not record.redirect:
        return SpfResult.NEUTRAL
    evaluation.count_lookup()
    result = _check_host(_expand(record.redirect, domain, evaluation), evaluation)
    return SpfResult.PERMERROR if result is SpfResult.NONE else result


def _matches(term: SpfTerm, domain: str, evaluation: _Evaluation) -> bool:
    if term.asks:
        evaluation.count_lookup()
    name = _expand(term.value, domain, evaluation) if term.value else domain
    resolver = evaluation.resolver
    match term.name:
        case "all":
            return True
        case "ip4" | "ip6":
            return _is_within(evaluation.address, term.value, term)
        case "include":
            return _includes(name, evaluation)
        case "a":
            found = evaluation.count_void(answer(resolver.addresses, name))
            return any(_is_within(evaluation.address, one, term) for one in found)
        case "mx":
            return _matches_exchangers(term, name, evaluation)
        case "exists":
            found = evaluation.count_void(answer(resolver.addresses, name))
            return any(":" not in one for one in found)
        case _:
            return _points_below(name, evaluation)


def _includes(name: str, evaluation: _Evaluation) -> bool:
    """An include matches when its record passes; without one, or if it is void, all is void (5.2)."""
    result = _check_host(name, evaluation)
    if result in {SpfResult.NONE, SpfResult.PERMERROR}:
        raise _VoidError(f"it includes {name}, which has no usable record")
    return result is SpfResult.PASS


def _matches_exchangers(term: SpfTerm, name: str, evaluation: _Evaluation) -> bool:
    hosts = evaluation.count_void(answer(evaluation.resolver.mx, name))
    if len(hosts) > _MAX_NAMES:
        raise _VoidError(f"{name} has more than {_MAX_NAMES} mail exchangers")
    return any(
        _is_within(evaluation.address, one, term)
        for host in hosts
        if host
        for one in answer(evaluation.resolver.addresses, host)
    )


def _points_below(name: str, evaluation: _Evaluation) -> bool:
    """The address points to a name below this one, and that name back (RFC 7208 5.5)."""
    found = evaluation.count_void(answer(evaluation.resolver.names, str(evaluation.address)))
    end = f".{name}".lower()
    below = [host for host in found[:_MAX_NAMES] if f".{host}".lower().endswith(end)]
    return any(
        str(evaluation.address) in answer(evaluation.resolver.addresses, host) for host in below
    )


def _is_within(address: Address, other: str, term: SpfTerm) -> bool:
    base = ipaddress.ip_address(other)
    if base.version != address.version:
        return False
    bits = term.four if address.version == 4 else term.six
    return address in ipaddress.ip_network(f"{base}/{bits}", strict=False)


# ── macros (RFC 7208 7) ──────────────────────────────────────────────────────────────────────

_MACRO: Final = re.compile(
    r"%(?:%|_|-|\{(?P<letter>[slodiphv])(?P<count>\d*)(?P<reverse>r?)(?P<ends>[.\-+,/_=]*)\})",
    re.IGNORECASE,
)


_LITERALS: Final = {"%%": "%", "%_": " ", "%-": "%20"}


def _expand(text: str, domain: str, evaluation: _Evaluation) -> str:
    """A domain with its macros put in. Raises ValueError for what is no macro."""
    if "%" not in text:
        return text
    expanded = _MACRO.sub(lambda match: _expand_one(match, domain, evaluation), text)
    if "%" in _MACRO.sub("", text):
        raise ValueError(f"{text!r} holds something that is no macro")
    return expanded[-253:]


def _expand_one(match: re.Match[str], domain: str, evaluation: _Evaluation) -> str:
    if match["letter"] is None:
        return _LITERALS[match.group()]
    parts = re.split(f"[{re.escape(match['ends'] or '.')}]", _value(match, domain, evaluation))
    if match["reverse"]:
        parts.reverse()
    count = int(match["count"] or 0)
    return ".".join(parts[-count:] if count else parts)


def _value(match: re.Match[str], domain: str, evaluation: _Evaluation) -> str:
    local, _, sender_domain = evaluation.sender.rpartition("@")
    address = evaluation.address
    letters = {
        "s": evaluation.sender,
        "l": local,
        "o": sender_domain,
        "d": domain,
        "i": ".".join(address.exploded.replace(":", "")) if address.version == 6 else str(address),
        "p": "unknown",
        "v": "in-addr" if address.version == 4 else "ip6",
        "h": sender_domain,
    }
    return letters[match["letter"].lower()]
