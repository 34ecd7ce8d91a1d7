"""How [smtp] is read: a relay's URL and its options, or the embedded outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from mailer.address import ascii_domain
from mailer.smtp import Timeouts
from newsletter.config.uris import is_host, is_loopback, split_address
from newsletter.config.values import nearest


class RelayKind(StrEnum):
    """What stands behind a relay's URL."""

    OUTBOX = "outbox"
    """The embedded SMTP server, which stores mail in a Maildir."""
    SMTP = "smtp"
    """A server somewhere."""


class Tls(StrEnum):
    """How a session is protected (RFC 8314 3, rule A36)."""

    STARTTLS = "starttls"
    """Required, with a valid certificate: without it nothing is sent."""
    IMPLICIT = "implicit"
    """From the first byte, with a valid certificate: `smtps://`."""
    NONE = "none"
    """Plain text: to loopback, or because the URL says `?tls=none`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayConfig:
    """One SMTP server that mail is submitted to."""

    kind: RelayKind
    host: str = "127.0.0.1"
    port: int = 0
    """0 for the outbox: it listens on whatever port is free."""
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.NONE
    ca: Path | None = None
    """A file of certificates to trust instead of the system's."""
    directory: Path | None = None
    """The outbox's Maildir."""
    connections: int = 10
    rate: float = 0.0
    """Messages per second; 0 = as fast as the relay takes them."""
    share: int = 0
    """Its part of the mail beside the parts of other relays; 0 = what its connections take."""
    ehlo: str = ""
    """What we call ourselves; empty: this host's own name."""
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def is_local(self) -> bool:
        """Whether mail stays on this machine on its way to the relay."""
        return is_loopback(self.host)


def parse_relay(value: object, folder: Path) -> RelayConfig:
    """Reads `outbox:DIR`, `smtp://user:password@host:587` or `smtps://host:465`.

    `?tls=none` gives up encryption, `?tls=starttls` demands it of loopback too, `?ca=FILE` names
    the certificates to trust. Paths are relative to `folder`.
    """
    text = str(value)
    if text.startswith("outbox:"):
        return _parse_outbox(text.removeprefix("outbox:"), folder)
    parts = split_address(text)
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("must be outbox:DIR, smtp://… or smtps://…")
    host = parts.hostname or ""
    if not is_host(host) or parts.path not in {"", "/"} or parts.fragment:
        raise ValueError(
            "must be like smtp://user:password@host:587; "
            "write @ : / ? # % in the user and the password as %40 %3A %2F %3F %23 %25"
        )
    options = _relay_options(parts.query)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(username) != bool(password):
        raise ValueError("needs both a user and a password, or neither")
    return RelayConfig(
        kind=RelayKind.SMTP,
        host=ascii_domain(host),
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        username=username,
        password=password,
        tls=_relay_tls(parts.scheme, host, options),
        ca=_ca_file(options, folder),
    )


def _parse_outbox(directory: str, folder: Path) -> RelayConfig:
    if not directory.strip("/"):
        raise ValueError("must name the outbox's folder, like outbox:outbox")
    return RelayConfig(kind=RelayKind.OUTBOX, directory=folder / directory)


def _relay_options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options.keys() - {"tls", "ca"}:  # may be a part of a password that holds a ?
        raise ValueError(
            f"has an unknown option: there are tls and ca{nearest(name, ('tls', 'ca'))}"
        )
    return options


def _relay_tls(scheme: str, host: str, options: Mapping[str, str]) -> Tls:
    wish = options.get("tls")
    if scheme == "smtps":
        if wish not in {None, Tls.IMPLICIT}:
            raise ValueError("asks smtps:// for another tls; use smtp:// for starttls or none")
        return Tls.IMPLICIT
    if wish not in {None, Tls.STARTTLS, Tls.NONE}:
        raise ValueError("must have ?tls=starttls or ?tls=none; smtps:// is tls from the start")
    if wish is not None:
        return Tls(wish)
    return Tls.NONE if is_loopback(host) and "ca" not in options else Tls.STARTTLS


def _ca_file(options: Mapping[str, str], folder: Path) -> Path | None:
    if "ca" not in options:
        return None
    if options.get("tls") == Tls.NONE:
        raise ValueError("has a ca, but tls=none never looks at certificates")
    if not options["ca"]:
        raise ValueError("must have ?ca=FILE")
    return folder / options["ca"]
