"""Owns how an address on the web is read, and what can be a host. Pure.

    what the author wrote → its parts → A-labels and percent-encoding → a URI in ASCII

Like newsletter/config/values.py it raises ValueError with the rest of a sentence.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from mailer.address import ascii_domain
from storage.model import AddressError

MAX_SITE: Final = 500
"""Characters of the site's address: a header line has 998 for it and what follows (RFC 5322 2.1.1)."""
MAX_SITE_HOST: Final = 244
"""Characters of the site's host: a List-Id has 255, its label included (RFC 2919 3, rule A15)."""

_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
"""With the underscore that names in container networks have."""
_MAX_HOST: Final = 253
"""Characters of a domain name (RFC 1035 2.3.4, without the length octets at its ends)."""
_NOT_PATH: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@%/-]+")
"""What may not stand in a path as it is (RFC 3986 3.3)."""
_NOT_QUERY: Final = re.compile(_NOT_PATH.pattern.replace("/-]", "/?-]"))
"""Nor in a query or a fragment (RFC 3986 3.4, 3.5)."""


def parse_link(value: object) -> str:
    """Reads an absolute http, https or mailto address."""
    parts = split_address(value)
    is_mail = parts.scheme == "mailto" and "@" in parts.path
    if not is_mail and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("must be an absolute http, https or mailto address")
    return str(value)


def parse_web_address(value: object) -> str:
    """Reads an absolute http or https address of a service, as a URI: see `_to_uri`."""
    text = str(value).strip()
    parts = split_address(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an absolute http or https address")
    uri = _to_uri(parts)
    if not is_host(uri.hostname or ""):
        raise ValueError("must be an absolute http or https address")
    return text if uri == parts else uri.geturl()


def parse_site(value: object) -> str:
    """Reads the address of the site: absolute, without user, query and trailing slash.

    An international one becomes the ASCII address that a browser would ask for, so that headers,
    links, feeds and canonical addresses are all the same; one that is a URI already stays as it is.
    """
    text = parse_web_address(value)
    parts = split_address(text)
    if "?" in text or "#" in text:
        raise ValueError("must not have a ? or # part")
    if parts.username is not None:
        raise ValueError("must not hold a user name")
    if len(parts.hostname or "") > MAX_SITE_HOST:
        raise ValueError(f"must have a host of at most {MAX_SITE_HOST} characters")
    site = f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    if len(site) > MAX_SITE:
        raise ValueError(f"must have at most {MAX_SITE} characters: every link begins with it")
    return site


def is_host(host: str) -> bool:
    """Whether text can be a host: an IP address, or a name of letters, digits and hyphens."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return True
    try:
        name = ascii_domain(host).removesuffix(".")
    except AddressError:
        return False
    return len(name) <= _MAX_HOST and all(map(_LABEL.fullmatch, name.split(".")))


def split_address(value: object) -> SplitResult:
    """Takes an address apart. Raises ValueError, which repeats nothing of it."""
    try:
        parts = urlsplit(str(value))
        _ = parts.port  # raises when it is no number, or too large
    except ValueError as error:
        raise ValueError("is not a well-formed address") from error
    return parts


def _to_uri(parts: SplitResult) -> SplitResult:
    """The same address in ASCII (RFC 3987 3.1): the host as A-labels, the rest percent-encoded.

    What a URI may hold stays as it is, octet by octet, percent-encoded or not.
    """
    return parts._replace(
        netloc=_ascii_netloc(parts.netloc),
        path=_percent_encode(parts.path, _NOT_PATH),
        query=_percent_encode(parts.query, _NOT_QUERY),
        fragment=_percent_encode(parts.fragment, _NOT_QUERY),
    )


def _ascii_netloc(netloc: str) -> str:
    if netloc.isascii():
        return netloc
    user, at, place = netloc.rpartition("@")
    host, colon, port = place.partition(":")
    try:
        name = ascii_domain(host)
    except AddressError as error:
        raise ValueError(
            "must have a host that the DNS can hold (RFC 5891); "
            'write it in its ASCII form, like "https://xn--bcher-kva.example"'
        ) from error
    return f"{_percent_encode(user, _NOT_PATH)}{at}{name}{colon}{port}"


def _percent_encode(text: str, unfit: re.Pattern[str]) -> str:
    composed = unicodedata.normalize("NFC", text)  # as a browser sends what is typed
    try:
        return unfit.sub(lambda found: quote(found[0], safe=""), composed)
    except UnicodeEncodeError as error:
        raise ValueError("must not hold half a character") from error
