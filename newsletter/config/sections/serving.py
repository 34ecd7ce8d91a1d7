"""Owns the sections about what is kept and shown: `[storage]`, `[feeds]`, `[subscribers]`, `[web]`, `[desk]`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from newsletter.config.fields import (
    Count,
    DatabaseUrl,
    FilePath,
    Keeping,
    Line,
    Networks,
    OptionalPath,
    Period,
    Section,
    Size,
    Weekly,
    or_empty,
)
from newsletter.config.uris import parse_web_address
from newsletter.config.values import parse_list, parse_sender, parse_week_time

_SHORTEST: Final = timedelta(days=30)
_SHORTEST_SESSION: Final = timedelta(minutes=5)
_LONGEST_LINK: Final = timedelta(days=30)


def _origin(value: str) -> str:
    """`https://example.org`, with a port where it is not the usual one."""
    parts = urlsplit(parse_web_address(value))
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(
            "must be an origin: scheme, host and perhaps a port, as https://example.org"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _beyond_windows(value: timedelta | None) -> timedelta | None:
    if value is not None and value < _SHORTEST:
        raise ValueError("must be 30d or longer: sign-ups and bounces are counted so far back")
    return value


def _a_month_at_most(value: timedelta) -> timedelta:
    if value > _LONGEST_LINK:
        raise ValueError("must be at most 30d")
    return value


def _not_at_once(value: timedelta) -> timedelta:
    if value < _SHORTEST_SESSION:
        raise ValueError("must be at least 5m")
    return value


class StorageSection(Section):
    """`[storage]`: the database. Its URL may hold a password and is never shown."""

    url: DatabaseUrl = Field(default="sqlite:///newsletter.db", repr=False)
    keep_attempts: Keeping = timedelta(days=180)
    """What relays said to tries that failed; None = for ever, here and below."""
    keep_bodies: Period = timedelta(days=30)
    """Mail that came back and is in quarantine."""
    keep_feed_readers: Keeping = timedelta(days=1096)
    """What aggregators said of each day."""
    keep_reports: Annotated[Keeping, AfterValidator(_beyond_windows)] = timedelta(days=730)
    """That a report came, and of which kind."""
    keep_signups: Annotated[Keeping, AfterValidator(_beyond_windows)] = timedelta(days=60)
    """Those who asked to join and never confirmed; confirmations that were sent."""
    backup_age: Keeping = timedelta(days=8)
    """How old the last backup may be before somebody is told; None = nobody is."""


class FeedsSection(Section):
    """`[feeds]`: how much of the archive they hold, and who is told of it."""

    items: Annotated[Count, Field(ge=1, le=1000)] = 30
    hub: Annotated[Line, AfterValidator(or_empty(parse_web_address))] = ""


class SubscribersSection(Section):
    """`[subscribers]`: how far a sign-up is trusted (rules F3, F5, F6, F13)."""

    check_dns: bool = True
    confirm_within: Annotated[Period, AfterValidator(_a_month_at_most)] = timedelta(days=7)
    limit_address: Annotated[Count, Field(ge=1)] = 3
    """Confirmation mails to one address in a day."""
    limit_ip: Annotated[Count, Field(ge=1)] = 10
    """Sign-ups from one IPv4 address or IPv6 /64 in an hour."""
    limit_domain: Annotated[Count, Field(ge=1)] = 100
    """Sign-ups of addresses at one domain in an hour."""
    limit_total: Annotated[Count, Field(ge=1)] = 1000
    """Sign-ups in an hour."""
    refuse_domains: OptionalPath = None
    """A file of domains whose addresses the form does not take, one a line (rule F16)."""
    sender: Annotated[str, BeforeValidator(or_empty(parse_sender))] = ""
    """The From of confirmations and other letters about one subscription; empty: the newsletter's (rule A38)."""
    name_field: bool = False
    """Whether the form asks for a name, which may be left out."""
    welcome: OptionalPath = None
    """A file in Markdown, mailed to a new reader once."""
    goodbye: OptionalPath = None
    """Likewise, to a reader who left."""
    digest_at: Weekly = Field(default=parse_week_time("SUN 17:00"))
    """When weekly digests are mailed, and monthly ones on the first such weekday of a month."""


class WebSection(Section):
    """`[web]`: where the site listens, and the secret behind its links."""

    host: Annotated[Line, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[Count, Field(ge=0, le=65535)] = 8000
    """0 = any free port."""
    admin_port: Annotated[Count, Field(ge=0, le=65535)] | None = None
    """Of `/healthz`, `/readyz` and `/metrics`, on loopback alone; None = the one after `port`."""
    trusted_proxies: Networks = ()
    secret_file: FilePath = Path("secret")
    form_origins: Annotated[
        tuple[Annotated[Line, AfterValidator(_origin)], ...], BeforeValidator(parse_list)
    ] = ()
    """Sites whose scripts may send the form and read its answer."""
    static_dir: FilePath | None = None
    """Where `run` keeps the site as files; None = nowhere."""
    max_header: Annotated[Size, Field(ge=1000, le=1_000_000)] = 64_000
    """Octets of a request before its body."""
    max_body: Annotated[Size, Field(ge=1000)] = 64_000
    """Octets of a form."""
    idle: Annotated[Period, Field(ge=timedelta(seconds=1))] = timedelta(seconds=15)
    """How long a peer may take over a request, and between two."""
    connections: Annotated[Count, Field(ge=1, le=100_000)] = 500


class DeskSection(Section):
    """`[desk]`: the author's desk on the site."""

    enabled: bool = False
    session: Annotated[Period, AfterValidator(_a_month_at_most), AfterValidator(_not_at_once)] = (
        timedelta(hours=12)
    )
    """How long a browser that came in may stay."""
