"""What the headers of a request ask for: conditional requests, encodings, formats, who asks. Pure.

Header values come as they were sent, or as an empty string when there was none. Nonsense in one is
never an error: it is a header that asks for nothing.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from storage.model import MONTHS

Network = IPv4Network | IPv6Network

_ENTITY_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_STRONG_TAG: Final = re.compile(r'(?<!/)"[\x21\x23-\x7e\x80-\xff]*"(?=[ \t]*(?:,|$))')
_LONGEST: Final = 8192
"""Octets of a field that are looked at: a longer one asks for nothing."""
_MAX_HOPS: Final = 20
"""Proxies one behind the other."""
_LONGEST_HOP: Final = 64
_MONTHS: Final = tuple(month[:3] for month in MONTHS)
_MONTH: Final = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME: Final = r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
_DATES: Final = (
    re.compile(rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(
        rf"[A-Z][a-z]{{5,8}}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"
    ),
    re.compile(rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
"""IMF-fixdate, RFC 850's, and asctime's."""
_GZIP_SUFFIX: Final = "-gz"
_WORTH_PACKING: Final = 400
"""Bytes: below it gzip's own header eats what it saves."""


# ── conditional requests ─────────────────────────────────────────────────────────────────────


def is_unchanged(
    etag: str,
    last_modified: datetime | None,
    *,
    if_none_match: str,
    if_modified_since: str,
) -> bool:
    """Whether a GET or HEAD is to be answered 304 (RFC 9110 13.2.2, rule E20).

    If-None-Match may be a list, weak or `*`, is compared weakly, and where it is present
    If-Modified-Since is not looked at (RFC 9110 13.1.2, 13.1.3).
    """
    if len(if_none_match) > _LONGEST:
        return False
    if if_none_match:
        return if_none_match.strip() == "*" or _opaque(etag) in _ENTITY_TAG.findall(if_none_match)
    since = _http_date(if_modified_since)
    return since is not None and last_modified is not None and last_modified <= since


def is_another(
    etag: str,
    last_modified: datetime | None,
    *,
    if_match: str,
    if_unmodified_since: str,
) -> bool:
    """Whether a request is only for another state of the document, and to be answered 412 (RFC 9110 13.2.2).

    If-Match may be a list or `*`, is compared strongly, and where it is present If-Unmodified-Since is not
    looked at (RFC 9110 13.1.1, 13.1.4).
    """
    if if_match:
        wanted = if_match[:_LONGEST]
        return wanted.strip() != "*" and etag not in _STRONG_TAG.findall(wanted)
    since = _http_date(if_unmodified_since)
    return since is not None and last_modified is not None and last_modified > since


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _http_date(value: str) -> datetime | None:
    """The three forms of RFC 9110 5.6.7, of which senders write the first; always UTC.

    A year of two digits that seems to be more than fifty years ahead is of the century before; here
    the fifty years begin in 2026, as dates of changes lie in the past.
    """
    found = next((m for form in _DATES if (m := form.fullmatch(value.strip()))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 1900 if year > 76 else 2000
    month, (hour, minute, second) = (
        _MONTHS.index(found["month"]) + 1,
        map(int, found["time"].split(":")),
    )
    try:
        return datetime(year, month, int(found["day"]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def http_date(moment: datetime) -> str:
    """IMF-fixdate of a moment in UTC (RFC 9110 5.6.7)."""
    return format_datetime(moment, usegmt=True)


# ── encodings ────────────────────────────────────────────────────────────────────────────────


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip may be used; an explicit weight of zero forbids it, and whoever would rather have a document as it
    is gets it so (RFC 9110 12.5.3).
    """
    weights = dict(_weighted(accept_encoding))
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return weight > 0 and weight >= weights.get("identity", 0.0)


def pack(body: bytes) -> bytes | None:
    """The body in gzip, the same bytes every time; None where that would not make it smaller."""
    if len(body) < _WORTH_PACKING:
        return None
    packed = gzip.compress(body, compresslevel=6, mtime=0)
    return packed if len(packed) < len(body) else None


def packed_etag(etag: str) -> str:
    """The tag of the same document in gzip: one per encoding (RFC 9110 8.8.3.3)."""
    return f'{etag[:-1]}{_GZIP_SUFFIX}"'


def _weighted(header: str) -> list[tuple[str, float]]:
    """(value in lower case, weight) of each member of an Accept… header, as they stand."""
    found: list[tuple[str, float]] = []
    if len(header) > _LONGEST:
        return found
    for member in header.lower().split(","):
        value, *parameters = (part.strip() for part in member.split(";"))
        if value:
            found.append((value, _weight(parameters)))
    return found


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


_FEED_KINDS: Final = (
    *(
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
    ),
    *("application/xml", "text/xml", "application/json", "application/*", "*/*"),
)
"""By what names readers' programs ask for a feed."""


# ── formats ──────────────────────────────────────────────────────────────────────────────────


def wants_json(accept: str, content_type: str) -> bool:
    """Whether a program asks: by Accept, and where that is open, by what it sent (RFC 9110 12.5.1)."""
    weights = dict(_weighted(accept))
    as_json = max(weights.get("application/json", 0.0), weights.get("application/*", 0.0))
    as_html = max(weights.get("text/html", 0.0), weights.get("text/*", 0.0))
    if as_json != as_html:
        return as_json > as_html
    return bare_type(content_type) == "application/json"


def wants_page(accept: str) -> bool:
    """Whether a browser asks for a feed to look at it: it ranks HTML above everything a feed could be.

    Readers' programs rank it lower or equal, or name nothing at all (RFC 9110 12.5.1).
    """
    weights = dict(_weighted(accept))
    as_feed = max(weights.get(kind, 0.0) for kind in _FEED_KINDS)
    return weights.get("text/html", 0.0) > as_feed


def bare_type(content_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


# ── who asks ─────────────────────────────────────────────────────────────────────────────────


_WITH_PORT: Final = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d{1,5})?|(?P<v4>[\d.]+):\d{1,5}")


def client_ip(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address a request comes from, or an empty string when it is not an IP address.

    X-Forwarded-For is believed only as far as trusted proxies wrote it: from the right, up to the
    first address that is none of them. What stands further left, anybody can have made up.
    """
    hops = [peer, *reversed(forwarded_for.rsplit(",", _MAX_HOPS))] if forwarded_for else [peer]
    believed = ""
    for hop in hops:
        if not hop.strip() and hop is not peer:
            continue  # an empty element of a list is none (RFC 9110 5.6.1.2)
        address = _ip(hop)
        if address is None:
            return believed
        believed = address
        if not _is_trusted(address, trusted):
            return address
    return believed


def is_proxy(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether a peer is one of the proxies that are believed."""
    address = _ip(peer)
    return address is not None and _is_trusted(address, trusted)


def _ip(hop: str) -> str | None:
    """The address of a hop, which some proxies write with its port: `192.0.2.1:443`, `[::1]:443`."""
    if len(hop) > _LONGEST_HOP:
        return None
    bare = hop.strip().strip('"')
    with_port = _WITH_PORT.fullmatch(bare)
    try:
        address = ip_address(with_port["v6"] or with_port["v4"] if with_port else bare)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in trusted if network.version == parsed.version)
